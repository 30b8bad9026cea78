"""Heavy types for annotations.

Kedro imports every node function for every command, and resolves the annotations of a node: names
imported for the type checker alone would fail there, real imports would cost each command seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series, Timedelta
    from sklearn.ensemble import HistGradientBoostingClassifier
else:
    Axes = DataFrame = Figure = HistGradientBoostingClassifier = Series = Timedelta = Any

__all__ = ["Axes", "DataFrame", "Figure", "HistGradientBoostingClassifier", "Series", "Timedelta"]
