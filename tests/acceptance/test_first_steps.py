"""The first steps in the documentation, from nothing to RUN, as a stranger takes them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import List, Tuple

import pytest

from tests.kits.projects import REPOSITORY
from tests.kits.shop import Said, Shop, stop
from tests.kits.waiting import eventually

GUIDE = (REPOSITORY / "docs/first-steps.md").read_text()
FILES: List[Tuple[str, str]] = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", GUIDE, re.S | re.M)
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^    (kedro .*)$", GUIDE, re.MULTILINE)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a home, and the project that the guide's first command makes beside it."""
    shop = Shop(tmp_path)
    new, *_ = COMMANDS
    said = Said.of(shop.start(*new, cwd=tmp_path))
    assert said.code == 0, said.text
    shop.folder = tmp_path / "greetings"
    return shop


def test_the_guide_leads_to_a_run_in_the_browser(shop: Shop) -> None:
    for path, text in FILES:
        file = shop.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    init, doctor, run, serve, agent = COMMANDS[1:]

    assert shop.kedro(*init).code == 0
    said = shop.kedro(*doctor)
    assert said.text.splitlines()[-1].endswith(" would: register version 1, run 2 nodes here.")
    said = shop.kedro(*run)
    assert "Flow '__default__' of project 'greetings', version 1: registered" in said.text
    assert "Hello, world!" in said.text
    assert "[2/2] print_greeting: Success" in said.text

    server = shop.start(*serve, "--port", "0")
    assert server.stdout
    line = next(line for line in server.stdout if "web page" in line)
    shop.url = re.findall(r"http://\S+", line)[0]
    process = shop.start(*agent)
    eventually(shop.has_agent)
    id_ = shop.start_run("__default__", params={"name": "Prefect"})
    assert shop.ended(id_) == "Success"
    assert "Hello, Prefect!" in shop.lines(id_)
    for started in (process, server):
        assert stop(started).code == 0
