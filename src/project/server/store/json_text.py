"""JSON as its standard has it: without NaN and Infinity, which Python reads and writes."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError, also for NaN and Infinity."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it contains {constant}, which JSON does not have")
