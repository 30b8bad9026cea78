"""Differences between Kedro releases in projects and sessions."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import (
    Any,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

import kedro.io
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from project.compat import kedro as compat
from project.compat.kedro_config import load_config
from project.compat.run_options import RunOptions, RunParams, selection_keywords
from project.errors import FlowRunError


def run_id_of(run_params: RunParams) -> Optional[str]:
    """Return Kedro's id of the run, which is also its save version."""
    run_id = run_params.get("run_id") or run_params.get("session_id")
    return None if run_id is None else str(run_id)


def pipeline_names_of(run_params: RunParams) -> Tuple[str, ...]:
    """Return the names of the pipelines to run: ``__default__`` when none was named."""
    names = run_params.get("pipeline_names") or [run_params.get("pipeline_name")]
    return tuple(name or "__default__" for name in names)


def package_name() -> str:
    """Return the name of the Kedro project's package; ``kedro`` outside of a project."""
    return import_module("kedro.framework.project").PACKAGE_NAME or "kedro"


def registered_pipelines() -> Mapping[str, Any]:
    """Return the pipelines of the Kedro project that is set up in this process."""
    pipelines: Mapping[str, Any] = import_module("kedro.framework.project").pipelines
    return pipelines


def conf_folder(project_path: Path) -> Path:
    """Return the folder of the project's configuration."""
    settings = import_module("kedro.framework.project").settings
    return project_path / str(getattr(settings, "CONF_SOURCE", "conf"))


def config_loader_of_running_session() -> Any:
    """Return the configuration loader of the session that runs, if this Kedro can name it.

    Only Kedro 0.17 can, which has no hook for contexts. It makes a new context and loader for it.
    """
    find = getattr(import_module("kedro.framework.session"), "get_current_session", None)
    session = find and find(silent=True)
    return session and getattr(session.load_context(), "config_loader", None)


def session_class() -> Any:
    """Return the class of the project's sessions, which a project may choose since Kedro 1.3."""
    settings = import_module("kedro.framework.project").settings
    default = import_module("kedro.framework.session").KedroSession
    return getattr(settings, "SESSION_CLASS", None) or default


def hook_plugins(session: Any) -> Iterable[Any]:
    """Return the plugins whose hooks a session calls."""
    return list(_hook_manager(session).get_plugins())


def run_session(
    project_path: Path,
    pipeline: str,
    options: RunOptions,
    runner: Any,
    run_id: Optional[str] = None,
) -> Any:
    """Run a pipeline in a new Kedro session and return what ``session.run`` returns.

    With a ``run_id``, which is also the save version, the session continues an earlier run.
    """
    run = _accepted(session_class(), "run")
    keywords = {**selection_keywords(options, run), **_pipeline_keyword(pipeline, run)}
    new_session, params = _new_session(project_path, options)
    with new_session as session:
        if run_id is not None and "run_id" in run:
            keywords["run_id"] = run_id
        elif run_id is not None:
            session.session_id = session._store["session_id"] = run_id
        return session.run(
            runner=runner, load_versions=options.get("load_versions") or {}, **keywords, **params
        )


def _new_session(project_path: Path, options: RunOptions) -> Tuple[Any, Dict[str, Any]]:
    """Return a new session, and keywords for its context or its run.

    A session of many runs takes the parameters there.
    """
    accepted = _accepted(session_class(), "create")
    create = partial(session_class().create, project_path=project_path, env=options.get("env"))
    params = options.get("params")
    for name in ("runtime_params", "extra_params"):
        if name in accepted:
            return create(**{name: params}), {}
    return create(), {"runtime_params": params}


class OpenCatalog(NamedTuple):
    """The catalog of a session in which nothing is run, with its nodes and hooks."""

    pipeline: Pipeline
    catalog: Any
    hook_manager: Any


@contextmanager
def open_catalog(
    pipeline: Pipeline, project_path: Path, options: RunOptions, run_id: Optional[str]
) -> Iterator[OpenCatalog]:
    """Open a Kedro session whose catalog has the save version of a run of another process.

    Hooks are called for the context and the catalog, but not for a run.
    """
    new_session, params = _new_session(project_path, options)
    with new_session as session:
        make_catalog = session.load_context(**params)._get_catalog
        keywords = {}
        if "catalog_class" in inspect.signature(make_catalog).parameters:  # Kedro 1
            settings = import_module("kedro.framework.project").settings
            keywords["catalog_class"] = settings.DATA_CATALOG_CLASS
        load_versions = options.get("load_versions") or {}
        catalog = make_catalog(save_version=run_id, load_versions=load_versions, **keywords)
        for name in sorted(compat.dataset_names(pipeline)):
            if not compat.is_registered(catalog, name):
                compat.add_dataset(catalog, name, compat.MemoryDataset())
        yield OpenCatalog(pipeline, catalog, _hook_manager(session))


def _hook_manager(session: Any) -> Any:
    manager = getattr(session, "_hook_manager", None)
    if manager is None:  # Kedro 0.17: one for the whole process
        manager = import_module("kedro.framework.hooks").get_hook_manager()
    return manager


def _accepted(owner: type, method: str) -> Dict[str, Any]:
    """Return the parameters of a method, those included that an override passes on by ``**``."""
    accepted: Dict[str, Any] = {}
    for defined in (vars(base)[method] for base in owner.__mro__ if method in vars(base)):
        parameters = inspect.signature(getattr(defined, "__func__", defined)).parameters
        accepted.update(parameters)
        if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            break
    return accepted


def _pipeline_keyword(pipeline: str, accepted: Mapping[str, Any]) -> Dict[str, Any]:
    names = [] if pipeline == "__default__" else split_names(registered_pipelines(), pipeline)
    if "pipeline_names" in accepted:
        return {"pipeline_names": names}
    return {"pipeline_name": names[0] if names else None}


def read_parameters(project_path: Path, env: Optional[str]) -> Dict[str, Any]:
    """Return the parameters of the project that is set up in this process, in an environment."""
    session = session_class().create(project_path=project_path, env=env)
    if hasattr(session, "_get_config_loader"):  # spares what hooks do with contexts
        return load_config(session._get_config_loader(), "parameters")
    return dict(session.load_context().params)


def make_config_loader(project_path: Path, env: Optional[str]) -> Any:
    """Return a session's configuration loader, without calling hooks if this Kedro can."""
    session = session_class().create(project_path=project_path, env=env)
    if hasattr(session, "_get_config_loader"):
        return session._get_config_loader()
    return session.load_context().config_loader


def open_project(path: Path, package_name: str) -> Mapping[str, Any]:
    """Set up a Kedro project in this process and return its pipelines.

    From its folder if that exists, else as an installed package.
    """
    if (path / "pyproject.toml").is_file():
        import_module("kedro.framework.startup").bootstrap_project(path)
    else:
        import_module("kedro.framework.project").configure_project(package_name)
    return registered_pipelines()


def source_folder(path: Path) -> Optional[Path]:
    """Return the folder with the source of a project; ``None`` if the project has no folder."""
    if not (path / "pyproject.toml").is_file():
        return None
    metadata = import_module("kedro.framework.startup")._get_project_metadata(path)
    source: Path = metadata.source_dir
    return source


def find_pipeline(pipelines: Mapping[str, Any], name: str) -> Pipeline:
    """Return a pipeline by name, or the sum of several whose names are joined with ``+``.

    Raises:
        FlowRunError: the project does not have it.
    """
    names = split_names(pipelines, name)
    missing = sorted(set(names) - set(pipelines))
    if missing:
        raise FlowRunError(
            f"The project has no pipeline '{missing[0]}', only {', '.join(sorted(pipelines))}. If "
            "it was renamed, register it under its new name ('kedro prefect register')."
        )
    first, *others = (pipelines[each] for each in names)
    return sum(others, first)  # adding to an empty pipeline would sort its nodes again


def split_names(pipelines: Collection[str], name: str) -> List[str]:
    """Return the names of the pipelines that are joined in one name with ``+``."""
    # A pipeline's own name may contain a plus sign. Before Kedro 1.2, a run has one pipeline.
    is_one = name in pipelines or "pipeline_names" not in _accepted(session_class(), "run")
    return [name] if is_one else name.split("+")


def project_hooks() -> Tuple[Any, ...]:
    """Return the hooks with which Kedro 0.17 creates its configuration loader and catalog.

    Empty on newer releases, which create them from ``settings.py``.
    """
    needs_hooks = hasattr(import_module("kedro.framework.hooks.specs"), "RegistrationSpecs")
    return (_RegistrationHooks(),) if needs_hooks else ()


class _RegistrationHooks:
    @hook_impl
    def register_config_loader(self, conf_paths: Iterable[str]) -> Any:
        return import_module("kedro.config").ConfigLoader(conf_paths)

    @hook_impl
    def register_catalog(
        self, catalog: Any, credentials: Any, load_versions: Any, save_version: str, journal: Any
    ) -> Any:
        return kedro.io.DataCatalog.from_config(
            catalog, credentials, load_versions, save_version, journal
        )
