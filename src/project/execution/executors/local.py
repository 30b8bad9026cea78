"""Executor that runs each task immediately."""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, Mapping, Optional

from prefect.executors import LocalExecutor as PrefectLocalExecutor


class LocalExecutor(PrefectLocalExecutor):
    """Executor that runs each task immediately, in the thread that submits it."""

    def submit(
        self,
        fn: Callable[..., object],
        *args: object,
        extra_context: object = None,
        context: Optional[Mapping[str, object]] = None,
        **kwargs: object,
    ) -> object:
        """Return what ``fn`` returns."""
        call = partial(fn, context=without_config(context)) if context else fn
        return call(*args, **kwargs)


def without_config(context: Mapping[str, object]) -> Dict[str, object]:
    """Return a task's context without the configuration, which this process already has.

    Prefect would merge it into itself key by key, which is most of a task's overhead.
    """
    return {key: value for key, value in context.items() if key != "config"}
