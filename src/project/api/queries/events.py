"""States and log lines of a flow run that is followed."""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional

from project.api.graphql import GraphQL, Json


class Event(NamedTuple):
    """A state or a log line of a flow run; ``label`` is the state's name or the line's level."""

    id: str
    timestamp: str
    label: str
    message: str
    is_state: bool


class FollowedRun(NamedTuple):
    """A flow run, with its events since a given time, oldest first."""

    state: str
    state_message: Optional[str]
    labels: List[str]
    events: List[Event]


def follow_flow_run(api: GraphQL, flow_run_id: str, since: str) -> Optional[FollowedRun]:
    """Return a flow run and its states and log lines since a timestamp."""
    row = api.query(
        "query($id: uuid!, $since: timestamptz) { flow_run_by_pk(id: $id) "
        "{ state state_message labels "
        "states(where: {timestamp: {_gte: $since}}) { id timestamp state message } "
        "logs(where: {timestamp: {_gte: $since}}) { id timestamp level message } } }",
        id=flow_run_id,
        since=since,
    )
    if row is None:
        return None
    events = [_event(each, "state") for each in row["states"]]
    events += [_event(each, "level") for each in row["logs"]]
    events.sort(key=lambda event: event.timestamp)
    return FollowedRun(row["state"], row["state_message"], row["labels"] or [], events)


def _event(row: Mapping[str, Json], label: str) -> Event:
    message = row["message"] or ""
    return Event(str(row["id"]), row["timestamp"], row[label], message, label == "state")
