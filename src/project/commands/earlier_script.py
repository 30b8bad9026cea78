"""The script of Kedro's documentation that registers a pipeline with Prefect 1."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, NamedTuple, Optional

_FOLDERS = (".", "src", "scripts", "tools")


class EarlierScript(NamedTuple):
    """A script that registers a flow, and the names that it registers with.

    ``project`` and ``flow`` are ``None`` where only running the script would tell, and ``flow``
    also if the flow is named after its pipeline, as this package names flows.
    """

    path: Path
    project: Optional[str]
    flow: Optional[str]
    is_named_after_pipeline: bool
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
    constants = _constants(tree)
    project = _argument(registrations[0], "project_name", constants)
    flow = _argument(flows[0], "name", constants)
    return EarlierScript(
        path,
        _value(project, project_name),
        _value(flow, project_name),
        _name_of(flow) == "pipeline_name",
        any(keyword.arg == "schedule" for keyword in flows[0].keywords),
    )


def _name_of(node: Optional[ast.AST]) -> Optional[str]:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def _constants(tree: ast.AST) -> Dict[str, ast.expr]:
    """Return the values of the names that a script assigns once, and nothing else binds."""
    nodes = list(ast.walk(tree))
    bound = Counter(
        [
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        + [node.arg for node in nodes if isinstance(node, ast.arg)]
    )
    values: Dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            values.update({name: node.value for name in names if bound[name] == 1})
    return values


def _argument(call: ast.Call, name: str, constants: Dict[str, ast.expr]) -> Optional[ast.expr]:
    """Return what a call's first argument is, or what was assigned to the name that it is."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    value = next(iter([*named, *call.args]), None)
    if isinstance(value, ast.Name) and value.id != "pipeline_name":
        return constants.get(value.id, value)
    return value


def _value(argument: Optional[ast.expr], project_name: str) -> Optional[str]:
    """Return the string that an argument is: as it stands, or the name of the Kedro project."""
    if _name_of(argument) == "project_name":  # of the project's metadata
        return project_name
    value = argument.value if isinstance(argument, ast.Constant) else None
    return value if isinstance(value, str) else None
