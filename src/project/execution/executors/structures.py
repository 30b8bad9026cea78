"""Futures inside the nested structures that Prefect passes to executors."""

from __future__ import annotations

from typing import Any, Callable


def resolved(structure: Any, future_class: type, resolve: Callable[[Any], Any]) -> Any:
    """Return a structure of dicts, lists and tuples with ``resolve(future)`` for each future."""
    if isinstance(structure, future_class):
        return resolve(structure)
    if isinstance(structure, dict):
        return {key: resolved(each, future_class, resolve) for key, each in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(resolved(each, future_class, resolve) for each in structure)
    return structure
