"""What differs between configuration loaders: those of Kedro's releases, and users' own classes."""

from __future__ import annotations

import inspect
import logging
from collections.abc import MutableMapping
from importlib import import_module
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Type

from kedro.config import MissingConfigException

logger = logging.getLogger(__name__)


def load_config(loader: Any, name: str) -> Dict[str, Any]:
    """Read ``conf/{base,env}/<name>*.yml`` merged as Kedro merges; empty when there is none.

    A class of the user's own that finds no files by patterns is asked for the name alone, as Kedro
    asks it for ``parameters``; what it raises means that it knows no such configuration.
    """
    patterns = [f"{name}*", f"{name}*/**", f"**/{name}*"]
    if isinstance(getattr(loader, "config_patterns", None), MutableMapping):
        loader.config_patterns.setdefault(name, patterns)
        return _found(lambda: loader[name])
    if _takes_patterns(loader):
        return _found(lambda: loader.get(*patterns), LookupError)
    try:
        return _found(lambda: loader[name], LookupError, FileNotFoundError)
    except Exception as error:
        kind = type(loader).__name__
        logger.warning("%s has no configuration '%s': the defaults apply (%r)", kind, name, error)
        return {}


def _found(load: Callable[[], Any], *missing: Type[Exception]) -> Dict[str, Any]:
    try:
        return dict(load() or {})
    except (MissingConfigException, *missing):
        return {}


def _takes_patterns(loader: Any) -> bool:
    """Return whether a loader is one of Kedro 0.17 or early 0.18, or works as these do."""
    parameters = inspect.signature(loader.get).parameters.values() if hasattr(loader, "get") else ()
    return any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)


def config_files(loader: Any, name: str) -> List[Path]:
    """Return the files that ``load_config`` merges, in the order in which they override."""
    return [
        file
        for folder in config_folders(loader)
        for file in sorted(Path(folder).rglob(f"{name}*"))
        if file.suffix in {".yml", ".yaml", ".json"}
    ]


def config_env(loader: Any) -> Optional[str]:
    """Return the environment that a loader was made for, if it knows one."""
    env = getattr(loader, "env", None)
    return env if isinstance(env, str) else None


def other_conf_source(loader: Any, project_path: Path) -> Optional[str]:
    """Return the value of ``--conf-source``, if it is not the project's own configuration."""
    source = getattr(loader, "conf_source", None)
    if source is None:
        return None
    own = project_path / import_module("kedro.framework.project").settings.CONF_SOURCE
    return None if Path(source).resolve() == own.resolve() else str(source)


def missing_env_folder(loader: Any) -> Optional[Path]:
    """Return the folder of the loader's environment, if it should exist and does not.

    ``None`` also for a loader that has no folder for each environment, as a user's own may.
    """
    folders = [Path(folder) for folder in config_folders(loader)]
    if len(folders) < 2 or not folders[0].is_dir() or folders[-1].is_dir():  # noqa: PLR2004
        return None
    return folders[-1]


def config_folders(loader: Any) -> List[str]:
    """Return the folders of the base environment and of the one that overrides it, if any."""
    if hasattr(loader, "conf_paths"):
        return list(loader.conf_paths)
    source = getattr(loader, "conf_source", None)
    base = getattr(loader, "base_env", None)
    env = getattr(loader, "env", None) or getattr(loader, "default_run_env", None)
    return [str(Path(source) / name) for name in (base, env) if source and name]
