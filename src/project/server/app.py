"""The HTTP application: GraphQL under two paths, a health check, and the page."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, AsyncIterator, Callable

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from project.server.errors import BadRequestError
from project.server.graphql.documents import is_mutation, parse_document
from project.server.graphql.execution import Request, error_response, run_mutation, run_query
from project.server.graphql.schema import API_INFO
from project.server.guard import GRAPHQL_PATHS, Guard, is_query
from project.server.mutations.declarations import MutationContext
from project.server.page import page_endpoint, static_files
from project.server.services.services import Services
from project.server.settings import ServerSettings
from project.server.store.database import Database
from project.server.store.json_text import parse_json

_SMALL_BODY_BYTES = 2_000
_MAX_REQUESTS = 50

_log = logging.getLogger(__name__)


def create_app(settings: ServerSettings) -> Starlette:
    """Return the application; it opens the database when it starts and closes it when it stops.

    The database must have been prepared, so that the caller gets the errors of that.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database(
            settings.database,
            settings.busy_timeout_seconds,
            settings.query_timeout_seconds,
            is_prepared=True,
        )
        services = Services(database, settings)
        services.start()
        app.state.endpoint = Endpoint(database, services, settings)
        # Only where the process is the server's own: nobody opens the page of one that runs in a
        # thread of a command.
        if threading.current_thread() is threading.main_thread():
            static_files()
        try:
            yield
        finally:
            services.stop()
            database.close()

    page = page_endpoint(settings.page_data)

    async def get(http: HttpRequest) -> Response:
        return await (_graphql(http) if is_query(http.scope) else page(http))

    routes = [
        *(Route(path, _graphql, methods=["POST"]) for path in GRAPHQL_PATHS),
        Route("/health", _health, methods=["GET"]),
        *(
            Route(f"/{name}.json", _page_function(function, settings), methods=["POST"])
            for name, function in settings.page_functions.items()
        ),
        Route("/{path:path}", get, methods=["GET"]),
    ]
    middleware = [Middleware(Guard, settings=settings)]
    if settings.allow_origin:
        # Before the guard, so that a page of that origin can read also what the guard refuses.
        cors = Middleware(
            CORSMiddleware,
            allow_origins=[settings.allow_origin],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
        middleware.insert(0, cors)
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


class Endpoint:
    """Answers GraphQL requests from a database."""

    def __init__(self, database: Database, services: Services, settings: ServerSettings) -> None:
        self._database = database
        self._services = services
        self._settings = settings

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request, or a list of them: 200 if it could be executed."""
        try:
            requests = await self._read(http)
            if not isinstance(requests, list):
                return _json(await self._execute(requests))
            # One after the other, as they may depend on each other.
            return _json(b"[%s]" % b",".join([await self._answer_one(each) for each in requests]))
        except BadRequestError as error:
            return _refusal(error)
        except OperationalError as error:
            return _json(self._describe(error))
        except ClientDisconnect:
            return _nobody_waits()

    async def _read(self, http: HttpRequest) -> Request | list[Request | BadRequestError]:
        if http.method == "GET":
            return await run_in_threadpool(
                _parse_request, dict(http.query_params), http.headers, only_query=True
            )
        body = await _read_body(http, self._settings)
        if len(body) <= _SMALL_BODY_BYTES:
            return _parse_body(body, http.headers)
        # What takes long must not keep other requests waiting.
        return await run_in_threadpool(_parse_body, body, http.headers)

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
        _log.error("Database error: %s.", error.orig)
        # API_ERROR in the text makes Prefect's client try again, for 15 seconds.
        message = f"API_ERROR: {self._settings.database}: {error.orig}"
        return orjson.dumps(error_response(message, "API_ERROR"))

    async def _execute(self, request: Request) -> bytes:
        if is_mutation(request.document, request.operation_name):
            timeout = self._settings.heartbeat_timeout_seconds
            mutation = self._database.write(
                lambda connection: run_mutation(connection, request, timeout)
            )
            response, context = await asyncio.wrap_future(mutation)
            await self._complete(context)
            return orjson.dumps(response)

        def read(connection: Connection) -> bytes:
            # Serialized in the reader's thread: the answer may be large.
            return orjson.dumps(run_query(connection, request, self._settings.max_rows))

        return await asyncio.wrap_future(self._database.read(read))

    async def _complete(self, mutation: MutationContext) -> None:
        """Do what a mutation leaves to do: before the answer, so that the client finds it done."""
        for deletion in mutation.deletions:
            while await asyncio.wrap_future(self._database.write(deletion.delete_part)):
                pass
        if mutation.flows_to_schedule:
            await asyncio.wrap_future(self._services.schedule(mutation.flows_to_schedule))


async def _read_body(http: HttpRequest, settings: ServerSettings) -> bytes:
    """Return the body of a request.

    Raises BadRequestError if it is larger than the settings allow.
    """
    # Counted as it arrives: the client's Content-Length may be wrong or missing.
    body = bytearray()

    async def read() -> None:
        async for chunk in http.stream():
            body.extend(chunk)
            if len(body) > settings.max_body_bytes:
                raise BadRequestError(
                    f"The request is larger than {settings.max_body_bytes} bytes.",
                    "TOO_LARGE",
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )

    try:
        await asyncio.wait_for(read(), settings.body_timeout_seconds)
    except asyncio.TimeoutError as error:
        raise BadRequestError("The request's body did not arrive in time.") from error
    return bytes(body)


async def _graphql(http: HttpRequest) -> Response:
    endpoint: Endpoint = http.app.state.endpoint
    return await endpoint.answer(http)


def _page_function(
    function: Callable[[Any], Any], settings: ServerSettings
) -> Callable[[HttpRequest], Any]:
    async def answer(http: HttpRequest) -> Response:
        try:
            body = await _read_body(http, settings)
            result = await run_in_threadpool(lambda: function(_parse_json(body, "The body")))
        except BadRequestError as error:
            return _refusal(error)
        except (RecursionError, ValueError) as error:
            return _refusal(BadRequestError(str(error)))
        except ClientDisconnect:
            return _nobody_waits()
        # Not orjson, which refuses integers of more than 64 bits.
        return Response(json.dumps(result, default=str), media_type="application/json")

    return answer


def _refusal(error: BadRequestError) -> Response:
    return JSONResponse(error_response(str(error), error.code), status_code=error.status)


def _nobody_waits() -> Response:
    """Return the answer to a client that went away while it sent its request."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _health(_http: HttpRequest) -> Response:
    return JSONResponse({"status": "ok", "version": API_INFO["version"]})


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _parse_body(body: bytes, headers: Headers) -> Request | list[Request | BadRequestError]:
    """Return the request in a body, or the list of them that Prefect's UI sends.

    Raises BadRequestError.
    """
    value = _parse_json(body, "The body")
    if not isinstance(value, list):
        return _parse_request(value, headers)
    if not 0 < len(value) <= _MAX_REQUESTS:
        raise BadRequestError(
            f"The body is a list of {len(value)} requests; it may have 1 to {_MAX_REQUESTS}."
        )
    return [_parse_or_error(each, headers) for each in value]


def _parse_or_error(value: Any, headers: Headers) -> Request | BadRequestError:
    try:
        return _parse_request(value, headers)
    except BadRequestError as error:
        return error


def _parse_request(value: Any, headers: Headers, *, only_query: bool = False) -> Request:
    if not isinstance(value, dict):
        raise BadRequestError("The body is not a JSON object.")
    text, name = value.get("query"), value.get("operationName") or None
    if not isinstance(text, str) or not isinstance(name, (str, type(None))):
        raise BadRequestError(
            "The body needs a `query` string; `operationName`, if present, must be a string too."
        )
    variables = value.get("variables")
    if isinstance(variables, str):  # as Prefect's client sends them
        variables = _parse_json(variables, "`variables`")
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


def _parse_json(text: str | bytes, what: str) -> Any:
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{what} is not JSON: {error}.") from error
