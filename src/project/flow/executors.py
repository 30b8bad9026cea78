"""Where tasks run: Prefect's executors, without copies of its whole configuration."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any, Callable, Dict, Iterator, List, Optional

import prefect
from prefect.executors import Executor
from prefect.executors import LocalExecutor as PrefectLocalExecutor

from project.config import ExecutorSettings


def make_executor(settings: ExecutorSettings) -> Executor:
    """Return the executor that ``prefect.yml`` asks for."""
    if settings.type == "threads":
        return ThreadsExecutor(settings.workers)
    return LocalExecutor()


class LocalExecutor(PrefectLocalExecutor):  # type: ignore[misc]
    """Run each task at once, in the thread that submits it."""

    def submit(
        self, fn: Callable[..., Any], *args: Any, extra_context: Any = None, **kwargs: Any
    ) -> Any:
        """Return what ``fn`` returns."""
        return fn(*args, **_without_config(kwargs))


class ThreadsExecutor(Executor):  # type: ignore[misc]
    """Run tasks in threads of this process; a task holds no thread while it waits for others.

    ``workers``: the number of threads; ``None``: one a core.
    """

    def __init__(self, workers: Optional[int] = None):
        self.workers = workers or os.cpu_count() or 1
        self._pool: Optional[ThreadPoolExecutor] = None
        super().__init__()

    @contextmanager
    def start(self) -> Iterator[None]:
        """Keep the threads for as long as the flow runs; on an error start no further task."""
        config = prefect.context.config
        with ThreadPoolExecutor(self.workers, "node", _share_config, (config,)) as self._pool:
            try:
                yield
            finally:
                self._pool = None

    def submit(
        self, fn: Callable[..., Any], *args: Any, extra_context: Any = None, **kwargs: Any
    ) -> Future[Any]:
        """Return a future of ``fn``, which starts when all futures among its arguments are done."""
        future: Future[Any] = Future()
        arguments = [args, _without_config(kwargs)]
        _when_done(_futures_in(arguments), lambda: self._start(future, fn, arguments))
        return future

    def wait(self, futures: Any) -> Any:
        """Return the same structure with results in the place of futures."""
        return _resolved(futures)

    def _start(self, future: Future[Any], fn: Callable[..., Any], arguments: List[Any]) -> None:
        if self._pool is None:
            future.cancel()
        else:
            self._pool.submit(_fulfil, future, fn, arguments)


def _without_config(kwargs: Dict[str, Any]) -> Dict[str, Any]:
    # The context of a task repeats the configuration that this process has anyway, and Prefect
    # merges it key by key into itself: most of what a task costs.
    if "context" in kwargs:
        context = kwargs["context"]
        kwargs["context"] = {key: context[key] for key in context if key != "config"}
    return kwargs


def _share_config(config: Any) -> None:
    prefect.context.config = config


def _fulfil(future: Future[Any], fn: Callable[..., Any], arguments: List[Any]) -> None:
    try:
        args, kwargs = _resolved(arguments)
        future.set_result(fn(*args, **kwargs))
    except BaseException as error:  # the thread that waits raises it
        future.set_exception(error)


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
    if isinstance(structure, Future):
        return [structure]
    return [future for item in _items(structure) for future in _futures_in(item)]


def _resolved(structure: Any) -> Any:
    if isinstance(structure, Future):
        return structure.result()
    if isinstance(structure, dict):
        return {key: _resolved(value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(map(_resolved, structure))
    return structure


def _items(structure: Any) -> List[Any]:
    if isinstance(structure, dict):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else []
