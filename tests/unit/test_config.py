"""What prefect.yml may say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from project.commands.init import TEMPLATE
from project.config.load import FileSettings, parse_settings
from project.config.messages import describe_unreadable
from project.config.model import (
    ExecutorSettings,
    NotifySettings,
    ScheduleSettings,
    Settings,
    SettingsFile,
    TaskPolicy,
    TaskSettings,
    as_dict,
)
from project.config.origin import Origin
from project.config.rules import rules_of
from project.errors import SettingsError

REPOSITORY = Path(__file__).parents[2]


def test_the_shipped_file_has_every_key_with_its_default() -> None:
    shipped = yaml.safe_load((REPOSITORY / "conf/base/prefect.yml").read_text())

    assert shipped == as_dict(SettingsFile())


def test_a_new_project_gets_the_shipped_file() -> None:
    shipped = (REPOSITORY / "conf/base/prefect.yml").read_text()

    assert TEMPLATE.read_text() == shipped


def test_every_key_is_documented() -> None:
    pages = [REPOSITORY / "docs" / name for name in ("configuration.md", "policies.md")]
    documented = "".join(page.read_text() for page in pages)
    sections = [
        *(SettingsFile, ExecutorSettings, ScheduleSettings, TaskSettings, TaskPolicy),
        NotifySettings,
    ]
    keys = [key for section in sections for key in rules_of(section)]

    assert [key for key in keys if f"`{key}`" not in documented] == []


def test_nothing_said_is_all_defaults() -> None:
    assert parse_settings({}) == Settings()


def test_a_pipeline_overrides_keys_and_keys_of_sections() -> None:
    raw = {
        "executor": {"type": "threads", "workers": 2},
        "pipelines": {"train": {"flow": "nightly", "executor": {"workers": 8}}},
    }

    assert parse_settings(raw, "train").executor == ExecutorSettings(type="threads", workers=8)
    assert parse_settings(raw, "train").flow == "nightly"
    assert parse_settings(raw, "other").executor == ExecutorSettings(type="threads", workers=2)


def test_a_section_with_nothing_in_it_has_its_defaults() -> None:
    raw = {
        "executor": None,
        "labels": None,
        "schedule": None,
        "pipelines": {"train": None, "other": {"executor": None}},
    }

    assert parse_settings({**raw, "flow": "f"}, "train") == Settings(flow="f")
    threads = {"type": "threads", "workers": 2}
    assert parse_settings({**raw, "executor": threads}, "other") == Settings(
        executor=ExecutorSettings("threads", 2)
    )
    assert parse_settings({"pipelines": None}) == Settings()


def test_the_executor_of_a_pipeline_has_no_keys_of_another_type() -> None:
    raw = {
        "executor": {"type": "threads", "workers": 2},
        "pipelines": {"train": {"executor": {"type": "local"}}},
    }

    assert parse_settings(raw, "train").executor == ExecutorSettings(type="local")


def test_a_pipeline_that_the_project_lacks_is_named_with_the_nearest_one() -> None:
    file = FileSettings(Settings(), {"__default__": Settings(), "trian": Settings()})

    with pytest.raises(SettingsError) as caught:
        file.require_pipelines(["report", "train"])
    assert caught.value.message == (
        "prefect.yml: pipelines.trian: the project has no pipeline 'trian'. Did you mean 'train'?"
    )


def test_settings_of_pipelines_that_run_together_are_found_under_their_joined_names() -> None:
    file = FileSettings(Settings(), {"train+report": Settings(), "train+other": Settings()})

    with pytest.raises(SettingsError, match=r"no pipeline 'train\+other'"):
        file.require_pipelines(["report", "train"])


def test_a_pipeline_can_do_without_what_the_others_have() -> None:
    raw = {"schedule": {"interval_seconds": 60}, "pipelines": {"train": {"schedule": None}}}

    assert parse_settings(raw, "train").schedule is None
    assert parse_settings(raw, "other").schedule == ScheduleSettings(interval_seconds=60)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"exectuor": {}}, "prefect.yml: unknown key 'exectuor'. Did you mean 'executor'?"),
        (
            {"xyz": 1},
            "prefect.yml: unknown key 'xyz'. Valid keys: "
            + ", ".join(rules_of(SettingsFile))
            + ".",
        ),
        (
            {"notify": {True: ["failed"], "url": "http://x"}},  # YAML takes "on" for true
            "prefect.yml: notify.on: must be a list of one or more of Failed, Cancelled, Success, "
            "not ['failed'].",
        ),
        (
            {"notify": {"on": [], "url": "http://x"}},
            "prefect.yml: notify.on: must be a list of one or more of Failed, Cancelled, Success, "
            "not [].",
        ),
        (
            {"executor": {"workers": 0}},
            "prefect.yml: executor.workers: must be a whole number of at least 1, not 0.",
        ),
        (
            {"executor": {"workers": 3}},
            "prefect.yml: executor: workers needs a type with several workers, such as threads.",
        ),
        (
            {"executor": "threads"},
            "prefect.yml: executor: must be a mapping of keys, not 'threads'.",
        ),
        (
            {"pipelines": {"train": {"pipelines": {}}}},
            "prefect.yml: unknown key 'pipelines.train.pipelines'. Valid keys: "
            + ", ".join(rules_of(Settings))
            + ".",
        ),
        ({"wait": "yes"}, "prefect.yml: wait: must be true or false, not 'yes'."),
        ({"wait": None}, "prefect.yml: wait: must be true or false, not None."),
        ({"run": "there"}, "prefect.yml: run: must be here, agent or none, not 'there'."),
        ({"flow": ""}, "prefect.yml: flow: must be a non-empty string, not ''."),
        ({"labels": "gpu"}, "prefect.yml: labels: must be a list of strings, not 'gpu'."),
        ({"labels": ["gpu", 3]}, "prefect.yml: labels: must be a list of strings, not ['gpu', 3]."),
        ({"result": []}, "prefect.yml: result: must be a mapping of keys, not []."),
        (
            {"api": "server:4200"},
            "prefect.yml: api: must be embedded, prefect, or an address that starts with http:// "
            "or https://, not 'server:4200'.",
        ),
        (
            {"api": "http://[::1"},
            "prefect.yml: api: must be an address with a valid host, such as http://[::1]:4200, "
            "not 'http://[::1'.",
        ),
        (
            {"api": "http://localhost:42O0"},
            "prefect.yml: api: must be an address whose port is a number up to 65535, not "
            "'http://localhost:42O0'.",
        ),
        (
            {"executor": {"type": "dask", "address": "host:8786", "workers": 2}},
            "prefect.yml: executor: address names a running cluster: leave out workers, "
            "cluster_class and cluster_kwargs.",
        ),
        (
            {"executor": {"type": "dask", "cluster_class": "a.Cluster", "workers": 2}},
            "prefect.yml: executor: workers is not for a cluster_class: give its own in "
            "cluster_kwargs.",
        ),
        (
            {"executor": {"type": "dask", "cluster_kwargs": {"processes": False}}},
            "prefect.yml: executor: cluster_kwargs: workers need processes of their own; use the "
            "type threads instead.",
        ),
        (
            {"tasks": {"nodes": {2024: {"retries": -1}}}},  # a name that YAML reads as a number
            "prefect.yml: tasks.nodes.2024.retries: must be a whole number of at least 0, not -1.",
        ),
        (
            {"executor": {"type": "dask", "address": "scheduler"}},
            "prefect.yml: executor.address: must be the address of a Dask scheduler, such as "
            "tcp://host:8786, not 'scheduler'.",
        ),
        (
            {"flow": "${oc.env:FLOW}"},
            "prefect.yml: flow: must be a non-empty string, not '${oc.env:FLOW}'. The "
            "configuration loader of this project leaves ${...} as it is: set CONFIG_LOADER_CLASS "
            "in settings.py to one that replaces it, such as OmegaConfigLoader.",
        ),
        (
            {"schedule": {"timezone": "UTC"}},
            "prefect.yml: schedule: must have exactly one of cron and interval_seconds.",
        ),
        (
            {"pipelines": {"train": ["flow"]}},
            "prefect.yml: pipelines.train: must be a mapping of keys, not ['flow'].",
        ),
        (
            {"schedule": {"crom": "0 6 * * *"}},
            "prefect.yml: unknown key 'schedule.crom'. Did you mean 'cron'?",
        ),
        (
            {"pipelines": {"train": {"schedule": {"crom": "0 6 * * *"}}}},
            "prefect.yml: unknown key 'pipelines.train.schedule.crom'. Did you mean 'cron'?",
        ),
    ],
    ids=str,
)
def test_a_mistake_is_one_clear_error(raw: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(raw)

    assert caught.value.message == message


def test_the_mistakes_of_all_pipelines_are_found() -> None:
    with pytest.raises(SettingsError, match="pipelines.other.executor.type"):
        parse_settings({"pipelines": {"other": {"executor": {"type": "celery"}}}}, "train")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            {"pipelines": {"Secret_Access_Key": "sentinel"}},
            "prefect.yml: pipelines.Secret_Access_Key: must be a mapping of keys.",
        ),
        (
            {"storage": [{"type": "S3", "credentials": {"key": "sentinel"}}]},
            "prefect.yml: storage: must be a mapping of keys.",
        ),
    ],
    ids=["under its key", "inside of another value"],
)
def test_a_credential_is_in_no_error(raw: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(raw)

    assert caught.value.message == message
    assert "sentinel" not in str(caught.value.__cause__)


def test_a_file_that_is_no_mapping_is_not_shown_with_its_credentials(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yml"
    file.write_text("- password: sentinel")

    message = describe_unreadable(ValueError(), Origin((file,)))

    assert message == f"{file}: must be a mapping of keys."


def test_a_message_names_the_file_that_has_the_key(tmp_path: Path) -> None:
    files = tuple(tmp_path / f"{env}/prefect.yml" for env in ("base", "prod"))
    for file, text in zip(files, ["{wait: 1, run: 1}", "{run: 2, flow: 3}"]):
        file.parent.mkdir()
        file.write_text(text)
    origin = Origin(files, "prod", frozenset(["flow"]))
    raw = {"wait": 1, "run": 2, "flow": 3}
    with pytest.raises(SettingsError) as caught:
        parse_settings(raw, origin=origin)
    places = [line.split(": ")[:2] for line in caught.value.message.splitlines()]

    assert sorted(places, key=lambda place: place[1]) == [
        ["PrefectRunner(settings=...)", "flow"],
        [f"{files[1]}", "run"],
        [f"{files[0]} (environment 'prod')", "wait"],
    ]


@pytest.mark.parametrize(
    "address", ["host:8786", "tcp://10.0.0.1:8786", "tls://[::1]:8786", "inproc://10.0.0.1/7/1"]
)
def test_the_addresses_of_dask_are_accepted(address: str) -> None:
    settings = parse_settings({"executor": {"type": "dask", "address": address}})

    assert settings.executor.address == address


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("3: 1", "3 cannot be a key here: keys are text."),
        (
            "on: [Failed]",
            "True cannot be a key here: keys are text (YAML takes an unquoted 'on' for true).",
        ),
    ],
)
def test_a_key_that_is_no_text_is_named(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "prefect.yml"
    file.write_text(text)

    # Kedro's own error says that an int has no attribute "startswith".
    assert describe_unreadable(AttributeError(), Origin((file,))) == f"{file}: {problem}"
