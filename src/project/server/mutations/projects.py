"""Tenants and projects."""

from __future__ import annotations

import re
from typing import Optional

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.exc import IntegrityError

from project.server.errors import UniquenessViolationError
from project.server.mutations.declarations import MutationContext, Uuid
from project.server.store.rows import delete_row, get_row, insert_row
from project.server.store.tables import flow, flow_group, project, tenant


def create_tenant(context: MutationContext, name: str, slug: Optional[str] = None) -> Uuid:
    """Create a tenant; its slug is derived from its name by default."""
    slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return _insert_unique(context.connection, tenant, name=name, slug=slug)


def create_project(
    context: MutationContext,
    name: str,
    description: Optional[str] = None,
    tenant_id: Optional[Uuid] = None,
) -> Uuid:
    """Create a project, of the first tenant by default."""
    tenant_id = tenant_id or first_tenant(context.connection)
    get_row(context.connection, tenant, tenant_id)
    values = {"name": name, "description": description, "tenant_id": tenant_id}
    return _insert_unique(context.connection, project, **values)


def delete_project(context: MutationContext, project_id: Uuid) -> bool:
    """Delete a project with its flows and their runs."""
    deleted = delete_row(context.connection, project, project_id)
    without_flows = flow_group.c.id.not_in(select(flow.c.flow_group_id))
    context.connection.execute(delete(flow_group).where(without_flows))
    return deleted


def first_tenant(connection: Connection) -> str:
    """Return the id of the tenant that everything belongs to by default."""
    return str(connection.scalar(select(tenant.c.id).order_by(tenant.c.created).limit(1)))


def _insert_unique(connection: Connection, table: Table, **values: str | None) -> Uuid:
    try:
        return insert_row(connection, table, **values)
    except IntegrityError as error:
        raise UniquenessViolationError from error
