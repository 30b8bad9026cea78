"""The Kedro runs that are open in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Dict, Iterator, Optional, Tuple, Type, Union

from project.errors import FlowRunError
from project.flow.tasks import NodeRun


class KedroRuns:
    """The Kedro runs of one process, by the ids of their flow runs.

    The code that opens a Kedro session provides its run while the flow's tasks run; the tasks
    acquire it, in a first attempt and after a restart alike.
    """

    def __init__(self) -> None:
        self._runs: Dict[str, Union[NodeRun, BaseException]] = {}

    def __reduce__(self) -> Tuple[Type[KedroRuns], Tuple[()]]:
        # The flow's tasks refer to this object; unpickled in another process, they find that
        # process's runs.
        return KedroRuns, ()

    @contextmanager
    def provide(self, flow_run_id: str, run: Union[NodeRun, BaseException]) -> Iterator[None]:
        """Provide the Kedro run of a flow run, or the error that kept it from opening."""
        self._runs[flow_run_id] = run
        try:
            yield
        finally:
            del self._runs[flow_run_id]

    def find(self, flow_run_id: str) -> Optional[NodeRun]:
        """Return the Kedro run of a flow run, if one is open."""
        run = self._runs.get(flow_run_id)
        return None if isinstance(run, BaseException) else run

    def acquire(self, flow_run_id: str) -> NodeRun:
        """Return the Kedro run of a flow run.

        Raises:
            BaseException: the error that kept the Kedro session from opening.
            FlowRunError: no session was opened for this flow run.
        """
        run = self._runs.get(flow_run_id)
        if run is None:
            raise FlowRunError(
                f"No Kedro session is open for the flow run {flow_run_id}: its flow must run on "
                "the flow runner of this package."
            )
        if isinstance(run, BaseException):
            raise run
        return run
