"""``api: prefect``: the API that Prefect itself is configured for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Dict
from urllib.parse import urlsplit

import pytest

from tests.kits.shop import Said, Shop

Configure = Callable[[Shop], Dict[str, str]]


@pytest.fixture
def configured(served: Shop) -> Shop:
    """Return the project with an environment that leaves the API to Prefect."""
    served.write("conf/own/prefect.yml", "{api: prefect, run: agent, wait: false}")
    served.write("conf/own/credentials.yml", "store: {key: none}")
    return served


def variables(shop: Shop) -> Dict[str, str]:
    return {"PREFECT__BACKEND": "server", "PREFECT__CLOUD__API": shop.url}


def file(shop: Shop) -> Dict[str, str]:
    port = urlsplit(shop.url).port
    config = f'backend = "server"\n[server]\nhost = "http://127.0.0.1"\nport = "{port}"\n'
    (shop.home / ".prefect").mkdir(exist_ok=True)
    (shop.home / ".prefect/config.toml").write_text(config)
    return {}


@pytest.mark.parametrize("configure", [variables, file])
def test_a_run_is_left_to_the_agents_of_the_configured_api(
    configured: Shop, monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> None:
    for name, value in configure(configured).items():
        monkeypatch.setitem(configured.env, name, value)
    said = configured.run("--env", "own")

    assert said.code == 0, said.text
    (id_,) = re.findall(r"Flow run ([0-9a-f-]{36}):", said.text)
    assert configured.flow_run(id_, "state flow { name }") == {
        "state": "Scheduled",
        "flow": {"name": "__default__"},
    }
    assert "Flow run is" not in said.text


def test_a_configured_api_that_is_unreachable_is_one_clear_error(
    configured: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(configured.env, "PREFECT__BACKEND", "server")
    monkeypatch.setitem(configured.env, "PREFECT__CLOUD__API", "http://127.0.0.1:9")
    said = configured.run("--env", "own")

    assert said.code == 1
    assert said.text.splitlines()[-1].startswith(
        "Error: The Prefect API at http://127.0.0.1:9 cannot be reached: "
    )
    assert "Traceback" not in said.text


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"PREFECT__BACKEND": "server", "PREFECT__CLOUD__API": ""},
            "PREFECT__CLOUD__API, is empty.",
        ),
        (
            {"PREFECT__BACKEND": "server", "PREFECT__CLOUD__API": "http://[::1"},
            "PREFECT__CLOUD__API, is not valid: Invalid IPv6 URL.",
        ),
        ({}, "Prefect is configured for Prefect Cloud, which is its default, and has no API key"),
    ],
    ids=["an empty address", "an invalid address", "Prefect's default"],
)
def test_a_configuration_without_an_api_is_one_clear_error_at_once(
    shop: Shop, tmp_path: Path, variables: Dict[str, str], reason: str
) -> None:
    shop.write("conf/unset/prefect.yml", "api: prefect")
    command = ("-W", "ignore", "-m", "kedro", "prefect", "runs", "--env", "unset")
    home = {"HOME": str(tmp_path)}
    said = Said.of(shop.start_python(*command, cwd=shop.folder, **variables, **home))

    assert said.code == 1
    (last,) = said.text.splitlines()[-1:]
    assert reason in last
    assert "Set PREFECT__BACKEND=server and PREFECT__CLOUD__API=http://host:4200" in last
