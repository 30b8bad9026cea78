"""Executor that runs tasks in threads."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from threading import Event, Lock
from typing import (
    Any,
    Callable,
    Collection,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
)

import prefect
from prefect.configuration import Config
from prefect.executors import Executor

from project.execution.executors.limits import Limiter
from project.execution.executors.local import without_config
from project.execution.executors.structures import resolved

STEP_SECONDS = 1.0


class _Call(NamedTuple):
    function: Callable[..., object]
    args: Sequence[object]
    kwargs: Mapping[str, object]
    tags: Collection[str]
    future: Future[object]


class ThreadsExecutor(Executor):
    """Executor that runs tasks in threads; a task that waits for others occupies none.

    ``workers`` is the number of threads; ``None`` means one per core. ``limits`` are the numbers of
    tasks with a tag that may run at once.
    """

    def __init__(self, workers: Optional[int] = None, limits: Optional[Mapping[str, int]] = None):
        self.workers = workers or os.cpu_count() or 1
        self._limiter = Limiter(limits or {})
        self._pool: Optional[ThreadPoolExecutor] = None
        self._futures: List[Future[object]] = []
        super().__init__()

    @contextmanager
    def start(self) -> Iterator[None]:
        """Keep the threads while the flow runs; after an error, start no further task.

        Running tasks are waited for, because Python cannot interrupt a thread.
        """
        shared = prefect.context.config, Event()
        self._futures = []
        try:
            with ThreadPoolExecutor(self.workers, "node", _share_context, shared) as pool:
                self._pool = pool
                try:
                    yield
                finally:
                    self._pool = None
                    shared[1].set()
        finally:
            # Starting with the last: cancelling a future calls back those that wait for it, one
            # call deeper each.
            for future in reversed(self._futures):
                future.cancel()

    def submit(
        self,
        fn: Callable[..., object],
        *args: object,
        extra_context: object = None,
        context: Optional[Mapping[str, object]] = None,
        **kwargs: object,
    ) -> Future[object]:
        """Return a future of ``fn``, which starts when all futures among its arguments are done."""
        function = partial(fn, context=without_config(context)) if context else fn
        call = _Call(function, args, kwargs, getattr(kwargs.get("task"), "tags", ()), Future())
        self._futures.append(call.future)
        _when_done(
            _futures_in([args, kwargs]),
            lambda: self._limiter.submit(call.tags, lambda: self._start(call)),
        )
        return call.future

    def wait(self, futures: Any) -> Any:
        """Return the same structure, with each future replaced by its result."""
        waiting = set(_futures_in(futures))
        while waiting:
            # In steps: a signal that arrives just before the main thread begins to wait does not
            # wake it, so that Ctrl-C would have no effect until a node ends.
            done, waiting = wait(waiting, STEP_SECONDS, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        return _results_in(futures)

    def _start(self, call: _Call) -> None:
        pool = self._pool
        try:
            if pool is not None:
                pool.submit(self._fulfil, call)
        except RuntimeError:  # raised by a pool that has just been shut down
            if self._pool is not None:
                raise

    def _fulfil(self, call: _Call) -> None:
        if self._pool is None:  # shut down while the call was queued
            return
        try:
            result = call.function(*_results_in(call.args), **_results_in(call.kwargs))
            call.future.set_result(result)
        except BaseException as error:  # raised again in the thread that waits
            call.future.set_exception(error)
        finally:
            self._limiter.end(call.tags)


def _share_context(config: Config, stopping: Event) -> None:
    # Prefect's context is local to a thread: a new one would have a configuration of its own,
    # without what was changed for this run. A task that waits for its next attempt looks at
    # `stopping`.
    prefect.context.update(config=config, stopping=stopping)


def _when_done(futures: List[Future[object]], start: Callable[[], None]) -> None:
    lock = Lock()
    left = len(futures) + 1  # one for this function: no callback starts the call before its end

    def one_is_done(_: object) -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            start()

    for future in futures:
        future.add_done_callback(one_is_done)
    one_is_done(None)


def _futures_in(structure: object) -> List[Future[object]]:
    found, left = [], [structure]
    while left:
        item = left.pop()
        if isinstance(item, Future):
            found.append(item)
        elif isinstance(item, dict):
            left.extend(item.values())
        elif isinstance(item, (list, tuple)):
            left.extend(item)
    return found


def _results_in(structure: Any) -> Any:
    return resolved(structure, Future, Future.result)
