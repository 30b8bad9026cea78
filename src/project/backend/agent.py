"""A flow run that an agent runs: following it to its end."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Dict, List, Set

import click
import pendulum

from project.backend.api import Api
from project.errors import FlowRunError

POLL_SECONDS = 1.0
NO_AGENT_SECONDS = 10.0

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
    try:
        Follower(api, flow_run_id).follow()
    except KeyboardInterrupt:
        api.mutate("cancel_flow_run", "state", flow_run_id=flow_run_id)
        raise FlowRunError(f"The flow run {flow_run_id} was cancelled by Ctrl-C.") from None


class Follower:
    """Show the states and log lines of a flow run as they come."""

    def __init__(self, api: Api, flow_run_id: str):
        self._api = api
        self._id = flow_run_id
        self._shown: Set[str] = set()
        self._state = ""
        self._asked_for_agents = False

    def follow(self) -> None:
        """Return when the run has succeeded; raise a ``FlowRunError`` when it ended otherwise."""
        start = monotonic()
        while True:
            run = self._look()
            self._show(run)
            if run["state"] in _FINISHED:
                break
            if run["state"] == "Scheduled" and monotonic() - start > NO_AGENT_SECONDS:
                self._say_which_labels_are_missing(run["labels"] or [])
            sleep(POLL_SECONDS)
        if run["state"] not in _FINISHED_WELL:
            raise FlowRunError(self._failure(run))

    def _look(self) -> Dict[str, Any]:
        run: Dict[str, Any] = self._api.query(
            f'query {{ flow_run_by_pk(id: "{self._id}") {{ state state_message labels '
            "logs(order_by: {timestamp: asc}) { id timestamp level message } } }"
        )
        if run is None:
            raise FlowRunError(f"The API at {self._api.url} has no flow run {self._id}.")
        return run

    def _show(self, run: Dict[str, Any]) -> None:
        for line in run["logs"]:
            if line["id"] not in self._shown:
                self._shown.add(line["id"])
                time = pendulum.parse(line["timestamp"]).in_timezone("local").format("HH:mm:ss")
                click.echo(f"{time} {line['level']:8} {line['message']}")
        if run["state"] != self._state:
            self._state = run["state"]
            click.echo(f"Flow run is {self._state}: {run['state_message'] or ''}")

    def _say_which_labels_are_missing(self, labels: List[str]) -> None:
        if self._asked_for_agents:
            return
        self._asked_for_agents = True
        agents = self._api.query("query { agent { name labels last_queried } }")
        if not any(_serves(agent, set(labels)) for agent in agents):
            wanted = ", ".join(labels) or "no label at all"
            click.echo(
                f"No agent takes this run: it has {wanted}, and {_described(agents)}. Start one: "
                f"kedro prefect agent{''.join(f' --label {label}' for label in labels)}",
                err=True,
            )

    def _failure(self, run: Dict[str, Any]) -> str:
        failed = self._api.query(
            f'query {{ task_run(where: {{flow_run_id: {{_eq: "{self._id}"}}, '
            'state: {_in: ["Failed", "TimedOut"]}}) { state_message task { name } } }'
        )
        nodes = "; ".join(f"{row['task']['name']}: {row['state_message']}" for row in failed)
        where = self._api.address("flow-run", self._id)
        return f"The flow run ended {run['state']}: {nodes or run['state_message']}. See {where}"


def _serves(agent: Dict[str, Any], labels: Set[str]) -> bool:
    seen = agent["last_queried"] and pendulum.parse(agent["last_queried"])
    is_alive = bool(seen) and seen > pendulum.now("utc").subtract(minutes=1)
    own = set(agent["labels"] or [])
    return is_alive and (labels <= own if labels else not own)


def _described(agents: List[Dict[str, Any]]) -> str:
    if not agents:
        return "there is no agent"
    known = (f"{agent['name']} ({', '.join(agent['labels'] or []) or 'none'})" for agent in agents)
    return f"the agents have {'; '.join(known)}"
