"""The page's table of states beside Prefect's own classes."""

from __future__ import annotations

import json
import re

from project.server.page import STATIC
from project.server.store.states import FINISHED, STATES


def test_the_page_knows_every_state_and_which_are_final() -> None:
    (path,) = STATIC.rglob("states.js")
    table = re.search(r"STATES = (\[.*?\]);", path.read_text(), re.DOTALL)
    assert table, "The page's states are not an array of JSON any more."
    rows = json.loads(table[1])

    assert sorted(row["state"] for row in rows) == sorted(STATES)
    assert {row["state"] for row in rows if row["isFinished"]} == FINISHED
