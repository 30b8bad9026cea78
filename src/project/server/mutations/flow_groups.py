"""What all versions of a flow share: labels and default parameters of their runs."""

from __future__ import annotations

from typing import List, Optional

from project.server.mutations.declarations import Json, MutationContext, Uuid
from project.server.store.rows import update_row
from project.server.store.tables import flow_group


def set_flow_group_labels(
    context: MutationContext, flow_group_id: Uuid, labels: Optional[List[str]] = None
) -> bool:
    """Set the labels of future runs; null for those of the flow itself."""
    update_row(context.connection, flow_group, flow_group_id, labels=labels)
    return True


def set_flow_group_default_parameters(
    context: MutationContext, flow_group_id: Uuid, parameters: Json
) -> bool:
    """Set the default parameters of future runs."""
    update_row(context.connection, flow_group, flow_group_id, default_parameters=parameters)
    return True
