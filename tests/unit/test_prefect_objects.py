"""Prefect's own objects, and what of prefect.yml may not reach them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from project.config.load import parse_settings
from project.deploy.prefect_objects import make_result, make_run_config, make_storage
from project.errors import SettingsError


def make(settings: dict[str, Any]) -> None:
    whole = parse_settings(settings)
    make_result(whole, Path())
    make_run_config(whole, {})
    make_storage(whole, "the default")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (
            {"result": {"type": "S3Result", "boto3_kwargs": {"aws_secret_access_key": "hidden"}}},
            "result.boto3_kwargs.aws_secret_access_key",
        ),
        (
            {"run_config": {"type": "LocalRun", "env": {"CLIENT_SECRET": "hidden"}}},
            "run_config.env.CLIENT_SECRET",
        ),
        (
            {"run_config": {"type": "LocalRun", "env": {"API_KEY": "hidden"}}},
            "run_config.env.API_KEY",
        ),
        (
            {"storage": {"type": "S3", "client_options": {"aws_session_token": "hidden"}}},
            "storage.client_options.aws_session_token",
        ),
        (
            {"run_config": {"type": "LocalRun", "env": {"DATABASE": "postgresql://me:hidden@db"}}},
            "run_config.env.DATABASE",
        ),
        (
            {"run_config": {"type": "LocalRun", "env": {"BROKER": "redis://:hidden@broker:1/0"}}},
            "run_config.env.BROKER",
        ),
        (
            {"run_config": {"type": "DockerRun", "host_config": {"command": ["--token=hidden"]}}},
            "run_config.host_config.command",
        ),
        (
            {"storage": {"type": "Git", "flow_path": "f", "repo": "https://me:hidden@host/a/b"}},
            "storage.repo",
        ),
        (
            {"result": {"type": "AzureResult", "container": "AccountName=a;AccountKey=hidden"}},
            "result.container",
        ),
        (
            {
                "run_config": {
                    "type": "KubernetesRun",
                    "job_template": {"env": [{"name": "DB_PASSWORD", "value": "hidden"}]},
                }
            },
            "run_config.job_template.env.DB_PASSWORD",
        ),
    ],
)
def test_a_credential_is_refused_and_not_repeated(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make(settings)

    assert f"prefect.yml: {key}: a credential" in caught.value.message
    assert "hidden" not in caught.value.message


@pytest.mark.parametrize(
    "settings",
    [
        {"run_config": {"type": "LocalRun", "env": {"TOKENIZERS_PARALLELISM": "false"}}},
        {"run_config": {"type": "LocalRun", "env": {"DB_PASSWORD_FILE": "/run/secrets/db"}}},
        {"run_config": {"type": "KubernetesRun", "image_pull_secrets": ["registry"]}},
        {"run_config": {"type": "LocalRun", "env": {"DATABASE": "postgresql://me:$(PASSWORD)@db"}}},
        {"run_config": {"type": "LocalRun", "env": {"ENDPOINT": "http://host:80/users/me@here"}}},
        {"run_config": {"type": "LocalRun", "env": {"OPTIONS": "--token-file=/run/token"}}},
        {"storage": {"type": "GitHub", "repo": "a/b", "path": "f.py", "access_token_secret": "T"}},
        {"result": {"type": "LocalResult", "dir": "/tmp"}},  # noqa: S108
    ],
)
def test_a_reference_to_a_credential_is_accepted(settings: dict[str, Any]) -> None:
    make(settings)


def test_a_script_may_hold_the_flow() -> None:
    make({"storage": {"type": "Local", "path": "flow.py", "stored_as_script": True}})


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("results", "/project/results"), ("/data", "/data"), ("~/kept", f"{Path.home()}/kept")],
)
def test_a_folder_for_results_does_not_depend_on_the_working_directory(
    folder: str, expected: str
) -> None:
    settings = parse_settings({"result": {"type": "LocalResult", "dir": folder}})
    result: Any = make_result(settings, Path("/project"))

    assert result.dir == expected


def test_a_folder_that_cannot_be_created_is_one_error() -> None:
    settings = parse_settings({"result": {"type": "LocalResult", "dir": "/proc/results"}})

    with pytest.raises(SettingsError, match="result: LocalResult: .*'/proc/results'"):
        make_result(settings, Path())
