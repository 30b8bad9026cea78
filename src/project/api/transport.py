"""GraphQL over HTTP, with a deadline for each request and errors that say what to do next.

Prefect's own client retries within a call, for minutes after a 429, and its timeout starts again
with each byte that arrives: too long for a run that is about to end.
"""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from http.client import responses
from ipaddress import ip_address
from queue import Empty, Queue
from threading import Thread
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Tuple, TypeVar, Union
from urllib.parse import urlsplit

import requests

from project.compat.versions import PREFECT_VERSION
from project.errors import (
    ApiError,
    ApiRefusedError,
    ApiUncertainError,
    ApiUnreachableError,
    RequestTooLargeError,
)

T = TypeVar("T")

REQUEST_SECONDS = 15.0

# What gives the address of an API, as messages name it.
PREFECTS_CONFIGURATION = "PREFECT__CLOUD__API, or ~/.prefect/config.toml"
SETTING = "'api' in prefect.yml"

# In what is raised before anything is sent: the address is wrong, the host cannot be resolved or
# reached, or its certificate is not accepted.
_NOT_SENT = (
    "CERTIFICATE_VERIFY_FAILED",
    "Failed to establish",
    "InvalidSchema",
    "InvalidURL",
    "MissingSchema",
    "NameResolutionError",
    "NewConnectionError",
)

# In what is raised when the answer to the beginning of an encrypted connection is not encrypted.
_NOT_ENCRYPTED = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")

# Prefect Server answers with these, and HTTP 200, when a service behind its gateway fails. The
# request may have been executed.
_INTERNAL_ERRORS = (
    "API_ERROR",
    "ECONNREFUSED",
    "An internal API error occurred",
    "Unable to connect to postgres",
)


class Post(Protocol):
    """How a request reaches the API."""

    def __call__(
        self, body: bytes, headers: Mapping[str, str], seconds: float, /
    ) -> Tuple[int, bytes]:
        """Send a body with headers, and return the HTTP status and the body of the answer.

        Over HTTP, it raises what requests raises, and waits ``seconds`` for each part.
        """


class Transport:
    """Transport of GraphQL requests to one API, whose address messages show.

    ``address_source`` gives that address, unless the API is within this process.

    Raises:
        ApiError: the key cannot be sent in a header.
    """

    def __init__(
        self,
        post: Post,
        url: str,
        api_key: Optional[str] = None,
        tenant_id: Optional[str] = None,
        address_source: Optional[str] = PREFECTS_CONFIGURATION,
    ):
        self.address = url
        self.url = without_password(url)  # for messages
        self.api_key = api_key
        self.tenant_id = tenant_id
        self._post = post
        self._address_source = address_source
        self._check = (
            f" Check its log, and the address ({address_source})." if address_source else ""
        )
        self._headers = {
            "Content-Type": "application/json",
            "X-PREFECT-CORE-VERSION": PREFECT_VERSION,
        }
        if api_key:
            if not api_key.isascii() or not api_key.isprintable():
                raise ApiError(
                    "The API key has a character that cannot be sent. Copy it again to "
                    "PREFECT__CLOUD__API_KEY, without quotation marks."
                )
            self._headers["Authorization"] = f"Bearer {api_key}"
            if tenant_id:
                self._headers["X-PREFECT-TENANT-ID"] = tenant_id

    def send(
        self, text: str, variables: Mapping[str, Any], seconds: float = REQUEST_SECONDS
    ) -> Any:
        """Send a request, and return the value of its only root field.

        Raises:
            ApiUnreachableError: the request did not reach the API.
            ApiUncertainError: no usable answer arrived; the API may have executed the request.
            RequestTooLargeError: the API does not read a request of this size.
            ApiRefusedError: the API understood the request and refused it.
            ApiError: the server at the address is not a Prefect API.
        """
        # As in the requests of Prefect's own client, the variables are a string of JSON.
        body = json.dumps({"query": text, "variables": json.dumps(variables)})
        try:
            status, answer = _within(
                seconds, partial(self._post, body.encode(), self._headers, seconds)
            )
        except requests.ConnectTimeout as error:
            raise self._unreachable(error) from error
        except (requests.Timeout, TimeoutError) as error:
            raise ApiUncertainError(
                f"The Prefect API at {self.url} did not answer within {seconds:g} seconds."
                f"{self._check}"
            ) from error
        except requests.RequestException as error:
            raise self._broken(error) from error
        return self._read(status, answer)

    def _unreachable(self, error: BaseException) -> ApiUnreachableError:
        return ApiUnreachableError(
            f"The Prefect API at {self.url} cannot be reached: {_cause(error)}. Check that it is "
            f"running, and the address ({self._address_source})."
        )

    def _broken(self, error: requests.RequestException) -> ApiError:
        if any(words in repr(error) for words in _NOT_ENCRYPTED):
            return ApiUnreachableError(
                f"The server at {self.url} does not use https. Write http:// in the address "
                f"({self._address_source})."
            )
        if any(words in repr(error) for words in _NOT_SENT):
            return self._unreachable(error)
        return ApiUncertainError(
            f"The connection to the Prefect API at {self.url} was lost: {_cause(error)}."
            f"{self._check}"
        )

    def _read(self, status: int, body: bytes) -> Any:
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and answer.get("errors"):
            raise self._refusal(answer["errors"], status)
        if status >= HTTPStatus.BAD_REQUEST:
            raise self._http_error(status)
        try:
            return next(iter(answer["data"].values()))
        except (AttributeError, KeyError, StopIteration, TypeError):
            raise ApiError(
                f"The server at {self.url} is not a Prefect API. Check the address "
                f"({self._address_source}), and any proxy in between."
            ) from None

    def _refusal(self, errors: Any, status: int) -> ApiError:
        if status == HTTPStatus.UNAUTHORIZED:
            return self._http_error(status)
        messages = "; ".join(_messages(errors)).rstrip(".")
        if any(words in str(errors) for words in _INTERNAL_ERRORS):
            return ApiUncertainError(
                f"The Prefect API at {self.url} reported an internal error: {messages}."
            )
        return ApiRefusedError(f"The Prefect API at {self.url} refused the request: {messages}.")

    def _http_error(self, code: int) -> ApiError:
        if code == HTTPStatus.UNAUTHORIZED:
            return ApiRefusedError(
                f"The Prefect API at {self.url} does not accept the API key. Set "
                "PREFECT__CLOUD__API_KEY to the key that the API was started with."
            )
        reason = responses.get(code, "Unknown")
        answer = f"The Prefect API at {self.url} returned {code} {reason}."
        if code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return RequestTooLargeError(answer)
        if code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            return ApiUnreachableError(answer)
        return ApiUncertainError(f"{answer}{self._check}")


def post_to(address: str, *, use_proxies: bool) -> Post:
    """Return the function that sends requests to an address over HTTP.

    ``use_proxies``: whether to use the environment's proxies, which requests would also do for
    addresses of this machine.
    """

    def post(body: bytes, headers: Mapping[str, str], seconds: float) -> Tuple[int, bytes]:
        with requests.Session() as session:
            session.trust_env = use_proxies
            response = session.post(address, data=body, headers=headers, timeout=seconds)
            return response.status_code, response.content

    return post


def without_password(url: str) -> str:
    """Return an address as messages show it: without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def is_on_this_machine(url: str) -> bool:
    """Return whether an address is one of this machine's loopback addresses."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_exemption(environment: Mapping[str, str], url: str) -> Dict[str, str]:
    """Return the variables that keep requests to this machine, and to this address, off a proxy."""
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if exempt.strip() != "*":
        hosts = dict.fromkeys(["127.0.0.1", "localhost", urlsplit(url).hostname])
        exempt = ",".join(filter(None, [exempt, *hosts]))
    # requests reads the name in lower case first, but not every library does.
    return {"no_proxy": exempt, "NO_PROXY": exempt}


def _within(seconds: float, function: Callable[[], T]) -> T:
    """Return the result of a function, or raise TimeoutError after some seconds.

    The function continues in a daemon thread: reading from a server that sends a byte now and then
    cannot be interrupted.
    """
    outcome: Queue[Union[T, BaseException]] = Queue()

    def run() -> None:
        try:
            outcome.put(function())
        except BaseException as error:
            outcome.put(error)

    Thread(target=run, name="prefect request", daemon=True).start()
    try:
        result = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(result, BaseException):
        raise result
    return result


def _cause(error: BaseException) -> str:
    reason: Optional[Any] = error.args[0] if error.args else None
    return str(getattr(reason, "reason", reason) or error)


def _messages(errors: Any) -> List[str]:
    if not isinstance(errors, list):
        return [str(errors)]
    return [str(one.get("message", one)) if isinstance(one, dict) else str(one) for one in errors]
