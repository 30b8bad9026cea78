"""The policies of tasks: which of them a node has, and where each part of it comes from."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from inspect import isgeneratorfunction
from typing import Any, Collection, Dict, Iterable, Iterator, Mapping, NamedTuple, Tuple

from kedro.pipeline import Pipeline

from project.config.model import Settings, TaskPolicy, TaskSettings, as_dict
from project.errors import SettingsError

Changes = Mapping[str, Any]


class PolicyValue(NamedTuple):
    """The value of one key of a node's policy, and the section of ``tasks`` that it is from."""

    value: Any
    source: str


def policy_of(tasks: TaskSettings, node: str, tags: Collection[str]) -> TaskPolicy:
    """Return the policy of a node."""
    changes: Dict[str, Any] = {}
    for _, more in _sections_for(tasks, node, tags):
        changes.update(more)
    return replace(tasks.default, **changes)


def explain_policy(tasks: TaskSettings, node: str, tags: Collection[str]) -> Dict[str, PolicyValue]:
    """Return the policy of a node by its keys, with the section that each value is from."""
    explained = {
        key: PolicyValue(value, "default") for key, value in as_dict(tasks.default).items()
    }
    for section, changes in _sections_for(tasks, node, tags):
        explained.update({key: PolicyValue(value, section) for key, value in changes.items()})
    return explained


def _sections_for(
    tasks: TaskSettings, node: str, tags: Collection[str]
) -> Iterator[Tuple[str, Changes]]:
    """Yield what applies to a node, the more specific last; else the order is that of the file."""
    for tag, changes in tasks.tags.items():
        if tag in tags:
            yield f"tags.{tag}", changes
    for pattern, changes in tasks.nodes.items():
        if pattern != node and fnmatchcase(node, pattern):
            yield f"nodes.{pattern}", changes
    if node in tasks.nodes:
        yield f"nodes.{node}", tasks.nodes[node]


def require_known_names(settings: Settings, pipelines: Mapping[str, Pipeline]) -> None:
    """Require that each tag and each node that the settings name is in one of the pipelines.

    Raises:
        SettingsError: a tag or a pattern matches no node.
    """
    if not (settings.tasks.tags or settings.tasks.nodes or settings.limits):
        return
    nodes = {node.name: node.tags for each in pipelines.values() for node in each.nodes}
    tags = {tag for tags in nodes.values() for tag in tags}
    for section, names in (("tasks.tags", settings.tasks.tags), ("limits", settings.limits)):
        _require(settings, section, "no node of this project has this tag", set(names) - tags)
    unmatched = (
        pattern
        for pattern in settings.tasks.nodes
        if pattern not in nodes and not any(fnmatchcase(node, pattern) for node in nodes)
    )
    _require(settings, "tasks.nodes", "no node of this project has such a name", unmatched)


def require_repeatable(settings: Settings, pipeline: Pipeline) -> None:
    """Require that no node may run again that has saved parts of its output when it fails.

    Raises:
        SettingsError: a generator has retries.
    """
    for node in pipeline.nodes:
        if not isgeneratorfunction(node.func):
            continue
        explained = explain_policy(settings.tasks, node.name, node.tags)["retries"]
        if explained.value:
            # The names of nodes may have dots.
            path = ["tasks", *explained.source.split(".", 1), "retries"]
            raise SettingsError(
                f"{settings.origin.name(path)}: {'.'.join(path)}: node '{node.name}' is a "
                "generator, which would save the chunks again that it has saved before it failed. "
                f"Set 'retries: 0' under tasks.nodes.{node.name}."
            )


def _require(settings: Settings, section: str, problem: str, wrong: Iterable[str]) -> None:
    for name in sorted(wrong):
        path = [*section.split("."), name]
        raise SettingsError(f"{settings.origin.name(path)}: {'.'.join(path)}: {problem}.")
