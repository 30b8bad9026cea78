"""What a run asks of its Dask cluster."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future as GatheredFuture
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from distributed import Future

from project.errors import FlowRunError
from project.execution.remote.reruns import forget_reruns, mark_reruns
from project.execution.remote.run_spec import RunSpec
from project.execution.remote.unit_graph import UnitGraph
from project.execution.remote.values import Received
from project.execution.remote.versions import (
    describe_difference,
    differing,
    versions_here,
    versions_of_workers,
)
from project.execution.remote.worker import RunPlugin, resources_of_worker, stop_run
from project.execution.remote.worker_project import require_same_code

WORKERS_SECONDS = 60.0
STOP_SECONDS = 5.0
CLEAN_UP_SECONDS = 10.0

Receive = Callable[[Tuple[float, Any]], None]


class RunCluster:
    """The cluster of one run: everything that is sent to it, and removed from it at the end."""

    def __init__(self, client: Any, spec: RunSpec):
        self._client = client
        self._spec = spec
        self._address: str = client.scheduler.address
        self._futures: Dict[str, Future[Any]] = {}
        self._is_lost = False

    def prepare(self, graph: UnitGraph, receive: Receive, receive_scheduler_event: Receive) -> None:
        """Prepare the workers and the scheduler, and pass on what they report.

        Raises:
            FlowRunError: the workers cannot run the nodes.
        """
        self._client.subscribe_topic(self._spec.name, receive)
        self._client.subscribe_topic("all", receive_scheduler_event)
        self._require_same_versions()
        self._register_plugin()
        self._client.run(require_same_code, self._spec)
        self._require_resources(graph)
        self._client.run_on_scheduler(mark_reruns, self._spec.name, set(graph.units))

    def submit(self, graph: UnitGraph) -> None:
        """Submit the whole graph at once.

        The futures are those of what nothing else needs, so that workers forget each value once its
        readers have ended.
        """
        futures = self._client.get(graph.for_dask(), graph.wanted, sync=False)
        self._futures = dict(zip(graph.wanted, futures))

    def are_units_done(self) -> bool:
        """Return whether all units have ended."""
        return all(future.status in ("finished", "error") for future in self._futures.values())

    def errors(self) -> List[BaseException]:
        """Return the errors of the units that have failed, or that Dask could not run.

        Raises:
            FlowRunError: the scheduler was lost, and the graph with it.
        """
        futures = list(self._futures.values())
        # But "lost" is a value that Dask computes again.
        if any(future.status == "cancelled" for future in futures):
            self._is_lost = True
            raise FlowRunError(
                f"The Dask scheduler at {self._address} was lost, with everything that ran "
                f"there. Restart the run ('kedro prefect restart {self._spec.flow_run_id}'), "
                "or start a new one."
            )
        return [future.exception() for future in futures if future.status == "error"]

    @contextmanager
    def gathering(
        self, keys: Sequence[str], on_arrival: Callable[[], None]
    ) -> Iterator[GatheredFuture[List[Received]]]:
        """Yield a future of the values of some units, which arrive while the block runs."""
        futures = [self._futures[key] for key in keys]
        with ThreadPoolExecutor(1) as pool:
            gathered = pool.submit(self._client.gather, futures)
            gathered.add_done_callback(lambda _: on_arrival())
            try:
                yield gathered
            except BaseException:
                self._client.cancel(futures, force=True)  # else the thread would not end
                raise

    def send_to(self, worker: str, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function of the run's plugin on one worker."""
        with suppress(OSError):  # the scheduler reports a worker that is lost at this moment
            self._client.run(function, self._spec.name, *arguments, workers=[worker])

    def stop(self, failed_node: Optional[str], is_interrupt: bool) -> Optional[Dict[str, str]]:
        """Let no further node start; return the workers of those that run, if they answer.

        Raises:
            TimeoutError: a worker does not answer, because a node keeps its interpreter busy.
        """
        if self._is_lost or self._client.status != "running":
            return None
        running_at = None
        try:
            # As Client.run does, but with a limit.
            running = self._client.sync(
                self._client._run, stop_run, self._spec.name, failed_node, is_interrupt,
                callback_timeout=STOP_SECONDS,
            )  # fmt: skip
            running_at = {node: where for where, nodes in running.items() for node in nodes}
        except (TimeoutError, asyncio.TimeoutError) as error:  # one class since Python 3.11
            raise TimeoutError from error
        except OSError:  # a worker that is lost at this moment has stopped
            pass
        finally:
            self._client.cancel(list(self._futures.values()), force=True)
        return running_at

    def clean_up(self) -> None:
        """Leave nothing of the run behind, and do not wait long for workers that do not answer."""
        if self._is_lost or self._client.status != "running":
            return
        thread = Thread(target=self._clean_up, name="clean up", daemon=True)
        thread.start()
        thread.join(CLEAN_UP_SECONDS)

    def _clean_up(self) -> None:
        # The run has its end by now; what cannot be reached any more needs no cleaning up.
        name = self._spec.name
        steps: Tuple[Callable[[], object], ...] = (
            lambda: self._client.unsubscribe_topic("all"),
            lambda: self._client.unsubscribe_topic(name),
            lambda: self._client.unregister_worker_plugin(name),
            lambda: self._client.run_on_scheduler(forget_reruns, name),
            lambda: self._client.run_on_scheduler(forget_topic, name),
        )
        for clean_up in steps:
            with suppress(Exception):
                clean_up()

    def _require_same_versions(self) -> None:
        here = versions_here()
        for worker, there in versions_of_workers(self._client).items():
            names = differing(here, there)
            if names:
                difference = describe_difference(names, here, there)
                raise FlowRunError(f"Worker {worker} has {difference}")

    def _register_plugin(self) -> None:
        register: Any = getattr(self._client, "register_plugin", None)
        if register is None:  # before distributed 2023.9.2
            register = self._client.register_worker_plugin
        try:
            register(RunPlugin(self._spec), name=self._spec.name)
        except Exception as error:  # whatever unpickling raises on a worker
            raise FlowRunError(
                f"The Dask workers cannot run this flow: {error!r}. They need the same versions of "
                "Python, Kedro and this package as the process of the run."
            ) from error

    def _require_resources(self, graph: UnitGraph) -> None:
        """Require that some worker has what a unit needs; Dask would wait forever."""
        if not graph.resources:
            return
        workers = self._client.run(resources_of_worker).values()
        for key, needed in graph.resources.items():
            if not any(_has_resources(worker, needed) for worker in workers):
                wanted = " ".join(f"{name}={amount:g}" for name, amount in needed.items())
                raise FlowRunError(
                    f"Node '{graph.units[key].calls[0].name}' needs a Dask worker with the "
                    f"resources {wanted} (prefect.yml: tasks), but there is none. Start one: "
                    f'dask worker {self._address} --resources "{wanted}"'
                )


def _has_resources(worker: Mapping[str, float], needed: Mapping[str, float]) -> bool:
    return all(worker.get(name, 0) >= amount for name, amount in needed.items())


def wait_for_worker(client: Any) -> None:
    """Wait until a cluster has a worker.

    Raises:
        FlowRunError: none comes in time.
    """
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except (TimeoutError, asyncio.TimeoutError, OSError) as error:  # two classes before Python 3.11
        address = client.scheduler.address
        raise FlowRunError(
            f"The Dask scheduler at {address} has had no worker for {WORKERS_SECONDS:.0f} "
            f"seconds. Start one: dask worker {address}"
        ) from error


def forget_topic(topic: str, dask_scheduler: Any) -> None:
    """Let a scheduler forget the events of a run, of which it would keep the last 100,000."""
    broker = getattr(dask_scheduler, "_broker", None)
    topics = dask_scheduler.events if broker is None else broker._topics
    topics.pop(topic, None)
