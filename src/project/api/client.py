"""The client of a Prefect API."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Callable, ContextManager, Dict, Iterator, Optional
from urllib.parse import urlsplit

from prefect import Client

from project.api.embedded import (
    NO_SERVER,
    exclusive_registration,
    find_server,
    local_api,
    own_flow_run,
    temporary_server,
)
from project.api.pages import MakeAddress, embedded_page, remote_page
from project.api.queries.projects import create_tenant, tenants
from project.api.transport import (
    PREFECTS_CONFIGURATION,
    REQUEST_SECONDS,
    SETTING,
    Transport,
    is_on_this_machine,
    post_to,
    proxy_exemption,
)
from project.api.unreported import UnreportedStates
from project.errors import ApiError, ApiUncertainError

RETRY_SECONDS = 15.0
_CLOUD_HOST = "api.prefect.io"


class PrefectApi:
    """One Prefect API; a failed request raises an ``ApiError`` that names the address.

    ``url`` is that address for messages: without a password. ``page`` makes the address of a web
    page. ``own_flow_run`` makes this process the owner of the flow run with an idempotency key, if
    the API can detect that an owner has died, and ``exclusive_registration`` lets no other process
    of this machine register flows. ``unreported`` has what earlier runs could not report.
    """

    def __init__(self, transport: Transport, page: MakeAddress, *, is_on_this_machine: bool):
        self.address = transport.address
        self.url = transport.url
        self.api_key = transport.api_key
        self.is_on_this_machine = is_on_this_machine
        self.is_within_process = False
        self.own_flow_run: Callable[[str], ContextManager[Any]] = nullcontext
        self.exclusive_registration: Callable[[], ContextManager[Any]] = nullcontext
        self.unreported: Optional[UnreportedStates] = None
        self.tenant_slug = "default"
        self.tenant_id = transport.tenant_id
        self._page = page
        self._transport = transport

    def query(self, text: str, **variables: Any) -> Any:
        """Return the value of a query's only root field, retrying if the API has an error."""
        deadline = monotonic() + RETRY_SECONDS
        while True:
            try:
                return self._transport.send(text, variables)
            except ApiUncertainError:
                if monotonic() > deadline:
                    raise
                sleep(0.5)

    def mutate(
        self, name: str, fields: str, /, *, seconds: float = REQUEST_SECONDS, **payload: Any
    ) -> Any:
        """Run a mutation that takes one input object, as Prefect's do, and return its payload."""
        text = f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {fields} }} }}"
        return self._transport.send(text, {"input": payload}, seconds)

    def connect(self) -> None:
        """Check that the API can be reached, and find the client's tenant.

        As with Prefect's own client, it is the first one unless another is configured. A new
        Prefect Server has none.
        """
        rows = tenants(self)
        if self.tenant_id is None and rows:
            self.tenant_id = rows[0].id
        slugs = {tenant.id: tenant.slug for tenant in rows}
        self.tenant_slug = slugs.get(self.tenant_id or "", self.tenant_slug)

    def ensure_tenant(self) -> str:
        """Return the client's tenant; create one if the API has none."""
        if self.tenant_id is None:
            self.tenant_id = create_tenant(self, "default")
        return self.tenant_id

    def client_variables(self) -> Dict[str, str]:
        """Return the environment variables with which Prefect's own client uses this API.

        An API key is not among them. An API within this process has no address that others can use.
        """
        if self.is_within_process:
            raise RuntimeError(f"{self.address} is not an address; connect for child processes.")
        variables = {"PREFECT__BACKEND": "server", "PREFECT__CLOUD__API": self.address}
        if self.is_on_this_machine:
            variables.update(proxy_exemption(os.environ, self.address))
        return variables

    def command_variables(self) -> Dict[str, str]:
        """Return the environment variables with which Prefect's own commands use this API.

        They print links to its pages.
        """
        pages = self._page("").rstrip("/")
        return {**self.client_variables(), "PREFECT__SERVER__UI__ENDPOINT": pages}

    def page_url(self, kind: str, id_: str) -> str:
        """Return the web page of a ``flow`` or a ``flow-run``, in the form that Prefect prints.

        While no server is running, the address comes with a note that says how to open it.
        """
        return self._page(f"{self.tenant_slug}/{kind}/{id_}")


def api_of(
    client: Client,
    page: Optional[MakeAddress] = None,
    address_source: str = PREFECTS_CONFIGURATION,
    *,
    is_embedded: bool = False,
) -> PrefectApi:
    """Return the API of a Prefect client, which has the address and the credentials.

    ``address_source`` names in messages what gives the address.
    """
    is_local = is_embedded or is_on_this_machine(client.api_server)
    transport = Transport(
        post_to(client.api_server, use_proxies=not is_local),
        client.api_server,
        client.api_key,
        client._tenant_id,
        address_source,
    )
    return PrefectApi(transport, page or remote_page(transport.url), is_on_this_machine=is_local)


@contextmanager
def connect(
    api: str,
    project_path: Path,
    must_outlive_process: bool = False,
    address_source: str = SETTING,
    *,
    is_for_children: bool = False,
) -> Iterator[PrefectApi]:
    """Connect to the API that ``prefect.yml`` names, embedded or not.

    ``must_outlive_process``: an embedded API must have a server, which does not end with this
    process. ``is_for_children``: processes that this one starts use its address, too.
    ``address_source``: what has the address, if ``api`` is one.

    Raises:
        ApiError: it cannot be reached.
    """
    with ExitStack() as stack:
        if api == "prefect":
            prefect_api = api_of(_configured_client())
        elif api == "embedded":
            embedded = _embedded_api(project_path, must_outlive_process, is_for_children)
            prefect_api = stack.enter_context(embedded)
        else:
            prefect_api = api_of(Client(api_server=api), address_source=address_source)
        prefect_api.connect()
        prefect_api.unreported = UnreportedStates(project_path, api, prefect_api.address)
        prefect_api.unreported.deliver(prefect_api)
        yield prefect_api


@contextmanager
def _embedded_api(
    project_path: Path, must_outlive_process: bool, is_for_children: bool
) -> Iterator[PrefectApi]:
    page = embedded_page(project_path)
    with ExitStack() as stack:
        server = find_server(project_path)
        if server is None and must_outlive_process:
            raise ApiError(NO_SERVER)
        if server is None and is_for_children:
            server = stack.enter_context(temporary_server(project_path))
        if server is not None:
            client = Client(api_server=server.url, api_key=server.token)
            prefect_api = api_of(client, page, ".prefect/server.json", is_embedded=True)
        else:
            post, database = stack.enter_context(local_api(project_path))
            transport = Transport(post, database, address_source=None)
            prefect_api = PrefectApi(transport, page, is_on_this_machine=True)
            prefect_api.is_within_process = True
        prefect_api.own_flow_run = partial(own_flow_run, project_path)
        prefect_api.exclusive_registration = partial(exclusive_registration, project_path)
        yield prefect_api


def _configured_client() -> Client:
    """Return the client of the API that Prefect itself is configured for.

    Raises:
        ApiError: it is configured for none.
    """
    client = Client()
    remedy = (
        "Set PREFECT__BACKEND=server and PREFECT__CLOUD__API=http://host:4200, or name the address "
        "in prefect.yml ('api')."
    )
    if not client.api_server:
        raise ApiError(f"The address of the Prefect API, PREFECT__CLOUD__API, is empty. {remedy}")
    try:
        host = urlsplit(client.api_server).hostname
    except ValueError as error:
        raise ApiError(
            f"The address of the Prefect API, PREFECT__CLOUD__API, is not valid: {error}. {remedy}"
        ) from error
    if host == _CLOUD_HOST and not client.api_key:
        raise ApiError(
            "Prefect is configured for Prefect Cloud, which is its default, and has no API key for "
            f"it. {remedy}"
        )
    return client
