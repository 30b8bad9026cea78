"""Python's garbage collector, which takes time where there are many objects and none is garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import Iterator

_FROZEN_AT_START = gc.get_freeze_count()  # Python 3.12 itself freezes some


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


@contextmanager
def present_objects_kept() -> Iterator[None]:
    """Leave all objects that exist now out of garbage collections until the block ends.

    There are hundreds of thousands of them after many imports, and to search them for garbage takes
    longer than to answer some requests.
    """
    if gc.get_freeze_count() > _FROZEN_AT_START:  # the process, or another run, does the same
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
