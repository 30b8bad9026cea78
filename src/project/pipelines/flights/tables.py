"""The tables: cleaned, then joined into one row a departure."""

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
    """Turn clock readings into moments in UTC; a flight without ``departed_at`` was cancelled.

    Adding the delay to the schedule is right where a clock reading is ambiguous: after midnight,
    and when clocks change.
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
            f"{wrong.sum()} rows have a time_hour (UTC) that is not their hour in New York, "
            f"first {first['time_hour']} and {first['hour']}. Correct the source."
        )


def select_departures(flights: DataFrame, late_minutes: float) -> DataFrame:
    """Drop the cancelled flights, and tell which of the others left ``late``."""
    departed = flights.dropna(subset="departed_at").reset_index(drop=True)
    return departed.assign(late=departed["delay_minutes"] >= late_minutes)


def clean_weather(raw_weather: DataFrame, max_wind_speed_mph: float) -> DataFrame:
    """Name the units, and blank wind speeds that no airport has seen."""
    _check_hours(raw_weather)
    weather = raw_weather.rename(columns=_WEATHER_COLUMNS)
    possible = weather["wind_speed_mph"] <= max_wind_speed_mph
    weather["wind_speed_mph"] = weather["wind_speed_mph"].where(possible)
    columns = ["origin", "observed_hour", *_WEATHER_COLUMNS.values()]
    return weather.rename(columns={"time_hour": "observed_hour"})[columns]


def clean_planes(raw_planes: DataFrame) -> DataFrame:
    """Keep what may matter for a delay, under one name a manufacturer; ``built`` is a year."""
    planes = raw_planes.rename(columns={"year": "built"})
    planes["manufacturer"] = planes["manufacturer"].replace(
        {"AIRBUS INDUSTRIE": "AIRBUS", "MCDONNELL DOUGLAS AIRCRAFT CO": "MCDONNELL DOUGLAS"}
    )
    return planes[["tailnum", "built", "seats", "engines", "manufacturer"]]


def join_weather(departures: DataFrame, weather: DataFrame, lead_hours: int) -> DataFrame:
    """Add ``known_at``, the moment of the prediction, and the last weather known then."""
    known_at = departures["scheduled_at"].dt.floor("h") - _hours(lead_hours)
    known_weather = weather.assign(known_at=known_from(weather["observed_hour"]))
    return departures.assign(known_at=known_at).merge(
        known_weather.drop(columns="observed_hour"),
        on=["origin", "known_at"],
        how="left",
        validate="many_to_one",
    )


def known_from(moments: Series) -> Series:
    """Return when what happens at ``moments`` is known: at the end of the hour."""
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
    """Add the plane, the airline and the place of the destination, blank where there is no match.

    American and Envoy report fleet numbers, not tail numbers: most of their planes stay unknown.
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
