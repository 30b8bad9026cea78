"""Tenants and projects."""

from __future__ import annotations

import re

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from project.server.call import Call, Values
from project.server.errors import UniquenessViolationError
from project.server.rows import add, find, remove
from project.server.tables import flow, flow_group, project, tenant


def create_tenant(call: Call, given: Values) -> Values:
    """Add a tenant; its slug follows from the name unless given."""
    slug = given.get("slug") or re.sub(r"[^a-z0-9]+", "-", given["name"].lower()).strip("-")
    try:
        return {"id": add(call.connection, tenant, name=given["name"], slug=slug)}
    except IntegrityError as error:
        raise UniquenessViolationError from error


def create_project(call: Call, given: Values) -> Values:
    """Add a project to a tenant, by default to the first."""
    owner = given.get("tenant_id") or _first_tenant(call.connection)
    find(call.connection, tenant, owner)
    values = {"name": given["name"], "description": given.get("description"), "tenant_id": owner}
    try:
        return {"id": add(call.connection, project, **values)}
    except IntegrityError as error:
        raise UniquenessViolationError from error


def delete_project(call: Call, given: Values) -> Values:
    """Remove a project with its flows and their runs."""
    success = remove(call.connection, project, given["project_id"])
    call.connection.execute(
        delete(flow_group).where(flow_group.c.id.not_in(select(flow.c.flow_group_id)))
    )
    return {"success": success}


def _first_tenant(connection: Connection) -> str:
    return str(connection.scalar(select(tenant.c.id).order_by(tenant.c.created).limit(1)))
