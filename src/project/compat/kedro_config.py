"""What differs between Kedro releases in configuration loaders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List, Optional

from kedro.config import MissingConfigException


def load_config(loader: Any, name: str) -> Dict[str, Any]:
    """Read ``conf/{base,env}/<name>*.yml`` merged as Kedro merges; empty when there is none."""
    patterns = [f"{name}*", f"{name}*/**", f"**/{name}*"]
    try:
        if hasattr(loader, "config_patterns"):
            loader.config_patterns.setdefault(name, patterns)
            return dict(loader[name])
        return dict(loader.get(*patterns))
    except MissingConfigException:
        return {}


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
    """Return what ``--conf-source`` gave in place of the project's own, if anything."""
    given = getattr(loader, "conf_source", None)
    own = project_path / import_module("kedro.framework.project").settings.CONF_SOURCE
    is_own = given is None or Path(given).resolve() == own.resolve()
    return None if is_own else str(given)


def config_folders(loader: Any) -> List[str]:
    """Return the folders of the base environment and of the one that overrides it, if any."""
    if hasattr(loader, "conf_paths"):
        return list(loader.conf_paths)
    environments = [loader.base_env, loader.env or loader.default_run_env]
    return [str(Path(loader.conf_source) / name) for name in environments if name]
