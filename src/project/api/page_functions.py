"""What the web page asks of a Kedro project beside the API."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Mapping

from project.api.restart import agent_labels, plan_flow_run
from project.compat.kedro_cli import parse_params
from project.compat.kedro_project import read_parameters
from project.config.credentials import contains_credential, mentions_credential


def page_functions(project_path: Path) -> Mapping[str, Callable[[Any], Any]]:
    """Return the functions by their names in addresses; each raises ValueError for the user."""
    return {
        "parse-params": parse_params,
        "project-parameters": partial(_project_parameters, project_path),
        "restart-plan": restart_plan,
    }


def restart_plan(rows: Any) -> Dict[str, Any]:
    """Return what a restart would run, and the labels that the flow run needs for it."""
    try:
        plan = plan_flow_run(rows["tasks"], rows["edges"], rows["task_runs"])
        labels = agent_labels(rows["labels"], rows["flow_labels"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"These are not the rows of a flow run: {error!r}.") from error
    return {**plan._asdict(), "labels": labels}


def _project_parameters(project_path: Path, env: Any) -> Dict[str, Any]:
    """Return the parameters in an environment, without those that look like credentials."""
    if env is not None and not isinstance(env, str):
        raise ValueError(f"The environment must be a string, not {env!r}.")
    try:
        parameters = read_parameters(project_path, env)
    except Exception as error:  # of the project's own configuration loader
        raise ValueError(f"The project's parameters cannot be read: {error}") from error
    return _without_credentials(parameters)


def _without_credentials(values: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        str(name): _without_credentials(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if not mentions_credential(str(name))
        if isinstance(value, Mapping) or not contains_credential(str(value))
    }
