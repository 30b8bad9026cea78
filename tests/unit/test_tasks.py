"""When the task of a node starts."""

from __future__ import annotations

import prefect
import pytest
from kedro.pipeline import node
from prefect.engine.signals import TRIGGERFAIL
from prefect.engine.state import Failed

from project.execution.runs import KedroRuns
from project.flow.tasks import NodeTask


def test_no_node_starts_if_the_kedro_run_could_not_be_opened() -> None:
    task = NodeTask(node(lambda x: x, "x", "y", name="one"), KedroRuns())

    with prefect.context(flow_run_id="unknown"), pytest.raises(TRIGGERFAIL):
        task.trigger({"the init task": Failed("The catalog cannot be read.")})
