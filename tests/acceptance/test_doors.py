"""A server that other machines can reach, with a token that only this user's processes find."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple

import pytest
import requests

from tests.kits.shop import Shop, stop
from tests.kits.waiting import eventually

ORIGIN = "http://ui.example:8080"


class Doors(NamedTuple):
    """A project with a server on all addresses, and a proxy that nothing should use."""

    shop: Shop
    server: subprocess.Popen[str]
    proxy: socket.socket

    def record(self) -> Dict[str, Any]:
        record: Dict[str, Any] = json.loads((self.folder / "server.json").read_text())
        return record

    @property
    def folder(self) -> Path:
        return self.shop.folder / ".prefect"


def _start_server(shop: Shop) -> subprocess.Popen[str]:
    everywhere = "0.0.0.0"  # noqa: S104
    options = ["--host", everywhere, "--port", "0", "--token", "auto", "--allow-origin", ORIGIN]
    server = shop.start("prefect", "server", *options)
    assert server.stdout
    line = next(line for line in server.stdout if "Prefect API" in line)
    shop.url = re.findall(r"http://\S+", line)[0]
    return server


@pytest.fixture(scope="module")
def doors(shop: Shop) -> Iterator[Doors]:
    shop.write("conf/here/prefect.yml", "run: here")
    shop.write("conf/here/credentials.yml", "store: {key: unused}")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        shop.env.pop("NO_PROXY", None)
        shop.env.update(HTTP_PROXY=address, http_proxy=address, no_proxy="example.org")
        doors = Doors(shop, _start_server(shop), proxy)
        shop.token = doors.record()["token"]
        yield doors
        stop(doors.server)


def test_the_record_has_a_loopback_address_and_is_for_this_user_alone(doors: Doors) -> None:
    assert doors.record()["url"] == doors.shop.url
    assert doors.shop.url.startswith("http://127.0.0.1:")
    assert (doors.folder / "server.json").stat().st_mode & 0o777 == 0o600
    assert doors.folder.stat().st_mode & 0o777 == 0o700
    assert (doors.folder / ".gitignore").read_text() == "*\n"


def test_the_token_is_required(doors: Doors) -> None:
    assert requests.post(doors.shop.url, json={"query": "{ hello }"}, timeout=10).status_code == 401
    assert doors.shop.ask("{ hello }")


def test_pages_of_the_allowed_origin_may_use_the_api_with_the_token(doors: Doors) -> None:
    headers = {"Authorization": f"Bearer {doors.shop.token}"}
    answers = [
        requests.get(
            doors.shop.url,
            params={"query": "{ hello }"},
            headers={**headers, "Origin": origin},
            timeout=10,
        )
        for origin in (ORIGIN, "http://attacker.example")
    ]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[0].headers["Access-Control-Allow-Origin"] == ORIGIN


def test_an_origin_needs_a_token(shop: Shop) -> None:
    said = shop.kedro("prefect", "server", "--port", "0", "--allow-origin", ORIGIN)

    assert said.code == 1
    assert f"Pages of {ORIGIN} could use this API through the browser of anyone" in said.text


def test_commands_agents_and_their_runs_find_the_token_and_use_no_proxy(doors: Doors) -> None:
    shop = doors.shop
    agent = shop.start("prefect", "agent")
    eventually(shop.has_agent)
    commands = [shop.run("--env", "here"), shop.run(), shop.kedro("prefect", "runs")]
    commands.append(stop(agent))
    printed = "".join(said.text for said in commands)

    assert [said.code for said in commands] == [0, 0, 0, 0], printed
    assert shop.token not in printed
    with pytest.raises(BlockingIOError):  # nobody has connected
        doors.proxy.accept()


def test_the_next_server_has_the_same_token(doors: Doors) -> None:
    assert stop(doors.server).code == 0
    assert doors.record() == {"token": doors.shop.token}

    server = _start_server(doors.shop)
    assert doors.shop.ask("{ hello }")
    assert stop(server).code == 0
