"""Flows registered by an earlier release still run under an agent."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kits.shop import Shop

# What the release 0.1.0 registered of this project, with the project's folder taken out.
RECORDED = Path(__file__).parent / "registered_by_0_1_0.json"


def test_a_flow_registered_under_the_former_names_still_runs(staffed: Shop) -> None:
    flow = json.loads(RECORDED.read_text().replace("PROJECT_PATH", str(staffed.folder)))
    project = staffed.ask(
        "mutation($input: create_project_input!) { create_project(input: $input) { id } }",
        input={"name": "shop"},
    )
    staffed.ask(
        "mutation($input: create_flow_input!) { create_flow(input: $input) { id } }",
        input={"project_id": project["id"], "serialized_flow": flow},
    )
    id_ = staffed.start_run("__default__")

    assert staffed.ended(id_) == "Success"
    assert staffed.node_states(id_) == dict.fromkeys(["make", "double", "add_up"], "Success")
    assert [values["total"] for values in staffed.saved().values()] == [6]
