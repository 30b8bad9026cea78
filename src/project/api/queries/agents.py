"""Agents that have registered with the API."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from project.api.graphql import GraphQL


class AgentRow(NamedTuple):
    """An agent that has registered with the API; ``last_queried`` is a timestamp."""

    name: str
    labels: List[str]
    last_queried: Optional[str]


def agents(api: GraphQL, tenant_id: Optional[str]) -> List[AgentRow]:
    """Return all agents that have registered for a tenant."""
    text = (
        "query($tenant: uuid) { agent(where: {tenant_id: {_eq: $tenant}}) "
        "{ name labels last_queried } }"
    )
    rows = api.query(text, tenant=tenant_id)
    return [AgentRow(row["name"], row["labels"] or [], row["last_queried"]) for row in rows]
