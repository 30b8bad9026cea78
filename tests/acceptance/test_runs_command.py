"""``kedro prefect runs``, ``watch`` and ``cancel``: which runs they find and show."""

from __future__ import annotations

import json
import re
from typing import Dict, List

import pytest

from tests.kits.shop import Shop
from tests.kits.terminal import seen_on_a_terminal, written_to_a_terminal

FLOWS = """
run: here
pipelines:
  __default__: {flow: "sales [prod]"}
  failing: {flow: "returns [/x]"}
  lonely: {flow: lonely, project: another}
"""
HEADERS = ["Id", "Name", "Flow", "State", "Start", "Duration"]


@pytest.fixture(scope="module")
def ids(served: Shop) -> Dict[str, str]:
    """Return the ids of two runs, by their flows' names; another one has not started."""
    served.write("conf/base/prefect.yml", FLOWS)
    assert served.run().code == 0
    assert served.run("--pipeline", "failing").code == 1
    assert served.kedro("prefect", "register", "--pipeline", "lonely").code == 0
    served.write(
        "conf/other/prefect.yml",
        "{project: elsewhere, pipelines: {__default__: {flow: sales}}}",
    )
    served.write("conf/other/credentials.yml", "store: {key: none}")
    assert served.kedro("prefect", "register", "--env", "other").code == 0
    served.start_run("sales")
    runs = served.ask("query { flow_run { id flow { name } } }")
    return {run["flow"]["name"]: run["id"] for run in runs}


def listed(served: Shop, *options: str) -> List[str]:
    """Return the names of the flows whose runs are listed as JSON."""
    said = served.kedro("prefect", "runs", "--json", *options)
    assert said.code == 0, said.text
    return sorted(run["flow_name"] for run in json.loads(said.text.splitlines()[-1]))


def test_a_pipe_gets_one_whole_line_for_each_run(served: Shop, ids: Dict[str, str]) -> None:
    served.env["COLUMNS"] = "80"
    said = served.kedro("prefect", "runs")
    served.env["COLUMNS"] = "200"
    start = next(n for n, line in enumerate(said.text.splitlines()) if line.startswith("Id "))
    header, *rows = (re.split(r"  +", line) for line in said.text.splitlines()[start:])

    assert header == HEADERS
    assert [(row[0], row[2], row[3]) for row in rows] == [
        (ids["returns [/x]"], "returns [/x] 1", "Failed"),
        (ids["sales [prod]"], "sales [prod] 1", "Success"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row[4]) for row in rows)


@pytest.mark.parametrize("columns", [80, 119])
def test_a_narrow_terminal_gets_two_lines_for_each_run(
    served: Shop, ids: Dict[str, str], columns: int
) -> None:
    shown = seen_on_a_terminal(served.folder, "prefect", "runs", columns=columns, env=served.env)
    lines = shown.split("\r\n")
    (at,) = (n for n, line in enumerate(lines) if ids["returns [/x]"] in line)

    assert lines[at] == f"{ids['returns [/x]']}  Failed"
    assert re.fullmatch(r"  returns \[/x\] 1, [\w-]+, [\d-]+ [\d:]+, \d+\.\d s", lines[at + 1])


def test_a_wide_terminal_gets_a_table(served: Shop, ids: Dict[str, str]) -> None:
    shown = seen_on_a_terminal(served.folder, "prefect", "runs", columns=200, env=served.env)
    rows = [re.split(r" *│ *", line) for line in shown.split("\r\n") if line.startswith("│")]

    assert [(row[1], row[3], row[4]) for row in rows] == [
        (ids["returns [/x]"], "returns [/x] 1", "Failed"),
        (ids["sales [prod]"], "sales [prod] 1", "Success"),
    ]


def test_no_color_means_no_color(served: Shop, ids: Dict[str, str]) -> None:
    env = {**served.env, "NO_COLOR": "1"}
    shown = written_to_a_terminal(served.folder, "prefect", "runs", columns=200, env=env)

    assert ids["sales [prod]"] in shown
    assert re.findall(r"\x1b\[[0-9;]*3[0-9]m", shown) == []


def test_the_runs_of_this_project_are_listed_unless_all_are_wanted(
    served: Shop, ids: Dict[str, str]
) -> None:
    assert listed(served) == ["returns [/x]", "sales [prod]"]
    assert listed(served, "--all") == ["returns [/x]", "sales", "sales [prod]"]
    assert listed(served, "--env", "other") == ["sales"]


def test_runs_are_listed_by_state_flow_and_time(served: Shop, ids: Dict[str, str]) -> None:
    assert listed(served, "--state", "failed") == ["returns [/x]"]
    assert listed(served, "--flow", "sales [prod]") == ["sales [prod]"]
    assert listed(served, "--since", "2h") == ["returns [/x]", "sales [prod]"]
    assert listed(served, "--since", "2100-01-01") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--state", "faild"], "Prefect has no state 'faild'. Did you mean 'Failed'?"),
        (["--since", "soon"], "'soon' is not a point in time. Use 30m, 12h or 7d, or "),
    ],
    ids=["state", "time"],
)
def test_a_wrong_filter_is_one_clear_error(shop: Shop, options: List[str], message: str) -> None:
    said = shop.kedro("prefect", "runs", *options)

    assert said.code == 2
    assert said.text.splitlines()[-1].startswith(f"Error: {message}")


def test_the_beginning_of_an_id_is_enough(served: Shop, ids: Dict[str, str]) -> None:
    said = served.kedro("prefect", "watch", ids["sales [prod]"][:13])

    assert said.code == 0, said.text
    assert "Flow run is Success" in said.text


def test_cancelling_a_run_that_has_ended_says_so(served: Shop, ids: Dict[str, str]) -> None:
    said = served.kedro("prefect", "cancel", ids["sales [prod]"][:13])

    assert said.code == 0
    assert said.text.splitlines()[-1] == (
        f"Flow run {ids['sales [prod]']} had already ended: it is Success."
    )


def test_an_id_that_fits_several_runs_names_them(served: Shop, ids: Dict[str, str]) -> None:
    flow = served.ask('query { flow(where: {name: {_eq: "lonely"}}) { id } }')[0]["id"]
    create = "mutation($f: UUID!) { create_flow_run(input: {flow_id: $f}) { id } }"
    seen = {run_id[0] for run_id in ids.values()}
    while True:  # 17 runs have 16 first digits at most
        id_ = str(served.ask(create.replace("UUID!", "UUID"), f=flow)["id"])
        if id_[0] in seen:
            break
        seen.add(id_[0])
    said = served.kedro("prefect", "cancel", id_[0])

    assert said.code == 1
    assert said.text.splitlines()[-1].startswith(
        f"Error: The IDs of several flow runs begin with '{id_[0]}': "
    )
    assert id_ in said.text


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("00000000-0000-0000-0000-000000000000", "has no flow run 00000000-0000-"),
        ("sales", "'sales' is not the beginning of a flow run's ID."),
    ],
)
def test_an_unknown_id_points_to_the_list_of_runs(served: Shop, id_: str, message: str) -> None:
    for command in ("watch", "cancel"):
        said = served.kedro("prefect", command, id_)

        assert said.code == 1
        assert message in said.text.splitlines()[-1]
        assert "'kedro prefect runs' lists" in said.text.splitlines()[-1]
