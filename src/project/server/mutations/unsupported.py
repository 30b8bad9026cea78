"""Mutations of what Prefect's own UI knows and this API does not have: each refuses."""

from __future__ import annotations

from typing import List, NoReturn, Optional

from project.server.errors import InputError
from project.server.mutations.declarations import Json, MutationContext, Uuid


def create_cloud_hook(
    context: MutationContext,
    type: Optional[str] = None,
    name: Optional[str] = None,
    version_group_id: Optional[str] = None,
    states: Optional[List[str]] = None,
    config: Optional[Json] = None,
) -> Uuid:
    """Refuse to create a cloud hook."""
    _refuse("cloud hooks")


def delete_cloud_hook(context: MutationContext, cloud_hook_id: Uuid) -> bool:
    """Refuse to delete a cloud hook."""
    _refuse("cloud hooks")


def set_cloud_hook_active(context: MutationContext, cloud_hook_id: Uuid) -> bool:
    """Refuse to activate a cloud hook."""
    _refuse("cloud hooks")


def set_cloud_hook_inactive(context: MutationContext, cloud_hook_id: Uuid) -> bool:
    """Refuse to deactivate a cloud hook."""
    _refuse("cloud hooks")


def mark_message_as_read(context: MutationContext, message_id: Uuid) -> bool:
    """Refuse to change a message."""
    _refuse("messages")


def mark_message_as_unread(context: MutationContext, message_id: Uuid) -> bool:
    """Refuse to change a message."""
    _refuse("messages")


def delete_message(context: MutationContext, message_id: Uuid) -> bool:
    """Refuse to delete a message."""
    _refuse("messages")


def create_agent_config(
    context: MutationContext,
    name: Optional[str] = None,
    settings: Optional[Json] = None,
    tenant_id: Optional[Uuid] = None,
) -> Uuid:
    """Refuse to create the configuration of an agent."""
    _refuse("configurations of agents")


def delete_agent_config(context: MutationContext, agent_config_id: Uuid) -> bool:
    """Refuse to delete the configuration of an agent."""
    _refuse("configurations of agents")


def _refuse(what: str) -> NoReturn:
    raise InputError(f"The embedded Prefect API has no {what}.")
