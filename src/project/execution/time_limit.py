"""Ending a node that takes too long, as far as Python can end it."""

from __future__ import annotations

import ctypes
import logging
import signal
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from time import monotonic
from typing import Any, Callable, Iterator, Mapping, Optional, Type, TypeVar

import prefect

T = TypeVar("T")
IsOver = Optional[Callable[[], bool]]

logger = logging.getLogger(__name__)

# How long code has to end after it was interrupted, before it is interrupted again or left alone.
GRACE_SECONDS = 5.0
INTERRUPTIONS = 2
STEP_SECONDS = 0.1


class NodeTimeoutError(Exception):
    """A node took longer than its policy allows."""


def call_with_limit(call: Callable[[IsOver], T], node: str, seconds: Optional[float]) -> T:
    """Return what ``call`` returns within a number of seconds; ``None`` is no limit.

    In the main thread a signal interrupts the call. In any other, the call has a thread of its own,
    which gets an exception; if that does not end it, it is abandoned, and its result is discarded.
    Such a call gets a function that returns whether it was abandoned, others ``None``.

    Raises:
        NodeTimeoutError: the call took longer, even if its code has caught the interruption.
    """
    if seconds is None:
        return call(None)
    error = NodeTimeoutError(f"Node '{node}' took longer than {seconds:g} s (timeout_seconds).")
    is_main_thread = threading.current_thread() is threading.main_thread()
    if is_main_thread and hasattr(signal, "setitimer"):
        with _alarm(error, seconds):
            return call(None)
    return _call_in_thread(call, error, seconds)


@contextmanager
def _alarm(error: NodeTimeoutError, seconds: float) -> Iterator[None]:
    has_expired = False

    def interrupt(number: int, frame: Any) -> None:
        nonlocal has_expired
        has_expired = True
        raise error

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        # Again and again, because code can catch the exception and go on.
        signal.setitimer(signal.ITIMER_REAL, seconds, GRACE_SECONDS)
        try:
            yield
        finally:  # which an alarm may still interrupt
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        raise
    except BaseException:
        if has_expired:  # Kedro makes a DatasetError of what interrupts a dataset
            raise error from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if has_expired:
        raise error


def _call_in_thread(call: Callable[[IsOver], T], error: NodeTimeoutError, seconds: float) -> T:
    outcome: Future[T] = Future()
    is_over = threading.Event()
    # Prefect's context is local to a thread; log lines find their task in it.
    settle = partial(_settle, outcome, partial(call, is_over.is_set), {**prefect.context})
    thread = threading.Thread(target=partial(copy_context().run, settle), name="node", daemon=True)
    deadline = monotonic() + seconds
    try:
        thread.start()
        while thread.is_alive() and monotonic() < deadline:
            # In steps: an exception that is raised in a waiting thread waits, too.
            thread.join(min(STEP_SECONDS, max(0.0, deadline - monotonic())))
    except KeyboardInterrupt:
        if not outcome.cancel():  # the call has begun
            raise_in_thread(thread.ident or 0, KeyboardInterrupt)
        raise
    if outcome.done():
        return outcome.result()
    is_over.set()
    _interrupt(thread, error)
    raise error


def _settle(outcome: Future[T], call: Callable[[], T], context: Mapping[str, Any]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    with prefect.context(context):
        try:
            outcome.set_result(call())
        except BaseException as raised:  # raised again in the thread that waits
            outcome.set_exception(raised)


def _interrupt(thread: threading.Thread, error: NodeTimeoutError) -> None:
    for _ in range(INTERRUPTIONS):  # code can catch the exception and go on
        raise_in_thread(thread.ident or 0, type(error))
        thread.join(GRACE_SECONDS / INTERRUPTIONS)
        if not thread.is_alive():
            return
    logger.warning(
        "%s Its thread could not be stopped: it continues, and its result is discarded.", error
    )


def raise_in_thread(thread: int, error: Type[BaseException]) -> None:
    """Raise an exception in a thread with its next step in Python, so not within a call to C."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
