"""JSON documents and functions that the settings give to the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator

import pytest
import requests

from project.server.settings import ServerSettings
from project.server.thread import ServerThread

OPTIONS = [{"name": "tags", "type": "list", "help": "Nodes with these tags; é"}]
TOKEN = "not-a-secret"  # noqa: S105 - it is not


def double(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"{value!r} cannot be doubled.")
    return [value, value]


@pytest.fixture
def url(settings: ServerSettings) -> Iterator[str]:
    settings = replace(settings, token=TOKEN, page_data={"run-options": OPTIONS, "empty": {}})
    settings = replace(settings, page_functions={"double": double})
    with ServerThread(settings) as server:
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


def post(address: str, body: bytes, **headers: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    return requests.post(address, data=body, headers=headers, timeout=10)


def test_a_function_returns_json_with_numbers_as_python_has_them(url: str) -> None:
    answer = post(f"{url}/double.json", b"[1.0, 123456789012345678901]")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.text == "[[1.0, 123456789012345678901], [1.0, 123456789012345678901]]"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'"text"', "'text' cannot be doubled."),
        (b"{", "The body is not JSON: Expecting"),
    ],
)
def test_what_a_function_refuses_is_answered_with_its_message(
    url: str, body: bytes, message: str
) -> None:
    answer = post(f"{url}/double.json", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(message)


def test_a_function_needs_the_token_and_the_servers_own_origin(url: str) -> None:
    assert post(f"{url}/double.json", b"1", Authorization="Bearer wrong").status_code == 401
    assert post(f"{url}/double.json", b"1", Origin="http://attacker.example").status_code == 403


def test_an_unknown_function_is_not_found(url: str) -> None:
    assert post(f"{url}/other.json", b"1").status_code in (404, 405)
