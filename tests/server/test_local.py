"""The API within a process, without HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest

from project.server import endpoint
from project.server.errors import DatabaseUnusableError
from project.server.local import Post, local_api
from project.server.settings import ServerSettings
from tests.server.kit import NO_ID, mutation

TENANTS = b'{"query": "{ tenant { slug } }"}'


@pytest.fixture
def post(settings: ServerSettings) -> Iterator[Post]:
    with local_api(settings) as post:
        yield post


def answer(post: Post, query: str, **variables: Any) -> tuple[int, Any]:
    body = json.dumps({"query": query, "variables": json.dumps(variables)})
    status, response = post(body.encode(), {})
    return status, json.loads(response)


def test_requests_are_answered_as_over_http(post: Post) -> None:
    query = "query($slug: String) { tenant(where: {slug: {_eq: $slug}}) { slug } }"
    refusal = {
        "message": f"Tenant {NO_ID} not found.",
        "extensions": {"code": "BAD_USER_INPUT"},
        "path": ["create_project"],
    }
    project = {"input": {"name": "one", "tenant_id": NO_ID}}

    assert answer(post, query, slug="default") == (200, {"data": {"tenant": [{"slug": "default"}]}})
    assert answer(post, mutation("create_project"), **project) == (
        200,
        {"data": {"create_project": None}, "errors": [refusal]},
    )


@pytest.mark.parametrize("body", [b"nonsense", b'{"query": "{ nonsense }"}', b"[]"])
def test_what_is_no_request_is_answered_with_400(post: Post, body: bytes) -> None:
    status, response = post(body, {})

    assert (status, list(json.loads(response))) == (400, ["errors"])


def test_a_body_that_is_too_large_is_not_read(settings: ServerSettings) -> None:
    with local_api(replace(settings, max_body_bytes=len(TENANTS))) as post:
        assert post(TENANTS, {}).status == 200
        assert post(TENANTS + b" ", {}).status == 413


def test_the_headers_are_those_of_prefects_client(post: Post) -> None:
    agent = answer(post, mutation("register_agent"), input={"type": "LocalAgent", "labels": []})
    agent_id = agent[1]["data"]["register_agent"]["id"]
    queue = b'{"query": "mutation { get_runs_in_queue(input: {labels: []}) { flow_run_ids } }"}'
    post(queue, {"X-Prefect-Agent-Id": agent_id})

    (row,) = answer(post, "{ agent { last_queried } }")[1]["data"]["agent"]
    assert row["last_queried"] is not None


def test_threads_and_other_apis_of_the_same_database_share_it(settings: ServerSettings) -> None:
    with ExitStack() as stack:
        posts = [stack.enter_context(local_api(settings)) for _ in range(2)]
        name = mutation("create_project")
        tenant = answer(posts[0], "{ tenant { id } }")[1]["data"]["tenant"][0]["id"]

        def create(number: int) -> int:
            project = {"name": f"p{number}", "tenant_id": tenant}
            return answer(posts[number % 2], name, input=project)[0]

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(create, range(40))) == {200}
        rows = answer(posts[0], "{ project { name } }")[1]["data"]["project"]

    assert {row["name"] for row in rows} == {f"p{number}" for number in range(40)}


def test_a_request_that_fails_is_answered_with_500(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(endpoint, "run_query", lambda *_: 1 / 0)

    assert post(TENANTS, {}).status == 500
    assert "ZeroDivisionError" in caplog.text


def test_a_request_after_the_end_is_answered_with_503(
    settings: ServerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    with local_api(settings) as post:
        pass

    assert post(TENANTS, {}).status == 503
    assert caplog.text == ""


def test_a_database_that_cannot_be_used_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "api.db").write_text("no database" * 100)

    api = local_api(ServerSettings(tmp_path / "api.db"))

    with pytest.raises(DatabaseUnusableError, match="Move the file away"), api:
        pass
