"""The Prefect API that a run talks to."""

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

from project.backend.embedded import embedded_api, owned_run
from project.errors import ApiError, ApiRefusedError

Variables = Mapping[str, Any]

_MALFORMED = "Malformed response received"  # so says Prefect's client, too


class Api:
    """Ask one Prefect API; a failure is an ``ApiError`` that names its address.

    ``own`` makes this process the owner of a flow run, where the API can tell that an owner died.
    """

    def __init__(self, client: Client, pages: Optional[str] = None):
        self.client = client
        self.url: str = client.api_server
        self._pages = pages or self.url
        self.own: Callable[[str], ContextManager[Any]] = nullcontext

    def query(self, text: str, **variables: Any) -> Any:
        """Return the value of the one root field of a query."""
        return self._ask(text, variables)

    def mutate(self, name: str, fields: str, /, **given: Any) -> Any:
        """Run a mutation by Prefect's convention (one input object) and return its payload."""
        text = f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"
        return self._ask(text, {"input": given})

    def _ask(self, text: str, variables: Variables) -> Any:
        with self.told_plainly():
            try:
                answer = self.client.graphql(text, variables=variables)
                return next(iter(answer["data"].values()))
            except (AttributeError, KeyError, TypeError) as error:  # it is JSON, but no answer
                raise ClientError(_MALFORMED) from error

    @contextmanager
    def told_plainly(self) -> Iterator[None]:
        """Turn what the client raises into one error that says what to do."""
        try:
            yield
        except requests.HTTPError as error:
            raise _answered(self.url, error.response) from error
        except requests.RequestException as error:
            raise ApiError(
                f"The Prefect API at {self.url} cannot be reached: {_cause(error)}. Start one with "
                "'kedro prefect server', or set 'api: embedded' in prefect.yml."
            ) from error
        except ClientError as error:
            raise _refused(self.url, error) from error

    def address(self, kind: str, id_: str) -> str:
        """Return the web address of a flow or a run, as Prefect prints them."""
        return f"{self._pages.rstrip('/')}/default/{kind}/{id_}"

    def ensure_tenant(self) -> None:
        """Create the tenant without which an empty Prefect Server can hold nothing."""
        if not self.query("query { tenant { id } }"):
            self.mutate("create_tenant", "id", name="default", slug="default")


@contextmanager
def connect(api: str, project_path: Path, lasting: bool = False) -> Iterator[Api]:
    """Connect to the API that ``prefect.yml`` names, the embedded one included.

    ``lasting``: not to an embedded one that would end with this process.

    Raises:
        ApiError: when it cannot be reached.
    """
    if api == "prefect":
        yield _reached(Api(Client(), prefect.config.server.ui.endpoint))
    elif api == "embedded":
        with embedded_api(project_path, lasting) as url, _talking_to(url) as found:
            found.own = partial(owned_run, project_path)
            yield found
    else:
        with _talking_to(api) as found:
            yield found


@contextmanager
def _talking_to(url: str) -> Iterator[Api]:
    with set_temporary_config({"backend": "server", "cloud.api": url}), _without_proxy(url):
        yield _reached(Api(Client(api_server=url)))


def _reached(api: Api) -> Api:
    api.query("query { hello }")
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


def _answered(url: str, response: Any) -> ApiError:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return ApiRefusedError(
            f"The Prefect API at {url} does not accept the API key: set "
            "PREFECT__CLOUD__API_KEY to the one that it was started with."
        )
    return ApiError(
        f"The Prefect API at {url} answered {response.status_code} {response.reason}: look at its "
        "log, or at the address (api in prefect.yml)."
    )


def _refused(url: str, error: ClientError) -> ApiError:
    if _MALFORMED in str(error):
        return ApiError(
            f"What answers at {url} does not answer as a Prefect API: look at the address (api in "
            "prefect.yml), and at what stands between."
        )
    # Prefect's client has tried again for 15 seconds what is marked so.
    kind = ApiError if "API_ERROR" in str(error) else ApiRefusedError
    return kind(f"The Prefect API at {url} refused: {_messages(error).rstrip('.')}.")


def _messages(error: ClientError) -> str:
    given: Any = error.args[0] if error.args else error
    messages: List[str] = [one["message"] for one in given] if isinstance(given, list) else []
    return "; ".join(messages) or str(error)
