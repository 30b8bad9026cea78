"""When the task of a node starts."""

from __future__ import annotations

import prefect
import pytest
from prefect.engine.signals import TRIGGERFAIL
from prefect.engine.state import Failed

from project.flow.task import kedro_would_start


def test_no_node_starts_where_the_kedro_run_could_not_be_opened() -> None:
    with prefect.context(flow_run_id="of no Kedro run"), pytest.raises(TRIGGERFAIL):
        kedro_would_start({"the init task": Failed("The catalog cannot be read.")})
