"""A request executed: queries on a view of the data, mutations in the writer."""

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

from project.server.call import Call
from project.server.columns import encodable
from project.server.errors import ApiError
from project.server.reads import Reader
from project.server.schema import api_schema, row_schema

_WITH_FIELDS = (OperationDefinitionNode, FragmentDefinitionNode)
_META = frozenset({"__schema", "__type"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A checked document with its variables, and what the headers tell of who sends it."""

    document: DocumentNode
    variables: Mapping[str, Any]
    operation_name: str | None = None
    agent_id: str | None = None
    core_version: str | None = None


def run_query(connection: Connection, request: Request, max_rows: int) -> dict[str, Any]:
    """Return the response to a query."""
    schema = api_schema() if _introspects(request.document) else row_schema()
    return _response(_execute(schema, request, Reader(connection, max_rows)))


def run_mutation(connection: Connection, request: Request) -> tuple[dict[str, Any], set[str]]:
    """Return the response to a mutation, and the flows whose runs are to be scheduled next."""
    call = Call(connection, request.agent_id, request.core_version)
    response = _response(_execute(api_schema(), request, call))
    return response, call.flows_to_schedule


def failure(message: str, code: str) -> dict[str, Any]:
    """Return the response to a request that could not be executed."""
    return {"errors": [{"message": encodable(message), "extensions": {"code": code}}]}


def _introspects(document: DocumentNode) -> bool:
    """Tell whether a document may ask for the schema: in its root fields, or in fragments."""
    parts = (each for each in document.definitions if isinstance(each, _WITH_FIELDS))
    return any(not _META.isdisjoint(_names(each.selection_set)) for each in parts)


def _names(selections: SelectionSetNode) -> Iterator[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _names(node.selection_set)


def _execute(schema: GraphQLSchema, request: Request, context: Reader | Call) -> ExecutionResult:
    return execute_sync(
        schema,
        request.document,
        context_value=context,
        variable_values=dict(request.variables),
        operation_name=request.operation_name,
    )


def _response(result: ExecutionResult) -> dict[str, Any]:
    """Leave out `errors` when there are none: Prefect's client fails on an empty list or null."""
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [_shown(error) for error in result.errors]}


def _shown(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, OperationalError):
        raise cause  # the whole transaction is lost with it, so there is nothing to answer with
    shown: dict[str, Any] = {
        "message": encodable(error.message),
        "extensions": {"code": ApiError.code},
    }
    if cause is not None and not isinstance(cause, (ApiError, GraphQLError)):
        _log.error("A request failed at %s.", error.path, exc_info=cause)
        shown["message"] = (
            f"Internal error ({type(cause).__name__}); the server's log has the details."
        )
    return (
        {**shown, "path": error.path}
        if error.path
        else {**shown, "extensions": {"code": "BAD_USER_INPUT"}}
    )
