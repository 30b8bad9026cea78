"""Final states that a run could not report: kept on disk, and delivered by the next run."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence
from uuid import uuid4

from prefect.engine.state import Failed, State

from project.api.graphql import GraphQL, Json
from project.api.project_folder import FOLDER, folder_errors, prepare_folder
from project.api.state_sender import RunState, StateSender
from project.api.transport import without_password
from project.errors import ApiError, ApiRefusedError

logger = logging.getLogger(__name__)


class UnreportedState(NamedTuple):
    """A serialized state of a task run; without ``task_run_id``, of the flow run."""

    task_run_id: Optional[str]
    payload: Json


class UnreportedStates:
    """States that runs of a project could not report to an API, in one file per flow run.

    ``names`` are those of the API: its address, and its name in ``prefect.yml`` if that is known,
    because the address of an embedded one changes.
    """

    def __init__(self, project_path: Path, *names: str):
        self._project_path = project_path
        self._folder = project_path / FOLDER / "unreported"
        self._names = [without_password(name) for name in names]  # they are written to disk

    def save(self, flow_run_id: str, states: Sequence[UnreportedState]) -> Path:
        """Write the states of a flow run, in order, and return the file.

        Raises:
            ApiError: the file cannot be written.
        """
        content = {"api": self._names[0], "flow_run_id": flow_run_id, "states": list(states)}
        file = self._folder / f"{flow_run_id}.json"
        unfinished = file.with_suffix(f".{uuid4()}")
        with folder_errors(prepare_folder(self._project_path)):
            self._folder.mkdir(exist_ok=True)
            unfinished.write_text(json.dumps(content), encoding="utf-8")
            unfinished.replace(file)
        return file

    def deliver(self, api: GraphQL) -> None:
        """Report the states of earlier runs; keep those that still cannot be reported."""
        # False also for a folder that this user cannot look into.
        for file in sorted(self._folder.glob("*.json")) if os.path.isdir(self._folder) else ():
            try:
                self._deliver(api, file)
            except (ApiError, OSError) as error:
                logger.warning("%s: the end of this run is not reported yet: %s", file.name, error)
            except (KeyError, TypeError, ValueError) as error:
                logger.warning("%s cannot be read (%r). Delete it.", file, error)

    def _deliver(self, api: GraphQL, file: Path) -> None:
        content: Dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if without_password(content["api"]) not in self._names:
            return
        try:
            _send(api, content["flow_run_id"], content["states"])
            logger.info("Reported the end of flow run %s.", content["flow_run_id"])
        except ApiRefusedError as error:
            logger.warning("%s: the end of this run cannot be reported: %s", file.name, error)
        with suppress(FileNotFoundError):  # another process has done the same
            file.unlink()


def _send(api: GraphQL, flow_run_id: str, states: List[List[Any]]) -> None:
    sender = StateSender(api, flow_run_id)
    for task_run_id, payload in states:
        state = State.deserialize(payload)
        sender.put(RunState(task_run_id, state))
        if task_run_id is None and isinstance(state, Failed):
            sender.end_tasks(str(state.message))
    while sender.waiting():
        sender.send_round()
