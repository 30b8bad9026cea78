"""Tracebacks of nodes' errors without the frames between Kedro and the node."""

from __future__ import annotations

from types import TracebackType
from typing import List, Optional

_HIDDEN = ("prefect.", "project.compat.", "project.execution.", "project.flow.")


def hide_frames(error: BaseException) -> BaseException:
    """Remove Prefect's frames and this package's from an error's traceback, and return the error.

    What remains is what Kedro's own runners show. The frame that raised the error always remains.
    """
    entries: List[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    shown: Optional[TracebackType] = None
    for entry in reversed(entries):
        module = str(entry.tb_frame.f_globals.get("__name__"))
        if shown is None or not module.startswith(_HIDDEN):
            shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return error.with_traceback(shown)
