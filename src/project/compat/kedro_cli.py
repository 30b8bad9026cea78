"""Differences between Kedro releases in the options of ``kedro run``."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Dict, List, Mapping, Optional, Tuple

import click

from project.compat.run_options import OptionValue, read_run_options

# Options of `kedro run` that determine how it runs, not what.
_OTHER = {"runner", "parallel", "runner_params", "config", "conf_source"}


def run_command_options() -> List[click.Parameter]:
    """Return the options of the installed ``kedro run`` that a flow run has, too."""
    command = import_module("kedro.framework.cli.project").run
    return [option for option in command.params if option.name not in _OTHER]


def read_command_options(
    values: Mapping[str, Any],
) -> Tuple[Optional[str], Dict[str, OptionValue]]:
    """Return the name of the pipeline, and the run options, from command-line values."""
    params = {
        **values,
        "tags": values.get("tags") or values.get("tag"),
        "extra_params": values.get("params"),
        "load_versions": _as_mapping(values.get("load_versions") or values.get("load_version")),
    }
    options = read_run_options(params)
    names = values.get("pipelines") or [values.get("pipeline")]
    return "+".join(name for name in names if name) or None, options


def parse_params(value: Any) -> Any:
    """Return what ``kedro run --params`` makes of a string; a JSON value of another type as it is.

    Line breaks separate items as commas do.

    Raises:
        ValueError: Kedro refuses the string.
    """
    if not isinstance(value, str):
        return value
    command = import_module("kedro.framework.cli.project").run
    option = next(option for option in command.params if option.name == "params")
    text = ",".join(line.strip() for line in value.splitlines())
    try:
        # The function that does this has no public name, but every release gives it to the option.
        return option.callback(click.Context(command), option, text)
    except click.UsageError as error:
        raise ValueError(error.message) from error
    except Exception as error:  # OmegaConf's and PyYAML's own
        raise ValueError(f"Kedro cannot read these parameters: {error}") from error


def _as_mapping(load_versions: Any) -> Dict[str, str]:
    """Return the version of each dataset; older releases do not parse ``dataset:version``."""
    if isinstance(load_versions, Mapping):
        return dict(load_versions)
    pairs = (text.partition(":") for text in load_versions or ())
    return {name: version for name, _, version in pairs}
