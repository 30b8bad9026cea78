"""What prefect.yml may say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from project.config.load import parse_settings
from project.config.messages import describe_unreadable
from project.config.model import ExecutorSettings, Settings, SettingsFile
from project.errors import SettingsError

REPOSITORY = Path(__file__).parents[2]


def test_the_shipped_file_has_every_key_with_its_default() -> None:
    shipped = yaml.safe_load((REPOSITORY / "conf/base/prefect.yml").read_text())

    assert shipped == SettingsFile().model_dump()


def test_every_key_is_documented() -> None:
    documented = (REPOSITORY / "docs/configuration.md").read_text()
    keys = [*SettingsFile.model_fields, *ExecutorSettings.model_fields]

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


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"exectuor": {}}, "prefect.yml: unknown key 'exectuor'. Did you mean 'executor'?"),
        (
            {"xyz": 1},
            "prefect.yml: unknown key 'xyz'. Valid keys: "
            + ", ".join(SettingsFile.model_fields)
            + ".",
        ),
        (
            {"executor": {"workers": 0}},
            "prefect.yml: executor.workers: Input should be greater than or equal to 1, not 0.",
        ),
        (
            {"executor": "threads"},
            "prefect.yml: executor: Input should be a mapping of keys, not 'threads'.",
        ),
        (
            {"pipelines": {"train": {"pipelines": {}}}},
            "prefect.yml: unknown key 'pipelines.train.pipelines'. Valid keys: "
            + ", ".join(Settings.model_fields)
            + ".",
        ),
        ({"executor": None}, "prefect.yml: executor: Input should be a mapping of keys, not None."),
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
            "prefect.yml: pipelines.Secret_Access_Key: Input should be a valid dictionary.",
        ),
        (
            {"storage": [{"type": "S3", "credentials": {"key": "sentinel"}}]},
            "prefect.yml: storage: Input should be a valid dictionary.",
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

    assert describe_unreadable([file]) == f"{file}: Input should be a mapping of keys."
