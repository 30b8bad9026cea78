"""Children that a node forks."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from typing import Iterator, NoReturn


@contextmanager
def forks_end_here() -> Iterator[None]:
    """End a child, forked in the block, that would leave it by an exception.

    It has no threads, and must not report the end of a run that its parent continues.
    """
    process = os.getpid()
    try:
        yield
    except BaseException as error:
        if os.getpid() != process:
            _exit(error)
        raise


def _exit(error: BaseException) -> NoReturn:
    """End the process as Python does after an exception that nothing has handled."""
    code = 1
    try:
        if not isinstance(error, SystemExit):
            traceback.print_exception(type(error), error, error.__traceback__)
        elif isinstance(error.code, (int, type(None))):
            code = error.code or 0
        else:
            print(error.code, file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:  # also if a stream cannot be written
        os._exit(code & 0xFF)
