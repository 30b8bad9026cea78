"""Tenants, and the Prefect projects that they have."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from project.api.graphql import GraphQL


class TenantRow(NamedTuple):
    """A tenant of a Prefect Server."""

    id: str
    slug: str


def tenants(api: GraphQL) -> List[TenantRow]:
    """Return the tenants; a new Prefect Server has none."""
    return [TenantRow(row["id"], row["slug"]) for row in api.query("query { tenant { id slug } }")]


def create_tenant(api: GraphQL, name: str) -> str:
    """Create a tenant and return its id."""
    return str(api.mutate("create_tenant", "id", name=name, slug=name)["id"])


def find_project(api: GraphQL, tenant_id: Optional[str], name: str) -> Optional[str]:
    """Return the id of a Prefect project, if the tenant has one of this name."""
    rows = api.query(
        "query($name: String, $tenant: uuid) "
        "{ project(where: {name: {_eq: $name}, tenant_id: {_eq: $tenant}}) { id } }",
        name=name,
        tenant=tenant_id,
    )
    return str(rows[0]["id"]) if rows else None


def create_project(api: GraphQL, tenant_id: str, name: str) -> str:
    """Create a Prefect project and return its id."""
    return str(api.mutate("create_project", "id", name=name, tenant_id=tenant_id)["id"])
