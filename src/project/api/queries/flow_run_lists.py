"""Lists of flow runs: those of one flow, the latest ones, old ones."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence

import pendulum

from project.api.graphql import GraphQL, Json

PAGE = 200  # rows of a query that is repeated for more


class ScheduledRow(NamedTuple):
    """A scheduled flow run; ``state_timestamp`` is when it was scheduled."""

    id: str
    labels: List[str]
    state_timestamp: str


def scheduled_flow_runs(
    api: GraphQL, tenant_id: Optional[str], project: str, name: str
) -> List[ScheduledRow]:
    """Return the scheduled runs of a flow, at most the 100 oldest."""
    rows = api.query(
        "query($tenant: uuid, $project: String, $name: String) { flow_run(where: {state: "
        '{_eq: "Scheduled"}, flow: {name: {_eq: $name}, project: {name: {_eq: $project}, '
        "tenant_id: {_eq: $tenant}}}}, order_by: {created: asc}, limit: 100) "
        "{ id labels state_timestamp } }",
        tenant=tenant_id,
        project=project,
        name=name,
    )
    return [ScheduledRow(row["id"], row["labels"] or [], row["state_timestamp"]) for row in rows]


class WaitingRow(NamedTuple):
    """A flow run that has not ended; times are timestamps."""

    id: str
    state: str
    labels: List[str]
    scheduled_start_time: str
    state_timestamp: str
    heartbeat: Optional[str]


def waiting_flow_runs(
    api: GraphQL, tenant_id: Optional[str], project: str, name: str, limit: int
) -> List[WaitingRow]:
    """Return the runs of a flow that should have ended or will run next, the oldest first."""
    rows = api.query(
        "query($tenant: uuid, $project: String, $name: String, $limit: Int) { flow_run(where: "
        '{state: {_in: ["Scheduled", "Submitted", "Running", "Cancelling"]}, flow: {name: '
        "{_eq: $name}, project: {name: {_eq: $project}, tenant_id: {_eq: $tenant}}}}, "
        "order_by: {created: asc}, limit: $limit) "
        "{ id state labels scheduled_start_time state_timestamp heartbeat } }",
        tenant=tenant_id,
        project=project,
        name=name,
        limit=limit,
    )
    return [WaitingRow(**{**row, "labels": row["labels"] or []}) for row in rows]


class FlowRunRow(NamedTuple):
    """A flow run in a list; times are timestamps."""

    id: str
    name: str
    project: str
    flow_name: str
    flow_version: int
    state: str
    start_time: Optional[str]
    end_time: Optional[str]
    scheduled_start_time: Optional[str]


class RunFilter(NamedTuple):
    """Which flow runs to list: of these projects, in these states, of this flow, begun since then.

    What is empty or ``None`` restricts nothing; ``since`` is a timestamp.
    """

    projects: Sequence[str] = ()
    states: Sequence[str] = ()
    flow: Optional[str] = None
    since: Optional[str] = None


def flow_runs_before(
    api: GraphQL, flow_group_ids: Sequence[str], states: Sequence[str], before: str, offset: int
) -> List[str]:
    """Return the ids of flow runs in one of some states since before a timestamp.

    They are at most ``PAGE``, from an offset on.
    """
    rows = api.query(
        "query($groups: [uuid!], $states: [String!], $before: timestamptz, $limit: Int, "
        "$offset: Int) { flow_run(where: {state: {_in: $states}, state_timestamp: {_lt: $before}, "
        "flow: {flow_group_id: {_in: $groups}}}, order_by: {created: asc, id: asc}, "
        "limit: $limit, offset: $offset) { id } }",
        groups=list(flow_group_ids),
        states=list(states),
        before=before,
        limit=PAGE,
        offset=offset,
    )
    return [row["id"] for row in rows]


def latest_flow_runs(
    api: GraphQL, tenant_id: Optional[str], run_filter: RunFilter, limit: int
) -> List[FlowRunRow]:
    """Return the latest flow runs, newest first, by when they started or, if not, were due.

    Runs that are scheduled for the future are left out, unless the filter names that state.
    """
    conditions: List[Json] = [{"tenant_id": {"_eq": tenant_id}}]
    if run_filter.projects:
        conditions.append({"flow": {"project": {"name": {"_in": list(run_filter.projects)}}}})
    if run_filter.states:
        conditions.append({"state": {"_in": list(run_filter.states)}})
    if run_filter.flow is not None:
        conditions.append({"flow": {"name": {"_eq": run_filter.flow}}})
    started: Json = {"start_time": {"_is_null": False}}
    not_started: Json = {"start_time": {"_is_null": True}}
    if "Scheduled" not in run_filter.states:
        is_due = {"scheduled_start_time": {"_lte": pendulum.now("utc").isoformat()}}
        not_started["_or"] = [is_due, {"state": {"_neq": "Scheduled"}}]
    # Two requests: an API cannot sort by the first of two columns that has a value. A run that
    # starts between them is in both.
    since = run_filter.since
    found = [
        *_flow_runs_by("scheduled_start_time", api, [*conditions, not_started], since, limit),
        *_flow_runs_by("start_time", api, [*conditions, started], since, limit),
    ]
    rows = list({row.id: row for row in found}.values())
    rows.sort(key=lambda row: row.start_time or row.scheduled_start_time or "", reverse=True)
    return rows[:limit]


def _flow_runs_by(
    column: str, api: GraphQL, conditions: Sequence[Json], since: Optional[str], limit: int
) -> List[FlowRunRow]:
    """Return the flow runs with the latest times in a column, none before ``since``."""
    is_recent = [{column: {"_gte": since}}] if since is not None else []
    rows = api.query(
        "query($where: flow_run_bool_exp, $limit: Int) { flow_run(where: $where, "
        f"order_by: {{{column}: desc}}, limit: $limit) "
        "{ id name state start_time end_time scheduled_start_time "
        "flow { name version project { name } } } }",
        where={"_and": [*conditions, *is_recent]},
        limit=limit,
    )
    return [
        FlowRunRow(
            id=row["id"],
            name=row["name"],
            project=row["flow"]["project"]["name"],
            flow_name=row["flow"]["name"],
            flow_version=row["flow"]["version"],
            state=row["state"],
            start_time=row["start_time"],
            end_time=row["end_time"],
            scheduled_start_time=row["scheduled_start_time"],
        )
        for row in rows
    ]


class RunState(NamedTuple):
    """A flow run's id and the name of its state."""

    id: str
    state: str


def flow_runs_between(
    api: GraphQL, tenant_id: Optional[str], first: str, last: str, limit: int
) -> List[RunState]:
    """Return the newest flow runs whose ids are between two ids, both included."""
    rows = api.query(
        "query($tenant: uuid, $first: uuid, $last: uuid, $limit: Int) { flow_run(where: "
        "{tenant_id: {_eq: $tenant}, id: {_gte: $first, _lte: $last}}, "
        "order_by: {created: desc}, limit: $limit) { id state } }",
        tenant=tenant_id,
        first=first,
        last=last,
        limit=limit,
    )
    return [RunState(row["id"], row["state"]) for row in rows]
