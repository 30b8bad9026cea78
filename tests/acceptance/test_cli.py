"""The commands ``kedro prefect ...``, each in its own process."""

from __future__ import annotations

import re
import shutil

import pytest

from project.compat.kedro import MemoryDataset
from tests.kits.shop import Said, Shop


def test_kedro_lists_the_commands_once(shop: Shop) -> None:
    said = shop.kedro("--help")

    assert said.text.count("\n  prefect ") == 1
    commands = re.findall(r"^  (\w+)", shop.kedro("prefect", "--help").text, re.MULTILINE)
    assert commands[1:] == [
        "agent",
        "cancel",
        "clean",
        "compile",
        "doctor",
        "env",
        "explain",
        "init",
        "register",
        "restart",
        "run",
        "runs",
        "server",
        "watch",
    ]


def test_an_agent_and_its_runs_need_a_running_server(shop: Shop) -> None:
    for command in ("prefect agent", "run --runner=project.runner.PrefectRunner"):
        said = shop.kedro(*command.split())

        assert said.code == 1
        assert said.text.splitlines()[-1] == (
            "Error: No embedded server is running. Agents and Prefect's own commands need one that "
            "keeps running: start 'kedro prefect server' in another terminal, or name a Prefect "
            "API in prefect.yml ('api')."
        )


@pytest.mark.parametrize(
    ("address", "words", "code"),
    [
        ("127.0.0.1:9", "must be embedded, prefect, or an address that starts with http://", 2),
        ("http://127.0.0.1:42O0", "must be an address whose port is a number up to 65535", 2),
        ("http://127.0.0.1:9", "Check that it is running, and the address (--api).", 1),
    ],
)
def test_a_wrong_address_on_the_command_line_is_named_as_such(
    shop: Shop, address: str, words: str, code: int
) -> None:
    said = shop.kedro("prefect", "agent", "--api", address)

    assert said.code == code
    assert words in said.text
    assert "--api" in said.text
    assert "prefect.yml" not in said.text


def test_the_doctor_reports_each_failed_check(shop: Shop) -> None:
    catalog = shop.folder / "conf/base/catalog.yml"
    registry = shop.folder / "src/shop/pipeline_registry.py"
    before = registry.read_text()
    registry.write_text(before.replace('"params:size", "numbers"', '"orders", "numbers"'))
    said = shop.kedro("prefect", "doctor")
    registry.write_text(before)

    assert catalog.exists()
    assert said.code == 1
    assert "FAIL  inputs: 'orders' is not in the catalog: add it to catalog.yml" in said.text
    assert "FAIL  API: No embedded server is running" in said.text
    assert "ok    code: a new process can load the flow" in said.text
    assert said.text.splitlines()[-1] == (
        "'kedro run --runner=project.runner.PrefectRunner' would not succeed."
    )


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ("{type: shop.datasets.TextDataset, filepath: o, credentials: nonesuch}", "nonesuch"),
        ("{type: shop.datasets.NoDataset, filepath: o}", "NoDataset"),
    ],
    ids=["a missing credential", "a missing class"],
)
def test_the_doctor_reports_a_catalog_that_cannot_be_read(
    shop: Shop, orders: str, reason: str
) -> None:
    catalog = shop.folder / "conf/base/catalog.yml"
    registry = shop.folder / "src/shop/pipeline_registry.py"
    before = {file: file.read_text() for file in (catalog, registry)}
    catalog.write_text(f"{before[catalog]}\norders: {orders}\n")
    registry.write_text(before[registry].replace('"params:size", "numbers"', '"orders", "numbers"'))
    said = shop.kedro("prefect", "doctor")
    for file, text in before.items():
        file.write_text(text)

    assert said.code == 1
    assert "Traceback" not in said.text
    (line,) = (line for line in said.text.splitlines() if line.startswith("FAIL  inputs: "))
    assert re.match(r"FAIL  inputs: the catalog cannot be read: \w+: .*", line)
    assert reason in line
    assert "ok    code: a new process can load the flow" in said.text


def test_a_second_server_says_where_the_first_is(served: Shop) -> None:
    said = served.kedro("prefect", "server", "--port", "0")

    assert said.code == 1
    assert f"already running at {served.url}" in said.text


def test_a_server_for_other_machines_needs_a_token(shop: Shop) -> None:
    said = shop.kedro("prefect", "server", "--host", "192.0.2.1")

    assert said.code == 1
    assert "set a token" in said.text


def test_registering_reports_only_what_has_changed(served: Shop) -> None:
    check = served.kedro("prefect", "register", "--all", "--check")
    assert check.code == 1
    assert "Flow 'failing': would be registered" in check.text

    said = served.kedro("prefect", "register", "--all")
    assert said.code == 0
    assert re.findall(r"Flow '(\w+)' of project 'shop', version (\d): (\w+)", said.text) == [
        (name, "1", "registered")
        for name in ("__default__", "endless", "failing", "lonely", "many", "threaded")
    ]

    again = served.kedro("prefect", "register", "--all", "--check")
    assert again.code == 0
    assert again.text.count("unchanged") == 6


def test_a_copy_of_the_project_in_another_folder_is_the_same_flow(served: Shop) -> None:
    assert served.kedro("prefect", "register").code == 0
    served.write("conf/copied/prefect.yml", f"api: {served.url}")
    copy = served.folder.parent / "copy"
    shutil.copytree(served.folder, copy, ignore=shutil.ignore_patterns(".prefect"))

    said = Said.of(served.start("prefect", "register", "--env", "copied", cwd=copy))

    assert said.code == 0, said.text
    assert "version 1: unchanged" in said.text


def test_a_registered_task_names_its_function_and_its_datasets(served: Shop) -> None:
    assert served.kedro("prefect", "register").code == 0

    (task,) = served.ask(
        'query { task(where: {slug: {_eq: "double"}}) { description inputs outputs } }'
    )
    assert task == {
        "description": "shop.nodes.double",
        "inputs": {"numbers": {"type": MemoryDataset.__name__, "required": True}},
        "outputs": {"doubled": {"type": "shop.datasets.TextDataset", "required": True}},
    }


def test_registering_in_an_environment_makes_it_the_default_of_runs(served: Shop) -> None:
    assert served.kedro("prefect", "register").code == 0
    check = served.kedro("prefect", "register", "--env", "prod", "--check")
    assert check.code == 1

    assert "version 1: unchanged" in served.kedro("prefect", "register", "--env", "prod").text
    assert served.kedro("prefect", "register", "--env", "prod", "--check").code == 0
    run = served.flow_run(served.start_run("__default__"), "id parameters")
    assert run["parameters"]["env"] == "prod"

    assert served.kedro("prefect", "cancel", run["id"]).code == 0
    assert served.kedro("prefect", "register").code == 0
    (group,) = served.ask(
        'query { flow_group(where: {flows: {name: {_eq: "__default__"}}}) { default_parameters } }'
    )
    assert group == {"default_parameters": {}}


def test_a_run_is_in_the_deployed_environment_unless_another_is_named(served: Shop) -> None:
    served.write("conf/other/credentials.yml", "store: {key: none}")
    assert served.kedro("prefect", "register", "--env", "prod").code == 0
    for options, env in [((), "prod"), (("--env", "other"), "other")]:
        said = served.kedro("prefect", "run", "--no-wait", *options)
        assert said.code == 0, said.text
        (id_,) = re.findall(r"Flow run ([0-9a-f-]{36})", said.text)

        assert served.flow_run(id_, "parameters") == {"parameters": {"env": env}}
        assert served.kedro("prefect", "cancel", id_).code == 0
    assert served.kedro("prefect", "register").code == 0


def test_kedro_run_for_an_agent_is_in_its_own_environment(served: Shop) -> None:
    assert served.kedro("prefect", "register", "--env", "prod").code == 0
    served.write("conf/local/prefect.yml", "wait: false")
    said = served.run()
    (served.folder / "conf/local/prefect.yml").unlink()
    assert said.code == 0, said.text
    (id_,) = re.findall(r"Flow run ([0-9a-f-]{36})", said.text)

    assert served.flow_run(id_, "parameters") == {"parameters": {"env": None}}
    assert served.kedro("prefect", "cancel", id_).code == 0
    assert served.kedro("prefect", "register").code == 0


def test_the_environment_may_be_named_by_a_variable(served: Shop) -> None:
    assert served.kedro("prefect", "register", "--env", "prod").code == 0
    command = ("-W", "ignore", "-m", "kedro", "prefect", "register")
    said = Said.of(served.start_python(*command, cwd=served.folder, KEDRO_ENV="prod"))

    assert said.code == 0, said.text
    assert "version 1: unchanged" in said.text
    (group,) = served.ask(
        'query { flow_group(where: {flows: {name: {_eq: "__default__"}}}) { default_parameters } }'
    )
    assert group == {"default_parameters": {"env": "prod"}}
    start = ("-W", "ignore", "-m", "kedro", "prefect", "run", "--no-wait")
    said = Said.of(served.start_python(*start, cwd=served.folder, KEDRO_ENV="prod"))
    assert said.code == 0, said.text
    (run,) = served.ask("query { flow_run(order_by: {created: desc}, limit: 1) { id parameters } }")
    assert run["parameters"]["env"] == "prod"
    assert served.kedro("prefect", "cancel", run["id"]).code == 0
    assert served.kedro("prefect", "register").code == 0


def test_the_error_for_an_unknown_environment_names_the_existing_ones(shop: Shop) -> None:
    said = shop.kedro("prefect", "register", "--env", "prdo")

    assert said.code == 1
    assert "There is no Kedro environment 'prdo'" in said.text
    assert "prod" in said.text.splitlines()[-1]


def test_the_doctor_prints_the_complete_command(served: Shop) -> None:
    prefect_yml = served.folder / "conf/prod/prefect.yml"
    prefect_yml.write_text("{project: new, run: here, schedule: {interval_seconds: 60}}")
    said = served.kedro("prefect", "doctor", "--env", "prod", "--pipeline", "lonely")
    prefect_yml.unlink()

    assert said.code == 0, said.text
    assert "Register the flow: kedro prefect register --pipeline lonely --env prod" in said.text
    assert said.text.splitlines()[-1] == (
        "'kedro run --env=prod --pipeline=lonely --runner=project.runner.PrefectRunner' would: "
        "register version 1, run 1 node here."
    )


def test_two_pipelines_cannot_have_the_same_flow(shop: Shop) -> None:
    prefect_yml = shop.folder / "conf/base/prefect.yml"
    before = prefect_yml.read_text()
    prefect_yml.write_text("flow: shopping\n")
    said = shop.kedro("prefect", "register", "--all")
    prefect_yml.write_text(before)

    assert said.code == 1
    assert "'__default__' and 'endless' would both be registered as flow 'shopping'" in said.text


def test_the_error_for_an_unknown_pipeline_names_the_existing_ones(shop: Shop) -> None:
    said = shop.kedro("prefect", "register", "--pipeline", "failng")

    assert said.code == 1
    assert said.text.splitlines()[-1] == (
        "Error: The project has no pipeline 'failng'. Did you mean 'failing'?"
    )


def test_runs_are_listed_and_cancelled(served: Shop) -> None:
    served.kedro("prefect", "register")
    id_ = served.start_run("__default__")

    said = served.kedro("prefect", "cancel", id_)
    assert said.text.splitlines()[-1] == f"Flow run {id_} is Cancelled."
    (row,) = (line for line in served.kedro("prefect", "runs").text.splitlines() if id_ in line)
    assert "__default__ 1" in row
    assert "Cancelled" in row


def test_an_unknown_run_is_an_error(served: Shop) -> None:
    said = served.kedro("prefect", "watch", "00000000-0000-0000-0000-000000000000")

    assert said.code == 1
    assert "has no flow run 00000000-0000-0000-0000-000000000000" in said.text
