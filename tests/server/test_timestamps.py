"""The one form in which times are stored."""

from __future__ import annotations

import pytest

from project.server.store.timestamps import to_timestamp

STORED = "2026-11-16T06:28:09.599888+00:00"


@pytest.mark.parametrize(
    "text",
    [
        STORED,
        f" {STORED} ",
        "2026-11-16T06:28:09.599888Z",
        "2026-11-16T07:28:09.599888+01:00",
        "2026-11-16T06:28:09.599888",
        "20261116T062809.599888Z",
        "2026-W47-1T06:28:09.599888+00:00",  # of the same length as the stored form
    ],
)
def test_a_time_is_stored_in_one_form(text: str) -> None:
    assert to_timestamp(text) == STORED


@pytest.mark.parametrize("text", ["", "now", "2026-02-30T06:28:09.599888+00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - with messages of several libraries
        to_timestamp(text)
