"""Deletions of rows with the runs that belong to them, which may be very many.

They are deleted in parts, each in a transaction of its own, so that other writes come in between.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from project.server.store.rows import delete_row, is_in
from project.server.store.tables import flow, flow_group, flow_run, log, project, task_run, tenant

# What one transaction deletes at most, which takes about as long as a request with many states.
_MAX_RUNS = 20
_MAX_ROWS_OF_RUNS = ((log, 2_000), (task_run, 500))

_OWNERS = {
    flow.name: flow.c.id,
    flow_group.name: flow.c.flow_group_id,
    project.name: flow.c.project_id,
    tenant.name: flow.c.tenant_id,
}


class Deletion(NamedTuple):
    """The row of a tenant, a project, a flow, its group, or a flow run, with what belongs to it.

    A process that ends in the middle leaves the row itself, which can then be deleted again.
    """

    table: Table
    key: str

    def begin(self, connection: Connection) -> bool:
        """Archive the flows, so that no run is created meanwhile; return whether the row exists."""
        if self.table is not flow_run:
            values = {"archived": True, "is_schedule_active": False}
            connection.execute(update(flow).where(self._has_flow()).values(**values))
        row = select(self.table.c.id).where(self.table.c.id == self.key)
        return connection.scalar(row) is not None

    def delete_part(self, connection: Connection) -> bool:
        """Delete the next rows; return whether some are left."""
        runs = connection.scalars(
            select(flow_run.c.id).where(self._has_run()).limit(_MAX_RUNS)
        ).all()
        if _delete_runs(connection, runs) or len(runs) == _MAX_RUNS:
            return True
        has_flows = self.table is not flow and self.table is not flow_run
        if has_flows and _delete_some(connection, flow, self._has_flow(), 1):
            return True
        delete_row(connection, self.table, self.key)
        if self.table is project:
            without_flows = flow_group.c.id.not_in(select(flow.c.flow_group_id))
            connection.execute(delete(flow_group).where(without_flows))
        return False

    def _has_flow(self) -> ColumnElement[bool]:
        return _OWNERS[self.table.name] == self.key

    def _has_run(self) -> ColumnElement[bool]:
        if self.table is flow_run:
            return flow_run.c.id == self.key
        return flow_run.c.flow_id.in_(select(flow.c.id).where(self._has_flow()))


def _delete_runs(connection: Connection, runs: Sequence[str]) -> bool:
    """Delete runs, or some of the rows that refer to them; return whether some are left."""
    for table, limit in _MAX_ROWS_OF_RUNS:
        of_runs = is_in(table.c.flow_run_id, runs)
        if runs and _delete_some(connection, table, of_runs, limit) == limit:
            return True
    if runs:
        connection.execute(delete(flow_run).where(is_in(flow_run.c.id, runs)))
    return False


def _delete_some(
    connection: Connection, table: Table, condition: ColumnElement[bool], limit: int
) -> int:
    """Delete at most some of the rows that meet a condition; return how many."""
    some = select(table.c.id).where(condition).limit(limit)
    return connection.execute(delete(table).where(table.c.id.in_(some))).rowcount
