"""JSON documents that the settings give to the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest
import requests

from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings

OPTIONS = [{"name": "tags", "type": "list", "help": "Nodes with these tags; é"}]
TOKEN = "not-a-secret"  # noqa: S105 - it is not


@pytest.fixture
def url(settings: ServerSettings) -> Iterator[str]:
    settings = replace(settings, token=TOKEN, page_data={"run-options": OPTIONS, "empty": {}})
    with EmbeddedServer(settings) as server:
        yield server.url


def get(address: str, **headers: str) -> requests.Response:
    return requests.get(address, headers=headers, timeout=10)


def test_page_data_is_served_as_json_without_the_token(url: str) -> None:
    answer = get(f"{url}/run-options.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == OPTIONS
    assert get(f"{url}/empty.json").json() == {}


def test_page_data_has_the_headers_of_the_page_and_is_not_sent_again_unchanged(url: str) -> None:
    answer = get(f"{url}/run-options.json")
    page = get(url)

    names = ("cache-control", "content-security-policy", "x-content-type-options")
    assert {name: answer.headers[name] for name in names} == {
        name: page.headers[name] for name in names
    }
    again = get(f"{url}/run-options.json", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_unknown_page_data_is_not_found(url: str) -> None:
    assert get(f"{url}/other.json").status_code == 404


def test_a_foreign_host_does_not_get_page_data(url: str) -> None:
    assert get(f"{url}/run-options.json", Host="attacker.example").status_code == 403
