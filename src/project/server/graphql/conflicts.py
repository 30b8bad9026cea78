"""Fields with the same key in the response: they must be the same field, with equal arguments.

GraphQL's own rule for this compares each pair of them. As no two types of this schema share an
interface, it is enough to compare each with the first.
"""

from __future__ import annotations

from typing import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    print_ast,
)

from project.server.errors import BadRequestError


def check_conflicts(document: DocumentNode) -> None:
    """Raise BadRequestError if two fields of a valid document conflict."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            _check([node.selection_set], fragments)


def _check(sets: list[SelectionSetNode], fragments: dict[str, SelectionSetNode]) -> None:
    fields: dict[str, list[FieldNode]] = {}
    for selections in sets:
        for node in _flatten(selections, fragments):
            fields.setdefault((node.alias or node.name).value, []).append(node)
    for key, nodes in fields.items():
        if len(nodes) > 1 and len({_signature(node) for node in nodes}) > 1:
            raise BadRequestError(
                f"Fields '{key}' conflict: they are different fields, or have different arguments. "
                "Use different aliases.",
                "GRAPHQL_VALIDATION_FAILED",
            )
        _check([node.selection_set for node in nodes if node.selection_set], fragments)


def _flatten(
    selections: SelectionSetNode, fragments: dict[str, SelectionSetNode]
) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _flatten(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _flatten(fragments[node.name.value], fragments)


def _signature(node: FieldNode) -> tuple[str, tuple[str, ...]]:
    return node.name.value, tuple(sorted(print_ast(each) for each in node.arguments or ()))
