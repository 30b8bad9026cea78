"""Tasks and edges of a flow, from what Prefect's client has serialized."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any, Mapping, Sequence

from sqlalchemy import Connection, insert, select, update

from project.server.errors import ApiError
from project.server.filters import listed
from project.server.rows import new_row
from project.server.tables import edge, task

_MAX_FLOW_BYTES = 256 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_COPIED = (
    *("slug", "name", "description", "type", "max_retries", "retry_delay"),
    *("cache_key", "trigger", "tags", "inputs", "outputs"),
)


def decompressed(text: str) -> dict[str, Any]:
    """Return the JSON object in a base64-encoded gzip.

    Raises ApiError for anything else, or too much of it.
    """
    try:
        stream = zlib.decompressobj(_GZIP)
        found = json.loads(
            stream.decompress(base64.b64decode(text, validate=True), _MAX_FLOW_BYTES)
        )
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ApiError(f"The compressed flow cannot be read: {error}.") from error
    if stream.unconsumed_tail or not isinstance(found, dict):
        raise ApiError(f"The compressed flow is no JSON object of at most {_MAX_FLOW_BYTES} bytes.")
    return found


def add_tasks(
    connection: Connection, flow_id: str, serialized: Sequence[Mapping[str, Any]]
) -> None:
    """Add tasks; those whose slug the flow already has are left as they are."""
    known = set(connection.scalars(select(task.c.slug).where(task.c.flow_id == flow_id)))
    rows = {
        each["slug"]: _task_row(flow_id, each) for each in serialized if each["slug"] not in known
    }
    if rows:
        connection.execute(insert(task), list(rows.values()))


def add_edges(
    connection: Connection, flow_id: str, serialized: Sequence[Mapping[str, Any]]
) -> None:
    """Add edges between tasks, named by slug; what a mapped edge leads to is a mapped task."""
    if not serialized:
        return
    found = connection.execute(select(task.c.slug, task.c.id).where(task.c.flow_id == flow_id))
    ids = {row.slug: row.id for row in found}
    rows = [_edge_row(flow_id, each, ids) for each in serialized]
    connection.execute(insert(edge), rows)
    mapped = {row["downstream_task_id"] for row in rows if row["mapped"]}
    connection.execute(
        update(task).where(task.c.id.in_(listed(task.c.id, mapped))).values(mapped=True)
    )


def _task_row(flow_id: str, each: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: each.get(name) for name in _COPIED}
    return new_row(
        flow_id=flow_id, auto_generated=bool(each.get("auto_generated")), mapped=False, **columns
    )


def _edge_row(flow_id: str, each: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    ends = {}
    for end in ("upstream_task", "downstream_task"):
        slug = each[end]["slug"]
        if slug not in ids:
            raise ApiError(f"An edge names the task {slug!r}, which flow {flow_id} does not have.")
        ends[f"{end}_id"] = ids[slug]
    return new_row(flow_id=flow_id, key=each.get("key"), mapped=bool(each.get("mapped")), **ends)
