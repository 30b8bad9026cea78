"""Following a flow run that another process executes."""

from __future__ import annotations

import sys
from time import monotonic, sleep
from typing import Iterable, List, Optional, Set, Tuple

import pendulum

from project.api.client import PrefectApi
from project.api.queries.agents import AgentRow, agents
from project.api.queries.events import Event, FollowedRun, follow_flow_run
from project.api.queries.flow_runs import cancel_flow_run
from project.api.queries.task_runs import failed_tasks
from project.api.states import FINISHED, SUCCESSFUL
from project.errors import ApiError, ApiRefusedError, FlowRunError
from project.execution.cancellation import Cancellation
from project.terminal import show

POLL_SECONDS = 1.0
NO_AGENT_SECONDS = 10.0
CANCELLING_SECONDS = 30.0
UNREACHABLE_SECONDS = 20.0
# Log lines of several processes arrive in the order of their batches, not of their timestamps.
LATE_SECONDS = 60


def follow_agent_run(api: PrefectApi, flow_run_id: str, wait: bool = True) -> None:
    """Follow a flow run that an agent executes, if ``wait`` is set, and cancel it on Ctrl-C.

    Raises:
        FlowRunError: it did not succeed.
        SystemExit: a signal ended this process, after the flow run was cancelled.
    """
    if wait:
        Follower(api, flow_run_id).follow_or_cancel()


class Follower:
    """Follower of one flow run, which prints its states and log lines as they arrive."""

    def __init__(self, api: PrefectApi, flow_run_id: str):
        self._api = api
        self._id = flow_run_id
        self._known: Set[Tuple[bool, str]] = set()
        self._newest = pendulum.from_timestamp(0)
        self._has_looked_for_agents = False

    def skip_history(self) -> None:
        """Leave out the states and log lines that the run has so far."""
        self._take_new()

    def follow_or_cancel(self) -> None:
        """Follow the run, and cancel it on Ctrl-C.

        Raises:
            FlowRunError: it did not succeed.
            SystemExit: a signal ended this process, after the flow run was cancelled.
        """
        cancellation = Cancellation()
        try:
            with cancellation.handle_signals():
                self.follow()
        except KeyboardInterrupt:
            cancel_flow_run(self._api, self._id)
            cancellation.exit_if_signalled()
            show("Cancelling the flow run. Press Ctrl-C again to exit without waiting for it.")
            self.follow(CANCELLING_SECONDS)

    def follow(self, seconds: float = float("inf")) -> None:
        """Follow the run, and return once it has succeeded.

        Raises:
            FlowRunError: it ended otherwise, or has not ended after ``seconds``.
        """
        start = monotonic()
        run = self._print_new()
        while run.state not in FINISHED:
            waited = monotonic() - start
            if waited > seconds:
                raise FlowRunError(
                    f"The flow run {self._id} is still {run.state} after {seconds:.0f} seconds. "
                    f"'kedro prefect watch {self._id}' follows it further."
                )
            if run.state == "Scheduled" and waited > NO_AGENT_SECONDS:
                self._warn_if_no_agent_matches(run.labels)
            sleep(POLL_SECONDS)
            run = self._print_new()
        if run.state not in SUCCESSFUL:
            raise FlowRunError(self._describe_failure(run))

    def _print_new(self) -> FollowedRun:
        run = self._take_new()
        for event in run.events:
            show(_as_line(event))
        return run

    def _take_new(self) -> FollowedRun:
        """Return the run with the events that are new, which are known from then on."""
        run, new = self._poll(), []
        for event in run.events:
            key = (event.is_state, event.id)  # a state and a log line can have the same id
            if key not in self._known:
                self._known.add(key)
                self._newest = max(self._newest, pendulum.parse(event.timestamp))
                new.append(event)
        return run._replace(events=new)

    def _poll(self) -> FollowedRun:
        """Return the run and what is new in it, retrying while the API is unreachable."""
        deadline = monotonic() + UNREACHABLE_SECONDS
        while True:
            try:
                return self._fetch()
            except ApiRefusedError:
                raise
            except ApiError as error:
                if monotonic() > deadline:
                    raise ApiError(
                        f"{error.message} The flow run may still be running; follow it with "
                        f"'kedro prefect watch {self._id}'."
                    ) from error
                sleep(POLL_SECONDS)

    def _fetch(self) -> FollowedRun:
        since = self._newest.subtract(seconds=LATE_SECONDS).isoformat()
        run = follow_flow_run(self._api, self._id, since)
        if run is None:
            raise FlowRunError(
                f"The API at {self._api.url} has no flow run {self._id}. 'kedro prefect runs' "
                "lists the latest ones."
            )
        return run

    def _warn_if_no_agent_matches(self, labels: List[str]) -> None:
        if not self._has_looked_for_agents:
            self._has_looked_for_agents = True
            missing = missing_agent(self._api, labels)
            if missing:
                show(f"No agent picks up this run: {missing}", sys.stderr)

    def _describe_failure(self, run: FollowedRun) -> str:
        failed = failed_tasks(self._api, self._id)
        nodes = "; ".join(f"{task.name}: {task.message}" for task in failed)
        reason = str(nodes or run.state_message).rstrip(".")
        url = self._api.page_url("flow-run", self._id)
        return f"The flow run ended in state {run.state}: {reason}. See {url}"


def _as_line(event: Event) -> str:
    time = pendulum.parse(event.timestamp).in_timezone("local").format("HH:mm:ss")
    if event.is_state:
        return f"{time} Flow run is {event.label}: {event.message}"
    return f"{time} {event.label:8} {event.message}"


def missing_agent(api: PrefectApi, labels: Iterable[str]) -> Optional[str]:
    """Return why no agent picks up runs with these labels, and a remedy; ``None`` if one does."""
    wanted = list(labels)
    alive = _alive_agents(api)
    if any(_takes(agent, set(wanted)) for agent in alive):
        return None
    word = "label" if len(wanted) == 1 else "labels"
    needed = f"with the {word} {', '.join(wanted)}" if wanted else "without labels"
    command = " ".join(["kedro prefect agent", *(f"--label {label}" for label in wanted)])
    return f"an agent {needed} is needed, but {_describe(alive)}. Start one: {command}"


def matching_agents(api: PrefectApi, labels: Iterable[str]) -> List[AgentRow]:
    """Return the running agents that pick up runs with these labels."""
    wanted = set(labels)
    return [agent for agent in _alive_agents(api) if _takes(agent, wanted)]


def _alive_agents(api: PrefectApi) -> List[AgentRow]:
    return [agent for agent in agents(api, api.tenant_id) if _is_alive(agent)]


def _takes(agent: AgentRow, labels: Set[str]) -> bool:
    # An agent without labels picks up runs without labels, and one with labels never does.
    return labels <= set(agent.labels) if labels else not agent.labels


def _is_alive(agent: AgentRow) -> bool:
    minute_ago = pendulum.now("utc").subtract(minutes=1)
    return agent.last_queried is not None and pendulum.parse(agent.last_queried) > minute_ago


def _describe(alive: List[AgentRow]) -> str:
    if not alive:
        return "no agent is running"
    running = (f"{agent.name} ({', '.join(agent.labels) or 'no labels'})" for agent in alive)
    return f"the running agents are {'; '.join(running)}"
