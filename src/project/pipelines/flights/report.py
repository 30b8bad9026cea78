"""The report: a single HTML page with embedded plots."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from project.pipelines.flights.annotations import DataFrame, Series
from project.pipelines.flights.charts import MIN_FLIGHTS
from project.pipelines.flights.features import TARGET
from project.pipelines.flights.tables import NEW_YORK


def summarise_delays(flights: DataFrame, flight_table: DataFrame) -> dict[str, Any]:
    """Return the figures for the first half of the report."""
    scheduled_at = flight_table["scheduled_at"].dt.tz_convert(NEW_YORK)
    by_hour = _late_shares(flight_table, scheduled_at.dt.hour)
    days = scheduled_at.dt.strftime("%d %B").str.lstrip("0")
    by_day = flight_table.groupby(days)[TARGET].mean()
    late = flight_table[flight_table[TARGET]]
    return {
        "scheduled": len(flights),
        "cancelled": int(flights["departed_at"].isna().sum()),
        "late_share": float(flight_table[TARGET].mean()),
        "median_late_minutes": float(late["delay_minutes"].median()),
        "best_hour": _extreme(by_hour["late_share"].sort_values()),
        "worst_hour": _extreme(by_hour["late_share"].sort_values(ascending=False)),
        "worst_day": _extreme(by_day.sort_values(ascending=False)),
        "airlines": _late_shares(flight_table, flight_table["airline"])
        .reset_index()
        .to_dict("records"),
    }


def _late_shares(flight_table: DataFrame, groups: Series) -> DataFrame:
    shares = flight_table.groupby(groups).agg(flights=(TARGET, "size"), late_share=(TARGET, "mean"))
    return shares[shares["flights"] >= MIN_FLIGHTS].sort_values("late_share", ascending=False)


def _extreme(shares: Series) -> dict[str, Any]:
    name, share = next(shares.items())
    return {"name": name, "late_share": float(share)}


def write_report(
    summary: dict[str, Any],
    metrics: dict[str, Any],
    settings: dict[str, Any],
    **plots: bytes,
) -> str:
    """Return the report as one HTML page; ``plots`` are PNG images."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("project.pipelines.flights"),
        undefined=StrictUndefined,
        autoescape=True,
    )
    return environment.get_template("report.html").render(
        summary=summary,
        metrics=metrics,
        settings=settings,
        plots={name: b64encode(image).decode("ascii") for name, image in plots.items()},
    )
