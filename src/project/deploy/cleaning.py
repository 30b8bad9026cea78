"""Old flow runs of a project, and stored results that no restart needs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence
from uuid import UUID

from prefect.engine.results import LocalResult

from project.api.client import PrefectApi
from project.api.project_folder import MAKE_WRITABLE, folder_errors
from project.api.queries.flow_run_lists import PAGE, flow_runs_before
from project.api.queries.flow_runs import delete_flow_run, flow_run_states
from project.api.queries.flows import flow_versions
from project.api.states import FINISHED, SUCCESSFUL
from project.deploy.deployment import Deployment
from project.deploy.flow_spec import package_in
from project.deploy.prefect_objects import make_result


class StaleData(NamedTuple):
    """Ids of flow runs, and folders with the results of one flow run each."""

    flow_run_ids: Sequence[str]
    folders: Sequence[Path]

    def __bool__(self) -> bool:
        return bool(self.flow_run_ids or self.folders)

    def describe(self, before: str) -> str:
        """Return how many there are, in words; the flow runs ended ``before`` a time."""
        if not self:
            return "Nothing to delete."
        runs, folders = len(self.flow_run_ids), len(self.folders)
        parts = [
            f"{runs} flow run{'' if runs == 1 else 's'} that ended before {before}, with logs"
            if runs
            else "",
            f"the results of {folders} flow run{'' if folders == 1 else 's'}" if folders else "",
        ]
        return f"To delete: {', and '.join(filter(None, parts))}."


def find_stale_data(
    api: PrefectApi, deployments: Sequence[Deployment], before: Optional[str]
) -> StaleData:
    """Return what no restart needs, and the flow runs that ended before a timestamp, if given.

    The results of a flow run are needed until it has succeeded. A run that is unknown here, because
    it was deleted before, may be one of another API: its results stay.
    """
    old_ids = _old_runs(api, deployments, before) if before else []
    folders = list(_result_folders(deployments))
    states = flow_run_states(api, [folder.name for folder in folders])
    doomed = set(old_ids)
    unneeded = [
        folder
        for folder in folders
        if folder.name in doomed or states.get(folder.name) in SUCCESSFUL
    ]
    return StaleData(old_ids, unneeded)


def delete(api: PrefectApi, stale: StaleData) -> None:
    """Delete flow runs and folders for good."""
    for folder in stale.folders:
        with folder_errors(folder, remedy=MAKE_WRITABLE):
            shutil.rmtree(folder)
    for flow_run_id in stale.flow_run_ids:
        delete_flow_run(api, flow_run_id)


def _old_runs(api: PrefectApi, deployments: Iterable[Deployment], before: str) -> List[str]:
    """Return the ids of old runs, also of flows that the project has no more.

    Other flows in the same Prefect project belong to other packages, or to plain Prefect.
    """
    projects = {deployment.prefect_project for deployment in deployments}
    packages = {deployment.ref.package_name for deployment in deployments}
    versions = flow_versions(api, api.tenant_id, sorted(projects))
    own = {each.flow_group_id for each in versions if package_in(each.variables) in packages}
    found: List[str] = []
    while len(found) % PAGE == 0:
        page = flow_runs_before(api, sorted(own), sorted(FINISHED), before, len(found))
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
    for place in filter(Path.is_dir, sorted(places)):
        for folder in sorted(place.iterdir()):
            if folder.is_dir() and _is_id(folder.name):
                yield folder


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
