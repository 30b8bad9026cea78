"""What a run was asked, as the API keeps it."""

from __future__ import annotations

from datetime import date, datetime

from project.backend.here import jsonable


def test_values_that_json_lacks_are_kept_as_text_and_lists() -> None:
    asked = {
        "params": {"day": date(2026, 1, 2), "at": datetime(2026, 1, 2, 3, 4), "some": {3, 1, 2}},
        "tags": ("a", "b"),
        "env": None,
    }

    assert jsonable(asked) == {
        "params": {"day": "2026-01-02", "at": "2026-01-02T03:04:00", "some": [1, 2, 3]},
        "tags": ["a", "b"],
        "env": None,
    }
