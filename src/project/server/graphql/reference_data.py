"""Prefect's states: which are of which kind, and their colours."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any


@lru_cache(maxsize=None)
def reference_data() -> dict[str, Any]:
    """Return the names of each state and its subclasses, and the colour of each."""
    # Importing Prefect takes longer than the start of a server, so only who asks for this waits.
    base = import_module("prefect.engine.state").State
    classes = [base]
    for known in classes:  # which grows meanwhile
        classes += [each for each in known.__subclasses__() if each.__module__ == base.__module__]
    return {
        "state_hierarchy": {
            parent.__name__: [each.__name__ for each in classes if issubclass(each, parent)]
            for parent in classes
        },
        "state_info": {each.__name__: {"color": each.color} for each in classes},
    }
