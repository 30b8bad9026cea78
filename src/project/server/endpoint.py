"""The GraphQL endpoint: requests answered from a database, over HTTP or within a process."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Awaitable, Iterator, Mapping, NamedTuple, Protocol, TypeVar, Union

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from project.server.errors import BadRequestError
from project.server.graphql.documents import is_mutation, parse_document
from project.server.graphql.execution import Request, error_response, run_mutation, run_query
from project.server.mutations.declarations import MutationContext
from project.server.services.services import Services
from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.json_text import parse_json

_MAX_REQUESTS = 50

T = TypeVar("T")
Requests = Union[Request, "list[Request | BadRequestError]"]

_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """An HTTP status, and the JSON that comes with it."""

    status: int
    body: bytes


class Wait(Protocol):
    """How to wait for the result of a job in one of the database's threads."""

    def __call__(self, future: Future[T], /) -> Awaitable[T]:
        """Return the result, or raise the job's error."""


class Endpoint:
    """Answers GraphQL requests from a database."""

    def __init__(
        self,
        database: Database,
        services: Services,
        settings: ServerSettings,
        wait: Wait,
        *,
        logs_errors: bool,
    ) -> None:
        self.settings = settings
        self._database = database
        self._services = services
        self._wait = wait
        self._logs_errors = logs_errors

    async def answer(self, requests: Requests) -> Answer:
        """Answer one request, or a list of them: 200 if it could be executed."""
        try:
            if not isinstance(requests, list):
                return Answer(HTTPStatus.OK, await self._execute(requests))
            # One after the other, as they may depend on each other.
            answers = [await self._answer_one(each) for each in requests]
            return Answer(HTTPStatus.OK, b"[%s]" % b",".join(answers))
        except BadRequestError as error:
            return refusal(error)
        except OperationalError as error:
            return Answer(HTTPStatus.OK, self._describe(error))

    async def _answer_one(self, request: Request | BadRequestError) -> bytes:
        try:
            if isinstance(request, BadRequestError):
                raise request
            return await self._execute(request)
        except BadRequestError as error:
            return orjson.dumps(error_response(str(error), error.code))
        except OperationalError as error:
            return self._describe(error)

    def _describe(self, error: OperationalError) -> bytes:
        if self._logs_errors:
            _log.error("Database error: %s.", error.orig)
        # API_ERROR in the text makes Prefect's client try again, for 15 seconds.
        message = f"API_ERROR: {self.settings.database}: {error.orig}"
        return orjson.dumps(error_response(message, "API_ERROR"))

    async def _execute(self, request: Request) -> bytes:
        if is_mutation(request.document, request.operation_name):
            timeout = self.settings.heartbeat_timeout_seconds
            mutation = self._database.write(
                lambda connection: run_mutation(connection, request, timeout)
            )
            response, context = await self._wait(mutation)
            await self._complete(context)
            return orjson.dumps(response)

        def read(connection: Connection) -> bytes:
            # Serialized in the reader's thread: the answer may be large.
            return orjson.dumps(run_query(connection, request, self.settings.max_rows))

        return await self._wait(self._database.read(read))

    async def _complete(self, mutation: MutationContext) -> None:
        """Do what a mutation leaves to do: before the answer, so that the client finds it done."""
        for deletion in mutation.deletions:
            while await self._wait(self._database.write(deletion.delete_part)):
                pass
        if mutation.flows_to_schedule:
            await self._wait(self._services.schedule(mutation.flows_to_schedule))


@contextmanager
def open_endpoint(
    settings: ServerSettings, wait: Wait, *, logs_errors: bool = True
) -> Iterator[Endpoint]:
    """Open the database, and run the services, for as long as the context lasts.

    The database must have been prepared, so that the caller gets the errors of that. Without
    `logs_errors`, only the client reports that the database fails.
    """
    database = Database(
        settings.database,
        settings.busy_timeout_seconds,
        settings.query_timeout_seconds,
        is_prepared=True,
    )
    services = Services(database, settings)
    services.start()
    try:
        yield Endpoint(database, services, settings, wait, logs_errors=logs_errors)
    finally:
        services.stop()
        database.close()


def refusal(error: BadRequestError) -> Answer:
    """Return the answer to a request that is not executed."""
    return Answer(error.status, orjson.dumps(error_response(str(error), error.code)))


def too_large(limit: int) -> BadRequestError:
    """Return the error of a body with more bytes than the settings allow."""
    return BadRequestError(
        f"The request is larger than {limit} bytes.",
        "TOO_LARGE",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


def parse_body(body: bytes, headers: Mapping[str, str]) -> Requests:
    """Return the request in a body, or the list of them that Prefect's UI sends.

    Raises BadRequestError.
    """
    value = load_json(body, "The body")
    if not isinstance(value, list):
        return parse_request(value, headers)
    if not 0 < len(value) <= _MAX_REQUESTS:
        raise BadRequestError(
            f"The body is a list of {len(value)} requests; it may have 1 to {_MAX_REQUESTS}."
        )
    return [_parse_or_error(each, headers) for each in value]


def _parse_or_error(value: Any, headers: Mapping[str, str]) -> Request | BadRequestError:
    try:
        return parse_request(value, headers)
    except BadRequestError as error:
        return error


def parse_request(value: Any, headers: Mapping[str, str], *, only_query: bool = False) -> Request:
    """Return the request in a JSON value; the names of ``headers`` are in lower case.

    Raises BadRequestError.
    """
    if not isinstance(value, dict):
        raise BadRequestError("The body is not a JSON object.")
    text, name = value.get("query"), value.get("operationName") or None
    if not isinstance(text, str) or not isinstance(name, (str, type(None))):
        raise BadRequestError(
            "The body needs a `query` string; `operationName`, if present, must be a string too."
        )
    variables = value.get("variables")
    if isinstance(variables, str):  # as Prefect's client sends them
        variables = load_json(variables, "`variables`")
    variables = {} if variables is None else variables
    if not isinstance(variables, dict):
        raise BadRequestError("`variables` is not a JSON object.")
    document = parse_document(text)
    if only_query and is_mutation(document, name):
        raise BadRequestError("Send mutations with POST.")
    return Request(
        document=document,
        variables=variables,
        operation_name=name,
        agent_id=headers.get("x-prefect-agent-id"),
        core_version=headers.get("x-prefect-core-version"),
    )


def load_json(text: str | bytes, what: str) -> Any:
    """Return the value of a JSON text, which is called `what` in the message of BadRequestError."""
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{what} is not JSON: {error}.") from error
