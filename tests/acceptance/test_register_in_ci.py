"""The workflow of docs/ci, run in a project that registers with a Prefect API."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import yaml

from tests.kits.shop import Said, Shop, stop
from tests.kits.waiting import eventually

WORKFLOW = Path(__file__).parents[2] / "docs/ci/register.yml"
KEY = "sentinel-key-93b1"
PAGES = "https://prefect.example.org"


class Job:
    """Job of the workflow, in a project and with the secrets of its repository."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._workflow: Dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
        self._steps: List[Dict[str, Any]] = self._workflow["jobs"]["register"]["steps"]
        shop.write("conf/server/prefect.yml", "{api: prefect, run: none}")
        shop.write("conf/server/credentials.yml", "store: {key: '${oc.env:STORE_KEY,null}'}")

    def knows(self, **secrets: str) -> None:
        """Set the variables of the workflow by the names of its secrets and variables."""
        for name, value in self._workflow["env"].items():
            given = re.sub(r"\$\{\{ \w+\.(\w+) \}\}", lambda found: secrets[found[1]], value)
            self.shop.env[name] = given

    def on(self, event: str, checkout: Path | None = None) -> Said:
        """Run the command for an event of the repository."""
        (step,) = (step for step in self._steps if step.get("if", "").endswith(f"'{event}'"))
        command = shlex.split(step["run"])
        assert command[0] == "kedro"
        return Said.of(self.shop.start(*command[1:], cwd=checkout))


@pytest.fixture(scope="module")
def job(shop: Shop) -> Iterator[Job]:
    """Return the job of a project whose API requires a key."""
    server = shop.start("prefect", "server", "--port", "0", "--token", KEY)
    assert server.stdout
    line = next(line for line in server.stdout if "Prefect API" in line)
    shop.url = re.findall(r"http://\S+", line)[0]
    yield Job(shop)
    stop(server)


@pytest.fixture(autouse=True)
def secrets(job: Job) -> None:
    job.knows(PREFECT_API=job.shop.url, PREFECT_API_KEY=KEY, PREFECT_PAGES=PAGES)


def test_a_merge_registers_the_flow_and_runs_nothing(job: Job) -> None:
    said = job.on("push")

    assert said.code == 0, said.text
    assert "Flow '__default__' of project 'shop', version 1: registered" in said.text
    assert re.search(rf"^Flow: {PAGES}/default/flow/[0-9a-f-]{{36}}$", said.text, re.MULTILINE)
    assert KEY not in said.text
    assert job.shop.saved() == {}


def test_a_merge_that_changes_nothing_registers_nothing(job: Job) -> None:
    said = job.on("push")

    assert said.code == 0, said.text
    assert "Flow '__default__' of project 'shop', version 1: unchanged" in said.text


def test_a_pull_request_shows_whether_a_merge_would_register(job: Job) -> None:
    unchanged = job.on("pull_request")
    registry = job.shop.folder / "src/shop/pipeline_registry.py"
    before = registry.read_text()
    registry.write_text(before.replace('name="double"', 'name="twice"'))
    changed = job.on("pull_request")
    registry.write_text(before)

    assert (unchanged.code, changed.code) == (0, 1), unchanged.text + changed.text
    assert "Flow '__default__': unchanged" in unchanged.text
    assert "Flow '__default__': would be registered" in changed.text
    assert "version 1: unchanged" in job.on("push").text


def test_who_runs_a_flow_is_no_part_of_what_is_registered(job: Job) -> None:
    job.shop.write("conf/server/prefect.yml", f"{{api: '{job.shop.url}', run: agent, wait: false}}")
    said = job.on("pull_request")
    job.shop.write("conf/server/prefect.yml", "{api: prefect, run: none}")

    assert said.code == 0, said.text
    assert "Flow '__default__': unchanged" in said.text


def test_an_agent_runs_it_where_the_project_is_in_another_folder(job: Job, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(job.shop.folder, checkout, ignore=shutil.ignore_patterns(".prefect"))
    said = job.on("push", checkout)
    assert said.code == 0, said.text
    shutil.rmtree(checkout)
    agent = job.shop.start("prefect", "agent", "--env=server")
    eventually(job.shop.has_agent)
    id_ = job.shop.start_run("__default__")

    assert job.shop.ended(id_) == "Success"
    assert [*job.shop.saved().values()] == [{"doubled": [0, 2, 4], "total": 6}]
    assert stop(agent).code == 0


@pytest.mark.parametrize(
    ("api", "key", "cause"),
    [
        ("http://127.0.0.1:1", KEY, "cannot be reached: .*Connection refused"),
        (None, "another key", "does not accept the API key"),
    ],
    ids=["an API that is away", "a wrong key"],
)
def test_a_failure_to_register_is_one_error(
    job: Job, api: str | None, key: str, cause: str
) -> None:
    job.knows(PREFECT_API=api or job.shop.url, PREFECT_API_KEY=key, PREFECT_PAGES="")

    for event in ("push", "pull_request"):
        said = job.on(event)
        assert said.code == 1
        assert "Traceback" not in said.text
        assert key not in said.text
        *_, last = said.text.splitlines()
        assert re.match(f"Error: The Prefect API at {api or job.shop.url} {cause}", last), said.text


def test_gitlab_runs_the_same_commands() -> None:
    gitlab = yaml.safe_load(WORKFLOW.with_name("register.gitlab-ci.yml").read_text())
    github = yaml.safe_load(WORKFLOW.read_text())
    steps = [step.get("run", "") for step in github["jobs"]["register"]["steps"]]
    names = set(github["env"])

    assert [*gitlab["check"]["script"], *gitlab["register"]["script"]] == [
        step for step in steps if step.startswith("kedro ")
    ]
    assert [line for line in gitlab[".register"]["before_script"] if "uv pip" in line] == [
        step for step in steps if step.startswith("uv pip ")
    ]
    assert names == set(gitlab[".register"]["variables"])
