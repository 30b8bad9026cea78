"""What tasks leave in memory, stored as Prefect's results so that a restarted run finds it."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from pathlib import Path
from typing import Any, Optional

from prefect.engine.result.base import Result, ResultNotImplementedError
from prefect.engine.results import LocalResult
from prefect.engine.serializers import PickleSerializer

logger = logging.getLogger(__name__)

_MAX_NAME_BYTES = 80


class DatasetSerializer(PickleSerializer):
    """Serializer of in-memory datasets; one that cannot be pickled is not stored."""

    def serialize(self, value: Any) -> bytes:
        """Return the value as a pickle.

        Raises:
            ResultNotImplementedError: it cannot be pickled, or there is none; Prefect's task
                runner goes on without a stored result.
        """
        if not value:
            raise ResultNotImplementedError
        try:
            pickled: bytes = super().serialize(value)
        except Exception as error:  # each class of values raises its own
            names = ", ".join(value)
            logger.warning(
                "The result of this task is not stored, because %s cannot be pickled: %r. After a "
                "failure the task must run again.",
                names,
                error,
            )
            raise ResultNotImplementedError from error
        return pickled


def result_location(*, flow_run_id: str, task_slug: str, **context: Any) -> str:
    """Return the path of a task's result, which is safe to use as the name of a file."""
    name = re.sub(r"[^\w.-]+", "_", task_slug)
    name = name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    digest = hashlib.sha256(task_slug.encode()).hexdigest()[:8]
    return f"{flow_run_id}/{name}-{digest}.pickle"


def remove_results(result: Optional[Result], flow_run_id: str) -> None:
    """Remove the results of a flow run that no restart needs any more.

    Prefect's classes for other places than folders cannot delete what they have written.
    """
    if isinstance(result, LocalResult):
        shutil.rmtree(Path(result.dir, flow_run_id), ignore_errors=True)
