"""What a Prefect API has of a flow run, read by queries that every Prefect 1.x API accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple

from project.api.client import connect

_RUNS = """query($project: String) {
  flow_run(
    where: {flow: {project: {name: {_eq: $project}}}}, order_by: {created: desc}, limit: 1
  ) {
    id
    state
    states(order_by: {timestamp: asc}) { state }
    task_runs {
      state
      state_message
      states(order_by: {timestamp: asc}) { state }
      task { name type }
    }
  }
}"""

_LINES = """query($id: uuid!) {
  flow_run_by_pk(id: $id) { logs(order_by: {timestamp: asc}) { message level } }
}"""


class Report(NamedTuple):
    """A flow run: the names of its states and of those of its tasks' runs, in order of time.

    ``states`` has those of the flow run, ``tasks`` those of nodes and other tasks by name,
    ``messages`` the messages of their last states.
    """

    flow_run_id: str
    states: List[str]
    tasks: Dict[str, List[str]]
    messages: Dict[str, str]
    lines: List[str]


def read_report(url: str, prefect_project: str, folder: Path = Path()) -> Report:
    """Return the latest flow run of a Prefect project; ``folder`` is that of an embedded API."""
    with connect(url, folder) as api:
        (row,) = api.query(_RUNS, project=prefect_project)
        lines = api.query(_LINES, id=row["id"])["logs"]
    report = Report(
        flow_run_id=row["id"],
        states=[each["state"] for each in row["states"]],
        tasks={
            task_run["task"]["name"]: [each["state"] for each in task_run["states"]]
            for task_run in row["task_runs"]
        },
        messages={
            task_run["task"]["name"]: task_run["state_message"] for task_run in row["task_runs"]
        },
        lines=[line["message"] for line in lines],
    )
    # The rows of runs and the history of their states are written apart from each other.
    assert row["state"] == report.states[-1]
    for task_run in row["task_runs"]:
        assert task_run["state"] == report.tasks[task_run["task"]["name"]][-1]
    return report
