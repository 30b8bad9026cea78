"""The page as a browser receives it: addresses, headers, files."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from project.server.page import STATIC, static_files
from project.server.settings import ServerSettings
from project.server.thread import ServerThread
from tests.page.kit import Faults, Site
from tests.server.kit import ServerProcess, two_tasks

ROOT = Path(__file__).parents[2]
LARGEST = 300_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PRINT_READ_FILES = """
import atexit
from project.server.page import static_files
atexit.register(lambda: print(static_files.cache_info().currsize))
"""
FIRST_REQUEST = ("shared/api", "shared/exact-json", "shared/format", "flows/flow-list-data")
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())


def get(address: str, **headers: str) -> requests.Response:
    return requests.get(address, headers=headers, timeout=10)


@pytest.mark.parametrize(
    "path", ["/", "/default", "/default?flows=", "/default/flow/1", "/team/flow-run/1", "/a/b/c/"]
)
def test_every_address_returns_the_page(site: Site, path: str) -> None:
    answer = get(site(path))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<div id="app"></div>' in answer.text


@pytest.mark.parametrize(
    "path", ["/graphql", "/favicon.ico", "/static/nothing.js", "/static/../page.py", "/a/b/c/d"]
)
def test_other_addresses_are_not_found(site: Site, path: str) -> None:
    assert get(site(path)).status_code == 404


@pytest.mark.parametrize("path", ["/default", "/static/app.js", "/static/nothing.js"])
def test_the_browser_may_load_code_only_from_the_server(site: Site, path: str) -> None:
    headers = get(site(path)).headers

    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_a_file_that_has_not_changed_is_not_sent_again(site: Site) -> None:
    first = get(site("/static/app.js"))

    again = get(site("/static/app.js"), **{"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")


def test_files_of_the_current_version_are_cached_for_good(site: Site) -> None:
    answer = get(site("/default"))
    (address,) = re.findall(r'src="(/static/@[0-9a-f]+/app.js)"', answer.text)

    assert answer.headers["cache-control"] == "no-cache"
    assert get(site(address)).headers["cache-control"] == "max-age=31536000, immutable"


def test_files_of_another_version_are_not_found(site: Site) -> None:
    assert get(site("/static/@0123456789ab/app.js")).status_code == 404


def test_the_page_preloads_all_modules_of_its_first_view(page: Page, site: Site) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.extend([request.url.rsplit("@", 1)[-1][12:]]))
    page.goto(site())
    expect(page.get_by_text("No flow is registered yet")).to_be_visible()

    later = ("/notifications.js", "/shared/notify-switch.js")
    modules = [path for path in loaded if path.endswith(".js") and path not in later]
    named = re.findall(r'(?:href|src)="/static(/.*?\.js)"', (STATIC / "index.html").read_text())
    assert sorted(named) == sorted(modules)
    order = [modules.index(f"/{name}.js") for name in FIRST_REQUEST]
    assert order == [0, 1, 2, 3]  # the request for the data waits for these


def test_only_a_server_with_a_process_of_its_own_reads_the_files_when_it_starts(
    settings: ServerSettings, tmp_path: Path
) -> None:
    static_files.cache_clear()
    with ServerThread(settings):
        in_thread = static_files.cache_info().currsize
    process = ServerProcess(tmp_path / "own" / "api.db", setup=PRINT_READ_FILES)

    assert in_thread == 0
    assert process.stop().split()[-1] == "1"


def test_a_foreign_host_name_is_refused(site: Site) -> None:
    assert get(site("/default"), Host="evil.example").status_code == 403


def test_an_unknown_address_shows_a_message(page: Page, site: Site) -> None:
    page.goto(site("/default/nowhere"))
    expect(page.get_by_role("heading")).to_have_text("There is nothing at this address")
    page.get_by_role("link", name="All flows").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Flows")


@pytest.mark.parametrize("kind", ["flow", "flow-run", "task-run"])
def test_an_unknown_id_shows_a_message(page: Page, site: Site, kind: str) -> None:
    page.goto(site(f"/default/{kind}/00000000-0000-0000-0000-000000000000"))

    expect(page.get_by_role("heading")).to_contain_text("There is no such")


@pytest.mark.parametrize("path", ["flow", "flow-run", "task-run/1", "task/x-y", "constructor"])
def test_an_address_without_an_id_shows_a_message(page: Page, site: Site, path: str) -> None:
    page.goto(site(f"/default/{path}"))

    expect(page.get_by_role("heading")).to_have_text("There is nothing at this address")


def test_back_returns_to_the_view_before_the_search(page: Page, site: Site) -> None:
    flow = site.register(two_tasks())
    page.goto(site())
    page.goto(site(f"/default/flow/{flow.id}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("two")
    page.get_by_role("searchbox", name="Search flows").press_sequentially("twe")
    expect(page.get_by_role("heading", level=1)).to_have_text("Flows")
    assert page.url.endswith("?flows=twe")
    page.go_back()

    expect(page.get_by_role("heading", level=1)).to_have_text("two")
    expect(page.get_by_role("searchbox", name="Search flows")).to_have_value("")


def test_light_and_dark_are_remembered(page: Page, site: Site) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(site())
    page.get_by_role("button", name="Use dark colours").click()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.reload()

    expect(page.get_by_role("button", name="Use light colours")).to_be_visible()
    assert dark == "rgb(15, 18, 23)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_a_server_that_goes_away_is_reported_until_it_returns(
    page: Page, site: Site, faults: Faults
) -> None:
    page.goto(site())
    expect(page.get_by_text("No flow is registered yet")).to_be_visible()
    page.route("**/graphql", lambda route: route.abort())
    expect(page.get_by_text("The server is not responding")).to_be_visible()
    page.unroute("**/graphql")

    expect(page.get_by_text("The server is not responding")).to_have_count(0)
    faults.expect("net::ERR_FAILED")


def test_notifications_that_could_not_be_loaded_are_loaded_later(
    page: Page, site: Site, faults: Faults
) -> None:
    page.route("**/notifications.js", lambda route: route.abort())
    page.goto(site("/default/runs"))
    with page.expect_response("**/notifications.js?1") as answer:
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert answer.value.ok
    faults.expect("net::ERR_FAILED")


def test_all_files_together_are_small() -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in FILES}

    assert sum(sizes.values()) < LARGEST


def test_no_file_loads_anything_from_elsewhere() -> None:
    loads = re.compile(r"""(?:src|href|from|import|url|fetch|Worker)\W{1,4}(?:https?:)?//""")
    ours = [path for path in FILES if path.suffix in (".js", ".css", ".html", ".svg")]

    assert [path.name for path in ours if loads.search(path.read_text())] == []


def test_the_libraries_match_the_lock_file() -> None:
    packages = json.loads((ROOT / "tools/page/package-lock.json").read_text())["packages"]
    table = (STATIC / "vendor/README.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table if "|" in line][2:]
    vendored = {path.name for path in (STATIC / "vendor").iterdir()} - {"README.md"}

    assert {row[0] for row in rows} == vendored
    for file, names, versions, licences, digest in rows:
        locked = [packages[f"node_modules/{name}"] for name in names.split(", ")]
        assert versions == ", ".join(package["version"] for package in locked)
        assert licences == ", ".join(package["license"] for package in locked)
        assert digest == hashlib.sha256((STATIC / "vendor" / file).read_bytes()).hexdigest()
