"""The code of a Kedro project in the processes of a cluster."""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from threading import Lock
from typing import Any, Dict, Mapping, NamedTuple

from project.compat.kedro_project import open_project, source_folder
from project.errors import FlowRunError
from project.flow.pipeline_ref import PipelineRef

# Kedro has one project per process; only what a session has loaded already is safe from another's.
opening = Lock()


class Code(NamedTuple):
    """The source of a package: its folder, and a digest of its modules."""

    folder: Path
    digest: str


_imported: Dict[str, Code] = {}  # what this process has imported, by the name of the package


def code_of_run(ref: PipelineRef) -> Code:
    """Return the code of the project in this process, which has imported it."""
    code = _find_code(ref)
    _imported[ref.package_name] = code
    return code


def require_code(ref: PipelineRef, digest: str, where: str) -> Code:
    """Return the code that a worker has on disk.

    Raises:
        FlowRunError: it is not that of the run.
    """
    try:
        code = _find_code(ref)
    except ImportError as error:
        raise FlowRunError(
            f"{where} has no package '{ref.package_name}': {error}. The project must be in "
            f"{ref.project_path} there, or installed."
        ) from error
    if code.digest != digest:
        raise FlowRunError(
            f"{where} has different code of '{ref.package_name}' in {code.folder} than the process "
            "of the run. Update it there, then start a new run."
        )
    return code


def open_with_code(ref: PipelineRef, digest: str, where: str) -> Mapping[str, Any]:
    """Set up the project of a run in a worker, and return its pipelines.

    Code that has changed since this process imported it is imported again. To be called with the
    lock ``opening``.

    Raises:
        FlowRunError: the code on disk is not that of the run.
    """
    code = require_code(ref, digest, where)
    if _imported.get(ref.package_name) != code:
        _imported.pop(ref.package_name, None)
        _forget_modules(ref.package_name)
    pipelines = open_project(ref.project_path, ref.package_name)
    dict(pipelines)  # imports it
    _imported[ref.package_name] = code
    return pipelines


def _find_code(ref: PipelineRef) -> Code:
    """Return the code on disk, of the project's folder or of the installed package.

    Raises:
        ImportError: there is none.
    """
    source = source_folder(ref.project_path)
    if source is not None:
        # Another copy of the project may have come first.
        sys.path[:] = [str(source), *(path for path in sys.path if path != str(source))]
    importlib.invalidate_caches()
    # Not importlib.util.find_spec: it would find what has been imported.
    specs = (finder.find_spec(ref.package_name, None) for finder in sys.meta_path)
    spec = next((found for found in specs if found is not None), None)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"No package named '{ref.package_name}'")
    folder = Path(next(iter(spec.submodule_search_locations)))
    return Code(folder, _digest(folder))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    # Not what an editor leaves beside a file: a lock that is a dangling link.
    for file in sorted(file for file in folder.rglob("*.py") if file.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _forget_modules(package: str) -> None:
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
        del sys.modules[name]
