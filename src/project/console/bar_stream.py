"""The standard streams while the terminal shows a bar."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Iterator, TextIO

from rich.console import Console
from rich.text import Text

from project.execution.output import WrappedStream


class BarStream(WrappedStream):
    """Stream whose lines appear above the bar that a console shows.

    The stream that rich itself installs reads markup in text that is flushed before the end of its
    line. Forked children write to the terminal: a thread may have held the console's lock.
    """

    def __init__(self, stream: TextIO, console: Console):
        super().__init__(stream)
        self._console = console
        self._process = os.getpid()
        self._unfinished = ""
        self._lock = Lock()

    def write(self, text: str) -> int:
        """Write text; what follows the last newline waits for the next one, or a flush."""
        if os.getpid() != self._process:
            return super().write(text)
        with self._lock:
            *lines, self._unfinished = f"{self._unfinished}{text}".split("\n")
        if lines:
            self._show("\n".join(lines))
        return len(text)

    def flush(self) -> None:
        """Write an unfinished line, such as the question of ``input``, as a line of its own."""
        if os.getpid() != self._process:
            super().flush()
            return
        with self._lock:
            if "\r" in self._unfinished:  # as tqdm writes: only its last state is shown
                self._unfinished = self._unfinished[self._unfinished.rindex("\r") :]
                return
        self.finish()

    def finish(self) -> None:
        """Write an unfinished line; nothing more will be written, or its writer waits."""
        with self._lock:
            text, self._unfinished = self._unfinished, ""
        if text.strip():
            self._show(text)

    def _show(self, text: str) -> None:
        self._console.print(Text.from_ansi(text))


@contextmanager
def streams_above_bar(console: Console) -> Iterator[None]:
    """Let what is written to the standard streams appear above the bar of a console."""
    with ExitStack() as stack:
        for name in ("stdout", "stderr"):
            stack.enter_context(_above_bar(name, console))
        yield


@contextmanager
def _above_bar(name: str, console: Console) -> Iterator[None]:
    before = getattr(sys, name)
    # A stream that is redirected to a file has no bar.
    if before is None or not (before is console.file or before.isatty()):
        yield
        return
    stream = BarStream(before, console)
    setattr(sys, name, stream)
    try:
        yield
    finally:
        if getattr(sys, name) is stream:
            setattr(sys, name, before)
        stream.finish()
