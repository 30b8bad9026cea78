"""What the web page asks of a Kedro project."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.framework.startup import bootstrap_project

from project.api.page_functions import page_functions
from tests.kits.projects import write_files, write_metadata

ROOT = Path(__file__).parents[2]


def test_the_parameters_of_the_project_are_read_without_its_catalog() -> None:
    bootstrap_project(ROOT)

    parameters = page_functions(ROOT)["project-parameters"](None)

    assert parameters["features"] == {"late_minutes": 15, "lead_hours": 1}


def test_an_environment_that_is_no_string_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be a string, not \['x'\]"):
        page_functions(ROOT)["project-parameters"](["x"])


def test_a_parameter_with_a_credential_in_it_is_left_out(tmp_path: Path) -> None:
    package = "shop_of_secrets"
    write_metadata(tmp_path, package)
    parameters = "{store: {url: 'https://me:hidden@host', size: 3}, token: hidden}"
    write_files(
        tmp_path,
        {
            f"src/{package}/__init__.py": "",
            f"src/{package}/settings.py": "",
            "conf/base/parameters.yml": parameters,
            "conf/local/.gitkeep": "",
        },
    )
    bootstrap_project(tmp_path)

    assert page_functions(tmp_path)["project-parameters"](None) == {"store": {"size": 3}}
