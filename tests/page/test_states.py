"""The page's table of states, compared with Prefect's own classes."""

from __future__ import annotations

import json
import re
from typing import Any

from prefect.engine import state as prefect_states
from project.server.states import FINISHED, KNOWN

from project.server.page import STATIC


def page_states() -> list[dict[str, Any]]:
    """Return the rows of the table, the most severe state first."""
    text = (STATIC / "shared/states.js").read_text()
    (table,) = re.findall(r"^export const STATES = (\[.*?^\]);", text, re.MULTILINE | re.DOTALL)
    rows: list[dict[str, Any]] = json.loads(table)
    return rows


def test_the_page_knows_every_state() -> None:
    classes = [value for value in vars(prefect_states).values() if isinstance(value, type)]
    names = {
        cls.__name__
        for cls in classes
        if issubclass(cls, prefect_states.State) and not cls.__name__.startswith("_")
    }

    assert {row["state"] for row in page_states()} == names - {"State"}
    assert {row["state"] for row in page_states()} == KNOWN


def test_the_page_takes_those_states_for_finished_that_prefect_does() -> None:
    finished = {row["state"] for row in page_states() if row["isFinished"]}

    assert finished == {name for name in KNOWN if getattr(prefect_states, name)("").is_finished()}
    assert finished == FINISHED
