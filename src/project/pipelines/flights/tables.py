"""The tables, which are cleaned and then joined into one row per departure."""

from __future__ import annotations

from project.pipelines.flights.annotations import DataFrame, Series, Timedelta

NEW_YORK = "America/New_York"

_FLIGHT_COLUMNS = ["carrier", "flight", "tailnum", "origin", "dest", "distance"]
_WEATHER_COLUMNS = {
    "temp": "temperature_f",
    "humid": "humidity_percent",
    "wind_dir": "wind_direction",
    "wind_speed": "wind_speed_mph",
    "wind_gust": "wind_gust_mph",
    "precip": "precipitation_inches",
    "pressure": "pressure_mbar",
    "visib": "visibility_miles",
}


def clean_flights(raw_flights: DataFrame) -> DataFrame:
    """Convert local times to UTC; a flight without ``departed_at`` was cancelled.

    The departure is the scheduled time plus the delay, because local departure times are ambiguous
    after midnight and when the clocks change.
    """
    import pandas as pd

    _check_hours(raw_flights)
    scheduled_at = raw_flights["time_hour"] + pd.to_timedelta(raw_flights["minute"], unit="min")
    delay = pd.to_timedelta(raw_flights["dep_delay"], unit="min")
    return raw_flights[_FLIGHT_COLUMNS].assign(
        scheduled_at=scheduled_at,
        departed_at=scheduled_at + delay,
        delay_minutes=raw_flights["dep_delay"],
    )


def _check_hours(table: DataFrame) -> None:
    wrong = table["time_hour"].dt.tz_convert(NEW_YORK).dt.hour != table["hour"]
    if wrong.any():
        first = table.loc[wrong, ["time_hour", "hour"]].iloc[0]
        raise ValueError(
            f"time_hour (UTC) does not match hour (New York) in {wrong.sum()} rows, "
            f"first in {first['time_hour']} and {first['hour']}. Correct the source data."
        )


def select_departures(flights: DataFrame, late_minutes: float) -> DataFrame:
    """Drop the cancelled flights, and mark which of the others departed ``late``."""
    departed = flights.dropna(subset="departed_at").reset_index(drop=True)
    return departed.assign(late=departed["delay_minutes"] >= late_minutes)


def clean_weather(raw_weather: DataFrame, max_wind_speed_mph: float) -> DataFrame:
    """Add units to the column names, and blank out impossible wind speeds."""
    _check_hours(raw_weather)
    weather = raw_weather.rename(columns=_WEATHER_COLUMNS)
    possible = weather["wind_speed_mph"] <= max_wind_speed_mph
    weather["wind_speed_mph"] = weather["wind_speed_mph"].where(possible)
    columns = ["origin", "observed_hour", *_WEATHER_COLUMNS.values()]
    return weather.rename(columns={"time_hour": "observed_hour"})[columns]


def clean_planes(raw_planes: DataFrame) -> DataFrame:
    """Keep the columns that may matter for a delay; ``built`` is a year."""
    planes = raw_planes.rename(columns={"year": "built"})
    # The data has two names for each of these manufacturers.
    planes["manufacturer"] = planes["manufacturer"].replace(
        {"AIRBUS INDUSTRIE": "AIRBUS", "MCDONNELL DOUGLAS AIRCRAFT CO": "MCDONNELL DOUGLAS"}
    )
    return planes[["tailnum", "built", "seats", "engines", "manufacturer"]]


def join_weather(departures: DataFrame, weather: DataFrame, lead_hours: int) -> DataFrame:
    """Add ``known_at``, the time of the prediction, and the latest weather known by then."""
    known_at = departures["scheduled_at"].dt.floor("h") - _hours(lead_hours)
    known_weather = weather.assign(known_at=known_from(weather["observed_hour"]))
    return departures.assign(known_at=known_at).merge(
        known_weather.drop(columns="observed_hour"),
        on=["origin", "known_at"],
        how="left",
        validate="many_to_one",
    )


def known_from(moments: Series) -> Series:
    """Return when an event at each of these moments becomes known: at the end of its hour."""
    known: Series = moments.dt.floor("h") + _hours(1)
    return known


def _hours(count: int) -> Timedelta:
    import pandas as pd

    return pd.Timedelta(hours=count)


def join_references(
    flights_with_weather: DataFrame,
    planes: DataFrame,
    raw_airlines: DataFrame,
    raw_airports: DataFrame,
) -> DataFrame:
    """Add plane, airline and location of the destination, blank where nothing matches.

    American and Envoy report fleet numbers instead of tail numbers, so most of their planes remain
    unknown.
    """
    airlines = raw_airlines.rename(columns={"name": "airline"})
    airports = raw_airports.rename(
        columns={"faa": "dest", "lat": "dest_latitude", "lon": "dest_longitude"}
    )
    return (
        flights_with_weather.merge(planes, on="tailnum", how="left", validate="many_to_one")
        .merge(airlines, on="carrier", how="left", validate="many_to_one")
        .merge(
            airports[["dest", "dest_latitude", "dest_longitude"]],
            on="dest",
            how="left",
            validate="many_to_one",
        )
    )
