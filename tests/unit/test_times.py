"""Points in time as users write them."""

from __future__ import annotations

from datetime import date

import pendulum
import pytest

from project.console.times import parse_age, parse_since


@pytest.mark.parametrize("text", ["yesterday", "12", "P1D", "2026-13-01", "99999999999w", "9999d2"])
def test_what_is_no_point_in_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a point in time. Use 30m, 12h or 7d"):
        parse_since(text)


@pytest.mark.parametrize("text", ["1m", "1mo", "30", "P1D", "99999999999w"])
def test_what_is_no_age_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not an age. Use 12h, 30d or 8w"):
        parse_age(text)


@pytest.mark.parametrize("text", ["2100-01-01", "2100-01-01T12:00"])
def test_an_age_is_not_in_the_future(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is in the future. Use 12h, 30d or 8w"):
        parse_age(text)


def test_an_age_may_be_a_duration_or_a_date() -> None:
    two_weeks_ago = pendulum.now("utc").subtract(weeks=2)

    assert pendulum.parse(parse_age("2020-01-02")).in_timezone("local").date() == date(2020, 1, 2)
    for text in ("336h", "14d", "2w"):
        assert abs((pendulum.parse(parse_age(text)) - two_weeks_ago).total_seconds()) < 60
