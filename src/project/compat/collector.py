"""Python's garbage collector, which takes time where there are many objects and none is garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Iterator


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while many objects are created that all stay alive."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def keep_present_objects() -> None:
    """Leave all objects that exist now out of garbage collections, until they are released.

    There are hundreds of thousands of them after many imports, and to search them for garbage takes
    longer than to answer some requests.
    """
    gc.freeze()


def release_kept_objects() -> None:
    """Let garbage collections look at all objects again."""
    gc.unfreeze()


@contextmanager
def present_objects_kept() -> Iterator[None]:
    """Leave all objects that exist now out of garbage collections until the block ends."""
    keep_present_objects()
    try:
        yield
    finally:
        release_kept_objects()
