"""The script of Kedro's documentation that registers a pipeline with Prefect 1."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

_FOLDERS = (".", "src", "scripts", "tools")


class EarlierScript(NamedTuple):
    """A script that registers a flow, and the names that it registers with.

    ``flow`` is ``None`` if the flow has the pipeline's name, and ``project`` is ``None`` if the
    script computes it.
    """

    path: Path
    project: Optional[str]
    flow: Optional[str]
    has_schedule: bool


def find_earlier_script(project_path: Path, project_name: str) -> Optional[EarlierScript]:
    """Return the first script of a project that registers a flow with Prefect 1, if it has one."""
    folders = (project_path / folder for folder in _FOLDERS)
    for path in (path for folder in folders for path in sorted(folder.glob("*.py"))):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            continue
        if any("prefect" in module for module in _imports(tree)):
            script = _read(path, tree, project_name)
            if script is not None:
                return script
    return None


def _imports(tree: ast.AST) -> Iterator[str]:
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
        elif isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)


def _read(path: Path, tree: ast.AST, project_name: str) -> Optional[EarlierScript]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    flows = [call for call in calls if _name_of(call.func) == "Flow"]
    registrations = [call for call in calls if _name_of(call.func) == "register"]
    if not flows or not registrations:
        return None
    return EarlierScript(
        path,
        _argument(registrations[0], "project_name", project_name),
        _argument(flows[0], "name", project_name),
        any(keyword.arg == "schedule" for keyword in flows[0].keywords),
    )


def _name_of(node: ast.AST) -> Optional[str]:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def _argument(call: ast.Call, name: str, project_name: str) -> Optional[str]:
    """Return the value of a call's first argument: a string, or the name of the Kedro project."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    values: List[ast.expr] = [*named, *call.args]
    if not values:
        return None
    value = values[0]
    if _name_of(value) == "project_name":  # of the project's metadata
        return project_name
    try:
        literal = ast.literal_eval(value)
    except ValueError:
        return None
    return literal if isinstance(literal, str) else None
