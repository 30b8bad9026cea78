"""Tasks and edges of a flow, as Prefect's client serializes them."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any, Mapping, Sequence

from sqlalchemy import Connection, insert, select, update

from project.server.errors import ApiError
from project.server.store.rows import is_in, new_row
from project.server.store.tables import edge, task

_MAX_FLOW_BYTES = 256 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_TASK_COLUMNS = (
    *("slug", "name", "description", "type", "max_retries", "retry_delay"),
    *("cache_key", "trigger", "tags", "inputs", "outputs"),
)


def decompress(text: str) -> dict[str, Any]:
    """Return the JSON object in a base64-encoded gzip.

    Raises ApiError for anything else, and for more than 256 MB.
    """
    try:
        stream = zlib.decompressobj(_GZIP)
        value = json.loads(
            stream.decompress(base64.b64decode(text, validate=True), _MAX_FLOW_BYTES)
        )
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ApiError(f"The compressed flow cannot be read: {error}.") from error
    if stream.unconsumed_tail or not isinstance(value, dict):
        raise ApiError(
            f"The compressed flow is not a JSON object of at most {_MAX_FLOW_BYTES} bytes."
        )
    return value


def add_tasks(connection: Connection, flow_id: str, tasks: Sequence[Mapping[str, Any]]) -> None:
    """Add tasks, except those whose slug the flow already has."""
    slugs = set(connection.scalars(select(task.c.slug).where(task.c.flow_id == flow_id)))
    rows = {
        each["slug"]: new_row(
            flow_id=flow_id,
            auto_generated=bool(each.get("auto_generated")),
            mapped=False,
            **{name: each.get(name) for name in _TASK_COLUMNS},
        )
        for each in tasks
        if each["slug"] not in slugs
    }
    if rows:
        connection.execute(insert(task), list(rows.values()))


def add_edges(connection: Connection, flow_id: str, edges: Sequence[Mapping[str, Any]]) -> None:
    """Add edges between tasks; a mapped edge makes its downstream task a mapped one.

    Raises ApiError for an edge whose tasks are not in the flow.
    """
    if not edges:
        return
    tasks = connection.execute(select(task.c.slug, task.c.id).where(task.c.flow_id == flow_id))
    ids = {row.slug: row.id for row in tasks}
    rows = [
        new_row(
            flow_id=flow_id,
            upstream_task_id=_task_id(flow_id, ids, each["upstream_task"]["slug"]),
            downstream_task_id=_task_id(flow_id, ids, each["downstream_task"]["slug"]),
            key=each.get("key"),
            mapped=bool(each.get("mapped")),
        )
        for each in edges
    ]
    connection.execute(insert(edge), rows)
    mapped = {row["downstream_task_id"] for row in rows if row["mapped"]}
    connection.execute(update(task).where(is_in(task.c.id, mapped)).values(mapped=True))


def _task_id(flow_id: str, ids: Mapping[str, str], slug: str) -> str:
    if slug not in ids:
        raise ApiError(f"An edge names the task {slug!r}, which flow {flow_id} does not have.")
    return ids[slug]
