"""Notifications about the end of a run."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Callable, Iterator, List

import pytest

from project.errors import SettingsError
from tests.kits.projects import FAILING, FAILING_CATALOG, NODE, PIPELINE, RUNNERS, KedroProject
from tests.kits.webhook import Webhook

MakeProject = Callable[..., KedroProject]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


def failing_project(make_project: MakeProject, notify: str) -> KedroProject:
    project = make_project(FAILING, catalog=FAILING_CATALOG, prefect=f"notify: {notify}")
    project.write("data/text", "'some text'")
    return project


def test_a_failure_is_notified_with_its_node_and_error(
    make_project: MakeProject, webhook: Webhook
) -> None:
    project = failing_project(make_project, f"{{url: {webhook.url}}}")
    outcome = project.run(RUNNERS["local"]())

    assert outcome.raised == ("Broken", "cannot use some text")
    first, link = webhook.next()["text"].split("\n")
    assert first == "__default__: Failed in node b_fail. Broken: cannot use some text"
    assert "/default/flow-run/" in link


def test_a_template_is_filled_wherever_it_has_fields(
    make_project: MakeProject, webhook: Webhook
) -> None:
    template = '{title: "{flow} {state}", blocks: ["{node}", {error: "{error}"}, 3]}'
    project = failing_project(make_project, f"{{url: {webhook.url}, template: {template}}}")
    project.run(RUNNERS["threads"]())

    assert webhook.next() == {
        "title": "__default__ Failed",
        "blocks": ["b_fail", {"error": "Broken: cannot use some text"}, 3],
    }


def test_an_error_that_looks_like_a_field_is_not_filled(
    make_project: MakeProject, webhook: Webhook
) -> None:
    project = make_project(
        NODE
        + """
def fail(): raise ValueError("no {link} and no {other}")

def register_pipelines(): return {"__default__": Pipeline([node(fail, None, "a", name="fail")])}
""",
        prefect=f"notify: {{url: {webhook.url}, template: {{text: '{{error}} {{unknown}}'}}}}",
    )
    project.run(RUNNERS["local"]())

    assert webhook.next() == {"text": "ValueError: no {link} and no {other} {unknown}"}


def test_only_the_chosen_ends_are_notified(make_project: MakeProject, webhook: Webhook) -> None:
    quiet = make_project(PIPELINE, prefect=f"notify: {{url: {webhook.url}}}")
    loud = make_project(PIPELINE, prefect=f"notify: {{url: {webhook.url}, on: [Success]}}")

    assert quiet.run(RUNNERS["local"]()).error is None
    assert loud.run(RUNNERS["local"]()).error is None
    assert webhook.next()["text"].startswith("__default__: Success. All reference tasks succeeded.")
    assert webhook.documents.empty()


def test_the_address_may_be_in_the_environment(
    make_project: MakeProject, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = failing_project(make_project, "{url: TEAM_WEBHOOK}")
    missing = project.run(RUNNERS["local"]())

    assert isinstance(missing.error, SettingsError)
    assert "the environment variable 'TEAM_WEBHOOK' is not set" in str(missing.error)
    assert missing.nodes_run == []
    assert not (project.folder / ".prefect").exists()  # no flow run, which nothing would end

    monkeypatch.setenv("TEAM_WEBHOOK", "s3cret")
    wrong = project.run(RUNNERS["local"]())

    assert "'TEAM_WEBHOOK' does not have an address" in str(wrong.error)
    assert "s3cret" not in str(wrong.error)

    monkeypatch.setenv("TEAM_WEBHOOK", webhook.url)
    project.run(RUNNERS["local"]())

    assert "b_fail" in webhook.next()["text"]


def test_a_webhook_that_fails_at_first_is_tried_again(
    make_project: MakeProject, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("project.api.notify.PAUSE_SECONDS", 0.01)
    webhook.codes = [500, 429]
    outcome = failing_project(make_project, f"{{url: {webhook.url}}}").run(RUNNERS["local"]())

    assert outcome.raised == ("Broken", "cannot use some text")
    assert "b_fail" in webhook.next()["text"]


@pytest.mark.parametrize(
    ("code", "url", "reason"), [(302, None, "HTTP 302"), (200, "http://a..b/hook", "")]
)
def test_a_webhook_that_is_elsewhere_is_one_warning(
    make_project: MakeProject,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    url: str,
    reason: str,
) -> None:
    monkeypatch.setattr("project.api.notify.PAUSE_SECONDS", 0.01)
    webhook.codes = [code] * 3
    project = failing_project(make_project, f"{{url: '{url or webhook.url}'}}")
    warnings: List[str] = []
    log = SimpleNamespace(warning=lambda text, reason: warnings.append(reason))
    monkeypatch.setattr("project.api.notify.logger", log)
    project.run(RUNNERS["local"]())
    join_notifications()

    (warning,) = warnings
    assert reason in warning
    assert webhook.documents.empty()


def test_the_content_of_the_answer_is_not_awaited(
    make_project: MakeProject, webhook: Webhook
) -> None:
    webhook.content_seconds = 60
    failing_project(make_project, f"{{url: {webhook.url}}}").run(RUNNERS["local"]())

    assert "b_fail" in webhook.next()["text"]
    join_notifications(timeout=5)


def join_notifications(timeout: float = 30) -> None:
    for thread in threading.enumerate():
        if thread.name == "notification":
            thread.join(timeout)
            assert not thread.is_alive()


def test_what_may_have_arrived_is_not_sent_again(
    make_project: MakeProject, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("project.api.notify.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("project.api.notify.REQUEST_SECONDS", 1.0)
    webhook.delay_seconds = 1.5
    failing_project(make_project, f"{{url: {webhook.url}}}").run(RUNNERS["local"]())

    assert "b_fail" in webhook.next()["text"]
    join_notifications()
    assert webhook.documents.empty()
