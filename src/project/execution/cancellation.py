"""Stopping a run from outside: through the API, or by a signal to its process."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import Callable, Iterator, Optional

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
        self._process = os.getpid()
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
        before = [(number, signal.getsignal(number)) for number in replaced]
        reporting = threading.Thread(target=self._report_signals, name="signals", daemon=True)
        reporting.start()
        for number in replaced:
            signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)
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
        if os.getpid() != self._process:  # a forked child ends as it would without this handler
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        if number == signal.SIGINT:  # without a cancellation, ignored as it was before
            self.check()
            return
        self.signal = number
        self._signals.put(number)
        raise KeyboardInterrupt

    def _report_signals(self) -> None:
        while self._signals.get() is not None:
            self._on_signal()
