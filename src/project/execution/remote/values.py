"""The values of nodes on their way from one worker to another."""

from __future__ import annotations

import pickle
from threading import Lock
from typing import Any, Dict, List, NamedTuple, Tuple, Union

import cloudpickle

from project.errors import FlowRunError

_OUT_OF_BAND_PROTOCOL = 5


class Value:
    """An in-memory dataset that knows its name and its producer.

    On the same worker it travels as it is. A value that cannot be pickled becomes an
    ``UnsendableValue``: an exception while Dask sends a value would leave its reader waiting.
    """

    def __init__(self, dataset: Any, name: str, producer: str):
        self.dataset = dataset
        self.name = name
        self.producer = producer

    def __sizeof__(self) -> int:
        """Return the size of the value, by which Dask decides where a reader runs."""
        from dask.sizeof import sizeof

        size: int = sum(map(sizeof, vars(self.dataset).values()))
        return size

    def __reduce_ex__(self, protocol: Any) -> Tuple[Any, ...]:
        buffers: List[pickle.PickleBuffer] = []
        # Large arrays and frames stay outside of the pickle, so that none is copied.
        is_out_of_band = protocol >= _OUT_OF_BAND_PROTOCOL
        options: Dict[str, Any] = {"buffer_callback": buffers.append} if is_out_of_band else {}
        try:
            pickled = cloudpickle.dumps(self.dataset, protocol=protocol, **options)
        except Exception as error:  # each class of values raises its own
            return UnsendableValue, (self.name, self.producer, f"pickled: {error!r}")
        return PickledValue, (pickled, buffers, self.name, self.producer)


class UnsendableValue(NamedTuple):
    """What arrives instead of a value that cannot be "pickled: why", or "unpickled: why"."""

    name: str
    producer: str
    reason: str

    def describe(self, *, is_output: bool) -> str:
        """Return what happened, and what to do: a free output has no reader to be grouped with."""
        sharing = (
            ", or set 'grouping: memory' in prefect.yml so that the nodes that share it run in one "
            "process"
        )
        return (
            f"Dataset '{self.name}', which node '{self.producer}' has produced, cannot be sent to "
            f"another process, because its value cannot be {self.reason}. Register the "
            f"dataset in the catalog so that its value is saved{'' if is_output else sharing}."
        )


class PickledValue:
    """A value that has arrived.

    It is unpickled when the project is open: its class may be one of the project's.
    """

    def __init__(self, pickled: bytes, buffers: List[Any], name: str, producer: str):
        self._pickled = pickled
        self._buffers = buffers
        self._name = name
        self._producer = producer
        self._opened: Union[Value, UnsendableValue, None] = None
        self._lock = Lock()

    def open(self) -> Union[Value, UnsendableValue]:
        """Return the value; all its readers in this process get the same one."""
        with self._lock:
            if self._opened is None:
                self._opened = self._unpickled()
                self._pickled, self._buffers = b"", []
            return self._opened

    def _unpickled(self) -> Union[Value, UnsendableValue]:
        try:
            dataset = pickle.loads(self._pickled, buffers=self._buffers)  # noqa: S301 - Dask's own
            return Value(dataset, self._name, self._producer)
        except Exception as error:
            return UnsendableValue(self._name, self._producer, f"unpickled: {error!r}")

    def __sizeof__(self) -> int:
        if self._opened is not None:
            return self._opened.__sizeof__()
        return sum(memoryview(part).nbytes for part in (self._pickled, *self._buffers))

    def __reduce_ex__(self, protocol: Any) -> Any:
        with self._lock:
            if self._opened is not None:
                return self._opened.__reduce_ex__(protocol)
            # There are none before protocol 5.
            buffers = [pickle.PickleBuffer(buffer) for buffer in self._buffers]
            return PickledValue, (self._pickled, buffers, self._name, self._producer)


Received = Dict[str, Union[Value, PickledValue, UnsendableValue]]


def open_value(
    value: Union[Value, PickledValue, UnsendableValue], *, is_output: bool = False
) -> Value:
    """Return a value with its dataset, in a process whose project is open.

    ``is_output``: it is a free output of the run, in the process of the run.

    Raises:
        FlowRunError: it could not be pickled, or cannot be unpickled.
    """
    opened = value.open() if isinstance(value, PickledValue) else value
    if isinstance(opened, UnsendableValue):
        raise FlowRunError(opened.describe(is_output=is_output))
    return opened
