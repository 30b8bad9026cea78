"""A dataset for tables that are part of a Python package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from project.pipelines.flights.annotations import DataFrame


class PackagedCSVDataset(AbstractDataset[NoReturn, DataFrame]):
    """Dataset that reads a CSV file from an installed package, without importing the package.

    ``resource`` is the path of the file in the package; ``load_args`` are passed to
    ``pandas.read_csv``.
    """

    def __init__(
        self,
        *,
        package: str,
        resource: str,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._package = package
        self._resource = resource
        self._load_args = load_args or {}
        self.metadata = metadata

    def load(self) -> DataFrame:
        """Return the table.

        Raises:
            DatasetError: the package is not installed, or has no such file.
        """
        import pandas as pd

        path = self._path()
        if not path.is_file():
            raise DatasetError(
                f"Package '{self._package}' has no file '{self._resource}'. "
                "Correct 'resource' in the catalog."
            )
        table: DataFrame = pd.read_csv(path, **self._load_args)
        return table

    def save(self, data: NoReturn) -> NoReturn:
        """Raise ``DatasetError``, because an installed package is read-only."""
        raise DatasetError(
            f"'{self._resource}' belongs to the package '{self._package}' and is read-only. "
            "Save to another dataset."
        )

    def _path(self) -> Path:
        spec = find_spec(self._package)
        if spec is None or not spec.submodule_search_locations:
            raise DatasetError(
                f"Package '{self._package}' is not installed, so '{self._resource}' cannot be "
                "read. Install the libraries of the example: uv pip install --group example"
            )
        return Path(spec.submodule_search_locations[0], self._resource)

    def _exists(self) -> bool:
        return find_spec(self._package) is not None and self._path().is_file()

    def _describe(self) -> dict[str, Any]:
        return {"package": self._package, "resource": self._resource, "load_args": self._load_args}
