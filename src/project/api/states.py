"""Names of Prefect's states, derived from its own classes."""

from __future__ import annotations

from typing import FrozenSet, Iterator, Type

from prefect.engine.state import Finished, State, Success


def _names_below(state: Type[State]) -> Iterator[str]:
    yield state.__name__
    for subclass in state.__subclasses__():
        yield from _names_below(subclass)


FINISHED: FrozenSet[str] = frozenset(_names_below(Finished))
SUCCESSFUL: FrozenSet[str] = frozenset(_names_below(Success))
