"""Types for annotations whose libraries are slow to import.

Kedro imports the node functions for every command and evaluates their annotations. Names that are
imported only for the type checker would fail there; real imports would slow each command by
seconds.
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
