"""Tenants and projects."""

from __future__ import annotations

import re
from typing import Optional

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import IntegrityError

from project.server.errors import InputError, UniquenessViolationError
from project.server.mutations.declarations import MutationContext, Uuid, require_name
from project.server.store.rows import get_row, insert_row, update_row
from project.server.store.tables import project, tenant


def create_tenant(context: MutationContext, name: str, slug: Optional[str] = None) -> Uuid:
    """Create a tenant; its slug is derived from its name by default."""
    slug = slug or re.sub(r"[^a-z0-9]+", "-", require_name(name).lower()).strip("-")
    if not slug:
        raise InputError(f"No slug can be derived from the name {name!r}: give one.")
    return _insert_unique(context.connection, tenant, name=require_name(name), slug=slug)


def create_project(
    context: MutationContext,
    name: str,
    description: Optional[str] = None,
    tenant_id: Optional[Uuid] = None,
) -> Uuid:
    """Create a project, of the first tenant by default."""
    values = {
        "name": require_name(name),
        "description": description,
        "tenant_id": tenant_of(context.connection, tenant_id),
    }
    return _insert_unique(context.connection, project, **values)


def set_project_name(context: MutationContext, project_id: Uuid, name: str) -> Uuid:
    """Rename a project."""
    try:
        update_row(context.connection, project, project_id, name=require_name(name))
    except IntegrityError as error:
        raise UniquenessViolationError from error
    return project_id


def set_project_description(
    context: MutationContext, project_id: Uuid, description: Optional[str] = None
) -> Uuid:
    """Set the description of a project."""
    update_row(context.connection, project, project_id, description=description)
    return project_id


def delete_project(context: MutationContext, project_id: Uuid) -> bool:
    """Delete a project with its flows and their runs."""
    return context.delete(project, project_id)


def delete_tenant(context: MutationContext, tenant_id: Uuid) -> bool:
    """Delete a tenant with its projects, flows and runs; the last tenant stays.

    Prefect's client fails if there is none.
    """
    if context.connection.scalar(select(func.count()).select_from(tenant)) == 1:
        raise InputError("The only tenant cannot be deleted.")
    return context.delete(tenant, tenant_id)


def tenant_of(connection: Connection, tenant_id: str | None) -> str:
    """Return the id of the tenant for something new: by default, the first one.

    Raises NotFoundError.
    """
    if tenant_id:
        return str(get_row(connection, tenant, tenant_id)["id"])
    return str(connection.scalar(select(tenant.c.id).order_by(tenant.c.created).limit(1)))


def _insert_unique(connection: Connection, table: Table, **values: str | None) -> Uuid:
    try:
        return insert_row(connection, table, **values)
    except IntegrityError as error:
        raise UniquenessViolationError from error
