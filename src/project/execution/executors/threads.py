"""Executor that runs tasks in threads."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

import prefect
from prefect.executors import Executor

from project.execution.executors.local import without_config


class ThreadsExecutor(Executor):
    """Executor that runs tasks in threads; a task that waits for others occupies none.

    ``workers`` is the number of threads; ``None`` means one per core.
    """

    def __init__(self, workers: Optional[int] = None):
        self.workers = workers or os.cpu_count() or 1
        self._pool: Optional[ThreadPoolExecutor] = None
        self._futures: List[Future[Any]] = []
        super().__init__()

    @contextmanager
    def start(self) -> Iterator[None]:
        """Keep the threads while the flow runs; after an error, start no further task.

        Running tasks are waited for, because Python cannot interrupt a thread.
        """
        config = prefect.context.config
        self._futures = []
        try:
            with ThreadPoolExecutor(self.workers, "node", _share_config, (config,)) as pool:
                self._pool = pool
                try:
                    yield
                finally:
                    self._pool = None
        finally:
            # Starting with the last: cancelling a future calls back those that wait for it, one
            # call deeper each.
            for future in reversed(self._futures):
                future.cancel()

    def submit(
        self,
        fn: Callable[..., Any],
        *args: Any,
        extra_context: Any = None,
        context: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> Future[Any]:
        """Return a future of ``fn``, which starts when all futures among its arguments are done."""
        call = partial(fn, context=without_config(context)) if context else fn
        future: Future[Any] = Future()
        self._futures.append(future)
        _when_done(_futures_in([args, kwargs]), lambda: self._start(future, call, args, kwargs))
        return future

    def wait(self, futures: Any) -> Any:
        """Return the same structure, with each future replaced by its result."""
        done, _ = wait(_futures_in(futures), return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        return _resolved(futures)

    def _start(self, future: Future[Any], call: Callable[..., Any], *arguments: Any) -> None:
        pool = self._pool
        try:
            if pool is not None:
                pool.submit(self._fulfil, future, call, *arguments)
        except RuntimeError:  # raised by a pool that has just been shut down
            if self._pool is not None:
                raise

    def _fulfil(
        self,
        future: Future[Any],
        call: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Dict[str, Any],
    ) -> None:
        if self._pool is None:  # shut down while the call was queued
            return
        try:
            future.set_result(call(*_resolved(args), **_resolved(kwargs)))
        except BaseException as error:  # raised again in the thread that waits
            future.set_exception(error)


def _share_config(config: Any) -> None:
    prefect.context.config = config


def _when_done(futures: List[Future[Any]], start: Callable[[], None]) -> None:
    lock = Lock()
    left = len(futures) + 1

    def one_is_done(_: Any) -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            start()

    for future in futures:
        future.add_done_callback(one_is_done)
    one_is_done(None)


def _futures_in(structure: Any) -> List[Future[Any]]:
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


def _resolved(structure: Any) -> Any:
    if isinstance(structure, Future):
        return structure.result()
    if isinstance(structure, dict):
        return {key: _resolved(value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map(_resolved, structure))
    return structure
