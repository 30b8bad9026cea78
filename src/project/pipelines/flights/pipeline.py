"""The pipeline: clean the tables, build features, train and test a model, write a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.pipeline import Node, Pipeline

from project.pipelines.flights import charts, features, model, report, tables

if TYPE_CHECKING:
    from collections.abc import Callable


def create_pipeline() -> Pipeline:
    """Return the whole pipeline, from the raw tables to the report."""
    return _cleaning() + _features() + _model() + _report()


def _node(
    func: Callable[..., Any], inputs: str | list[str] | dict[str, str], outputs: str | list[str]
) -> Node:
    return Node(func, inputs, outputs, name=func.__name__)


def _cleaning() -> Pipeline:
    return Pipeline(
        [
            _node(tables.clean_flights, "raw_flights", "flights"),
            _node(
                tables.clean_weather, ["raw_weather", "params:clean.max_wind_speed_mph"], "weather"
            ),
            _node(tables.clean_planes, "raw_planes", "planes"),
        ],
        tags="clean",
    )


def _features() -> Pipeline:
    return Pipeline(
        [
            _node(
                tables.select_departures, ["flights", "params:features.late_minutes"], "departures"
            ),
            _node(
                tables.join_weather,
                ["departures", "weather", "params:features.lead_hours"],
                "flights_with_weather",
            ),
            _node(
                tables.join_references,
                ["flights_with_weather", "planes", "raw_airlines", "raw_airports"],
                "flight_table",
            ),
            _node(features.measure_recent_departures, "departures", "recent_departures"),
            _node(
                features.build_features,
                ["flight_table", "recent_departures", "params:features.lead_hours"],
                "features",
            ),
        ],
        tags="features",
    )


def _model() -> Pipeline:
    return Pipeline(
        [
            _node(
                model.split_flights,
                ["features", "params:test_from", "params:training"],
                ["train", "test"],
            ),
            _node(model.fit_baseline, "train", "baseline"),
            _node(
                model.fit_classifier,
                ["train", "params:classifier", "params:training"],
                "classifier",
            ),
            _node(model.predict_delays, ["test", "classifier", "baseline"], "predictions"),
            _node(model.evaluate_predictions, "predictions", "metrics"),
            _node(
                model.measure_importance, ["test", "classifier", "params:importance"], "importance"
            ),
        ],
        namespace="delay_model",
        inputs="features",
        outputs={"predictions", "metrics", "importance"},
        tags="model",
    )


def _report() -> Pipeline:
    return Pipeline(
        [
            _node(report.summarise_delays, ["flights", "flight_table"], "summary"),
            _node(charts.draw_hours, "flight_table", "hours_plot@figure"),
            _node(charts.draw_days, "flight_table", "days_plot@figure"),
            _node(charts.draw_risk, "predictions", "risk_plot@figure"),
            _node(charts.draw_importance, "importance", "importance_plot@figure"),
            _node(
                report.write_report,
                {
                    "summary": "summary",
                    "metrics": "metrics",
                    "settings": "params:features",
                    "hours": "hours_plot@png",
                    "days": "days_plot@png",
                    "risk": "risk_plot@png",
                    "importance": "importance_plot@png",
                },
                "report",
            ),
        ],
        tags="report",
    )
