"""Credentials and the server's token, searched for in all requests, files and output."""

from __future__ import annotations

import signal
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, List, NamedTuple

import pytest

from tests.kits.proxy import Passed
from tests.kits.shop import SENTINEL, Said, Shop, stop
from tests.kits.strict_server import StrictServer
from tests.kits.waiting import eventually

TOKEN = "sentinel-token-8c27"  # noqa: S105


class Seen(NamedTuple):
    """Requests, files and output of runs here, under an agent, and of Prefect's command line."""

    commands: List[Said]
    passed: List[Passed]
    files: List[Path]

    def printed(self) -> str:
        return "".join(said.text for said in self.commands)

    def kept(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.files)

    def bodies(self) -> str:
        return "\n".join(text for one in self.passed for text in one.texts())


def _reading(process: subprocess.Popen[str]) -> Future[str]:
    """Read the output of a process continuously, so that it never waits for its reader."""
    return ThreadPoolExecutor(1).submit(lambda: process.communicate()[0])


@pytest.fixture(scope="module")
def seen(shop: Shop) -> Iterator[Seen]:
    """Run every kind of run through a strict, recording server, which requires a token."""
    server = shop.serve(token=TOKEN)
    shop.env["PREFECT__CLOUD__API_KEY"] = TOKEN
    with StrictServer(shop.url) as proxy:
        shop.url = proxy.url
        for mode in ("here", "agent"):
            shop.write(f"conf/{mode}/prefect.yml", f"{{api: '{proxy.url}', run: {mode}}}")
            shop.write(f"conf/{mode}/credentials.yml", f"store: {{key: {SENTINEL}}}")
        agent = shop.start("prefect", "agent", "--env", "agent", "--show-flow-logs")
        agent_said = _reading(agent)
        eventually(shop.has_agent)
        commands = [shop.run("--env", mode) for mode in ("here", "agent")]
        commands.append(shop.run("--env", "agent", "--pipeline", "failing"))
        commands.append(
            shop.prefect("run", "--name", "__default__", "--project", "shop", "--watch")
        )
        commands.append(shop.prefect("get", "flow-runs"))
        agent.send_signal(signal.SIGINT)
        commands += [Said(agent_said.result(30), agent.returncode), stop(server)]
        folders = (shop.folder / ".prefect", shop.home)
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        yield Seen(commands, proxy.passed, files)


def test_everything_works_with_a_token(seen: Seen) -> None:
    assert [said.code for said in seen.commands] == [0, 0, 1, 0, 0, 0, 0], seen.printed()
    assert "Flow run succeeded!" in seen.commands[3].text


def test_a_credential_of_the_catalog_is_neither_sent_nor_stored_nor_printed(seen: Seen) -> None:
    assert "prefect.db" in {path.name for path in seen.files}
    assert SENTINEL not in seen.printed()
    assert SENTINEL.encode() not in seen.kept()
    assert SENTINEL not in seen.bodies() + "".join(one.headers for one in seen.passed)


def test_the_token_is_sent_only_in_one_header(seen: Seen) -> None:
    header = f"Authorization: Bearer {TOKEN}\n"

    assert [one for one in seen.passed if one.headers.count(header) != 1] == []
    assert TOKEN not in seen.printed()
    assert TOKEN.encode() not in seen.kept()
    assert TOKEN not in seen.bodies() + "".join(one.headers for one in seen.passed).replace(
        header, ""
    )


def test_the_recorded_flows_are_unpacked(seen: Seen) -> None:
    assert "project.flow.tasks.NodeTask" in seen.bodies()
