"""What the web page asks of a Kedro project."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.framework.startup import bootstrap_project

from project.api.page_functions import page_functions

ROOT = Path(__file__).parents[2]


def test_the_parameters_of_the_project_are_read_without_its_catalog() -> None:
    bootstrap_project(ROOT)

    parameters = page_functions(ROOT)["project-parameters"](None)

    assert parameters["features"] == {"late_minutes": 15, "lead_hours": 1}


def test_an_environment_that_is_no_string_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be a string, not \['x'\]"):
        page_functions(ROOT)["project-parameters"](["x"])
