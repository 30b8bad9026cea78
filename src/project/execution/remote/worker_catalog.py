"""Values in the catalog of a worker: those that its units receive, and those that they leave."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from threading import Lock
from typing import Any, Dict, Iterator, Mapping, Sequence

from project.compat import kedro as compat
from project.execution.kedro_run import KedroRun
from project.execution.remote.values import Value


class ReceivedValues:
    """Values that units have received, each in the catalog as long as one of them needs it."""

    def __init__(self) -> None:
        self._receivers: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def placed(self, catalog: Any, values: Mapping[str, Value]) -> Iterator[None]:
        """Place the values of one unit in the catalog while it runs."""
        with self._lock:
            for name, value in values.items():
                self._receivers[name] += 1
                if self._receivers[name] == 1:
                    compat.copy_value(value.dataset, compat.get_dataset(catalog, name))
        try:
            yield
        finally:
            with self._lock:
                self._receivers.subtract(list(values))
                for name in values:
                    # Hooks of other nodes may load the parameters of the run.
                    if not self._receivers[name] and not compat.is_parameter(name):
                        catalog.release(name)


def take_values(run: KedroRun, names: Sequence[str]) -> Dict[str, Value]:
    """Return the values that other units need, and leave none of them in the catalog."""
    producers = {name: node.name for node in run.nodes.values() for name in node.outputs}
    taken = {}
    for name in names:
        dataset = compat.get_dataset(run.catalog, name)
        if compat.is_in_memory(dataset) and dataset.exists():
            taken[name] = Value(compat.take_value(dataset), name, producers[name])
    return taken
