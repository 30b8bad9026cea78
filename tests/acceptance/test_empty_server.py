"""A Prefect API without a tenant, like a new Prefect Server."""

from __future__ import annotations

import pytest

from tests.kits.shop import Shop, stop
from tests.kits.strict_server import remove_tenants
from tests.kits.waiting import eventually

TENANTS = "query { tenant { name slug } }"
DEFAULT = [{"name": "default", "slug": "default"}]


@pytest.fixture(autouse=True)
def empty(served: Shop) -> None:
    """Delete the tenant, and with it all data of the server."""
    remove_tenants(served.folder)
    assert served.ask(TENANTS) == []


def test_the_doctor_says_that_registering_creates_the_tenant(served: Shop) -> None:
    said = served.kedro("prefect", "doctor")

    assert "ok    tenant: none yet; registering a flow creates 'default'" in said.text
    assert served.ask(TENANTS) == []


def test_the_first_flow_that_is_registered_creates_it(served: Shop) -> None:
    said = served.kedro("prefect", "register")

    assert said.code == 0, said.text
    assert "version 1: registered" in said.text
    assert served.ask(TENANTS) == DEFAULT
    assert served.ask("query { flow { name } }") == [{"name": "__default__"}]


def test_the_first_agent_creates_it(served: Shop) -> None:
    agent = served.start("prefect", "agent")
    eventually(served.has_agent)

    assert served.ask(TENANTS) == DEFAULT
    assert stop(agent).code == 0


def test_prefects_own_command_creates_it(served: Shop) -> None:
    said = served.prefect("server", "create-tenant", "--name", "default")

    assert "Tenant created with ID" in said.text
    assert served.ask(TENANTS) == DEFAULT
