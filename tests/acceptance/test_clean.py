"""What ``kedro prefect clean`` deletes, and what it leaves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest
from prefect import Flow, Task
from prefect.run_configs import UniversalRun
from prefect.utilities.graphql import compress

from tests.kits.shop import Shop

REGISTRY = """
    from kedro.pipeline import Pipeline, node

    from shop import nodes


    def register_pipelines():
        make = node(nodes.make, "params:size", "numbers", name="make")
        return {"__default__": Pipeline([make, node(nodes.fail, "numbers", None, name="fail")])}
    """


@pytest.fixture
def failed(served: Shop) -> str:
    """Return a failed run, whose results are stored."""
    served.write("src/shop/pipeline_registry.py", REGISTRY)
    served.write("conf/base/prefect.yml", "result: {type: LocalResult}")
    said = served.run()
    assert said.code == 1
    return str(re.findall(r"Flow run ([0-9a-f-]{36})", said.text)[0])


def result_folders(shop: Shop) -> List[str]:
    return sorted(path.name for path in Path(shop.home, ".prefect", "results").iterdir())


def test_results_are_kept_until_no_restart_needs_them(served: Shop, failed: str) -> None:
    Path(served.home, ".prefect", "results", "of another tool").mkdir()
    said = served.kedro("prefect", "clean", "--yes")
    assert "Nothing to delete." in said.text
    assert result_folders(served) == [failed, "of another tool"]

    served.ask(
        "mutation($input: set_flow_run_states_input!) "
        "{ set_flow_run_states(input: $input) { states { status } } }",
        input={"states": [{"flow_run_id": failed, "state": {"type": "Success"}}]},
    )
    said = served.kedro("prefect", "clean", "--yes")

    assert "To delete: the results of 1 flow run." in said.text
    assert result_folders(served) == ["of another tool"]
    assert served.flow_run(failed, "state") == {"state": "Success"}


def test_old_runs_are_deleted_with_their_logs_and_results(served: Shop, failed: str) -> None:
    said = served.kedro("prefect", "clean", "--older-than", "1h", "--yes")
    assert "Nothing to delete." in said.text
    assert failed in result_folders(served)

    said = served.kedro("prefect", "clean", "--older-than", "0h")
    assert said.code == 1, said.text  # nobody has said yes
    assert re.search(
        r"To delete: \d flow runs? that ended before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, with logs, "
        r"and the results of 1 flow run\.",
        said.text,
    )
    assert "Error: Nothing was deleted. Use --yes to delete without asking." in said.text
    assert failed in result_folders(served)

    said = served.kedro("prefect", "clean", "--older-than", "0h", "--yes")

    assert said.code == 0, said.text
    assert "Deleted." in said.text
    assert served.ask("query { flow_run { id } }") == []
    assert served.ask("query { log { id } }") == []
    assert failed not in result_folders(served)


def test_runs_of_others_in_the_same_prefect_project_stay(served: Shop, failed: str) -> None:
    (project,) = served.ask("query { project { id } }")
    theirs = Flow("theirs", tasks=[Task()], run_config=UniversalRun())
    flow_id = mutate(
        served,
        "create_flow_from_compressed_string",
        project_id=project["id"],
        serialized_flow=compress(theirs.serialize()),
    )
    run_id = mutate(served, "create_flow_run", flow_id=flow_id)
    served.ask(
        "mutation($input: set_flow_run_states_input!) "
        "{ set_flow_run_states(input: $input) { states { status } } }",
        input={"states": [{"flow_run_id": run_id, "state": {"type": "Success"}}]},
    )

    said = served.kedro("prefect", "clean", "--older-than", "0h", "--yes")

    assert said.code == 0, said.text
    assert served.ask("query { flow_run { id } }") == [{"id": run_id}]


def mutate(served: Shop, name: str, **values: str) -> str:
    text = f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ id }} }}"
    return str(served.ask(text, input=values)["id"])


@pytest.mark.parametrize(
    ("age", "problem"),
    [
        ("long", "is not an age"),
        ("1m", "is not an age"),  # perhaps a month
        ("1mo", "is not an age"),
        ("2100-01-01", "is in the future"),
    ],
)
def test_a_wrong_age_is_refused(shop: Shop, age: str, problem: str) -> None:
    said = shop.kedro("prefect", "clean", "--yes", "--older-than", age)

    assert said.code == 2
    assert said.text.splitlines()[-1] == (
        f"Error: --older-than: '{age}' {problem}. Use 12h, 30d or 8w, or a date such as 2026-11-26."
    )
