"""The plots of the report, drawn without pyplot, which is not thread-safe."""

from __future__ import annotations

from project.pipelines.flights.annotations import Axes, DataFrame, Figure
from project.pipelines.flights.features import TARGET
from project.pipelines.flights.tables import NEW_YORK

INK, MUTED, GRID = "#1f2933", "#66727f", "#dde2e7"
BLUE, ORANGE = "#1f6f9f", "#d9622b"
MIN_FLIGHTS = 300  # hours and airlines with fewer flights are left out
AIRPORTS = {"EWR": ("Newark", ORANGE), "JFK": ("JFK", BLUE), "LGA": ("LaGuardia", "#3f8f5b")}


def draw_hours(flight_table: DataFrame) -> Figure:
    """Draw the share of late departures by hour, with one line per airport."""
    figure, axes = _chart("Late departures through the day", "% of flights, by scheduled hour")
    hours = flight_table["scheduled_at"].dt.tz_convert(NEW_YORK).dt.hour
    shares = flight_table.groupby(["origin", hours])[TARGET].agg(["mean", "size"])
    shares = 100 * shares["mean"].where(shares["size"] >= MIN_FLIGHTS).unstack("origin")
    for origin, (name, colour) in AIRPORTS.items():
        axes.plot(
            shares.index,
            shares[origin],
            color=colour,
            label=name,
            linewidth=2.2,
            solid_capstyle="round",
        )
    axes.legend(frameon=False, loc="upper left", labelcolor="linecolor", prop={"weight": "bold"})
    axes.set_xticks(range(6, 24, 3), [f"{hour}:00" for hour in range(6, 24, 3)])
    axes.set_ylim(0)
    axes.grid(axis="y", color=GRID)
    return figure


def draw_days(flight_table: DataFrame) -> Figure:
    """Draw the share of late departures on each day, as a calendar with one row per month."""
    figure, axes = _chart("Late departures through the year", "% of flights, by day")
    scheduled_at = flight_table["scheduled_at"].dt.tz_convert(NEW_YORK)
    days = [scheduled_at.dt.month.rename("month"), scheduled_at.dt.day.rename("day")]
    shares = 100 * flight_table.groupby(days)[TARGET].mean().unstack("day")
    mesh = axes.pcolormesh(
        shares.columns,
        shares.index,
        shares,
        cmap="YlOrRd",
        vmin=0,
        edgecolors="white",
        linewidth=1.5,
    )
    axes.set_yticks(shares.index, [_MONTHS[month - 1] for month in shares.index])
    axes.set_xticks([1, 5, 10, 15, 20, 25, 30])
    axes.invert_yaxis()
    bar = figure.colorbar(mesh, ax=axes, shrink=0.6, aspect=16, pad=0.02)
    bar.ax.spines["outline"].set_visible(False)
    bar.ax.tick_params(length=0, colors=MUTED)
    return figure


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def draw_risk(predictions: DataFrame) -> Figure:
    """Draw the actual and the predicted share of late departures in ten groups of rising risk."""
    figure, axes = _chart(
        "Late departures by predicted risk", "% of the test flights, in ten equal groups"
    )
    tenth = (predictions["classifier"].rank(method="first", pct=True) * 10).clip(
        upper=9.999
    ).astype(int) + 1
    groups = 100 * predictions.groupby(tenth)[[TARGET, "classifier"]].mean()
    axes.bar(groups.index, groups[TARGET], width=0.72, color=BLUE, label="actual")
    for position, share in enumerate(groups[TARGET], start=1):
        axes.text(
            position, 1, f"{share:.0f}", ha="center", va="bottom", color="white", fontweight="bold"
        )
    axes.plot(
        groups.index,
        groups["classifier"],
        "o",
        color=ORANGE,
        markeredgecolor="white",
        label="predicted",
    )
    axes.axhline(
        100 * predictions[TARGET].mean(),
        color=MUTED,
        linewidth=1,
        linestyle=(0, (4, 3)),
        label="all flights",
    )
    axes.set_xticks(groups.index, ["safest\ntenth", *range(2, 10), "riskiest\ntenth"])
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, loc="upper left", labelcolor=INK)
    return figure


def draw_importance(importance: DataFrame) -> Figure:
    """Draw the ROC AUC lost by shuffling each group of features."""
    figure, axes = _chart(
        "What the model relies on", "ROC AUC lost when a group of features is shuffled"
    )
    bars = axes.barh(importance["group"], importance["auc_loss"], height=0.62, color=BLUE)
    axes.bar_label(bars, fmt="%.3f", padding=5, color=INK)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return figure


def _chart(title: str, subtitle: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5))
    figure.set_layout_engine("constrained", rect=(0.01, 0.01, 0.98, 0.84))
    figure.text(0.016, 0.925, title, fontsize=14, fontweight="bold", color=INK)
    figure.text(0.016, 0.872, subtitle, fontsize=10, color=MUTED)
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(length=0, colors=MUTED)
    axes.set_axisbelow(True)
    return figure, axes
