"""The client of a Prefect API."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Callable, ContextManager, Iterator, Optional

import prefect
from prefect import Client

from project.api import queries
from project.api.embedded import (
    EmbeddedApi,
    embedded_api,
    exclusive_registration,
    own_flow_run,
)
from project.api.transport import REQUEST_SECONDS, Transport, is_on_this_machine
from project.api.unreported import UnreportedStates
from project.errors import ApiUncertainError

RETRY_SECONDS = 15.0


class PrefectApi:
    """One Prefect API; a failed request raises an ``ApiError`` that names the address.

    ``client`` has the address and the credentials, and ``pages`` is the address of the web page.
    An embedded API ``is_private`` if it is for this process only. ``own_flow_run`` makes this
    process the owner of the flow run with an idempotency key, if the API can detect that an owner
    has died, and ``exclusive_registration`` lets no other process of this machine register flows.
    ``unreported`` has what earlier runs could not report.
    """

    def __init__(
        self, client: Client, pages: Optional[str] = None, embedded: Optional[EmbeddedApi] = None
    ):
        self.url: str = client.api_server
        self.api_key: Optional[str] = client.api_key
        self.is_on_this_machine = embedded is not None or is_on_this_machine(self.url)
        self.is_private = embedded is not None and embedded.is_private
        self.own_flow_run: Callable[[str], ContextManager[Any]] = nullcontext
        self.exclusive_registration: Callable[[], ContextManager[Any]] = nullcontext
        self.unreported: Optional[UnreportedStates] = None
        self._pages = pages or self.url
        self.tenant_id: Optional[str] = client._tenant_id
        self._transport = Transport(
            self.url, client.api_key, client._tenant_id, use_proxies=not self.is_on_this_machine
        )

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
        tenants = queries.tenants(self)
        if self.tenant_id is None and tenants:
            self.tenant_id = tenants[0].id

    def ensure_tenant(self) -> str:
        """Return the client's tenant; create one if the API has none."""
        if self.tenant_id is None:
            self.tenant_id = queries.create_tenant(self, "default")
        return self.tenant_id

    def describe_run(self, flow_run_id: str) -> str:
        """Return a line of text about a flow run that has started."""
        return f"Flow run {flow_run_id}" + ("" if self.is_private else f" on {self.url}")

    def page_url(self, kind: str, id_: str) -> str:
        """Return the web page of a ``flow`` or a ``flow-run``, in the form that Prefect prints."""
        return f"{self._pages.rstrip('/')}/default/{kind}/{id_}"


@contextmanager
def connect(
    api: str, project_path: Path, must_outlive_process: bool = False
) -> Iterator[PrefectApi]:
    """Connect to the API that ``prefect.yml`` names, embedded or not.

    ``must_outlive_process``: do not start an embedded API, which would end with this process.

    Raises:
        ApiError: it cannot be reached.
    """
    with ExitStack() as stack:
        if api == "prefect":
            prefect_api = PrefectApi(Client(), prefect.config.server.ui.endpoint)
        elif api == "embedded":
            embedded = stack.enter_context(embedded_api(project_path, must_outlive_process))
            client = Client(api_server=embedded.url, api_key=embedded.token)
            prefect_api = PrefectApi(client, embedded=embedded)
            prefect_api.own_flow_run = partial(own_flow_run, project_path)
            prefect_api.exclusive_registration = partial(exclusive_registration, project_path)
        else:
            prefect_api = PrefectApi(Client(api_server=api))
        prefect_api.connect()
        prefect_api.unreported = UnreportedStates(project_path, api)
        prefect_api.unreported.deliver(prefect_api)
        yield prefect_api
