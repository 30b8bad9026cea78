"""The HTTP application: GraphQL under two paths, a health check, and the page."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Callable

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from project.server.errors import BadRequestError
from project.server.graphql.documents import is_mutation, parse_document
from project.server.graphql.execution import Request, error_response, run_mutation, run_query
from project.server.graphql.schema import API_INFO
from project.server.guard import Guard
from project.server.page import page_routes
from project.server.services.services import Services
from project.server.settings import ServerSettings
from project.server.store.database import Database

_log = logging.getLogger(__name__)


def create_app(settings: ServerSettings) -> Starlette:
    """Return the application; it opens the database when it starts and closes it when it stops."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database(settings.database, settings.busy_timeout_seconds)
        services = Services(database, settings)
        services.start()
        app.state.endpoint = Endpoint(database, services, settings)
        try:
            yield
        finally:
            services.stop()
            database.close()

    routes = [
        # The paths that Prefect's client uses, according to how its endpoint is written.
        *(Route(path, _graphql, methods=["POST"]) for path in ("/", "/graphql", "/graphql/")),
        Route("/health", _health, methods=["GET"]),
        *(
            Route(f"/{name}.json", _page_function(function), methods=["POST"])
            for name, function in settings.page_functions.items()
        ),
        *page_routes(settings.page_data),
    ]
    guard = Middleware(Guard, settings=settings)
    return Starlette(routes=routes, middleware=[guard], lifespan=lifespan)


class Endpoint:
    """Answers GraphQL requests from a database."""

    def __init__(self, database: Database, services: Services, settings: ServerSettings) -> None:
        self._database = database
        self._services = services
        self._settings = settings

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request: 400 if it cannot be executed, else 200, also with errors."""
        try:
            request = _parse_request(http, await self.body(http))
            return Response(await self._execute(request), media_type="application/json")
        except BadRequestError as error:
            return JSONResponse(error_response(str(error), error.code), status_code=400)
        except OperationalError as error:
            _log.error("Database error: %s.", error.orig)
            # API_ERROR in the text makes Prefect's client try again, for 15 seconds.
            message = f"API_ERROR: {self._settings.database}: {error.orig}"
            return JSONResponse(error_response(message, "API_ERROR"))

    async def _execute(self, request: Request) -> bytes:
        if is_mutation(request.document, request.operation_name):
            mutation = self._database.write(lambda connection: run_mutation(connection, request))
            response, flows_to_schedule = await asyncio.wrap_future(mutation)
            if flows_to_schedule:  # done before the answer, so that the client finds the new runs
                await asyncio.wrap_future(self._services.schedule(flows_to_schedule))
            return orjson.dumps(response)

        def read(connection: Connection) -> bytes:
            # Serialized in the reader's thread: the answer may be large.
            return orjson.dumps(run_query(connection, request, self._settings.max_rows))

        return await asyncio.wrap_future(self._database.read(read))

    async def body(self, http: HttpRequest) -> bytes:
        """Return the body of a request.

        Raises BadRequestError if it is larger than the settings allow.
        """
        # Counted as it arrives: the client's Content-Length may be wrong or missing.
        body = bytearray()
        async for chunk in http.stream():
            body += chunk
            if len(body) > self._settings.max_body_bytes:
                raise BadRequestError(
                    f"The request is larger than {self._settings.max_body_bytes} bytes.",
                    "TOO_LARGE",
                )
        return bytes(body)


async def _graphql(http: HttpRequest) -> Response:
    endpoint: Endpoint = http.app.state.endpoint
    return await endpoint.answer(http)


def _page_function(function: Callable[[Any], Any]) -> Callable[[HttpRequest], Any]:
    async def answer(http: HttpRequest) -> Response:
        endpoint: Endpoint = http.app.state.endpoint
        try:
            result = await run_in_threadpool(function, json.loads(await endpoint.body(http)))
        except (BadRequestError, RecursionError, ValueError) as error:
            return JSONResponse(error_response(str(error), "BAD_REQUEST"), status_code=400)
        # Not orjson, which refuses integers of more than 64 bits.
        return Response(json.dumps(result, default=str), media_type="application/json")

    return answer


async def _health(_http: HttpRequest) -> Response:
    return JSONResponse({"status": "ok", "version": API_INFO["version"]})


def _parse_request(http: HttpRequest, body: bytes) -> Request:
    values = _parse_object(body, "The body")
    text, name = values.get("query"), values.get("operationName")
    if not isinstance(text, str) or not isinstance(name, (str, type(None))):
        raise BadRequestError(
            "The body needs a `query` string; `operationName`, if present, must be a string too."
        )
    variables = values.get("variables")
    if variables is None or variables == "null":
        variables = {}
    elif not isinstance(variables, dict):  # Prefect's client sends them as a string of JSON
        variables = _parse_object(variables, "`variables`")
    return Request(
        document=parse_document(text),
        variables=variables,
        operation_name=name,
        agent_id=http.headers.get("x-prefect-agent-id"),
        core_version=http.headers.get("x-prefect-core-version"),
    )


def _parse_object(text: Any, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, (str, bytes)) else text
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{what} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadRequestError(f"{what} is not a JSON object.")
    return value
