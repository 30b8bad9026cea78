"""The features: what is known about a flight when its delay is predicted."""

from __future__ import annotations

from project.pipelines.flights.annotations import DataFrame
from project.pipelines.flights.tables import NEW_YORK, known_from

FEATURE_GROUPS = {
    "Departures of the hour before": [
        "recent_departures",
        "recent_delay_minutes",
        "recent_late_share",
    ],
    "Time on the schedule": ["minute_of_day", "weekday"],
    "Weather": [
        "temperature_f",
        "humidity_percent",
        "wind_direction",
        "wind_speed_mph",
        "wind_gust_mph",
        "precipitation_inches",
        "pressure_mbar",
        "visibility_miles",
    ],
    "Airline and route": [
        "carrier",
        "origin",
        "dest",
        "distance",
        "dest_latitude",
        "dest_longitude",
    ],
    "Plane": ["plane_age", "seats", "engines", "manufacturer"],
}
FEATURES = [name for names in FEATURE_GROUPS.values() for name in names]
CATEGORIES = ["carrier", "origin", "dest", "manufacturer"]
TARGET = "late"

_KEYS = ["flight", "scheduled_at"]


def measure_recent_departures(departures: DataFrame) -> DataFrame:
    """Summarise the departures of each airport and hour; ``known_at`` is the end of the hour."""
    departures = departures.assign(known_at=known_from(departures["departed_at"]))
    return (
        departures.groupby(["origin", "known_at"], as_index=False)
        .agg(
            recent_departures=("late", "size"),
            recent_delay_minutes=("delay_minutes", "mean"),
            recent_late_share=("late", "mean"),
        )
        .astype({"recent_departures": "float64"})
    )


def build_features(
    flight_table: DataFrame, recent_departures: DataFrame, lead_hours: int
) -> DataFrame:
    """Return the keys, the features and the target of each departure.

    Raises:
        ValueError: ``lead_hours`` is less than 1, so that the features of a flight that leaves
            early would include its own departure.
    """
    if lead_hours < 1:
        raise ValueError(
            f"features.lead_hours is {lead_hours}, which would leak the answer to the model. "
            "Set it to 1 or more."
        )
    joined = flight_table.merge(
        recent_departures, on=["origin", "known_at"], how="left", validate="many_to_one"
    )
    scheduled_at = joined["scheduled_at"].dt.tz_convert(NEW_YORK)
    features = joined.assign(
        recent_departures=joined["recent_departures"].fillna(0),
        minute_of_day=scheduled_at.dt.hour * 60 + scheduled_at.dt.minute,
        weekday=scheduled_at.dt.day_of_week,
        plane_age=scheduled_at.dt.year - joined["built"],
    ).astype(dict.fromkeys(CATEGORIES, "category"))
    return features[[*_KEYS, *FEATURES, TARGET]]
