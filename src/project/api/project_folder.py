"""The folder in a Kedro project for what this package keeps there."""

from __future__ import annotations

import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

from project.errors import ApiError

FOLDER = ".prefect"

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def prepare_folder(project_path: Path) -> Path:
    """Return the folder, which only this user can read, and which git ignores.

    Raises:
        ApiError: it cannot be written.
    """
    folder = project_path / FOLDER
    with folder_errors(folder):
        folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        if folder.stat().st_mode & _OTHERS:
            with suppress(PermissionError):  # another user's, who shares it
                folder.chmod(stat.S_IRWXU)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    return folder


MAKE_WRITABLE = "Make it a folder that this user can write."
_REMEDY = (
    "This package keeps its data there: make it a folder that this user can write, or name another "
    "Prefect API in prefect.yml ('api')."
)


@contextmanager
def folder_errors(folder: Path, remedy: str = _REMEDY) -> Iterator[None]:
    """Translate errors of the operating system.

    Raises:
        ApiError: names the folder, the reason and the remedy.
    """
    try:
        yield
    except OSError as error:
        raise ApiError(f"{folder} cannot be used: {error.strerror or error}. {remedy}") from error
