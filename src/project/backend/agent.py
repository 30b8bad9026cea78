"""A flow run that an agent runs: following it to its end."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Dict, List, Optional, Set, Tuple

import click
import pendulum

from project.backend.api import Api
from project.errors import ApiError, ApiRefusedError, FlowRunError

POLL_SECONDS = 1.0
NO_AGENT_SECONDS = 10.0
CANCELLING_SECONDS = 30.0
API_AWAY_SECONDS = 20.0
# Lines of several processes arrive in the order of their batches, not of their times.
LATE_SECONDS = 60

_FINISHED_WELL = {"Success", "Cached", "Skipped", "Mapped"}
_FINISHED = _FINISHED_WELL | {
    "Failed",
    "TimedOut",
    "TriggerFailed",
    "ValidationFailed",
    "Cancelled",
}


def run_by_agent(api: Api, flow_run_id: str, wait: bool) -> None:
    """Leave a flow run to an agent; with ``wait`` follow it, and cancel it on Ctrl-C.

    Raises:
        FlowRunError: when it did not succeed.
    """
    if not wait:
        return
    follower = Follower(api, flow_run_id)
    try:
        follower.follow()
    except KeyboardInterrupt:
        api.mutate("cancel_flow_run", "state", flow_run_id=flow_run_id)
        click.echo("Cancelling the flow run; Ctrl-C again does not wait for its end.")
        follower.follow(CANCELLING_SECONDS)


class Follower:
    """Show the states and log lines of a flow run as they come."""

    def __init__(self, api: Api, flow_run_id: str):
        self._api = api
        self._id = flow_run_id
        self._shown: Set[Tuple[bool, Any]] = set()
        self._newest = pendulum.from_timestamp(0)
        self._asked_for_agents = False

    def follow(self, seconds: float = float("inf")) -> None:
        """Return when the run has succeeded.

        Raises:
            FlowRunError: when it ended otherwise, or has not ended after so many seconds.
        """
        start = monotonic()
        run = self._show()
        while run["state"] not in _FINISHED:
            waited = monotonic() - start
            if waited > seconds:
                raise FlowRunError(f"The flow run {self._id} is still {run['state']}.")
            if run["state"] == "Scheduled" and waited > NO_AGENT_SECONDS:
                self._say_which_labels_are_missing(run["labels"] or [])
            sleep(POLL_SECONDS)
            run = self._show()
        if run["state"] not in _FINISHED_WELL:
            raise FlowRunError(self._failure(run))

    def _show(self) -> Dict[str, Any]:
        run = self._look()
        for said in sorted(run["logs"] + run["states"], key=lambda row: str(row["timestamp"])):
            key = ("state" in said, said["id"])
            if key not in self._shown:
                self._shown.add(key)
                self._newest = max(self._newest, pendulum.parse(said["timestamp"]))
                click.echo(_as_line(said))
        return run

    def _look(self) -> Dict[str, Any]:
        """Return what the API knows of the run; wait for an API that is away for a moment."""
        deadline = monotonic() + API_AWAY_SECONDS
        while True:
            try:
                return self._ask()
            except ApiRefusedError:
                raise
            except ApiError as error:
                if monotonic() > deadline:
                    raise ApiError(f"{error.message} {self._may_go_on()}") from error
                sleep(POLL_SECONDS)

    def _may_go_on(self) -> str:
        return f"The flow run may go on: 'kedro prefect watch {self._id}' follows it again."

    def _ask(self) -> Dict[str, Any]:
        run: Dict[str, Any] = self._api.query(
            "query($id: uuid!, $since: timestamptz) { flow_run_by_pk(id: $id) "
            "{ state state_message labels "
            "states(where: {timestamp: {_gte: $since}}) { id timestamp state message } "
            "logs(where: {timestamp: {_gte: $since}}) { id timestamp level message } } }",
            id=self._id,
            since=self._newest.subtract(seconds=LATE_SECONDS).isoformat(),
        )
        if run is None:
            raise FlowRunError(f"The API at {self._api.url} has no flow run {self._id}.")
        return run

    def _say_which_labels_are_missing(self, labels: List[str]) -> None:
        if not self._asked_for_agents:
            self._asked_for_agents = True
            missing = agents_missing(self._api, labels)
            if missing:
                click.echo(f"No agent takes this run: {missing}", err=True)

    def _failure(self, run: Dict[str, Any]) -> str:
        failed = self._api.query(
            "query($id: uuid!) { task_run(where: {flow_run_id: {_eq: $id}, "
            'state: {_in: ["Failed", "TimedOut"]}}) { state_message task { name } } }',
            id=self._id,
        )
        nodes = "; ".join(f"{row['task']['name']}: {row['state_message']}" for row in failed)
        where = self._api.address("flow-run", self._id)
        why = str(nodes or run["state_message"]).rstrip(".")
        return f"The flow run ended {run['state']}: {why}. See {where}"


def _as_line(said: Dict[str, Any]) -> str:
    """Return a log line or a state as a line of text."""
    time = pendulum.parse(said["timestamp"]).in_timezone("local").format("HH:mm:ss")
    if "state" in said:
        return f"{time} Flow run is {said['state']}: {said['message'] or ''}"
    return f"{time} {said['level']:8} {said['message']}"


def agents_missing(api: Api, labels: List[str]) -> Optional[str]:
    """Return why no agent takes runs with these labels and what to do; ``None`` if one does."""
    agents = api.query("query { agent { name labels last_queried } }")
    if any(_serves(agent, set(labels)) for agent in agents):
        return None
    wanted = ", ".join(labels) or "no label at all"
    command = "".join(["kedro prefect agent", *(f" --label {label}" for label in labels)])
    return f"it has {wanted}, and {_described(agents)}. Start one: {command}"


def _serves(agent: Dict[str, Any], labels: Set[str]) -> bool:
    own = set(agent["labels"] or [])
    return _is_alive(agent) and (labels <= own if labels else not own)


def _is_alive(agent: Dict[str, Any]) -> bool:
    seen = agent["last_queried"] and pendulum.parse(agent["last_queried"])
    return bool(seen) and seen > pendulum.now("utc").subtract(minutes=1)


def _described(agents: List[Dict[str, Any]]) -> str:
    alive = list(filter(_is_alive, agents))
    if not alive:
        return "no agent is up"
    known = (f"{agent['name']} ({', '.join(agent['labels'] or []) or 'none'})" for agent in alive)
    return f"the agents that are up have {'; '.join(known)}"
