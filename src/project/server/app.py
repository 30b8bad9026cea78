"""The HTTP side: one GraphQL endpoint under two paths, a health check, and the page."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator

import orjson
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from project.server.database import Database
from project.server.documents import document, is_mutation
from project.server.errors import BadRequestError
from project.server.execution import Request, failure, run_mutation, run_query
from project.server.guard import Guard, hosts_of
from project.server.page import page_routes
from project.server.schema import API_INFO
from project.server.services import Services
from project.server.settings import ServerSettings

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
        Route("/", _graphql, methods=["POST"]),
        Route("/graphql", _graphql, methods=["POST"]),
        Route("/graphql/", _graphql, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
        *page_routes(),
    ]
    guard = Middleware(Guard, hosts=hosts_of(settings.host), token=settings.token)
    return Starlette(routes=routes, middleware=[guard], lifespan=lifespan)


class Endpoint:
    """Answers GraphQL requests from a database."""

    def __init__(self, database: Database, services: Services, settings: ServerSettings) -> None:
        self._database = database
        self._services = services
        self._settings = settings

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request: 400 if it cannot be executed, else 200, whatever came of it."""
        try:
            request = _request(http, await self._body(http))
            return Response(await self._execute(request), media_type="application/json")
        except BadRequestError as error:
            return JSONResponse(failure(str(error), error.code), status_code=400)
        except OperationalError as error:
            _log.error("The database did not do its work: %s.", error.orig)
            # API_ERROR in the text makes Prefect's client try again, for 15 seconds
            return JSONResponse(
                failure(f"API_ERROR: {self._settings.database}: {error.orig}", "API_ERROR")
            )

    async def _execute(self, request: Request) -> bytes:
        if not is_mutation(request.document, request.operation_name):
            query = self._database.read(lambda connection: self._read(connection, request))
            return await asyncio.wrap_future(query)
        response, flows = await asyncio.wrap_future(
            self._database.write(lambda c: run_mutation(c, request))
        )
        if flows:
            await asyncio.wrap_future(self._services.schedule(flows))
        return orjson.dumps(response)

    def _read(self, connection: Any, request: Request) -> bytes:
        return orjson.dumps(run_query(connection, request, self._settings.max_rows))

    async def _body(self, http: HttpRequest) -> bytes:
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


async def _health(_http: HttpRequest) -> Response:
    return JSONResponse({"status": "ok", "version": API_INFO["version"]})


def _request(http: HttpRequest, body: bytes) -> Request:
    given = _object(body, "The body")
    text, name = given.get("query"), given.get("operationName")
    if not isinstance(text, str) or not isinstance(name, (str, type(None))):
        raise BadRequestError(
            "The body needs a `query` string; `operationName`, if given, is one too."
        )
    return Request(
        document=document(text),
        variables=_variables(given.get("variables")),
        operation_name=name,
        agent_id=http.headers.get("x-prefect-agent-id"),
        core_version=http.headers.get("x-prefect-core-version"),
    )


def _variables(given: Any) -> dict[str, Any]:
    """Read variables that are plain, or, as Prefect's client sends them, a string of JSON."""
    if given is None or given == "null":
        return {}
    return (
        _object(given, "`variables`") if isinstance(given, str) else _checked(given, "`variables`")
    )


def _object(text: str | bytes, what: str) -> dict[str, Any]:
    try:
        return _checked(json.loads(text), what)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{what} is not JSON: {error}.") from error


def _checked(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequestError(f"{what} is not a JSON object.")
    return value
