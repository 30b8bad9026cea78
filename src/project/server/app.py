"""The HTTP application: GraphQL under two paths, a health check, and the page."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from http import HTTPStatus
from threading import current_thread, main_thread
from typing import Any, AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from project.server.endpoint import (
    Answer,
    Endpoint,
    Requests,
    load_json,
    open_endpoint,
    parse_body,
    parse_request,
    refusal,
    too_large,
)
from project.server.errors import BadRequestError
from project.server.graphql.schema import API_INFO
from project.server.guard import GRAPHQL_PATHS, Guard, is_query
from project.server.page import page_endpoint, static_files
from project.server.settings import ServerSettings

_SMALL_BODY_BYTES = 2_000


def create_app(settings: ServerSettings) -> Starlette:
    """Return the application; it opens the database when it starts and closes it when it stops.

    The database must have been prepared, so that the caller gets the errors of that.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with open_endpoint(settings, asyncio.wrap_future) as endpoint:
            app.state.endpoint = endpoint
            # Nobody opens the page of a server in a thread of a command.
            if current_thread() is main_thread():
                static_files()
            yield

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


async def _graphql(http: HttpRequest) -> Response:
    endpoint: Endpoint = http.app.state.endpoint
    try:
        requests = await _read_requests(http, endpoint.settings)
    except BadRequestError as error:
        return _response(refusal(error))
    except ClientDisconnect:
        return _nobody_waits()
    return _response(await endpoint.answer(requests))


async def _read_requests(http: HttpRequest, settings: ServerSettings) -> Requests:
    if http.method == "GET":
        return await run_in_threadpool(
            parse_request, dict(http.query_params), http.headers, only_query=True
        )
    body = await _read_body(http, settings)
    if len(body) <= _SMALL_BODY_BYTES:
        return parse_body(body, http.headers)
    # What takes long must not keep other requests waiting.
    return await run_in_threadpool(parse_body, body, http.headers)


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
                raise too_large(settings.max_body_bytes)

    try:
        await asyncio.wait_for(read(), settings.body_timeout_seconds)
    except asyncio.TimeoutError as error:
        raise BadRequestError("The request's body did not arrive in time.") from error
    return bytes(body)


def _page_function(
    function: Callable[[Any], Any], settings: ServerSettings
) -> Callable[[HttpRequest], Any]:
    async def answer(http: HttpRequest) -> Response:
        try:
            body = await _read_body(http, settings)
            result = await run_in_threadpool(lambda: function(load_json(body, "The body")))
        except BadRequestError as error:
            return _response(refusal(error))
        except (RecursionError, ValueError) as error:
            return _response(refusal(BadRequestError(str(error))))
        except ClientDisconnect:
            return _nobody_waits()
        # Not orjson, which refuses integers of more than 64 bits.
        return Response(json.dumps(result, default=str), media_type="application/json")

    return answer


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type="application/json")


def _nobody_waits() -> Response:
    """Return the answer to a client that went away while it sent its request."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _health(_http: HttpRequest) -> Response:
    return JSONResponse({"status": "ok", "version": API_INFO["version"]})
