"""Log lines of flow runs."""

from __future__ import annotations

from typing import List, Mapping, Sequence

from project.api.graphql import GraphQL, Json


def log_timestamps(api: GraphQL, flow_run_id: str, first: str, last: str) -> List[str]:
    """Return the timestamps of a flow run's log lines between two timestamps, both included."""
    rows = api.query(
        "query($run: uuid, $first: timestamptz, $last: timestamptz) "
        "{ log(where: {flow_run_id: {_eq: $run}, timestamp: {_gte: $first, _lte: $last}}) "
        "{ timestamp } }",
        run=flow_run_id,
        first=first,
        last=last,
    )
    return [row["timestamp"] for row in rows]


def write_run_logs(api: GraphQL, lines: Sequence[Mapping[str, Json]]) -> None:
    """Store log lines."""
    api.mutate("write_run_logs", "success", logs=[dict(line) for line in lines])
