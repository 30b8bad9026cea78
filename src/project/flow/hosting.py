"""A Kedro session that is open for as long as a flow run lasts.

Under an agent nobody calls ``session.run()``, and yet all that Kedro does before and after the
nodes must happen, hooks included, in its own order. So a thread calls it, with a runner that hands
what it got to the tasks and waits for the flow to end.
"""

from __future__ import annotations

import logging
from queue import Queue
from threading import Event, Thread
from typing import Any, Dict, Mapping, NamedTuple, Optional, Union

import prefect
from kedro.pipeline import Pipeline
from prefect.engine.state import Failed, State

from project import compat
from project.errors import FlowRunError
from project.flow.run import KedroRun, hold
from project.flow.source import Source

logger = logging.getLogger(__name__)


# What a thread must have of Prefect's context for its log lines to reach the API.
_CONTEXT = ("flow_run_id", "running_with_backend")


class _Wanted(NamedTuple):
    type: type
    words: str


# Of what a flow run can be asked; the rest are lists.
_A_MAPPING = _Wanted(dict, 'a mapping, as in {"name": "value"}')
_A_LIST = _Wanted(list, 'a list, as in ["name"]')
_A_SWITCH = _Wanted(bool, "true or false")
_TYPES = {
    "env": _Wanted(str, "a text"),
    "is_async": _A_SWITCH,
    "only_missing_outputs": _A_SWITCH,
    "params": _A_MAPPING,
    "load_versions": _A_MAPPING,
}


class _HostingRunner(compat.KedroRunner):
    """Hand over the Kedro run that a session has prepared, and wait for its end."""

    def __init__(
        self, flow_run_id: str, opened: Queue[Union[KedroRun, BaseException]], is_async: bool
    ):
        super().__init__(is_async=is_async)
        self.ended = Event()
        self.error: Optional[BaseException] = None
        self.raised: Optional[BaseException] = None
        self._flow_run_id = flow_run_id
        self._opened = opened

    def _run(self, pipeline: Pipeline, catalog: Any, *args: Any, **kwargs: Any) -> None:
        hook_manager, run_id = compat.read_run_arguments(*args, **kwargs)
        run = KedroRun(pipeline, catalog, hook_manager, run_id, self._is_async)
        with hold(self._flow_run_id, run):
            self._opened.put(run)
            self.ended.wait()
        if self.error is not None:
            compat.suggest_resume(self, pipeline, run.done_nodes, catalog)
            self.raised = self.error if run.error is None else run.error
            raise self.raised


class HostedSession:
    """Run a Kedro session in a thread of its own, from the init task to the flow's end."""

    def __init__(self, flow_run_id: str, source: Source, asked: Mapping[str, Any]):
        self._opened: Queue[Union[KedroRun, BaseException]] = Queue()
        self._runner = _HostingRunner(flow_run_id, self._opened, bool(asked.get("is_async")))
        self._error: Optional[BaseException] = None
        context = {key: prefect.context.get(key) for key in _CONTEXT}
        self._thread = Thread(
            target=self._host, args=(source, asked, context), name="kedro session"
        )

    def open(self) -> KedroRun:
        """Return the Kedro run once the session has prepared it; raise what it raised."""
        self._thread.daemon = True  # a flow run that is killed need not wait for it
        self._thread.start()
        opened = self._opened.get()
        if isinstance(opened, BaseException):
            raise opened
        return opened

    def close(self, state: State) -> Optional[BaseException]:
        """Let the session end as the flow run has ended; return what its last hooks raised."""
        if not state.is_successful():
            self._runner.error = FlowRunError(f"The flow run ended as {state!r}.")
        self._runner.ended.set()
        self._thread.join()
        return None if self._error is self._runner.raised else self._error

    def _host(self, source: Source, asked: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        try:
            with prefect.context(context):
                compat.run_session(source.project_path, source.pipeline_name, asked, self._runner)
        except BaseException as error:  # the init task raises it, if it came before the nodes
            self._error = error
            self._opened.put(error)


_hosted: Dict[str, HostedSession] = {}


def open_run(flow_run_id: str, source: Source, asked: Mapping[str, Any]) -> KedroRun:
    """Open a session in this process for a flow run, until ``close_run`` is called for it.

    Raises:
        FlowRunError: when a parameter of the flow run has the wrong type.
    """
    _require_types(asked)
    session = HostedSession(flow_run_id, source, asked)
    run = session.open()
    _hosted[flow_run_id] = session
    return run


def _require_types(asked: Mapping[str, Any]) -> None:
    for name, value in asked.items():
        wanted = _TYPES.get(name, _A_LIST)
        if value is not None and not isinstance(value, wanted.type):
            raise FlowRunError(
                f"The parameter '{name}' of the flow run must be {wanted.words}, not {value!r}."
            )


def close_run(flow: prefect.Flow, old_state: State, new_state: State) -> State:
    """Be the state handler of a flow: its end is the end of the Kedro session.

    As with ``kedro run``, a hook that fails after the nodes makes a failure of the run.
    """
    session = _hosted.pop(prefect.context.get("flow_run_id"), None) if _is_end(new_state) else None
    error = None if session is None else session.close(new_state)
    if error is None:
        return new_state
    logger.error("The Kedro session failed after the nodes", exc_info=error)
    if not new_state.is_successful():
        return new_state
    return Failed(f"After the nodes: {error!r}", result=error)


def _is_end(state: State) -> bool:
    return bool(state.is_finished())
