"""What a mutation works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict

from sqlalchemy import Connection

Values = Dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request to change something: the transaction, and what the headers tell of who asks.

    A mutation adds to `flows_to_schedule` the flows to be scheduled after the commit.
    """

    connection: Connection
    agent_id: str | None = None
    core_version: str | None = None
    flows_to_schedule: set[str] = field(default_factory=set)
