"""Old flow runs of a project, and stored results that no restart needs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence
from uuid import UUID

from prefect.engine.results import LocalResult

from project.api import queries
from project.api.client import PrefectApi
from project.api.states import FINISHED, SUCCESSFUL
from project.deploy.deployment import Deployment
from project.deploy.prefect_objects import make_result


class Old(NamedTuple):
    """Ids of flow runs, and folders with the results of one flow run each."""

    flow_run_ids: Sequence[str]
    folders: Sequence[Path]

    def __bool__(self) -> bool:
        return bool(self.flow_run_ids or self.folders)

    def describe(self) -> str:
        """Return how many there are, in words."""
        if not self:
            return "Nothing to delete."
        runs, folders = len(self.flow_run_ids), len(self.folders)
        parts = [
            f"{runs} flow run{'' if runs == 1 else 's'} with logs" if runs else "",
            f"the results of {folders} flow run{'' if folders == 1 else 's'}" if folders else "",
        ]
        return f"To delete: {' and '.join(filter(None, parts))}."


def find_what_is_old(
    api: PrefectApi, deployments: Sequence[Deployment], before: Optional[str]
) -> Old:
    """Return what no restart needs, and the flow runs that ended before a timestamp, if given.

    The results of a flow run are needed until it has succeeded, or is deleted.
    """
    old_ids = _old_runs(api, deployments, before) if before else []
    folders = list(_result_folders(deployments))
    states = queries.flow_run_states(api, [folder.name for folder in folders])
    doomed = set(old_ids)
    unneeded = [
        folder
        for folder in folders
        if folder.name in doomed or states.get(folder.name) in SUCCESSFUL
    ]
    return Old(old_ids, unneeded)


def delete(api: PrefectApi, old: Old) -> None:
    """Delete flow runs and folders for good."""
    for folder in old.folders:
        shutil.rmtree(folder)
    for flow_run_id in old.flow_run_ids:
        queries.delete_flow_run(api, flow_run_id)


def _old_runs(api: PrefectApi, deployments: Iterable[Deployment], before: str) -> List[str]:
    projects = {deployment.prefect_project for deployment in deployments}
    run_filter = queries.RunFilter(sorted(projects), sorted(FINISHED))
    found: List[str] = []
    while len(found) % queries.PAGE == 0:
        page = queries.flow_runs_before(api, api.tenant_id, run_filter, before, len(found))
        if not page:
            break
        found += page
    return found


def _result_folders(deployments: Iterable[Deployment]) -> Iterable[Path]:
    """Return the folders of flow runs; other folders are not named after one."""
    places = {
        Path(result.dir)
        for each in deployments
        for result in [make_result(each.settings, each.ref.project_path)]
        if isinstance(result, LocalResult)
    }
    for place in sorted(places):
        for folder in sorted(place.iterdir()):
            if folder.is_dir() and _is_id(folder.name):
                yield folder


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
