"""``kedro prefect init``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional

import click

from project.errors import SettingsError

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata

    from project.commands.earlier_script import EarlierScript

TEMPLATE = Path(__file__).with_name("prefect.yml")  # the same as conf/base/prefect.yml

_COMPUTED = "The script computes the name of {what}: set {key} to what Prefect's UI shows."


@click.command()
@click.pass_obj
def init(project: ProjectMetadata) -> None:
    """Write conf/base/prefect.yml, with every key and what it means.

    A script like the one in Kedro's documentation, which registers the pipeline with Prefect, is
    recognised: the file then has the keys that keep its flow.
    """
    from project.api.project_folder import MAKE_WRITABLE, folder_errors
    from project.commands.earlier_script import find_earlier_script
    from project.compat.kedro_project import conf_folder
    from project.terminal import show

    file = conf_folder(project.project_path) / "base" / "prefect.yml"
    if file.exists():
        raise SettingsError(f"{file} exists already. Remove it first, or edit it.")
    script = find_earlier_script(project.project_path, project.project_name)
    text = _fill(TEMPLATE.read_text(encoding="utf-8"), _names(script))
    with folder_errors(file.parent, remedy=MAKE_WRITABLE):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    about_script = _describe(script) if script else []
    show("\n".join([f"Wrote {file}", *about_script, "Next: kedro prefect doctor"]))


def _names(script: Optional[EarlierScript]) -> Dict[str, str]:
    """Return the keys with which a script's flow keeps its name and its Prefect project."""
    names: Dict[str, str] = {}
    if script and script.project:
        names["project"] = json.dumps(script.project, ensure_ascii=False)
    if script and script.flow:
        flow = json.dumps(script.flow, ensure_ascii=False)
        names["pipelines"] = f"{{__default__: {{flow: {flow}}}}}"
    return names


def _fill(template: str, values: Dict[str, str]) -> str:
    lines: List[str] = []
    for line in template.splitlines():
        key, _, rest = line.partition(":")
        comment = rest.partition("#")[2]
        if key in values:
            lines.append(f"{key}: {values[key]}".ljust(25) + f" #{comment}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _describe(script: EarlierScript) -> List[str]:
    lines = []
    if script.project is None:
        lines.append(_COMPUTED.format(what="its Prefect project", key="'project'"))
    if script.flow is None and not script.is_named_after_pipeline:
        key = "'flow', in the section of its pipeline in 'pipelines',"
        lines.append(_COMPUTED.format(what="its flow", key=key))
    kept = "" if lines else " The file has the names that keep it."
    if script.has_schedule:
        lines.append("Its schedule is not taken over: set 'schedule'.")
    return [
        f"{script.path} registers a flow with Prefect.{kept}",
        *lines,
        "The file has 'api: embedded'. To stay with the script's API, set 'api: prefect'.",
        "Stop the script's agent, and start 'kedro prefect agent' instead.",
    ]
