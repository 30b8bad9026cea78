"""Points in time as users write them."""

from __future__ import annotations

import pytest

from project.console.times import parse_since


@pytest.mark.parametrize("text", ["yesterday", "12", "P1D", "2026-13-01", "99999999999w", "9999d2"])
def test_what_is_no_point_in_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a point in time. Use 30m, 12h or 7d"):
        parse_since(text)
