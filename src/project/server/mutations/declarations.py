"""What mutations are declared with: their context, and the scalar types of GraphQL.

A mutation is a function. The parameters after its context become the fields of its GraphQL input
(a parameter whose type is a NamedTuple stands for the fields of that). A NamedTuple that it returns
becomes its payload type; a bool is the payload `{success}`, and an id the payload `{id}`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table
from typing_extensions import Annotated

from project.server.errors import InputError
from project.server.mutations.deletions import Deletion

# The second argument is the name of the GraphQL scalar.
Uuid = Annotated[str, "UUID"]
DateTime = Annotated[str, "DateTime"]
Json = Annotated[Any, "JSON"]


@dataclass(frozen=True)
class MutationContext:
    """The transaction of a request, and the headers that Prefect's client sends with it.

    A run without a heartbeat for `heartbeat_timeout_seconds` has lost its process.
    After the commit, `deletions` are carried out, and the scheduler creates the next runs of
    `flows_to_schedule`; then the request is answered.
    """

    connection: Connection
    heartbeat_timeout_seconds: float
    agent_id: str | None = None
    core_version: str | None = None
    flows_to_schedule: set[str] = field(default_factory=set)
    deletions: list[Deletion] = field(default_factory=list)

    def delete(self, table: Table, key: str) -> bool:
        """Have a row deleted with its flows and runs; return whether it exists."""
        deletion = Deletion(table, key)
        exists = deletion.begin(self.connection)
        if exists:
            self.deletions.append(deletion)
        return exists


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON value that must be an object. Raises InputError."""
    if not isinstance(value, dict):
        raise InputError(f"{what} must be a JSON object, not {json.dumps(value)[:100]}.")
    return value


def check_run_config(value: Any) -> None:
    """Raise InputError for what is not a run configuration; null is one."""
    labels = as_object({} if value is None else value, "run_config").get("labels") or []
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"The labels of run_config cannot be {labels!r}: give a list of strings.")


def require_name(name: str) -> str:
    """Return a name. Raises InputError for an empty one."""
    if not name.strip():
        raise InputError("A name must not be empty.")
    return name
