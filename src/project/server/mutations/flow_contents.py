"""Tasks and edges of a flow, as Prefect's client serializes them."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any, Mapping, NamedTuple, Optional, Sequence

from sqlalchemy import Connection, exists, insert, select, update

from project.server.errors import InputError
from project.server.mutations.declarations import as_object, check_run_config
from project.server.store.json_text import parse_json
from project.server.store.rows import is_in, new_row
from project.server.store.tables import edge, task

# Nothing else is written while it is read and stored, which takes a quarter of a second per MB.
_MAX_FLOW_BYTES = 32 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class _Field(NamedTuple):
    """A field of a serialized task, and the types that its value may have."""

    name: str
    types: tuple[type, ...]


_TASK_FIELDS = (
    *(_Field(name, (str,)) for name in ("name", "description", "type", "cache_key")),
    _Field("max_retries", (int,)),
    _Field("retry_delay", (int, float)),
    _Field("tags", (list,)),
    *(_Field(name, (dict, list, str)) for name in ("inputs", "outputs")),
)
_FLOW_FIELDS = (
    *(_Field(name, (str,)) for name in ("name", "description", "__version__")),
    *(_Field(name, (dict,)) for name in ("environment", "run_config", "schedule", "storage")),
    *(_Field(name, (list,)) for name in ("parameters", "tasks", "edges", "reference_tasks")),
)


def check_flow(flow: Any) -> None:
    """Raise InputError for what is not a serialized flow."""
    for name, types in _FLOW_FIELDS:
        value = as_object(flow, "The serialized flow").get(name)
        if value is not None and not isinstance(value, types):
            raise InputError(f"The {name} of the serialized flow cannot be {value!r}.")
    if not flow.get("name"):
        raise InputError("The serialized flow has no name.")
    check_run_config(flow.get("run_config"))
    _check_clocks((flow.get("schedule") or {}).get("clocks") or [])
    for parameter in flow.get("parameters") or []:
        if not isinstance(as_object(parameter, "A parameter").get("name"), str):
            raise InputError("A parameter of the serialized flow has no name.")


def _check_clocks(clocks: Any) -> None:
    if not isinstance(clocks, list):
        raise InputError(f"The clocks of the schedule cannot be {clocks!r}.")
    for clock in clocks:
        defaults = as_object(clock, "A clock of the schedule").get("parameter_defaults")
        as_object({} if defaults is None else defaults, "parameter_defaults")


def decompress(text: str) -> dict[str, Any]:
    """Return the JSON object in a base64-encoded gzip.

    Raises InputError for anything else, and for more than 32 MB.
    """
    try:
        stream = zlib.decompressobj(_GZIP)
        value = parse_json(
            stream.decompress(base64.b64decode(text, validate=True), _MAX_FLOW_BYTES)
        )
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise InputError(f"The compressed flow cannot be read: {error}.") from error
    if stream.unconsumed_tail or not isinstance(value, dict):
        raise InputError(
            f"The compressed flow is not a JSON object of at most {_MAX_FLOW_BYTES} bytes."
        )
    return value


def add_tasks(
    connection: Connection, flow_id: str, tasks: Sequence[Any], reference_slugs: set[str]
) -> None:
    """Add serialized tasks, except those whose slug the flow already has.

    Reference tasks are those that are named, or the terminal ones. Raises InputError for what is
    not a serialized task.
    """
    slugs = set(connection.scalars(select(task.c.slug).where(task.c.flow_id == flow_id)))
    rows = {}
    for each in tasks:
        slug = _slug(each, "A task")
        if slug not in slugs:
            rows[slug] = new_row(
                flow_id=flow_id,
                slug=slug,
                auto_generated=bool(each.get("auto_generated")),
                mapped=False,
                trigger=_trigger(each.get("trigger")),
                is_reference_task=slug in reference_slugs,
                **{name: _value(each, name, types) for name, types in _TASK_FIELDS},
            )
    if rows:
        connection.execute(insert(task), list(rows.values()))
    _mark_ends(connection, flow_id, has_reference_tasks=bool(reference_slugs))


def add_edges(
    connection: Connection, flow_id: str, edges: Sequence[Any], reference_slugs: set[str]
) -> None:
    """Add serialized edges between tasks; a mapped edge makes its downstream task a mapped one.

    Raises InputError for an edge whose tasks are not in the flow.
    """
    if not edges:
        return
    tasks = connection.execute(select(task.c.slug, task.c.id).where(task.c.flow_id == flow_id))
    ids = {row.slug: row.id for row in tasks}
    rows = [_edge_row(flow_id, each, ids) for each in edges]
    connection.execute(insert(edge), rows)
    mapped = {row["downstream_task_id"] for row in rows if row["mapped"]}
    connection.execute(update(task).where(is_in(task.c.id, mapped)).values(mapped=True))
    _mark_ends(connection, flow_id, has_reference_tasks=bool(reference_slugs))


def task_identity(task_: Any) -> object:
    """Return what no two tasks of a flow have in common."""
    return _slug(task_, "A task")


def edge_identity(edge_: Any) -> tuple[str, str, Optional[str]]:
    """Return what no two edges of a flow have in common: the slugs of their ends, and the key."""
    fields = as_object(edge_, "An edge")
    upstream, downstream = (
        _slug(fields.get(end), "The end of an edge") for end in ("upstream_task", "downstream_task")
    )
    key = fields.get("key")
    return upstream, downstream, None if key is None else str(key)


def reference_slugs_of(serialized_flow: Mapping[str, Any]) -> set[str]:
    """Return the slugs of the reference tasks that a flow names; usually, it names none."""
    tasks = serialized_flow.get("reference_tasks") or []
    return {_slug(each, "A reference task") for each in tasks}


def _mark_ends(connection: Connection, flow_id: str, *, has_reference_tasks: bool) -> None:
    """Mark the tasks without an upstream or downstream task."""
    is_root = ~exists().where(edge.c.downstream_task_id == task.c.id)
    is_terminal = ~exists().where(edge.c.upstream_task_id == task.c.id)
    values = {"is_root_task": is_root, "is_terminal_task": is_terminal}
    if not has_reference_tasks:
        values["is_reference_task"] = is_terminal
    connection.execute(update(task).where(task.c.flow_id == flow_id).values(values))


def _slug(task_: Any, what: str) -> str:
    slug = as_object(task_, what).get("slug")
    if not isinstance(slug, str):
        raise InputError(f"{what} of the flow has no slug, which must be a string.")
    return slug


def _value(task_: Mapping[str, Any], name: str, types: tuple[type, ...]) -> Any:
    value = task_.get(name)
    if value is not None and not isinstance(value, types):
        raise InputError(f"The {name} of the task {task_['slug']!r} cannot be {value!r}.")
    return value


def _trigger(trigger: Any) -> Optional[str]:
    """Return the name of a trigger, which is serialized with its arguments."""
    name = trigger.get("fn") if isinstance(trigger, dict) else trigger
    return name if isinstance(name, str) else None


def _edge_row(flow_id: str, edge_: Any, ids: Mapping[str, str]) -> dict[str, Any]:
    upstream, downstream, key = edge_identity(edge_)
    return new_row(
        flow_id=flow_id,
        upstream_task_id=_task_id(flow_id, ids, upstream),
        downstream_task_id=_task_id(flow_id, ids, downstream),
        key=key,
        mapped=bool(edge_.get("mapped")),
    )


def _task_id(flow_id: str, ids: Mapping[str, str], slug: str) -> str:
    if slug not in ids:
        raise InputError(f"An edge names the task {slug!r}, which flow {flow_id} does not have.")
    return ids[slug]
