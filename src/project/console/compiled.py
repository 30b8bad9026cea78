"""A flow as text, JSON or a Mermaid diagram, the same in every process."""

from __future__ import annotations

import json
from typing import Dict, List, NamedTuple, Sequence

from kedro.pipeline import Pipeline

from project.flow.groups.units import Units


class CompiledFlow(NamedTuple):
    """What is printed of a flow: its nodes, and the units in which executors may run them."""

    name: str
    pipeline_name: str
    grouping: str
    pipeline: Pipeline
    units: Units


def as_text(flow: CompiledFlow, *, explain: bool) -> str:
    """Return a line per node, below the name of its unit if that has several nodes."""
    nodes = {node.name: node for node in flow.pipeline.nodes}
    lines = [
        f"Flow '{flow.name}' of pipeline '{flow.pipeline_name}': {len(nodes)} nodes in "
        f"{len(flow.units.groups)} units (grouping: {flow.grouping})"
    ]
    for group in flow.units.groups:
        indent = "  " if group.nodes[1:] else ""
        if indent:
            lines.append(group.name)
        for name in group.nodes:
            inputs, outputs = ", ".join(nodes[name].inputs), ", ".join(nodes[name].outputs)
            lines.append(f"{indent}{name}: {inputs or 'nothing'} -> {outputs or 'nothing'}")
    if explain:
        reasons = flow.units.reasons()
        refused = flow.units.refused_joins()
        together = [f"  {name}: {reason}" for name, reason in reasons.items()]
        apart = [f"  {join.reason}: {' -> '.join(join.path)}" for join in refused]
        lines += ["", "Together:", *(together or ["  no nodes"])]
        lines += ["", "Not joined, because each would wait for the other:", *(apart or ["  none"])]
    return "\n".join(lines)


def as_json(flow: CompiledFlow, *, explain: bool) -> str:
    """Return the flow as JSON."""
    unit_of = {node: group.name for group in flow.units.groups for node in group.nodes}
    upstream = _upstream_names(flow.pipeline)
    content: Dict[str, object] = {
        "flow": flow.name,
        "pipeline": flow.pipeline_name,
        "grouping": flow.grouping,
        "tasks": [
            {
                "name": node.name,
                "unit": unit_of[node.name],
                "upstream": upstream[node.name],
                "inputs": node.inputs,
                "outputs": node.outputs,
                "tags": sorted(node.tags),
            }
            for node in flow.pipeline.nodes
        ],
        "units": [group._asdict() for group in flow.units.groups],
    }
    if explain:
        content["reasons"] = flow.units.reasons()
        content["refused"] = [join._asdict() for join in flow.units.refused_joins()]
    return json.dumps(content, indent=2)


def as_mermaid(flow: CompiledFlow) -> str:
    """Return the flow as a Mermaid flowchart, with a frame around each unit of several nodes."""
    ids = {node.name: f"n{number}" for number, node in enumerate(flow.pipeline.nodes)}
    lines = ["flowchart TD"]
    for number, group in enumerate(flow.units.groups):
        inner = [f'{ids[name]}["{_escaped(name)}"]' for name in group.nodes]
        if len(inner) == 1:
            lines.append(f"  {inner[0]}")
        else:
            lines.append(f'  subgraph u{number}["{_escaped(group.name)}"]')
            lines += [f"    {line}" for line in inner]
            lines.append("  end")
    for name, parents in _upstream_names(flow.pipeline).items():
        lines += [f"  {ids[parent]} --> {ids[name]}" for parent in parents]
    return "\n".join(lines)


def _upstream_names(pipeline: Pipeline) -> Dict[str, List[str]]:
    rank = {node.name: number for number, node in enumerate(pipeline.nodes)}
    dependencies = pipeline.node_dependencies
    parents: Dict[str, Sequence[str]] = {
        node.name: [parent.name for parent in dependencies[node]] for node in pipeline.nodes
    }
    return {name: sorted(found, key=rank.__getitem__) for name, found in parents.items()}


def _escaped(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("\n", " ")
