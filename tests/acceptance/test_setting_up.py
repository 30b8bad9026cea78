"""A stranger's project: ``kedro prefect init`` and ``env``, and completion in a shell."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Callable, List

import click
import pytest
import yaml

from project.config.model import SettingsFile, as_dict
from tests.kits.projects import PIPELINE, KedroProject, assert_one_clear_error, kedro_command
from tests.kits.shop import Said, Shop

MakeProject = Callable[..., KedroProject]

# The parts that matter of the scripts in Kedro's documentation: for 0.17, and for 0.18.
SCRIPTS = {
    "flow = Flow(metadata.project_name)": {"__default__": {"flow": "Sales: [eu]"}},
    "with Flow(pipeline_name) as flow:\n    pass": {},
    "flow = Flow('nightly')": {"__default__": {"flow": "nightly"}},
    "with Flow(FLOW, schedule) as flow:\n    pass\nFLOW = 'nightly'": {
        "__default__": {"flow": "nightly"}
    },
}
KEPT = "The file has the names that keep it."
FLOW_IS_COMPUTED = (
    "The script computes the name of its flow: set 'flow', in the section of its pipeline in "
    "'pipelines', to what Prefect's UI shows."
)
PROJECT_IS_COMPUTED = (
    "The script computes the name of its Prefect project: set 'project' to what Prefect's UI shows."
)
SCRIPT = """
from prefect import Client, Flow

{flow}
flow.register(project_name=metadata.project_name)
flow.run_agent()
"""


@pytest.fixture
def project(make_project: MakeProject) -> KedroProject:
    """Return a project without a prefect.yml, whose name is not its package's."""
    project = make_project(PIPELINE)
    metadata = project.folder / "pyproject.toml"
    text = re.sub(r'project_name = ".*"', 'project_name = "Sales: [eu]"', metadata.read_text())
    metadata.write_text(text)
    return project


def written(project: KedroProject) -> object:
    """Return the content of prefect.yml."""
    return yaml.safe_load((project.folder / "conf/base/prefect.yml").read_text())


def test_a_new_file_has_all_keys_with_their_defaults(project: KedroProject) -> None:
    run = kedro_command(project, "prefect", "init")

    assert run.returncode == 0, run.stdout
    # Also the default project: the flow of an earlier run keeps its place.
    assert written(project) == as_dict(SettingsFile())
    assert not (project.folder / ".gitignore").exists()  # .prefect/ brings its own
    doctor = kedro_command(project, "prefect", "doctor")
    assert f"of project '{project.package}', not registered yet" in doctor.stdout
    assert doctor.returncode == 0


@pytest.mark.parametrize("flow", SCRIPTS)
def test_the_script_of_kedros_documentation_keeps_its_flow(
    project: KedroProject, flow: str
) -> None:
    project.write("register_prefect_flow.py", SCRIPT.format(flow=flow))
    run = kedro_command(project, "prefect", "init")

    assert written(project) == {
        **as_dict(SettingsFile()),
        "project": "Sales: [eu]",
        "pipelines": SCRIPTS[flow],
    }
    lines = run.stdout.splitlines()
    assert lines[-5:] == [
        f"Wrote {project.folder}/conf/base/prefect.yml",
        f"{project.folder}/register_prefect_flow.py registers a flow with Prefect. {KEPT}",
        "The file has 'api: embedded'. To stay with the script's API, set 'api: prefect'.",
        "Stop the script's agent, and start 'kedro prefect agent' instead.",
        "Next: kedro prefect doctor",
    ]


@pytest.mark.parametrize(
    ("flow", "project_name", "computed"),
    [
        ('Flow("nightly-" + x)', '"sales"', [FLOW_IS_COMPUTED]),
        ("Flow(flow_name)", '"sales"', [FLOW_IS_COMPUTED]),
        ("Flow(f'nightly-{x}')", "x", [PROJECT_IS_COMPUTED, FLOW_IS_COMPUTED]),
        ("Flow(pipeline_name)", "PROJECTS[0]", [PROJECT_IS_COMPUTED]),
    ],
)
def test_a_name_that_the_script_computes_is_not_claimed_to_be_kept(
    project: KedroProject, flow: str, project_name: str, computed: List[str]
) -> None:
    script = SCRIPT.format(flow=f"flow = {flow}").replace("metadata.project_name", project_name)
    project.write("register_prefect_flow.py", script)
    run = kedro_command(project, "prefect", "init")

    assert [line for line in run.stdout.splitlines() if line.startswith("The script")] == computed
    assert KEPT not in run.stdout
    expected = {} if PROJECT_IS_COMPUTED in computed else {"project": "sales"}
    assert written(project) == {**as_dict(SettingsFile()), **expected}


def test_a_file_that_exists_stays_as_it_is(project: KedroProject) -> None:
    project.write("conf/base/prefect.yml", "run: none")

    assert_one_clear_error(
        kedro_command(project, "prefect", "init"),
        f"{project.folder}/conf/base/prefect.yml exists already.",
    )
    assert written(project) == {"run": "none"}


def test_with_the_printed_variables_prefects_commands_use_this_projects_api(served: Shop) -> None:
    assert served.kedro("prefect", "register").code == 0
    python = shlex.quote(sys.executable)
    script = (
        f'eval "$({python} -W ignore -m kedro prefect env | grep ^export)" && '
        f"{python} -W ignore -m prefect get flows && "
        f"{python} -W ignore -m prefect run --name __default__ --project shop"
    )
    process = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=served.folder,
        env=served.env,
        capture_output=True,
        text=True,
    )

    assert process.returncode == 0, process.stderr
    assert "__default__" in process.stdout
    assert f"URL: {served.url}/default/flow-run/" in process.stdout


def test_the_variables_need_an_api_that_is_up(project: KedroProject) -> None:
    run = kedro_command(project, "prefect", "env")

    assert_one_clear_error(run, "No embedded server is running")


def test_a_host_that_does_not_exist_is_no_problem_of_the_port(project: KedroProject) -> None:
    options = ("--host", "nothing.invalid", "--token", "key", "--port", "0")
    run = kedro_command(project, "prefect", "server", *options)

    assert_one_clear_error(run, "Cannot listen on nothing.invalid:0: ", "Choose another host.")


def completions(shop: Shop, *words: str) -> List[str]:
    """Return how a shell completes the last word."""
    process = shop.start_python(
        cwd=shop.folder,
        python=str(Path(sys.executable).with_name("kedro")),  # click finds no name in -m kedro
        _KEDRO_COMPLETE="bash_complete",
        COMP_WORDS=shlex.join(["kedro", *words]),
        COMP_CWORD=str(len(words)),
    )
    said = Said.of(process)
    return re.findall(r"^plain,(.*)$", said.text, re.MULTILINE)


@pytest.mark.skipif(
    "shell_complete" not in inspect.signature(click.Parameter.__init__).parameters,
    reason="click completes values since 8.0",
)
def test_a_shell_completes_pipelines_and_ids(served: Shop) -> None:
    assert served.kedro("prefect", "register").code == 0
    id_ = served.start_run("__default__")

    assert completions(served, "prefect", "register", "--pipeline", "l") == ["lonely"]
    assert completions(served, "prefect", "doctor", "-p", "x") == []
    assert completions(served, "prefect", "cancel", id_[:4]) == [id_]
    assert completions(served, "prefect", "watch", "x") == []
