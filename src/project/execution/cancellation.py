"""Stopping a run from outside, as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import Iterator


class Cancellation:
    """Stops the run of the thread that made it.

    A run outside the main thread, which alone receives signals, stops between two nodes.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._thread = threading.get_ident()
        self._is_in_main_thread = self._thread == threading.main_thread().ident

    @contextmanager
    def handle_sigint(self) -> Iterator[None]:
        """Handle SIGINT even if the process ignores it, as in the background of a script."""
        if not self._is_in_main_thread or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            yield
            return
        signal.signal(signal.SIGINT, lambda *_: self.check())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def request(self) -> None:
        """Stop the run; any further call has no effect."""
        if not self.is_requested:
            self.is_requested = True
            if self._is_in_main_thread and hasattr(signal, "pthread_kill"):
                signal.pthread_kill(self._thread, signal.SIGINT)  # interrupts a sleep, too
            elif self._is_in_main_thread:
                signal.raise_signal(signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt if the run has been cancelled."""
        if self.is_requested:
            raise KeyboardInterrupt
