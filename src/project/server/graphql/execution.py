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
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, StatementError

from project.server.errors import ApiError, BadRequestError, InputError
from project.server.graphql.reads import Reader
from project.server.graphql.schema import api_schema, row_schema
from project.server.mutations.declarations import MutationContext
from project.server.store.columns import escape_surrogates

_TOO_DEEP = "The request is nested too deeply."

_MAX_MESSAGES = 5
_TOO_MUCH = {RecursionError: _TOO_DEEP, OverflowError: "A number in the request is too large."}
# In the words of SQLite, which are the same in all of its releases.
_TOO_COMPLEX = (
    "Expression tree is too large",
    "parser stack overflow",
    "too many SQL variables",
    "too many terms in compound SELECT",
    "at most 64 tables in a join",
    "LIKE or GLOB pattern too complex",
    "string or blob too big",
)
_REASONS = {
    "interrupted": (
        "The query is too complex and takes too long: use a filter, a limit or a simpler order."
    ),
    "user-defined function raised exception": (
        "The query is too complex: a pattern takes too long, or a value in the database is nested "
        "too deeply."
    ),
}

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
    """Return the response to a query. Raises BadRequestError for variables that do not fit."""
    schema = api_schema() if _is_introspection(request.document) else row_schema()
    return _response(_execute(schema, request, Reader(connection, max_rows, request.variables)))


def run_mutation(
    connection: Connection, request: Request, heartbeat_timeout_seconds: float
) -> tuple[dict[str, Any], MutationContext]:
    """Return the response to a mutation, and its context, which has what is left to do.

    Raises BadRequestError for variables that do not fit.
    """
    context = MutationContext(
        connection, heartbeat_timeout_seconds, request.agent_id, request.core_version
    )
    response = _response(_execute(api_schema(), request, context))
    return response, context


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
    try:
        return execute_sync(
            schema,
            request.document,
            context_value=context,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
    except RecursionError as error:
        raise BadRequestError(_TOO_DEEP, InputError.code) from error


def _response(result: ExecutionResult) -> dict[str, Any]:
    # Prefect's client fails on `errors` that are null or empty: they are left out.
    if not result.errors:
        return {"data": result.data}
    if result.data is None and all(not error.path for error in result.errors):
        messages = [escape_surrogates(error.message) for error in result.errors]
        raise BadRequestError("; ".join(messages[:_MAX_MESSAGES]), InputError.code)
    return {"data": result.data, "errors": [_error(error) for error in result.errors]}


def _error(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, StatementError) and isinstance(cause.orig, ApiError):
        cause = cause.orig  # a column has refused its value
    if cause is None or isinstance(cause, GraphQLError):  # values of arguments that do not fit
        message, code = error.message, InputError.code
    elif isinstance(cause, ApiError):
        message, code = str(cause), cause.code
    elif type(cause) in _TOO_MUCH:
        message, code = _TOO_MUCH[type(cause)], InputError.code
    elif isinstance(cause, (DataError, OperationalError)):
        message, code = _refusal(cause), InputError.code
    else:
        # It may contain data of others: it goes to the log.
        _log.error("A request failed at %s.", error.path, exc_info=cause)
        message = f"Internal error ({type(cause).__name__}); the server's log has the details."
        code = ApiError.code
    extensions = {"code": code}
    return {"message": escape_surrogates(message), "extensions": extensions, "path": error.path}


def _refusal(error: DBAPIError) -> str:
    """Return the message for a statement that SQLite refuses for what it is.

    Raises the error if the storage is the reason: the whole transaction is lost with it, also what
    other fields have done.
    """
    reason = str(error.orig)
    if reason in _REASONS:
        return _REASONS[reason]
    if any(text in reason for text in _TOO_COMPLEX):
        return f"SQLite refuses the request: {reason}."
    raise error
