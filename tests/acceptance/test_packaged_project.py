"""A Kedro project that is installed as a wheel, with its ``conf`` in the folder it runs in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator
from zipfile import ZipFile

import kedro
import pytest

from tests.kits.shop import Said, Shop, kill, stop

pytestmark = pytest.mark.slow

pytest.importorskip("uv")

REPOSITORY = Path(__file__).parents[2]

PYPROJECT = f"""
    [build-system]
    requires = ["hatchling"]
    build-backend = "hatchling.build"

    [project]
    name = "shop"
    version = "0.1"
    dependencies = ["kedro-prefect-runner[server]", "kedro=={kedro.__version__}"]

    [tool.hatch.build.targets.wheel]
    packages = ["src/shop"]

    [tool.kedro]
    package_name = "shop"
    project_name = "shop"
    kedro_init_version = "{kedro.__version__}"
    """

MAIN = """
    from kedro.framework.cli.project import run
    from kedro.framework.project import configure_project

    if __name__ == "__main__":
        configure_project("shop")
        run()
    """


def uv(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "uv", *map(str, arguments)], check=True)


class Installed:
    """The project in an environment and a folder of its own; its sources are gone."""

    def __init__(self, shop: Shop, folder: Path):
        self.shop = shop
        self.folder = folder / "runs"
        self.python = folder / "env/bin/python"
        shutil.move(str(shop.folder / "conf"), self.folder / "conf")
        shutil.rmtree(shop.folder / "src")

    def start(self, *arguments: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
        return self.shop.start_python(*arguments, cwd=cwd, python=str(self.python), **env)


@pytest.fixture(scope="module")
def installed(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Build both wheels, install them, and serve an API."""
    folder = tmp_path_factory.mktemp("installed")
    shop.write("pyproject.toml", PYPROJECT)
    shop.write("src/shop/__main__.py", MAIN)
    for source in (REPOSITORY, shop.folder):
        uv("build", "--quiet", "--wheel", "--out-dir", folder / "wheels", source)
    uv("venv", "--quiet", "--python", sys.executable, folder / "env")
    wheels = (folder / "wheels").glob("*.whl")
    uv("pip", "install", "--quiet", "--python", folder / "env/bin/python", *wheels)
    (folder / "runs").mkdir()
    server = shop.serve()
    yield Installed(shop, folder)
    stop(server)


def test_the_wheel_holds_the_package_without_the_example(installed: Installed) -> None:
    (wheel,) = (installed.folder.parent / "wheels").glob("kedro_prefect_runner-*.whl")
    names = {Path(name).parts for name in ZipFile(wheel).namelist()}
    modules = {parts[1] for parts in names if parts[0] == "project"}

    assert {parts[0] for parts in names if "." not in parts[0]} == {
        "kedro_prefect_runner",
        "project",
    }
    assert modules & {"__main__.py", "pipeline_registry.py", "pipelines", "settings.py"} == set()
    assert {"runner.py", "server", "py.typed"} <= modules


@pytest.fixture
def agent(installed: Installed) -> Iterator[None]:
    """Start Prefect's own agent, in a folder that has nothing to do with the project."""
    process = installed.start(
        *("-m", "prefect", "agent", "local", "start", "--no-hostname-label"),
        *("--api", installed.shop.url),
        cwd=installed.shop.home,
        PREFECT__BACKEND="server",
        PREFECT__CLOUD__HEARTBEAT_MODE="thread",
    )
    yield
    kill(process)


@pytest.mark.usefixtures("agent")
def test_it_is_registered_and_run_by_an_agent_in_another_folder(installed: Installed) -> None:
    prefect_yml = installed.folder / "conf/base/prefect.yml"
    prefect_yml.write_text(f"{{api: '{installed.shop.url}', run: agent}}")
    said = Said.of(
        installed.start(
            *("-m", "shop", "--runner=project.runner.PrefectRunner"), cwd=installed.folder
        )
    )

    assert said.code == 0, said.text
    assert "making 3 numbers" in said.text
    (run,) = installed.shop.ask("query { flow_run { state } }")
    assert run == {"state": "Success"}
    (total,) = installed.folder.glob("data/total.txt/*/total.txt")
    assert total.read_text() == "6"
