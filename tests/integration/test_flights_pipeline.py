"""The whole example pipeline, run by Kedro's own runner on the real data."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from project.pipelines.flights.libraries import missing_libraries

if missing_libraries():
    pytest.skip('The example needs the libraries of the group "example".', allow_module_level=True)

import pandas as pd
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner

from project.pipeline_registry import register_pipelines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
ARROW = re.compile(r"^ +(\w+) (?:--|-\.) .+ (?:-->|\.->) (\w+)$", re.MULTILINE)
SMALL_MODEL = {
    "delay_model": {
        "training": {"fraction": 0.1},
        "classifier": {"max_iter": 40},
        "importance": {"rows": 5000},
    }
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that runs the pipeline or a part of it, and returns the data folder."""
    project_path = tmp_path_factory.mktemp("flights")

    def run(params: dict[str, Any], tags: Sequence[str] = ()) -> Path:
        configure_project("project")
        with KedroSession.create(
            project_path=project_path, conf_source=str(ROOT / "conf"), runtime_params=params
        ) as session:
            session.run(tags=tags, runner=SequentialRunner())
        return project_path / "data"

    return run


@pytest.fixture(scope="module")
def data(run: Callable[..., Path]) -> Path:
    """Return the data folder of one complete run, with a model that is small enough for a test."""
    return run(SMALL_MODEL)


def test_the_registry_has_the_whole_pipeline_and_the_report() -> None:
    pipelines = register_pipelines()

    assert list(pipelines) == ["__default__", "flights", "report"]
    assert len(pipelines["flights"].nodes) == 20
    assert pipelines["report"].inputs() == {
        "flights",
        "flight_table",
        "importance",
        "metrics",
        "params:features",
        "predictions",
    }


def test_the_graph_in_the_documentation_matches_the_pipeline() -> None:
    dependencies = register_pipelines()["flights"].node_dependencies

    assert set(ARROW.findall((ROOT / "docs/example.md").read_text(encoding="utf-8"))) == {
        (parent.func.__name__, child.func.__name__)
        for child, parents in dependencies.items()
        for parent in parents
    }


def test_a_run_writes_exactly_the_files_of_the_catalog(data: Path) -> None:
    files = {path.relative_to(data) for path in data.rglob("*") if path.is_file()}
    (version,) = (data / "06_models/classifier.pickle").iterdir()

    assert files == {
        Path("02_intermediate/flights.parquet"),
        Path("02_intermediate/planes.parquet"),
        Path("02_intermediate/weather.parquet"),
        Path("03_primary/flight_table.parquet"),
        Path("04_feature/features.parquet"),
        Path("06_models/classifier.pickle", version.name, "classifier.pickle"),
        Path("07_model_output/importance.csv"),
        Path("07_model_output/predictions.parquet"),
        Path("08_reporting/days.png"),
        Path("08_reporting/hours.png"),
        Path("08_reporting/importance.png"),
        Path("08_reporting/metrics.json"),
        Path("08_reporting/report.html"),
        Path("08_reporting/risk.png"),
        Path("08_reporting/summary.json"),
    }


def test_every_flight_is_read_and_only_cancelled_ones_are_dropped(data: Path) -> None:
    flights = pd.read_parquet(data / "02_intermediate/flights.parquet")
    flight_table = pd.read_parquet(data / "03_primary/flight_table.parquet")
    features = pd.read_parquet(data / "04_feature/features.parquet")

    assert len(flights) == 336_776
    assert flights["departed_at"].isna().sum() == 8_255
    assert len(flight_table) == len(features) == 336_776 - 8_255


def test_the_joins_match_everything_but_the_known_gaps(data: Path) -> None:
    flight_table = pd.read_parquet(data / "03_primary/flight_table.parquet")
    no_airport = flight_table[flight_table["dest_latitude"].isna()]

    assert flight_table["airline"].notna().all()
    assert set(no_airport["dest"]) == {"BQN", "PSE", "SJU", "STT"}
    assert flight_table["temperature_f"].isna().mean() < 0.005
    assert set(flight_table.loc[flight_table["seats"].isna(), "carrier"]) >= {"AA", "MQ"}


def test_the_first_flight_of_the_year_has_the_right_times(data: Path) -> None:
    flights = pd.read_parquet(data / "02_intermediate/flights.parquet")

    assert flights.iloc[0].to_dict() == {
        "carrier": "UA",
        "flight": 1545,
        "tailnum": "N14228",
        "origin": "EWR",
        "dest": "IAH",
        "distance": 1400,
        "scheduled_at": pd.Timestamp("2013-01-01 05:15", tz="America/New_York").tz_convert("UTC"),
        "departed_at": pd.Timestamp("2013-01-01 05:17", tz="America/New_York").tz_convert("UTC"),
        "delay_minutes": 2.0,
    }


def test_the_model_is_tested_only_on_the_last_quarter(data: Path) -> None:
    predictions = pd.read_parquet(data / "07_model_output/predictions.parquet")
    scheduled_at = predictions["scheduled_at"].dt.tz_convert("America/New_York")

    assert set(scheduled_at.dt.month) == {10, 11, 12}
    assert predictions["classifier"].between(0, 1).all()
    assert predictions["baseline"].between(0, 1).all()


def test_the_model_beats_the_baseline_on_every_score(data: Path) -> None:
    metrics = json.loads((data / "08_reporting/metrics.json").read_text())
    model, baseline = metrics["classifier"], metrics["baseline"]

    assert metrics["flights"] == len(pd.read_parquet(data / "07_model_output/predictions.parquet"))
    assert baseline["roc_auc"] > 0.6
    assert model["roc_auc"] > baseline["roc_auc"] + 0.03
    assert model["average_precision"] > baseline["average_precision"] + 0.05
    assert model["brier_score"] < baseline["brier_score"]
    assert model["late_share_of_riskiest_tenth"] > baseline["late_share_of_riskiest_tenth"]


def test_the_report_contains_its_plots_and_figures(data: Path) -> None:
    report = (data / "08_reporting/report.html").read_text(encoding="utf-8")
    plots = list((data / "08_reporting").glob("*.png"))

    assert len(plots) == 4
    assert all(b64encode(plot.read_bytes()).decode() in report for plot in plots)
    assert "<strong>336,776</strong> flights scheduled" in report
    assert "<strong>8,255</strong> cancelled" in report
    assert "8 March: 69% of the departures were late" in report


def test_a_report_drawn_again_from_saved_data_is_the_same(
    data: Path, run: Callable[..., Path]
) -> None:
    before = {path.name: path.read_bytes() for path in (data / "08_reporting").iterdir()}
    for name in before.keys() - {"metrics.json"}:
        (data / "08_reporting" / name).unlink()

    run(SMALL_MODEL, tags=["report"])

    assert {path.name: path.read_bytes() for path in (data / "08_reporting").iterdir()} == before
