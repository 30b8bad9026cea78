"""The check of the installed versions of Kedro and Prefect."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Optional

from project.errors import UnsupportedVersionError

PREFECT_VERSION = "1.1.0"


def require_supported_versions() -> None:
    """Raise an error if the installed Kedro or Prefect is not supported.

    This reads only their metadata: importing another Prefect would fail, because it lacks modules
    that this package imports. Each of our packages that imports Prefect calls this first.

    Raises:
        UnsupportedVersionError: names the version found and the one to install.
    """
    prefect = _installed("prefect")
    if prefect != PREFECT_VERSION:
        raise UnsupportedVersionError(
            f"This package needs Prefect {PREFECT_VERSION}, but {_found('Prefect', prefect)}. "
            f'Install it: uv pip install "prefect=={PREFECT_VERSION}".'
        )
    kedro = _installed("kedro")
    numbers = tuple(int(part) for part in (kedro or "").split(".")[:3] if part.isdigit())
    if not (0, 17, 6) <= numbers < (2,) or numbers == (0, 18, 0):
        raise UnsupportedVersionError(
            "This package needs Kedro 0.17.6 or newer, older than 2, and not 0.18.0, but "
            f"{_found('Kedro', kedro)}. Install a supported release: "
            'uv pip install "kedro>=0.17.6,!=0.18.0,<2".'
        )


def _installed(distribution: str) -> Optional[str]:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _found(name: str, version: Optional[str]) -> str:
    return f"{name} is not installed" if version is None else f"{name} {version} is installed"
