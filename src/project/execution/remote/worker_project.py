"""A Kedro project as a Dask worker opens it, from names."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

from distributed import Worker
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_project import OpenCatalog, find_pipeline, open_catalog
from project.errors import FlowRunError
from project.execution.output import captures_kept
from project.execution.remote.code import open_with_code, opening, require_code
from project.execution.remote.run_spec import RunSpec
from project.flow.pipeline_ref import PipelineRef


def require_same_code(spec: RunSpec, dask_worker: Worker) -> None:
    """Require that a worker has the code of the run.

    Raises:
        FlowRunError: it has other code.
    """
    with opening:
        require_code(spec.ref, spec.code_digest, f"Worker {dask_worker.address}")


@contextmanager
def open_run_catalog(spec: RunSpec, worker: str) -> Iterator[OpenCatalog]:
    """Open the catalog of a run, with those nodes that the run has selected.

    Raises:
        FlowRunError: this worker has other code.
    """
    pipelines = open_with_code(spec.ref, spec.code_digest, worker)
    pipeline = _select_nodes(find_pipeline(pipelines, spec.ref.pipeline_name), spec)
    with open_catalog(pipeline, _folder(spec.ref), spec.options, spec.run_id) as opened:
        outputs = [name for node in pipeline.nodes for name in node.outputs]
        compat.pin_load_versions(compat.get_dataset(opened.catalog, name) for name in outputs)
        compat.pin_latest_versions(opened.catalog, spec.latest_versions)
        yield opened


class ProjectOnWorker(NamedTuple):
    """The folder from which a worker opens a project, or why it cannot."""

    folder: Path
    problem: Optional[str]


async def examine_project(ref: PipelineRef, env: Optional[str], digest: str) -> ProjectOnWorker:
    """Open a project on a worker as a run would, without a node; other tasks go on meanwhile."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, _examine_project, ref, env, digest)


def _examine_project(ref: PipelineRef, env: Optional[str], digest: str) -> ProjectOnWorker:
    problem = None
    try:
        with opening, captures_kept():
            pipelines = open_with_code(ref, digest, "The worker")
            pipeline = find_pipeline(pipelines, ref.pipeline_name)
            with open_catalog(pipeline, _folder(ref), {"env": env}, None):
                pass
    except FlowRunError as error:
        problem = error.message
    except (Exception, SystemExit) as error:  # what a project imports may raise anything
        problem = " ".join(f"The worker cannot open it: {type(error).__name__}: {error}".split())
    return ProjectOnWorker(_folder(ref), problem)


def _folder(ref: PipelineRef) -> Path:
    """Return the project's folder; the current one if the project is installed as a package."""
    return ref.project_path if ref.project_path.is_dir() else Path.cwd()


def _select_nodes(whole: Any, spec: RunSpec) -> Any:
    """Return the part of a pipeline that the run has selected.

    Raises:
        FlowRunError: this worker's code lacks a node.
    """
    names = set(spec.node_names)
    nodes = [node for node in whole.nodes if node.name in names]
    missing = sorted(names - {node.name for node in nodes})
    if missing:
        raise FlowRunError(
            f"The project '{spec.ref.package_name}' of a Dask worker has no node '{missing[0]}': "
            "its code differs from the run's. Update it and restart the worker."
        )
    return whole if len(nodes) == len(whole.nodes) else Pipeline(nodes)
