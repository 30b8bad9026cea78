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


def _as_mapping(load_versions: Any) -> Dict[str, str]:
    """Return the version of each dataset; older releases do not parse ``dataset:version``."""
    if isinstance(load_versions, Mapping):
        return dict(load_versions)
    pairs = (text.partition(":") for text in load_versions or ())
    return {name: version for name, _, version in pairs}
