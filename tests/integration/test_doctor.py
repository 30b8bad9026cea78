"""What ``kedro prefect doctor`` finds, and what it says that ``kedro run`` would do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Callable, Iterator, List, NamedTuple, Sequence

import pytest
import requests
from click.testing import CliRunner
from distributed import Client
from kedro.framework.startup import bootstrap_project

from project.commands.group import prefect_commands
from tests.kits.cluster import extra_worker, shared_cluster, start_cluster, write_other_kedro
from tests.kits.embedded import open_api
from tests.kits.projects import PIPELINE, PLAIN_SETTINGS, KedroProject

MakeProject = Callable[..., KedroProject]

RUN = "'kedro run --runner=project.runner.PrefectRunner'"
READS_RATE = PIPELINE.replace("node(one, None,", "node(two, 'params:rate',")
READS_ORDERS = PIPELINE.replace("node(one, None,", "node(two, 'orders',")
ORDERS = "orders: {type: tests.kits.projects.FileDataset, filepath: data/orders}"


class Diagnosis(NamedTuple):
    """What the doctor printed, and its exit code."""

    lines: List[str]
    code: int


def diagnose(project: KedroProject, *options: str) -> Diagnosis:
    """Return what the doctor says of a project."""
    metadata = bootstrap_project(project.folder)
    result = CliRunner().invoke(prefect_commands, ["doctor", *options], obj=metadata)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    known = ("ok ", "warn ", "FAIL ", "'kedro run")
    lines = [line for line in result.output.splitlines() if line.startswith(known)]
    return Diagnosis(lines, result.exit_code)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an API that outlives the commands."""
    with open_api(tmp_path_factory.mktemp("api")) as url:
        yield url


class Fault(NamedTuple):
    """A fault of a project, with the beginning of the only line that reports it."""

    line: str
    pipeline: str = PIPELINE
    prefect: str = "{}"
    catalog: str = "{}"
    settings: str = ""
    options: Sequence[str] = ()


# {project} stands for the project's folder, {api} for the address of an API.
FAULTS = {
    "settings that cannot be imported": Fault(
        "FAIL  project: ModuleNotFoundError: No module named 'nonesuch' ({project}/src/",
        settings="import nonesuch",
    ),
    "a webhook that no variable has": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: notify.url: the environment variable "
        "'NO_SUCH_WEBHOOK' is not set.",
        prefect="notify: {url: NO_SUCH_WEBHOOK}",
    ),
    "a hook that raises an error": Fault(
        "FAIL  project: RuntimeError: no context today ({project}/src/",
        settings="""
            from kedro.framework.hooks import hook_impl

            class Hooks:
                @hook_impl
                def after_context_created(self, context):
                    raise RuntimeError("no context today")

            HOOKS = (*HOOKS, Hooks())
            """,
    ),
    "pipelines that cannot be imported": Fault(
        "FAIL  pipelines: ModuleNotFoundError: No module named 'nonesuch' ({project}/src/",
        pipeline="import nonesuch",
    ),
    "an import that fails in what Kedro imports": Fault(
        "FAIL  pipelines: ImportError: An error occurred while importing the 'shop' module: "
        "ModuleNotFoundError: No module named 'nonesuch' ({project}/src/",
        pipeline="""
            def register_pipelines():
                try:
                    import nonesuch
                except ModuleNotFoundError as error:
                    message = "An error occurred while importing the 'shop' module."
                    raise ImportError(message) from error
            """,
    ),
    "an error that quotes its cause": Fault(
        "FAIL  pipelines: RuntimeError: cannot start: no licence ({project}/src/",
        pipeline="""
            def register_pipelines():
                try:
                    raise ValueError("no licence")
                except ValueError as error:
                    raise RuntimeError(f"cannot start: {error}") from error
            """,
    ),
    "pipelines with a syntax error": Fault(
        "FAIL  pipelines: SyntaxError: ", pipeline="def register_pipelines(:"
    ),
    "pipelines that end the process": Fault(
        "FAIL  pipelines: SystemExit: no licence ({project}/src/",
        pipeline="def register_pipelines():\n    raise SystemExit('no licence')",
    ),
    "two nodes of one name": Fault(
        "FAIL  pipelines: ValueError: ", pipeline=PIPELINE.replace('name="two"', 'name="one"')
    ),
    "a misspelt key": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: unknown key 'rnu'. Did you mean 'run'",
        prefect="rnu: here",
    ),
    "a wrong value": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: run: must be here, agent or none",
        prefect="run: there",
    ),
    "a file that is not YAML": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: not valid YAML", prefect="run: ["
    ),
    "settings of an unknown pipeline": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: pipelines.emtpy: the project has no "
        "pipeline 'emtpy'. Did you mean 'empty'?",
        prefect="pipelines: {emtpy: {run: here}}",
    ),
    "workers that nothing uses": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: executor: workers needs a type",
        prefect="executor: {workers: 2}",
    ),
    "an unknown time zone": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: schedule: timezone: unknown time zone",
        prefect="schedule: {cron: '0 6 * * *', timezone: Europe/Pariss}",
    ),
    "a result that cannot hold datasets": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: result.type: PrefectResult",
        prefect="result: {type: PrefectResult}",
    ),
    "a credential that would be stored": Fault(
        "FAIL  prefect.yml: {project}/conf/base/prefect.yml: run_config.env.API_TOKEN: a ",
        prefect="run_config: {type: LocalRun, env: {API_TOKEN: abc}}",
    ),
    "an unknown pipeline": Fault(
        "FAIL  prefect.yml: The project has no pipeline 'emtpy'. Did you mean 'empty'?",
        options=["--pipeline=emtpy"],
    ),
    "an unknown environment": Fault(
        "FAIL  project: There is no Kedro environment 'prdo': {project}/conf has base, local.",
        options=["--env=prdo"],
    ),
    "an empty pipeline": Fault("FAIL  pipeline 'empty': no nodes", options=["--pipeline=empty"]),
    "an input without an entry in the catalog": Fault(
        "FAIL  inputs: 'orders' is not in the catalog: add it to catalog.yml", READS_ORDERS
    ),
    "a parameter that is not set": Fault(
        "FAIL  inputs: 'params:rate' is not one of the parameters: add it to parameters.yml",
        READS_RATE,
    ),
    "an input that does not exist": Fault(
        "FAIL  inputs: 'orders' does not exist: ", READS_ORDERS, catalog=ORDERS
    ),
    "an input that does not exist where only an agent needs it": Fault(
        "warn  inputs: 'orders' does not exist: ",
        READS_ORDERS,
        prefect="run: none",
        catalog=ORDERS,
    ),
    "a catalog with an unknown class": Fault(
        "FAIL  inputs: the catalog cannot be read: ",
        READS_ORDERS,
        catalog="orders: {type: tests.kits.projects.NoDataset, filepath: o}",
    ),
    "a missing credential": Fault(
        "FAIL  inputs: the catalog cannot be read: ",
        READS_ORDERS,
        catalog=ORDERS.replace("}", ", credentials: nonesuch}"),
    ),
    "a misspelt exception": Fault(
        "warn  retry_on: 'ValueEror' will match no error: no such exception is imported; did you "
        "mean ValueError?",
        prefect="tasks: {default: {retry_on: [ValueEror, IOError, HTTPError]}}",
    ),
    "an exception that its module lacks": Fault(
        "warn  retry_on: 'requests.HTTPEror' will match no error: there is nothing of this name",
        prefect="tasks: {default: {retry_on: [requests.HTTPEror, requests.HTTPError]}}",
    ),
    "an exception that is none": Fault(
        "warn  retry_on: 'requests.get' will match no error: it is not an exception",
        prefect="tasks: {nodes: {one: {retry_on: [requests.get]}}}",
    ),
    "hooks that are switched off": Fault(
        "warn  hooks: not registered, so prefect.yml is not read",
        settings=PLAIN_SETTINGS,
    ),
    "hooks that are listed twice": Fault(
        "warn  hooks: registered 2 times. Remove PrefectHooks()",
        settings="DISABLE_HOOKS_FOR_PLUGINS = ('kedro-telemetry',)",
    ),
    "kedro-mlflow on Dask": Fault(
        "warn  plugins: on Dask, kedro-mlflow logs to MLflow runs of the workers",
        prefect="executor: {type: dask, workers: 1}",
        settings="""
            module = "kedro_mlflow.framework.hooks.mlflow_hook"
            HOOKS = (*HOOKS, type("MlflowHook", (), {"__module__": module})())
            """,
    ),
    "code that finds files from the current folder": Fault(
        "warn  code: an agent cannot load the flow: FileNotFoundError",
        pipeline="open('pyproject.toml').close()\n" + PIPELINE,
    ),
    "an API that is down": Fault(
        "FAIL  API: The Prefect API at http://127.0.0.1:9 cannot be reached",
        prefect="api: http://127.0.0.1:9",
    ),
    "an address of something else": Fault(
        "FAIL  API: The Prefect API at {api}/health returned 405", prefect="api: {api}/health"
    ),
    "Prefect's own default": Fault(
        "FAIL  API: Prefect is configured for Prefect Cloud", prefect="api: prefect"
    ),
    "an agent without a server": Fault(
        "FAIL  API: No embedded server is running", prefect="run: agent"
    ),
    "no agent for a run that waits for one": Fault(
        "FAIL  agents: no agent picks up the flow's runs, which wait until one does: an agent with "
        "the label gpu is needed, but no agent is running. Start one: kedro prefect agent --label "
        "gpu",
        prefect="{{api: '{api}', run: agent, labels: [gpu]}}",
    ),
    "no agent for a run that waits for none": Fault(
        "warn  agents: no agent picks up the flow's runs, which wait until one does: ",
        prefect="{{api: '{api}', run: agent, wait: false}}",
    ),
    "no agent for scheduled runs": Fault(
        "warn  agents: no agent picks up the scheduled runs: ",
        prefect="{{api: '{api}', run: none, schedule: {{interval_seconds: 3600}}}}",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_and_fails_only_if_kedro_run_would(
    make_project: MakeProject, api: str, fault: Fault
) -> None:
    prefect = fault.prefect.format(api=api) if "{api}" in fault.prefect else fault.prefect
    project = make_project(fault.pipeline, prefect=prefect, catalog=fault.catalog)
    project.add_to_settings(fault.settings)
    diagnosis = diagnose(project, *fault.options)
    (line,) = (line for line in diagnosis.lines[:-1] if not line.startswith("ok "))
    fails = line.startswith("FAIL")

    assert line.startswith(fault.line.format(project=project.folder, api=api))
    assert diagnosis.code == fails
    assert diagnosis.lines[-1].endswith(" would not succeed.") == fails


@pytest.mark.parametrize(
    ("pipeline", "parameters", "text"),
    [
        (PIPELINE, "", "none needed"),
        (READS_RATE, "rate: 3", "'params:rate' exists"),
        (READS_RATE.replace('"n", "m"', "'parameters', 'm'"), "rate: 3", "all 2 exist"),
    ],
)
def test_inputs_are_counted_in_words(
    make_project: MakeProject, pipeline: str, parameters: str, text: str
) -> None:
    project = make_project(pipeline)
    project.write("conf/base/parameters.yml", parameters)

    assert f"ok    inputs: {text}" in diagnose(project).lines


def test_an_api_that_lasts_as_long_as_a_run_has_no_address(make_project: MakeProject) -> None:
    lines = diagnose(make_project(PIPELINE)).lines

    assert "ok    API: embedded, in the process of 'kedro run'" in lines


def test_the_files_that_settings_are_read_from_are_named(make_project: MakeProject) -> None:
    project = make_project(PIPELINE)
    no_file = diagnose(project).lines[1]
    project.write("conf/base/prefect.yml", "flow: nightly")
    project.write("conf/local/prefect.yml", "run: here")
    two_files = diagnose(project).lines[1]

    assert no_file == (
        "ok    prefect.yml: no prefect.yml in conf/base or conf/local, defaults; flow "
        "'__default__', run: here"
    )
    assert two_files == (
        "ok    prefect.yml: conf/base/prefect.yml + conf/local/prefect.yml; flow 'nightly', run: "
        "here"
    )


@pytest.mark.parametrize("path", ["prefect.yml", "conf/prefect.yml"])
def test_a_file_where_none_is_read_is_reported(make_project: MakeProject, path: str) -> None:
    project = make_project(PIPELINE)
    project.write(path, "run: none")
    diagnosis = diagnose(project)

    assert diagnosis.lines[2] == f"warn  prefect.yml: {path} is not read. Move it to conf/base."
    assert diagnosis.code == 0


def test_https_before_a_server_that_does_not_use_it_is_named(
    make_project: MakeProject, api: str
) -> None:
    address = api.replace("http:", "https:")
    diagnosis = diagnose(make_project(PIPELINE, prefect=f"api: {address}"))

    assert diagnosis.lines[-2] == (
        f"FAIL  API: The server at {address} does not use https. Write http:// in the address "
        "('api' in prefect.yml)."
    )


@pytest.mark.parametrize(
    ("prefect", "plan"),
    [
        ("{}", "register version 1, run 2 nodes here"),
        ("run: none", "register version 1, run nothing"),
        ("executor: {type: threads, workers: 2}", "register version 1, run 2 nodes here"),
    ],
)
def test_a_project_that_was_never_registered_is_fine(
    make_project: MakeProject, prefect: str, plan: str
) -> None:
    diagnosis = diagnose(make_project(PIPELINE, prefect=prefect))

    assert [line for line in diagnosis.lines[:-1] if not line.startswith("ok ")] == []
    assert diagnosis.lines[-1] == f"{RUN} would: {plan}."
    assert diagnosis.code == 0


@pytest.mark.parametrize("content", ["not a database", "of a newer release"])
def test_a_database_that_cannot_be_read_is_one_line(
    make_project: MakeProject, content: str
) -> None:
    project = make_project(PIPELINE)
    database = project.folder / ".prefect/prefect.db"
    if content == "not a database":
        project.write(".prefect/prefect.db", content * 100)
    else:
        with open_api(project.folder):
            pass
        connection = sqlite3.connect(database)
        connection.execute("UPDATE schema_migration SET version = 99")
        connection.commit()
        connection.close()
    diagnosis = diagnose(project)

    assert diagnosis.lines[-2].startswith("FAIL  API: ")
    assert str(database) in diagnosis.lines[-2]
    assert diagnosis.code == 1


def mutate(url: str, name: str, payload: str) -> Any:
    """Run a mutation and return its id."""
    text = f"mutation {{ {name}(input: {{{payload}}}) {{ id }} }}"
    answer = requests.post(url, json={"query": text}, timeout=30).json()
    return answer["data"][name]["id"]


def register(project: KedroProject) -> None:
    """Register the flow of a project."""
    metadata = bootstrap_project(project.folder)
    result = CliRunner().invoke(prefect_commands, ["register"], obj=metadata)
    assert result.exit_code == 0, result.output


def flow_of(url: str, project: KedroProject) -> str:
    """Return the id of the flow of a project."""
    where = f'{{project: {{name: {{_eq: "{project.package}"}}}}}}'
    query = {"query": f"query {{ flow(where: {where}) {{ id }} }}"}
    return str(requests.post(url, json=query, timeout=30).json()["data"]["flow"][0]["id"])


def test_after_registering_the_version_is_used(make_project: MakeProject, api: str) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api}")
    register(project)
    diagnosis = diagnose(project)

    assert diagnosis.lines[-1] == f"{RUN} would: use version 1, run 2 nodes here."


def test_the_agents_of_a_flow_need_the_labels_that_are_deployed(
    make_project: MakeProject, api: str
) -> None:
    schedule = "schedule: {interval_seconds: 3600}"
    project = make_project(PIPELINE, prefect=f"{{api: '{api}', {schedule}, labels: [prod]}}")
    register(project)
    project.write("conf/base/prefect.yml", f"{{api: '{api}', {schedule}, labels: [gpu]}}")
    warnings = [line for line in diagnose(project).lines if line.startswith("warn  ")]

    text = "warn  labels: the deployed flow has prod, prefect.yml has gpu. Register the flow: "
    assert any(line.startswith(text) for line in warnings)
    (agents,) = (line for line in warnings if line.startswith("warn  agents: "))
    assert agents.endswith("Start one: kedro prefect agent --label prod")


def test_a_run_that_nobody_takes_is_reported(make_project: MakeProject, api: str) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api}")
    register(project)
    flow = flow_of(api, project)
    run = mutate(
        api,
        "create_flow_run",
        f'flow_id: "{flow}", scheduled_start_time: "2020-01-01T00:00:00+00:00"',
    )
    (line,) = (line for line in diagnose(project).lines if line.startswith("warn  "))

    assert line.startswith(f"warn  runs: late, or without a heartbeat: {run} (Scheduled). Start")


def test_a_run_whose_process_has_ended_is_reported(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with open_api(tmp_path) as url:
        project = make_project(PIPELINE, prefect=f"api: {url}")
        register(project)
        flow = flow_of(url, project)
        ids = [
            mutate(url, "create_flow_run", f'flow_id: "{flow}", labels: ["kedro-run"]')
            for _ in range(2)
        ]
        # One of them could still be about to start.
        connection = sqlite3.connect(tmp_path / ".prefect/prefect.db")
        old = "2020-01-01T00:00:00.000000+00:00"
        connection.execute("UPDATE flow_run SET state_timestamp = ? WHERE id = ?", [old, ids[0]])
        connection.commit()
        connection.close()
        diagnosis = diagnose(project)

    (line,) = (line for line in diagnosis.lines if line.startswith("warn  "))
    assert line == (
        "warn  runs: left behind by a 'kedro run' that has died, until the next 'kedro run' with "
        f"run: here sets them to Failed: {ids[0]}"
    )
    assert diagnosis.code == 0


def test_two_agents_for_the_same_runs_are_reported(
    make_project: MakeProject, tmp_path: Path
) -> None:
    with open_api(tmp_path) as url:
        for name in ("one", "two"):
            agent = mutate(url, "register_agent", f'type: "LocalAgent", name: "{name}", labels: []')
            mutation = "mutation {{ get_runs_in_queue(input: {{}}) {{ flow_run_ids }} }}"
            requests.post(
                url,
                json={"query": mutation.format()},
                headers={"X-PREFECT-AGENT-ID": agent},
                timeout=30,
            )
        diagnosis = diagnose(make_project(PIPELINE, prefect=f"{{api: '{url}', run: agent}}"))

    (line,) = (line for line in diagnosis.lines if line.startswith("warn  "))
    assert line.startswith("warn  agents: 2 agents pick up the flow's runs")
    assert diagnosis.lines[-1] == (
        f"{RUN} would: register version 1, start a run of 2 nodes for an agent, follow it."
    )


def test_a_schedule_that_is_not_deployed_is_reported(make_project: MakeProject, api: str) -> None:
    project = make_project(PIPELINE, prefect=f"api: {api}")
    register(project)
    project.write(
        "conf/base/prefect.yml", f"{{api: '{api}', schedule: {{interval_seconds: 3600}}}}"
    )
    lines = diagnose(project).lines

    assert any(
        line.startswith("warn  schedule: not deployed as prefect.yml has it") for line in lines
    )


def on_cluster(address: str) -> str:
    return f"executor: {{type: dask, address: '{address}'}}"


@pytest.mark.dask
def test_each_worker_of_a_cluster_is_compared_with_this_process(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(PIPELINE, prefect=on_cluster(shared_cluster()))
    lines = worker_lines(diagnose(project, "--dask"))
    first = project.folder / f"src/{project.package}/pipeline_registry.py"
    first.write_text(PIPELINE.replace("return 1", "return 2"))
    after_change = worker_lines(diagnose(project, "--dask"))

    assert len(lines) == 2
    for line in (*lines, *after_change):
        assert line.startswith("ok    worker tcp://127.0.0.1:")
        assert line.endswith(
            f"opens the project in {project.folder}, with the code and the versions of this process"
        )


def worker_lines(diagnosis: Diagnosis) -> List[str]:
    return [line for line in diagnosis.lines if "worker tcp" in line]


@pytest.mark.dask
def test_a_worker_that_could_not_run_the_nodes_is_a_failure(
    make_project: MakeProject, tmp_path: Path
) -> None:
    write_other_kedro(tmp_path / "other")
    cluster = start_cluster(0)
    project = make_project(PIPELINE, prefect=on_cluster(cluster.address))
    without_worker = diagnose(project, "--dask")
    with extra_worker(cluster.address, pythonpath=str(tmp_path / "other")):
        with Client(cluster.address) as client:
            client.wait_for_workers(1, timeout=120)
        diagnosis = diagnose(project, "--dask")
    cluster.close()

    assert (
        f"FAIL  dask: the scheduler at {cluster.address} has no worker. Start one: dask worker "
        f"{cluster.address}"
    ) in without_worker.lines
    assert "kedro 0.1.2, but this process has kedro 1" in worker_lines(diagnosis)[0]
    assert diagnosis.code == 1


@pytest.mark.dask
def test_a_project_that_a_worker_cannot_open_is_a_failure(make_project: MakeProject) -> None:
    on_workers = """
import multiprocessing

if multiprocessing.parent_process() is not None:
    raise OSError("no licence")
"""
    project = make_project(on_workers + PIPELINE, prefect=on_cluster(shared_cluster()))
    lines = worker_lines(diagnose(project, "--dask"))

    assert len(lines) == 2
    for line in lines:
        assert line.startswith("FAIL  worker tcp://127.0.0.1:")
        assert line.endswith("The worker cannot open it: OSError: no licence")


def test_without_an_address_there_is_no_cluster_to_examine(make_project: MakeProject) -> None:
    diagnosis = diagnose(make_project(PIPELINE), "--dask")

    assert (
        "warn  dask: no cluster to compare with. Set 'executor: {type: dask, address: ...}' in "
        "prefect.yml"
    ) in diagnosis.lines
    assert diagnosis.code == 0


def test_an_address_without_a_scheduler_is_a_failure(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("project.commands.dask_checks.CONNECT_SECONDS", 1)
    diagnosis = diagnose(make_project(PIPELINE, prefect=on_cluster("tcp://127.0.0.1:9")), "--dask")
    found = [line for line in diagnosis.lines if "dask:" in line]

    assert len(found) == 1
    assert "executor.address: no Dask scheduler answers at tcp://127.0.0.1:9." in found[0]
    assert diagnosis.code == 1
