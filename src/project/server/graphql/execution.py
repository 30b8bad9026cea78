"""Requests executed: queries on one view of the data, mutations in the writer's transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from project.server.errors import ApiError
from project.server.graphql.reads import Reader
from project.server.graphql.schema import api_schema, row_schema
from project.server.mutations.declarations import MutationContext
from project.server.store.columns import escape_surrogates

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A valid document with its variables, and the headers that Prefect's client sends."""

    document: DocumentNode
    variables: Mapping[str, Any]
    operation_name: str | None = None
    agent_id: str | None = None
    core_version: str | None = None


def run_query(connection: Connection, request: Request, max_rows: int) -> dict[str, Any]:
    """Return the response to a query."""
    schema = api_schema() if _is_introspection(request.document) else row_schema()
    return _response(_execute(schema, request, Reader(connection, max_rows)))


def run_mutation(connection: Connection, request: Request) -> tuple[dict[str, Any], set[str]]:
    """Return the response to a mutation, and the flows for which to create scheduled runs."""
    context = MutationContext(connection, request.agent_id, request.core_version)
    response = _response(_execute(api_schema(), request, context))
    return response, context.flows_to_schedule


def error_response(message: str, code: str) -> dict[str, Any]:
    """Return the response to a request that is not executed."""
    return {"errors": [{"message": escape_surrogates(message), "extensions": {"code": code}}]}


def _is_introspection(document: DocumentNode) -> bool:
    """Return whether a document may ask for the schema, in its root fields or in fragments."""
    return any(
        name in ("__schema", "__type")
        for node in document.definitions
        if isinstance(node, (OperationDefinitionNode, FragmentDefinitionNode))
        for name in _field_names(node.selection_set)
    )


def _field_names(selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _field_names(node.selection_set)


def _execute(
    schema: GraphQLSchema, request: Request, context: Reader | MutationContext
) -> ExecutionResult:
    return execute_sync(
        schema,
        request.document,
        context_value=context,
        variable_values=dict(request.variables),
        operation_name=request.operation_name,
    )


def _response(result: ExecutionResult) -> dict[str, Any]:
    # Prefect's client fails on `errors` that are null or empty: they are left out.
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [_error(error) for error in result.errors]}


def _error(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, OperationalError):
        raise cause  # the whole transaction is lost with it, also what other fields have done
    message = escape_surrogates(error.message)
    # What is not meant for the client may contain data of others: it goes to the log.
    if cause is not None and not isinstance(cause, (ApiError, GraphQLError)):
        _log.error("A request failed at %s.", error.path, exc_info=cause)
        message = f"Internal error ({type(cause).__name__}); the server's log has the details."
    if not error.path:  # variables that do not fit
        return {"message": message, "extensions": {"code": "BAD_USER_INPUT"}}
    return {"message": message, "extensions": {"code": ApiError.code}, "path": error.path}
