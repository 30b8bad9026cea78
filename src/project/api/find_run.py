"""Finding a flow run by the beginning of its id."""

from __future__ import annotations

import re
from uuid import UUID

from project.api.client import PrefectApi
from project.api.queries.flow_run_lists import RunState, flow_runs_between
from project.errors import FlowRunError

_MAX_CANDIDATES = 5
_LIST = "'kedro prefect runs' lists this project's latest ones, with --all those of all projects."


def find_flow_run(api: PrefectApi, text: str) -> RunState:
    """Return the flow run with an id, of which the beginning is enough.

    Raises:
        FlowRunError: the API has none or several, or the text is no beginning of an id.
    """
    digits = text.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{1,32}", digits):
        raise FlowRunError(f"'{text}' is not the beginning of a flow run's ID. {_LIST}")
    # An id cannot be compared with a pattern, but it lies between two ids.
    first, last = (str(UUID(digits.ljust(32, fill))) for fill in "0f")
    found = flow_runs_between(api, api.tenant_id, first, last, _MAX_CANDIDATES)
    if not found:
        raise FlowRunError(f"The API at {api.url} has no flow run {text}. {_LIST}")
    if len(found) > 1:
        more = ", ..." if len(found) == _MAX_CANDIDATES else ""
        ids = ", ".join(run.id for run in found) + more
        raise FlowRunError(f"The IDs of several flow runs begin with '{text}': {ids}")
    return found[0]
