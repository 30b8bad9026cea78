"""A server that requires a token: the page asks for it once per tab."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.page.kit import Faults, embedded_server

PHRASE = "a long secret"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with embedded_server(tmp_path, token=PHRASE) as server:
        yield server.url


def test_the_page_loads_without_the_token_and_asks_for_it(
    page: Page, url: str, faults: Faults
) -> None:
    page.goto(url)
    dialog = page.get_by_role("dialog", name="This server requires a token")
    dialog.get_by_label("Token").fill("a guess")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("The server did not accept this token.")
    dialog.get_by_label("Token").fill(f"{PHRASE}\u200b")  # a space that nobody sees
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Use only letters, digits and signs")
    dialog.get_by_label("Token").fill(PHRASE)
    page.keyboard.press("Enter")

    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    page.reload()
    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    faults.expect("status of 401")


def test_escape_does_not_close_the_token_dialog(page: Page, url: str, faults: Faults) -> None:
    page.goto(url)
    dialog = page.get_by_role("dialog", name="This server requires a token")
    dialog.get_by_label("Token").fill(PHRASE)
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Token")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    faults.expect("status of 401")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/default", 200),
        ("HEAD", "/static/app.js", 200),
        ("POST", "/graphql", 401),
        ("POST", "/", 401),
        ("POST", "/static/app.js", 401),
        ("GET", "/graphql", 401),
        ("GET", "/a/b/c/d", 401),
        ("OPTIONS", "/default", 401),
    ],
)
def test_only_the_files_of_the_page_need_no_token(
    url: str, method: str, path: str, status: int
) -> None:
    assert requests.request(method, url + path, timeout=10).status_code == status
