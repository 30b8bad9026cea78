"""The images in ``deploy``, as far as they can be checked without building them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
import requests
from click import Context

from project.commands.group import prefect_commands
from tests.kits.projects import REPOSITORY
from tests.kits.shop import Shop, stop

DEPLOY = REPOSITORY / "deploy"


def instructions(name: str, keyword: str) -> List[str]:
    """Return the arguments of an image's instructions of one kind."""
    text = (DEPLOY / name).read_text().replace("\\\n", " ")
    return re.findall(rf"^{keyword} (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["agent.Dockerfile", "server.Dockerfile"])
def test_an_image_starts_a_command_that_exists(name: str) -> None:
    (entrypoint,) = instructions(name, "ENTRYPOINT")
    kedro, group, command, *options = json.loads(entrypoint)
    found = prefect_commands.get_command(Context(prefect_commands), command)

    assert (kedro, group) == ("kedro", "prefect")
    assert found is not None
    known = {option for parameter in found.params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_the_project_of_the_servers_image_serves_an_api(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.folder = tmp_path / "server"
    shop.folder.mkdir()
    (make,) = (line for line in instructions("server.Dockerfile", "RUN") if "KEDRO=" in line)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    subprocess.run(["/bin/sh", "-c", make], cwd=shop.folder, env={"PATH": path}, check=True)
    shop.env["KEDRO_PREFECT_TOKEN"] = "key"  # noqa: S105
    (entrypoint,) = instructions("server.Dockerfile", "ENTRYPOINT")
    server = shop.start(*json.loads(entrypoint)[1:], "--port", "0")
    assert server.stdout
    line = next(line for line in server.stdout if "web page" in line)
    (port,) = re.findall(r"http://127\.0\.0\.1:(\d+)", line)

    answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=10)
    assert answer.json()["status"] == "ok"
    assert stop(server).code == 0
