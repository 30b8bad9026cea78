"""Stopping a run from outside: through the API, or by a signal to its process."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import Any, Callable, Dict, Iterator, Optional

# Added to its number by a process that a signal ends, and that cleans up first: so do shells.
SIGNALLED = 128


class SignalExit(SystemExit):
    """Exit of this process because of a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(SIGNALLED + number)


class Cancellation:
    """Cancellation of the run in the thread that created it, with the effect of Ctrl-C.

    ``on_signal`` is called, in another thread, when a signal arrives that ends the process. Only
    the main thread receives signals: a run in another thread stops between two nodes.
    """

    def __init__(self, on_signal: Callable[[], None] = lambda: None) -> None:
        self.is_requested = False
        self.signal: Optional[int] = None
        self._on_signal = on_signal
        # A handler may interrupt code that holds a lock, so it must not wait for one. This queue is
        # made for that.
        self._signals: SimpleQueue[Optional[int]] = SimpleQueue()
        self._thread = threading.get_ident()
        self._is_in_main_thread = self._thread == threading.main_thread().ident

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGHUP stop the run, unless the process handles them itself.

        SIGINT is handled even if the process ignores it, as in the background of a script, because
        ``request`` sends it.
        """
        if not self._is_in_main_thread:  # Python lets no other thread set handlers
            yield
            return
        ending = [signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        replaced = [number for number in ending if signal.getsignal(number) is signal.SIG_DFL]
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            replaced.append(signal.SIGINT)
        reporting = threading.Thread(target=self._report_signals, name="signals", daemon=True)
        reporting.start()
        for number in replaced:
            _replaced[number] = signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number in replaced:
                if number in _replaced:  # a forked child has restored them already
                    signal.signal(number, _replaced.pop(number))
            self._signals.put(None)
            reporting.join()

    def request(self) -> None:
        """Stop the run; any further call has no effect."""
        if not self.is_requested:
            self.is_requested = True
            if self._is_in_main_thread and hasattr(signal, "pthread_kill"):
                signal.pthread_kill(self._thread, signal.SIGINT)  # interrupts a sleep, too
            elif self._is_in_main_thread:  # Windows; Python handles it in the main thread later
                signal.raise_signal(signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt if the run has been cancelled."""
        if self.is_requested:
            raise KeyboardInterrupt

    def exit_if_signalled(self) -> None:
        """Raise SignalExit if a signal has ended the run."""
        if self.signal is not None:
            raise SignalExit(self.signal)

    def _handle(self, number: int, frame: Optional[FrameType]) -> None:
        if number == signal.SIGINT:  # without a cancellation, ignored as it was before
            self.check()
            return
        self.signal = number
        self._signals.put(number)
        raise KeyboardInterrupt

    def _report_signals(self) -> None:
        while self._signals.get() is not None:
            self._on_signal()


_replaced: Dict[int, Any] = {}  # signals that a run handles, and their handlers before
_blocked = threading.local()


def _block_signals() -> None:
    _blocked.before = signal.pthread_sigmask(signal.SIG_BLOCK, _replaced)


def _unblock_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _blocked.before)


def _restore_in_child() -> None:
    for number, handler in _replaced.items():
        # The node may have a handler of its own by now.
        if getattr(signal.getsignal(number), "__func__", None) is Cancellation._handle:
            signal.signal(number, handler)
    _replaced.clear()
    _unblock_signals()


# A forked child ends as it would without the run. Python forgets a signal that comes just after the
# fork, so a pool that terminates its processes would wait for them forever: until the child has the
# handlers from before, its signals are blocked.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_block_signals,
        after_in_parent=_unblock_signals,
        after_in_child=_restore_in_child,
    )
