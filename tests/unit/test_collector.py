"""Python's garbage collector around what creates many objects."""

from __future__ import annotations

import gc
import weakref

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from project.compat.collector import collector_paused, present_objects_kept
from project.runner import PrefectRunner


class Knot:
    """Object that refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_the_collector_is_on_again_after_a_pause() -> None:
    with collector_paused(), collector_paused():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_collections_look_only_at_what_is_new() -> None:
    gc.collect()
    before = Knot()
    old = weakref.ref(before)
    with present_objects_kept():
        del before
        new = weakref.ref(Knot())
        gc.collect()

        assert new() is None
        assert old() is not None
    gc.collect()

    assert old() is None


def test_a_runner_keeps_what_exists_until_its_run_has_ended() -> None:
    gc.collect()
    before = Knot()
    old = weakref.ref(before)
    runner = PrefectRunner()
    del before
    gc.collect()
    assert old() is not None

    runner.run(Pipeline([]), DataCatalog())
    gc.collect()

    assert old() is None
