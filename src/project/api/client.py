"""The client of a Prefect API."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Callable, ContextManager, Iterator, List, Mapping, Optional

import prefect
import requests
from prefect import Client
from prefect.exceptions import ClientError
from prefect.utilities.configuration import set_temporary_config

from project.api import queries
from project.api.embedded import embedded_api, own_flow_run
from project.errors import ApiError, ApiRefusedError

_MALFORMED = "Malformed response received"  # the words of Prefect's client, too


class PrefectApi:
    """One Prefect API; a failure is an ``ApiError`` that names its address.

    ``pages`` is the address of its web page. ``own_flow_run`` makes this process the owner of a
    flow run, where the API can find out that an owner died.
    """

    def __init__(self, client: Client, pages: Optional[str] = None):
        self.client = client
        self.url: str = client.api_server
        self.own_flow_run: Callable[[str], ContextManager[Any]] = nullcontext
        self._pages = pages or self.url

    def query(self, text: str, **variables: Any) -> Any:
        """Return the value of the one root field of a query."""
        return self._send(text, variables)

    def mutate(self, name: str, fields: str, /, **payload: Any) -> Any:
        """Run a mutation by Prefect's convention (one input object) and return what it returns."""
        text = f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"
        return self._send(text, {"input": payload})

    def _send(self, text: str, variables: Mapping[str, Any]) -> Any:
        with self.translate_errors():
            try:
                response = self.client.graphql(text, variables=variables)
                return next(iter(response["data"].values()))
            except (AttributeError, KeyError, TypeError) as error:  # JSON of some other kind
                raise ClientError(_MALFORMED) from error

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Translate what Prefect's client raises into one error that says what to do."""
        try:
            yield
        except requests.HTTPError as error:
            raise _http_error(self.url, error.response) from error
        except requests.RequestException as error:
            raise ApiError(
                f"The Prefect API at {self.url} cannot be reached: {_cause(error)}. Start one with "
                "'kedro prefect server', or set 'api: embedded' in prefect.yml."
            ) from error
        except ClientError as error:
            raise _graphql_error(self.url, error) from error

    def page_url(self, kind: str, id_: str) -> str:
        """Return the web address of a ``flow`` or a ``flow-run``, as Prefect prints them."""
        return f"{self._pages.rstrip('/')}/default/{kind}/{id_}"

    def ensure_tenant(self) -> None:
        """Create the tenant without which an empty Prefect Server can store nothing."""
        if not queries.tenant_slugs(self):
            queries.create_tenant(self)


@contextmanager
def connect(
    api: str, project_path: Path, must_outlive_process: bool = False
) -> Iterator[PrefectApi]:
    """Connect to the API that ``prefect.yml`` names, the embedded one included.

    ``must_outlive_process``: do not start an embedded API, which would end with this process.

    Raises:
        ApiError: it cannot be reached.
    """
    if api == "prefect":
        yield _check(PrefectApi(Client(), prefect.config.server.ui.endpoint))
    elif api == "embedded":
        with embedded_api(project_path, must_outlive_process) as url, _client_of(url) as embedded:
            embedded.own_flow_run = partial(own_flow_run, project_path)
            yield embedded
    else:
        with _client_of(api) as found:
            yield found


@contextmanager
def _client_of(url: str) -> Iterator[PrefectApi]:
    with set_temporary_config({"backend": "server", "cloud.api": url}), _without_proxy(url):
        yield _check(PrefectApi(Client(api_server=url)))


def _check(api: PrefectApi) -> PrefectApi:
    queries.hello(api)
    return api


@contextmanager
def _without_proxy(url: str) -> Iterator[None]:
    # requests sends even what is for this machine through the proxy of the environment.
    before: Optional[str] = os.environ.get("NO_PROXY")
    if "//127.0.0.1" in url or "//localhost" in url:
        os.environ["NO_PROXY"] = ",".join(filter(None, [before, "127.0.0.1", "localhost"]))
    try:
        yield
    finally:
        os.environ.pop("NO_PROXY", None)
        if before is not None:
            os.environ["NO_PROXY"] = before


def _cause(error: BaseException) -> str:
    reason: Any = getattr(error, "args", None) and error.args[0]
    return str(getattr(reason, "reason", reason) or error)


def _http_error(url: str, response: Any) -> ApiError:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return ApiRefusedError(
            f"The Prefect API at {url} does not accept the API key. Set PREFECT__CLOUD__API_KEY to "
            "the key that the API was started with."
        )
    return ApiError(
        f"The Prefect API at {url} answered {response.status_code} {response.reason}. Check its "
        "log, and the address ('api' in prefect.yml)."
    )


def _graphql_error(url: str, error: ClientError) -> ApiError:
    if _MALFORMED in str(error):
        return ApiError(
            f"The server at {url} is not a Prefect API. Check the address ('api' in prefect.yml), "
            "and any proxy in between."
        )
    # Prefect's client has retried for 15 seconds what is marked so.
    kind = ApiError if "API_ERROR" in str(error) else ApiRefusedError
    return kind(f"The Prefect API at {url} refused: {_messages(error).rstrip('.')}.")


def _messages(error: ClientError) -> str:
    errors: Any = error.args[0] if error.args else error
    messages: List[str] = [one["message"] for one in errors] if isinstance(errors, list) else []
    return "; ".join(messages) or str(error)
