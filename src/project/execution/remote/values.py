"""The values of nodes on their way from one worker to another."""

from __future__ import annotations

import pickle
from typing import Any, Dict, List, NamedTuple, Tuple, Union

import cloudpickle

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
            return UnsendableValue, (self.name, self.producer, repr(error))
        return _load, (pickled, buffers, self.name, self.producer)


class UnsendableValue(NamedTuple):
    """What arrives instead of a value that cannot be pickled."""

    name: str
    producer: str
    reason: str

    def __str__(self) -> str:
        return (
            f"Dataset '{self.name}', which node '{self.producer}' has produced, cannot be sent to "
            f"another process, because its value cannot be pickled: {self.reason}. Register the "
            "dataset in the catalog so that its value is saved, or set 'grouping: memory' in "
            "prefect.yml so that the nodes that share it run in one process."
        )


Received = Dict[str, Union[Value, UnsendableValue]]


def _load(
    pickled: bytes, buffers: List[Any], name: str, producer: str
) -> Union[Value, UnsendableValue]:
    try:
        return Value(pickle.loads(pickled, buffers=buffers), name, producer)  # noqa: S301 - Dask's own
    except Exception as error:
        return UnsendableValue(name, producer, repr(error))
