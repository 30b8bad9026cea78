"""What all versions of a flow share: labels and default parameters of their runs."""

from __future__ import annotations

from typing import List, Optional

from project.server.mutations.declarations import (
    Json,
    MutationContext,
    Uuid,
    as_object,
    check_run_config,
)
from project.server.store.rows import update_row
from project.server.store.tables import flow_group


def set_flow_group_labels(
    context: MutationContext, flow_group_id: Uuid, labels: Optional[List[str]] = None
) -> bool:
    """Set the labels of future runs; null for those of the flow itself."""
    update_row(context.connection, flow_group, flow_group_id, labels=labels)
    return True


def set_flow_group_default_parameters(
    context: MutationContext, flow_group_id: Uuid, parameters: Optional[Json] = None
) -> bool:
    """Set the default parameters of future runs."""
    parameters = as_object({} if parameters is None else parameters, "parameters")
    update_row(context.connection, flow_group, flow_group_id, default_parameters=parameters)
    return True


def set_flow_group_description(
    context: MutationContext, flow_group_id: Uuid, description: Optional[str] = None
) -> bool:
    """Set the description of a flow's group."""
    update_row(context.connection, flow_group, flow_group_id, description=description)
    return True


def set_flow_group_run_config(
    context: MutationContext, flow_group_id: Uuid, run_config: Optional[Json] = None
) -> bool:
    """Set the run configuration of future runs; null for that of the flow itself."""
    check_run_config(run_config)
    update_row(context.connection, flow_group, flow_group_id, run_config=run_config)
    return True


def delete_flow_group(context: MutationContext, flow_group_id: Uuid) -> bool:
    """Delete all versions of a flow with their runs."""
    return context.delete(flow_group, flow_group_id)
