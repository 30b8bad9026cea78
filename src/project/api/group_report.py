"""The groups in which the nodes of a run are executed, as an artifact of the run's first task."""

from __future__ import annotations

import logging
from threading import Thread
from typing import Callable, Mapping, Sequence

from project.api.client import PrefectApi
from project.api.queries.task_runs import create_task_run_artifact
from project.errors import ApiError
from project.flow.graph import KedroFlow
from project.flow.groups.units import Group
from project.flow.tasks import InitTask

logger = logging.getLogger(__name__)

MAX_LINES = 200


def group_reporter(
    api: PrefectApi, flow: KedroFlow, task_run_ids: Mapping[str, str]
) -> Callable[[Sequence[Group]], None]:
    """Return a function that reports groups of nodes, without keeping the run waiting.

    Prefect's own page shows the artifact as a list; the embedded one draws the groups in the graph.
    """
    (init,) = flow.get_tasks(task_type=InitTask)
    task_run_id = task_run_ids[flow.slugs[init]]

    def report(groups: Sequence[Group]) -> None:
        Thread(target=_create_artifact, args=(api, task_run_id, groups), daemon=True).start()

    return report


def _create_artifact(api: PrefectApi, task_run_id: str, groups: Sequence[Group]) -> None:
    data = {"markdown": as_markdown(groups), "groups": [group._asdict() for group in groups]}
    try:
        create_task_run_artifact(api, task_run_id, "markdown", data)
    except ApiError as error:  # the run is the same without it
        logger.debug("The groups of the run are not shown: %s", error)


def as_markdown(groups: Sequence[Group]) -> str:
    """Return a list of groups, each with its nodes; of many groups, only the first ones."""
    lines = [
        f"- `{group.name}`: {', '.join(f'`{node}`' for node in group.nodes)}"
        for group in groups[:MAX_LINES]
    ]
    if len(groups) > MAX_LINES:
        lines.append(f"- {len(groups) - MAX_LINES} more groups")
    return "\n".join(["Nodes that run together, in one process each:", "", *lines])
