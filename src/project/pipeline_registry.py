"""The pipelines of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project.pipelines.flights.libraries import require_libraries
from project.pipelines.flights.pipeline import create_pipeline

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline

require_libraries()


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines by name; ``report`` only redraws the last run's report."""
    flights = create_pipeline()
    return {
        "__default__": flights,
        "flights": flights,
        "report": flights.only_nodes_with_tags("report"),
    }
