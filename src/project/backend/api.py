"""The Prefect API that a run talks to."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Optional

import requests
from prefect import Client
from prefect.exceptions import ClientError
from prefect.utilities.configuration import set_temporary_config

from project.backend.embedded import embedded_api
from project.errors import ApiError, ApiRefusedError

Variables = Mapping[str, Any]


class Api:
    """Ask one Prefect API; a failure is an ``ApiError`` that names its address."""

    def __init__(self, client: Client):
        self.client = client
        self.url: str = client.api_server

    def query(self, text: str, **variables: Any) -> Any:
        """Return the value of the one root field of a query."""
        return self._one(self._ask(text, variables))

    def mutate(self, name: str, fields: str, **given: Any) -> Any:
        """Run a mutation by Prefect's convention (one input object) and return its payload."""
        text = f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"
        return self._one(self._ask(text, {"input": given}))

    def _ask(self, text: str, variables: Variables) -> Any:
        with self.told_plainly():
            return self.client.graphql(text, variables=variables)

    @staticmethod
    def _one(result: Any) -> Any:
        return next(iter(result["data"].values()))

    @contextmanager
    def told_plainly(self) -> Iterator[None]:
        """Turn what the client raises into one error that says what to do."""
        try:
            yield
        except requests.RequestException as error:
            raise ApiError(
                f"The Prefect API at {self.url} cannot be reached: {_cause(error)}. Start one with "
                "'kedro prefect server', or set 'api: embedded' in prefect.yml."
            ) from error
        except ClientError as error:
            # Prefect's client has tried again for 15 seconds what is marked so.
            kind = ApiError if "API_ERROR" in str(error) else ApiRefusedError
            raise kind(f"The Prefect API at {self.url} refused: {_messages(error)}") from error

    def address(self, kind: str, id_: str) -> str:
        """Return the web address of a flow or a run, as Prefect prints them."""
        return f"{self.url.rstrip('/')}/default/{kind}/{id_}"


@contextmanager
def connect(api: str, project_path: Path, lasting: bool = False) -> Iterator[Api]:
    """Connect to the API that ``prefect.yml`` names, the embedded one included.

    ``lasting``: not to an embedded one that would end with this process.

    Raises:
        ApiError: when it cannot be reached.
    """
    if api == "prefect":
        yield _reached(Api(Client()))
    elif api == "embedded":
        with embedded_api(project_path, lasting) as url, _talking_to(url) as found:
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


def _messages(error: ClientError) -> str:
    given: Any = error.args[0] if error.args else error
    messages: List[str] = [one["message"] for one in given] if isinstance(given, list) else []
    return "; ".join(messages) or str(error)
