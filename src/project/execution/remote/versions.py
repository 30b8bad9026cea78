"""Versions of Python and libraries in the processes of a cluster."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

Versions = Mapping[str, Optional[str]]

LIBRARIES = ("kedro", "prefect", "kedro-prefect-runner", "dask", "distributed")

# Those with whose differences a run does not begin; of Python, the first two numbers.
_REQUIRED = ("python", "kedro", "prefect", "kedro-prefect-runner")

# An expression, because a worker that lacks this package could not import a function of it.
_EXPRESSION = (
    "{'python': __import__('platform').python_version(), "
    "**{name: next((one.version for one in "
    "__import__('importlib.metadata').metadata.distributions(name=name)), None) "
    f"for name in {LIBRARIES}}}}}"
)


def versions_here() -> Versions:
    """Return the versions in this process; ``None`` for what is not installed."""
    found: Versions = eval(_EXPRESSION)  # noqa: S307 - the constant above
    return found


def versions_of_workers(client: Any) -> Dict[str, Versions]:
    """Return the versions on each worker, by its address."""
    found: Dict[str, Versions] = client.run(eval, _EXPRESSION)
    return found


def differing(here: Versions, there: Versions) -> List[str]:
    """Return the names of those versions with whose differences a run does not begin."""
    return [name for name in _REQUIRED if _compared(name, here) != _compared(name, there)]


def _compared(name: str, versions: Versions) -> Optional[str]:
    version = versions[name]
    return ".".join(version.split(".")[:2]) if version and name == "python" else version


def describe_difference(names: List[str], here: Versions, there: Versions) -> str:
    """Return how the versions of a worker differ from those of this process, with the remedy."""
    found = ", ".join(f"{name} {there[name] or 'not installed'}" for name in names)
    needed = ", ".join(f"{name} {here[name] or 'not installed'}" for name in names)
    return (
        f"{found}, but this process has {needed}. Install the same versions there and restart the "
        "worker."
    )
