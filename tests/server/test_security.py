"""Who may talk to the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.server.kit import Api, prefect_client

BODY = {"query": "query { hello }"}
EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tested
TOKEN = "not-a-secret"  # noqa: S105 - it is not


def status(api: Api, **headers: str) -> int:
    return requests.post(api.url, json=BODY, headers=headers, timeout=10).status_code


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "127.0.0.1.attacker.example:4200",
        "attacker.example:80@127.0.0.1",
        "127.0.0.1@attacker.example",
        "",
        "localhost.",
        "[::2]",
        "[bad",
    ],
)
def test_a_foreign_host_is_refused(api: Api, host: str) -> None:
    assert status(api, Host=host) == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:4200", "[::1]:4200"])
def test_every_loopback_name_is_accepted(api: Api, host: str) -> None:
    assert status(api, Host=host) == 200


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "http://localhost:3000", "", "http://[bad"]
)
def test_a_foreign_origin_is_refused(api: Api, origin: str) -> None:
    assert status(api, Origin=origin) == 403


def test_the_servers_own_origin_is_accepted(api: Api) -> None:
    assert status(api, Origin=api.url) == 200


def test_a_request_that_is_too_large_is_refused(settings: ServerSettings) -> None:
    with ServerThread(replace(settings, max_body_bytes=1_000)) as server:
        answer = requests.post(server.url, data=b" " * 1_001, timeout=10)

        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
            413,  # as Prefect Server's proxy answers
            "TOO_LARGE",
        )


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1", "example.org"])
def test_listening_to_other_machines_needs_a_token(settings: ServerSettings, host: str) -> None:
    with pytest.raises(ValueError, match="set a token"):
        replace(settings, host=host)


@pytest.mark.parametrize(
    ("host", "name"), [(EVERYWHERE, "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")]
)
def test_the_address_of_a_server_is_one_to_connect_to(
    settings: ServerSettings, host: str, name: str
) -> None:
    with ServerThread(replace(settings, host=host, token=TOKEN)) as server:
        assert server.url.startswith(f"http://{name}:")
        assert requests.get(f"{server.url}/health", timeout=10).ok


@pytest.fixture
def guarded(settings: ServerSettings) -> Any:
    with ServerThread(replace(settings, host=EVERYWHERE, token=TOKEN)) as server:
        yield Api(f"http://127.0.0.1:{urlsplit(server.url).port}")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}]
)
def test_only_health_is_answered_without_the_token(guarded: Api, headers: Any) -> None:
    assert status(guarded, **headers) == 401
    assert requests.get(f"{guarded.url}/health", timeout=10).status_code == 200


def test_prefects_client_sends_the_token_as_its_api_key(settings: ServerSettings) -> None:
    with ServerThread(replace(settings, token=TOKEN)) as server:
        with prefect_client(server.url, **{"cloud.api_key": TOKEN}) as client:
            assert client.create_project("demo")
        with prefect_client(server.url, **{"cloud.api_key": "other"}) as client, pytest.raises(
            requests.HTTPError, match="401"
        ):
            client.create_project("demo")


def load(api: Api, address: str, **headers: str) -> int:
    """Load an address as a browser does; return the status of the answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(api.url + address, headers=names, timeout=10).status_code


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_query_in_an_address_is_refused_if_another_sites_page_loads_it(
    api: Api, site: str
) -> None:
    image, query = {"Sec_Fetch_Site": site, "Sec_Fetch_Dest": "image"}, "?query={hello}"

    for path in ("/", "/graphql", "/graphql/"):
        assert load(api, path + query, **image) == 403
        assert (
            requests.head(
                api.url + path + query, headers={"Sec-Fetch-Site": site}, timeout=10
            ).status_code
            == 403
        )
        assert load(api, path + query, **image, Origin=api.url) == 200


def test_a_query_in_an_address_is_answered_if_the_user_enters_it(api: Api) -> None:
    for site in ("none", "same-origin"):
        assert load(api, "/?query={hello}", Sec_Fetch_Site=site) == 200
    assert load(api, "/?query={hello}") == 200


def test_other_sites_may_link_to_the_page(api: Api) -> None:
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}

    assert load(api, "/", **link) == load(api, "/default/flow-run/1", **link) == 200


def test_an_allowed_origin_may_send_queries_in_addresses(settings: ServerSettings) -> None:
    origin = "https://ui.example"
    with ServerThread(replace(settings, token=TOKEN, allow_origin=origin)) as server:
        from_ui = {"Origin": origin, "Sec_Fetch_Site": "cross-site"}
        token = {"Authorization": f"Bearer {TOKEN}"}

        assert load(Api(server.url), "/?query={hello}", **from_ui, **token) == 200
