"""Query texts, parsed and checked: against the schema, and against what one request may cost."""

from __future__ import annotations

import re
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_operation_ast,
    parse,
    validate,
)

from project.server.errors import BadRequestError
from project.server.schema import api_schema

_MAX_TOKENS = 200_000
_MAX_DEPTH = 20
_MAX_FIELDS = 2_000
_REMEMBERED_LENGTH = 4_000

# Literals whose value does not matter to whether a text is valid.
_ID = re.compile(r'"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"')
_ANY_ID = '"00000000-0000-0000-0000-000000000000"'
_MOMENT = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"')
_ANY_MOMENT = '"2000-01-01T00:00:00.000000+00:00"'


def document(text: str) -> DocumentNode:
    """Return a text as a document that can be executed. Raises BadRequestError."""
    if len(text) > _REMEMBERED_LENGTH:
        return _checked(text)
    sample = _MOMENT.sub(_ANY_MOMENT, _ID.sub(_ANY_ID, text))
    try:
        known = _remembered(sample)
    except BadRequestError:
        return _checked(text)  # so that the error speaks of the text as it was given
    return known if sample == text else _parsed(text)


def is_mutation(document: DocumentNode, operation_name: str | None) -> bool:
    """Tell whether the operation to execute changes anything.

    Raises BadRequestError when there is no such operation.
    """
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        raise BadRequestError(
            "Say with operationName which of the operations in the query to execute."
        )
    return operation.operation is OperationType.MUTATION


@lru_cache(maxsize=256)
def _remembered(sample: str) -> DocumentNode:
    # Prefect's client sends the same few texts again and again, with other ids and times in them,
    # and to check one takes longer than to answer it.
    return _checked(sample)


def _checked(text: str) -> DocumentNode:
    found = _parsed(text)
    errors = validate(api_schema(), found, max_errors=5)
    if errors:
        raise BadRequestError(
            "; ".join(error.message for error in errors), "GRAPHQL_VALIDATION_FAILED"
        )
    cost = _Cost(found)
    for definition in found.definitions:
        if isinstance(definition, OperationDefinitionNode):
            cost.check(definition.selection_set)
    return found


def _parsed(text: str) -> DocumentNode:
    try:
        return parse(text, no_location=True, max_tokens=_MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise BadRequestError(error.message, "GRAPHQL_PARSE_FAILED") from error
    except RecursionError as error:
        raise BadRequestError("The query is nested too deeply.", "GRAPHQL_PARSE_FAILED") from error


class _Cost:
    """Counts fields and depth, fragments included, which validation has found free of cycles."""

    def __init__(self, found: DocumentNode) -> None:
        fragments = (each for each in found.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {each.name.value: each.selection_set for each in fragments}
        self._known: dict[str, tuple[int, int]] = {}

    def check(self, selections: SelectionSetNode) -> None:
        fields, depth = self._of(selections)
        if fields > _MAX_FIELDS or depth > _MAX_DEPTH:
            raise BadRequestError(
                f"The query has {fields} fields, {depth} levels deep; "
                f"at most {_MAX_FIELDS} and {_MAX_DEPTH} are allowed.",
                "GRAPHQL_VALIDATION_FAILED",
            )

    def _of(self, selections: SelectionSetNode) -> tuple[int, int]:
        parts = [self._of_node(node) for node in selections.selections]
        return sum(fields for fields, _ in parts), max((depth for _, depth in parts), default=0)

    def _of_node(self, node: object) -> tuple[int, int]:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        inner = getattr(node, "selection_set", None)
        fields, depth = self._of(inner) if inner else (0, 0)
        return (fields + 1, depth + 1) if isinstance(node, FieldNode) else (fields, depth)

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            self._known[name] = self._of(self._fragments[name])
        return self._known[name]
