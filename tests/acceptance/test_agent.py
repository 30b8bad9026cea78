"""Flow runs under an agent: a server, an agent and Kedro commands, each in its own process."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from tests.kits.projects import accepts
from tests.kits.shop import SENTINEL, Said, Shop
from tests.kits.waiting import eventually
from tests.kits.webhook import Webhook

ALL = ["make", "double", "add_up"]
STATES = "states(order_by: {timestamp: asc}) { state }"
RUN = ("run", "--runner=project.runner.PrefectRunner")


@pytest.fixture(autouse=True)
def clean(staffed: Shop) -> None:
    """Let each test find no files and no record of hooks, and the flow registered."""
    if not staffed.ask("query { flow { id } }"):
        assert staffed.kedro("prefect", "register", "--all").code == 0
    staffed.hooks()
    staffed.saved()


def id_in(text: str) -> str:
    return re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)[0]


def in_order(node_names: list[str]) -> list[str]:
    calls = [f"{when}_node_run {name}" for name in node_names for when in ("before", "after")]
    return ["after_catalog_created", "before_pipeline_run", *calls, "after_pipeline_run"]


def test_states_and_lines_are_shown_as_they_arrive(staffed: Shop) -> None:
    said = staffed.run()

    assert said.code == 0, said.text
    states = ["Scheduled", "Submitted", "Running", "Success"]
    assert re.findall(r"Flow run is (\w+)", said.text) == states
    assert "making 3 numbers" in said.text
    assert [*staffed.saved().values()] == [{"doubled": [0, 2, 4], "total": 6}]
    lines = staffed.lines(id_in(said.text))
    assert lines["making 3 numbers"] == "make"
    assert lines["adding up 3 numbers"] == "add_up"
    assert lines["Running node: double: double([numbers]) -> [doubled]"] == "double"
    of_the_run = [task for line, task in lines.items() if line.startswith("Pipeline execution")]
    assert of_the_run == [None]


def test_a_failure_of_a_node_is_the_failure_of_the_command(staffed: Shop) -> None:
    said = staffed.run("--pipeline", "failing")

    assert said.code == 1
    id_ = id_in(said.text)
    assert said.text.splitlines()[-1] == (
        "Error: The flow run ended in state Failed: fail: Error during execution of task: "
        f"ValueError('no stock left'). See {staffed.pages}/default/flow-run/{id_}"
    )
    assert "on_pipeline_error ValueError: no stock left" in staffed.hooks()


@pytest.fixture
def webhook(staffed: Shop) -> Iterator[Webhook]:
    server = Webhook()
    staffed.write("conf/local/prefect.yml", f"notify: {{url: {server.url}}}\n")
    yield server
    (staffed.folder / "conf/local/prefect.yml").unlink()
    server.close()


def test_the_end_of_a_run_is_notified_from_its_own_process(staffed: Shop, webhook: Webhook) -> None:
    id_ = staffed.start_run("failing")
    first, link = webhook.next()["text"].split("\n")

    assert first == "failing: Failed in node fail. ValueError: no stock left"
    assert link == f"{staffed.pages}/default/flow-run/{id_}"


def wait_until(staffed: Shop, running: subprocess.Popen[str], words: str) -> str:
    assert running.stdout
    text = ""
    for line in running.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(f"Never said {words!r}: {text}")


def test_ctrl_c_cancels_the_flow_run(staffed: Shop) -> None:
    running = staffed.start(*RUN, "--pipeline", "endless")
    id_ = id_in(wait_until(staffed, running, "Running node: wait"))
    running.send_signal(signal.SIGINT)
    said = Said.of(running, 60)

    assert said.code == 1
    assert "Error: The flow run ended in state Cancelled" in said.text
    assert staffed.flow_run(id_, "state") == {"state": "Cancelled"}
    assert staffed.node_states(id_) == {"wait": "Cancelled"}


def test_a_run_that_no_agent_may_take_says_which_labels_are_missing(staffed: Shop) -> None:
    running = staffed.start(*RUN, "--pipeline", "lonely")
    text = wait_until(staffed, running, "No agent picks up this run")
    running.send_signal(signal.SIGINT)

    assert text.splitlines()[-1] == (
        "No agent picks up this run: an agent with the label gpu is needed, but the running "
        "agents are agent (no labels). Start one: kedro prefect agent --label gpu"
    )
    assert Said.of(running, 60).code == 1
    assert staffed.flow_run(id_in(text), "state") == {"state": "Cancelled"}


@pytest.mark.parametrize(
    ("parameters", "ran", "saved"),
    [
        ({"env": "prod"}, ALL, {"doubled": [0, 2, 4, 6, 8], "total": 20}),
        ({"params": {"size": 2}, "nodes": ["make", "double"]}, ALL[:2], {"doubled": [0, 2]}),
    ],
    ids=["env", "params and nodes"],
)
def test_a_run_follows_its_parameters(
    staffed: Shop, parameters: Dict[str, Any], ran: list[str], saved: Dict[str, Any]
) -> None:
    id_ = staffed.start_run("__default__", **parameters)

    assert staffed.ended(id_) == "Success"
    states = {name: "Success" if name in ran else "Skipped" for name in ALL}
    assert staffed.node_states(id_) == states
    assert [*staffed.saved().values()] == [saved]
    assert staffed.hooks() == in_order(ran)


def test_a_run_without_an_environment_uses_the_one_of_the_registration(staffed: Shop) -> None:
    assert staffed.kedro("prefect", "register", "--env", "prod").code == 0
    assert staffed.ended(staffed.start_run("__default__")) == "Success"
    assert [*staffed.saved().values()] == [{"doubled": [0, 2, 4, 6, 8], "total": 20}]

    assert staffed.run().code == 0
    assert [*staffed.saved().values()] == [{"doubled": [0, 2, 4], "total": 6}]

    assert staffed.kedro("prefect", "register").code == 0


def test_a_run_uses_the_environment_of_its_command(
    staffed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(staffed.env, "KEDRO_ENV", "prod")
    said = staffed.run()

    assert said.code == 0, said.text
    assert [*staffed.saved().values()] == [{"doubled": [0, 2, 4, 6, 8], "total": 20}]


def test_lines_printed_in_threads_are_reported_for_their_tasks(staffed: Shop) -> None:
    id_ = staffed.start_run("threaded")

    assert staffed.ended(id_) == "Success"
    lines = staffed.lines(id_)
    printed = {line: task for line, task in lines.items() if line.startswith("hello")}
    assert printed == {"hello on the left 3": "left", "hello on the right 3": "right"}


def test_prefects_own_command_line_runs_and_lists_it(staffed: Shop) -> None:
    staffed.write("data/doubled.txt/2020-01-01T00.00.00.000Z/doubled.txt", "[1, 2]")
    arguments = ["--name", "__default__", "--project", "shop", "--param", 'tags=["reporting"]']
    said = staffed.prefect("run", *arguments, "--watch")

    assert "Flow run succeeded!" in said.text
    id_ = id_in(said.text)
    assert id_ in staffed.prefect("get", "flow-runs").text
    assert staffed.node_states(id_) == {"make": "Skipped", "double": "Skipped", "add_up": "Success"}
    assert [*staffed.saved().values()][-1] == {"total": 3}


def test_the_code_of_an_edited_node_runs_without_registering_again(staffed: Shop) -> None:
    nodes = staffed.folder / "src/shop/nodes.py"
    before = nodes.read_text()
    nodes.write_text(before.replace("2 * number", "30 * number"))
    id_ = staffed.start_run("__default__")

    assert staffed.ended(id_) == "Success"
    assert [*staffed.saved().values()] == [{"doubled": [0, 30, 60], "total": 90}]
    nodes.write_text(before)


def test_a_pipeline_with_other_nodes_than_registered_says_what_to_do(staffed: Shop) -> None:
    registry = staffed.folder / "src/shop/pipeline_registry.py"
    before = registry.read_text()
    registry.write_text(before.replace('name="double"', 'name="twice"'))
    id_ = staffed.start_run("__default__")

    assert staffed.ended(id_) == "Failed"
    registry.write_text(before)
    message = staffed.flow_run(id_, "state_message")["state_message"]
    assert "(added: twice; removed: double). Register it again with 'kedro prefect reg" in message


def test_a_hook_that_fails_after_the_nodes_fails_the_run(staffed: Shop) -> None:
    switch = staffed.folder / "break_the_last_hook"
    switch.touch()
    id_ = staffed.start_run("__default__")

    assert staffed.ended(id_) == "Failed"
    switch.unlink()
    message = staffed.flow_run(id_, "state_message")["state_message"]
    assert message == (
        "The Kedro session failed after its nodes had run: RuntimeError('the last hook broke')"
    )
    assert any("RuntimeError: the last hook broke" in line for line in staffed.lines(id_))


def test_a_session_that_cannot_be_opened_fails_the_run(staffed: Shop, webhook: Webhook) -> None:
    id_ = staffed.start_run("__default__", nodes=["mkae"])

    first, _ = webhook.next()["text"].split("\n")
    assert first.startswith("__default__: Failed. ValueError: Pipeline does not contain nodes")
    assert staffed.ended(id_) == "Failed"
    assert set(staffed.node_states(id_).values()) == {"TriggerFailed"}
    assert any("mkae" in line for line in staffed.lines(id_))


def test_a_parameter_larger_than_a_state_leaves_no_task_open(staffed: Shop) -> None:
    id_ = staffed.start_run("__default__", params={"filling": "x" * 1_200_000})

    assert staffed.ended(id_) == "Success"
    rows = staffed.flow_run(id_, "task_runs { state task { name } }")["task_runs"]
    assert {row["task"]["name"]: row["state"] for row in rows if row["state"] != "Success"} == {}


def test_a_parameter_of_the_wrong_type_is_an_error(staffed: Shop) -> None:
    id_ = staffed.start_run("__default__", tags="reporting")

    assert staffed.ended(id_) == "Failed"
    message = (
        "The parameter 'tags' of the flow run must be a list, as in [\"name\"], not 'reporting'."
    )
    assert any(message in line for line in staffed.lines(id_))


def test_every_check_of_the_doctor_passes(staffed: Shop) -> None:
    said = staffed.kedro("prefect", "doctor")

    assert said.code == 0, said.text
    assert "FAIL" not in said.text
    assert re.findall(r"^ok    (\w[\w.]*): ", said.text, re.MULTILINE) == [
        *("versions", "prefect.yml", "inputs", "hooks", "code"),
        *("API", "tenant", "flow", "agents", "runs"),
    ]


@pytest.mark.skipif(not accepts("only_missing_outputs"), reason="this Kedro has no such option")
def test_an_agent_makes_only_the_outputs_that_are_missing(staffed: Shop) -> None:
    assert staffed.run().code == 0
    staffed.hooks()
    said = staffed.run("--only-missing-outputs")

    assert said.code == 0, said.text
    assert set(staffed.node_states(id_in(said.text)).values()) == {"Skipped"}
    assert [call for call in staffed.hooks() if "node_run" in call] == []


def test_no_credential_is_stored(staffed: Shop) -> None:
    id_ = staffed.start_run("__default__")

    assert staffed.ended(id_) == "Success"
    folders = (staffed.folder / ".prefect", staffed.home)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert staffed.folder / ".prefect/prefect.db" in files
    assert [path for path in files if SENTINEL.encode() in path.read_bytes()] == []


def test_cancelling_by_command_ends_a_run(staffed: Shop) -> None:
    id_ = staffed.start_run("endless")
    eventually(lambda: staffed.node_states(id_) == {"wait": "Running"})
    said = staffed.kedro("prefect", "cancel", id_)

    assert said.text.splitlines()[-1] == f"Flow run {id_} is Cancelling."
    assert staffed.ended(id_) == "Cancelled"
    watched = staffed.kedro("prefect", "watch", id_)
    assert watched.code == 1
    assert "Error: The flow run ended in state Cancelled" in watched.text


def nodes_ended(staffed: Shop) -> set[str]:
    return set(re.findall(r"after_node_run (\w+)", "\n".join(staffed.hooks())))


def assert_reported(states: Dict[str, str], ended: set[str]) -> None:
    succeeded = {name for name, state in states.items() if state == "Success"}

    assert succeeded <= ended
    assert len(ended - succeeded) <= 1  # the run may stop between a node's last hook and its state


def set_state(staffed: Shop, id_: str, **state: str) -> None:
    staffed.ask(
        "mutation($input: set_flow_run_states_input!) "
        "{ set_flow_run_states(input: $input) { states { status } } }",
        input={"states": [{"flow_run_id": id_, "state": state}]},
    )


def process_of(id_: str) -> list[str]:
    variable = f"PREFECT__CONTEXT__FLOW_RUN_ID={id_}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable in (path / "environ").read_bytes():
                found.append(path.name)
    return found


@pytest.mark.parametrize(
    ("state", "left_open"),
    [
        ({"type": "Failed", "message": "by hand"}, set()),
        ({"type": "Scheduled", "start_time": "2100-01-01T00:00:00+00:00"}, {"Pending"}),
    ],
    ids=["Failed", "Scheduled"],
)
def test_a_run_whose_state_someone_else_sets_starts_no_node_and_ends_as_that_says(
    staffed: Shop, state: Dict[str, str], left_open: set[str]
) -> None:
    id_ = staffed.start_run("many")
    eventually(lambda: "Success" in staffed.node_states(id_).values())
    set_state(staffed, id_, **state)
    eventually(lambda: not process_of(id_), 15)
    states = staffed.node_states(id_)
    ended = nodes_ended(staffed)

    assert staffed.flow_run(id_, "state") == {"state": state["type"]}
    assert len(ended) < 150
    assert_reported(states, ended)
    open_states = set(states.values()) - {"Success", "Failed", "TriggerFailed"}
    assert open_states - {"Running"} == left_open
    assert any("was stopped here, because its state was set to" in x for x in staffed.lines(id_))


def wait_states(staffed: Shop, id_: str) -> list[str]:
    rows = staffed.flow_run(id_, f"task_runs {{ task {{ name }} {STATES} }}")["task_runs"]
    (row,) = (row for row in rows if row["task"]["name"] == "wait")
    return [each["state"] for each in row["states"]]


def test_a_run_that_is_restarted_while_it_runs_goes_on_in_one_process(staffed: Shop) -> None:
    id_ = staffed.start_run("endless")
    eventually(lambda: staffed.node_states(id_) == {"wait": "Running"})
    (first,) = process_of(id_)
    set_state(staffed, id_, type="Scheduled")
    eventually(lambda: wait_states(staffed, id_).count("Running") == 2)
    eventually(lambda: first not in process_of(id_))
    staffed.kedro("prefect", "cancel", id_)

    assert staffed.ended(id_) == "Cancelled"
    states = [row["state"] for row in staffed.flow_run(id_, STATES)["states"]]
    begun = ["Scheduled", "Submitted", "Running"]
    assert states == [*begun, *begun, "Cancelling", "Cancelled"]
    assert wait_states(staffed, id_) == ["Pending", "Running", "Pending", "Running", "Cancelled"]


def test_a_run_that_is_cancelled_among_many_short_nodes_ends_within_seconds(staffed: Shop) -> None:
    id_ = staffed.start_run("many")
    eventually(lambda: "Success" in staffed.node_states(id_).values())
    cancel = "mutation($id: UUID!) { cancel_flow_run(input: {flow_run_id: $id}) { state } }"
    staffed.ask(cancel, id=id_)
    eventually(lambda: staffed.flow_run(id_, "state") == {"state": "Cancelled"}, 10)

    states = staffed.node_states(id_)
    assert set(states.values()) == {"Success", "Cancelled"}
    assert_reported(states, nodes_ended(staffed))
