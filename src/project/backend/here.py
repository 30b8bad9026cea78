"""A flow run in this process, with all that happens in it told to the API."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Callable, Dict, Iterator, Mapping, Optional

from prefect.engine.state import Cancelled, Failed, Running, Skipped, State

from project.backend.api import Api
from project.backend.lines import lines_told_to
from project.backend.registration import Registered
from project.backend.report import Reporter, set_flow_run_state
from project.errors import FlowRunError
from project.flow.flow import KedroFlow
from project.flow.run import KedroRun
from project.flow.runners import run_flow

Observe = Callable[[Any, State, State], Optional[State]]


def start_run(api: Api, registered: Registered, asked: Mapping[str, Any], **more: Any) -> str:
    """Create a flow run with what it was asked, and return its id."""
    parameters = {name: value for name, value in jsonable(asked).items() if value is not None}
    parameters.setdefault("env", None)  # which is an environment, too: not the flow's default
    created = api.mutate(
        "create_flow_run", "id", flow_id=registered.flow_id, parameters=parameters, **more
    )
    return str(created["id"])


def jsonable(asked: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what a run was asked as JSON has it: dates as text, sets and tuples as lists."""
    found: Dict[str, Any] = json.loads(json.dumps(dict(asked), default=_as_json))
    return found


def _as_json(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def run_here(api: Api, flow: KedroFlow, flow_run_id: str, run: KedroRun, observe: Observe) -> State:
    """Run a flow in this process as a flow run that the API has, and return its final state.

    Raises:
        FlowRunError: when the run was cancelled through the API.
        ApiError: when the API could not be told the end.
    """
    with api.own(flow_run_id):
        return _run_told(api, flow, flow_run_id, run, observe)


def _run_told(
    api: Api, flow: KedroFlow, flow_run_id: str, run: KedroRun, observe: Observe
) -> State:
    task_run_ids = _task_run_ids(api, flow_run_id)
    cancellation = _Cancellation()
    reporter = Reporter(api, flow_run_id, task_run_ids, cancellation.interrupt)
    set_flow_run_state(api, flow_run_id, Running("Running here, in the process of kedro run."))
    with reporter.reporting():
        for slug in set(task_run_ids) - set(flow.slugs.values()):
            reporter.task_state(slug, Skipped("The run was not asked for it."))

        def tell(task_runner: Any, old: State, new: State) -> Optional[State]:
            reporter.task_state(flow.slugs[task_runner.task], new)
            cancellation.check()
            return observe(task_runner, old, new)

        try:
            with lines_told_to(reporter.log), cancellation.heeded():
                state = run_flow(flow, run, tell, flow_run_id)
        except BaseException as error:
            reporter.flow_state(_state_of(error))
            if cancellation.is_asked:
                raise FlowRunError(f"The flow run {flow_run_id} was cancelled.") from None
            raise
        reporter.flow_state(state)
    return state


class _Cancellation:
    """Lets whoever cancels the run through the API stop it as Ctrl-C would.

    A run that is not in the main thread, which alone hears signals, stops between two nodes.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._thread = threading.get_ident()
        self._is_in_main_thread = self._thread == threading.main_thread().ident

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Hear the signal although the process ignores it, as in the background of a script."""
        if not self._is_in_main_thread or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            yield
            return
        signal.signal(signal.SIGINT, lambda *_: self.check())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def interrupt(self) -> None:
        """Stop the run; once."""
        if not self.is_asked:
            self.is_asked = True
            if self._is_in_main_thread and hasattr(signal, "pthread_kill"):
                signal.pthread_kill(self._thread, signal.SIGINT)  # ends a sleep, too
            elif self._is_in_main_thread:
                signal.raise_signal(signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt when the run has been cancelled."""
        if self.is_asked:
            raise KeyboardInterrupt


def _state_of(error: BaseException) -> State:
    if isinstance(error, KeyboardInterrupt):
        return Cancelled("The process of kedro run was interrupted.")
    return Failed(f"The process of kedro run ended: {error!r}")


def _task_run_ids(api: Api, flow_run_id: str) -> Dict[str, str]:
    run = api.query(
        f'query {{ flow_run_by_pk(id: "{flow_run_id}") {{ task_runs {{ id task {{ slug }} }} }} }}'
    )
    return {row["task"]["slug"]: row["id"] for row in run["task_runs"]}
