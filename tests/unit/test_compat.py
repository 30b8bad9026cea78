"""Differences between releases of Kedro."""

from __future__ import annotations

import pytest
from kedro.pipeline import Pipeline, node

from project.compat import kedro_project
from project.compat.kedro import KedroRunner, is_own_runner
from project.compat.kedro_cli import parse_params
from project.compat.kedro_project import find_pipeline
from project.compat.run_options import selection_keywords
from project.errors import FlowRunError


def keep(value: int) -> int:
    return value


A, B, OTHER = (Pipeline([node(keep, name, f"{name}_kept", name=name)]) for name in "abc")


@pytest.mark.parametrize(
    ("name", "nodes"), [("a", ["a"]), ("a+b", ["a", "b"]), ("c+d", ["c"]), ("b+a", ["a", "b"])]
)
def test_a_plus_in_the_name_of_a_registered_pipeline_is_not_a_sum(
    name: str, nodes: list[str]
) -> None:
    found = find_pipeline({"a": A, "b": B, "c+d": OTHER}, name)

    assert sorted(one.name for one in found.nodes) == nodes


def test_pipelines_are_joined_only_by_a_kedro_that_runs_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Session:  # before Kedro 1.2
        def run(self, pipeline_name: str) -> None: ...

    monkeypatch.setattr(kedro_project, "session_class", lambda: Session)

    with pytest.raises(FlowRunError, match=r"no pipeline 'a\+b', only a, b"):
        find_pipeline({"a": A, "b": B}, "a+b")


def test_a_pipeline_that_is_not_registered_is_an_error() -> None:
    with pytest.raises(FlowRunError, match="no pipeline 'd', only a, b. If it was renamed"):
        find_pipeline({"a": A, "b": B}, "a+d")


@pytest.mark.parametrize("text", ["depth=3,model.name=deep", "depth=3\nmodel.name=deep\n"])
def test_params_are_parsed_as_kedro_run_parses_them(text: str) -> None:
    assert parse_params(text) == {"depth": 3, "model": {"name": "deep"}}


def test_params_that_are_json_already_stay_as_they_are() -> None:
    assert parse_params({"depth": "3"}) == {"depth": "3"}


@pytest.mark.parametrize("text", ["depth", "=3"])
def test_params_that_kedro_run_refuses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        parse_params(text)


def test_several_namespaces_are_refused_where_kedro_runs_one() -> None:
    before_kedro_1 = {"namespace": None}
    assert selection_keywords({"namespaces": ["sales"]}, before_kedro_1) == {"namespace": "sales"}

    with pytest.raises(FlowRunError, match="one namespace, not sales, stock"):
        selection_keywords({"namespaces": ["sales", "stock"]}, before_kedro_1)


def test_a_runner_may_be_made_while_the_others_are_compared() -> None:
    class Curious(KedroRunner):
        def __str__(self) -> str:
            made.append(Curious())  # as another thread may
            return "curious"

        def _run(self, *args: object, **kwargs: object) -> None: ...

    made: list[KedroRunner] = []
    own = Curious()

    assert is_own_runner("curious")
    assert not is_own_runner("another")
    assert own is not None
