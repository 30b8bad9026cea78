"""The compose file, compared with what Prefect 1.1.0 itself would start."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import prefect
import pytest
import yaml
from prefect.cli.server import setup_compose_env

REPOSITORY = Path(__file__).parents[2]
CHOSEN = "only-for-this-test"


def interpolated(file: Path, variables: dict[str, str]) -> Any:
    """Return the services of a compose file, as ``docker compose config`` would."""

    def value(found: re.Match[str]) -> str:
        name, sign, rest = found.groups()
        assert name in variables or sign == ":-", f"{name} has no value"
        return variables.get(name, rest or "")

    text = re.sub(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}", value, file.read_text())
    return yaml.safe_load(text.replace("$$", "$"))["services"]


@pytest.fixture(scope="module")
def ours() -> Any:
    written = (REPOSITORY / "deploy/.env.example").read_text()
    variables = dict(re.findall(r"^(\w+)=(\S+)$", written, re.MULTILINE))
    return interpolated(
        REPOSITORY / "deploy/compose.yml", {**variables, "POSTGRES_PASSWORD": CHOSEN}
    )


@pytest.fixture(scope="module")
def theirs() -> Any:
    """Return what ``prefect server start`` passes to docker-compose."""
    servers = prefect.config.server
    variables = setup_compose_env(
        postgres_port=servers.database.host_port,
        hasura_port=servers.hasura.host_port,
        graphql_port=servers.graphql.host_port,
        ui_port=servers.ui.host_port,
        server_port=servers.host_port,
    )
    variables["POSTGRES_DATA_PATH"] = "somewhere"
    bundled = Path(prefect.__file__).with_name("cli") / "docker-compose.yml"
    return interpolated(bundled, variables)


def test_the_services_and_their_images_are_prefects(ours: Any, theirs: Any) -> None:
    images = {name: service["image"] for name, service in ours.items()}

    assert images == {name: service["image"] for name, service in theirs.items()}
    assert images["apollo"] == f"prefecthq/apollo:core-{version('prefect')}"


def test_the_api_and_the_page_are_published_where_prefect_looks_for_them(
    ours: Any, theirs: Any
) -> None:
    published = {name: service["ports"] for name, service in ours.items() if "ports" in service}

    assert published == {name: theirs[name]["ports"] for name in ("apollo", "ui")}
    assert published == {"apollo": ["127.0.0.1:4200:4200"], "ui": ["127.0.0.1:8080:8080"]}


# Ours has another password, sends no telemetry, and does not show Hasura's console.
OTHERWISE = {
    "POSTGRES_PASSWORD",
    "HASURA_GRAPHQL_ENABLE_CONSOLE",
    "PREFECT_SERVER__TELEMETRY__ENABLED",
}
# Hasura is not published, so it needs no secret; our command includes the migration.
NOT_NEEDED = {"PREFECT_SERVER__HASURA__ADMIN_SECRET", "PREFECT_SERVER_DB_CMD"}


def test_the_services_have_prefects_own_environment(ours: Any, theirs: Any) -> None:
    for name, service in theirs.items():
        given, wanted = ours[name]["environment"], service["environment"]
        their_secret = prefect.config.server.database.password

        assert wanted.keys() - given.keys() <= NOT_NEEDED
        assert given.keys() - wanted.keys() <= {"PREFECT_SERVER__HASURA__PORT"}
        same = wanted.keys() & given.keys() - OTHERWISE
        assert {key: given[key] for key in same} == {
            key: str(wanted[key]).replace(their_secret, CHOSEN) for key in same
        }


def test_the_services_run_prefects_own_commands(ours: Any, theirs: Any) -> None:
    for name in ("hasura", "towel", "apollo", "ui"):
        assert ours[name]["command"] == theirs[name]["command"]
    script = ours["graphql"]["command"][-1]
    for part in theirs["graphql"]["command"][len('bash -c "') : -1].split(" && "):
        assert part in script


def test_no_password_is_in_the_files() -> None:
    files = [REPOSITORY / "deploy/compose.yml", REPOSITORY / "deploy/.env.example"]

    for line in "\n".join(file.read_text() for file in files).splitlines():
        assert (
            "PASSWORD" not in line or line.endswith("PASSWORD=") or "${POSTGRES_PASSWORD:?" in line
        )
    assert "deploy/.env" in (REPOSITORY / ".gitignore").read_text().splitlines()
