"""Query texts parsed and checked: against the schema, and against the limits of one request."""

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
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from project.server.errors import BadRequestError
from project.server.graphql.conflicts import check_conflicts
from project.server.graphql.schema import api_schema

_INVALID = "GRAPHQL_VALIDATION_FAILED"

_MAX_LENGTH = 100_000
_MAX_TOKENS = 5_000
_MAX_DEPTH = 20
_MAX_FIELDS = 2_000
_MAX_DEFINITIONS = 100
_MAX_CACHED_LENGTH = 4_000
# This rule compares each field with each other one of the same key; `check_conflicts` does not.
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]

# Whether a text is valid does not depend on the value of these literals.
_UUID = re.compile(r'"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"')
_SAMPLE_UUID = '"00000000-0000-0000-0000-000000000000"'
_TIMESTAMP = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00"')
_SAMPLE_TIMESTAMP = '"2000-01-01T00:00:00.000000+00:00"'


def parse_document(text: str) -> DocumentNode:
    """Return a text as a document that can be executed. Raises BadRequestError."""
    # Not only tokens take time to read: also comments, of which graphql-core does not count all.
    if len(text) > _MAX_LENGTH:
        raise BadRequestError(
            f"The query has {len(text)} characters; at most {_MAX_LENGTH} are allowed. Send long "
            "values as variables.",
            "GRAPHQL_PARSE_FAILED",
        )
    if len(text) > _MAX_CACHED_LENGTH:
        return _check(text)
    sample = _TIMESTAMP.sub(_SAMPLE_TIMESTAMP, _UUID.sub(_SAMPLE_UUID, text))
    try:
        document = _check_sample(sample)
    except BadRequestError:
        return _check(text)  # raises again, with the literals of the text in the message
    return document if sample == text else _parse(text)


def is_mutation(document: DocumentNode, operation_name: str | None) -> bool:
    """Return whether the operation to execute is a mutation.

    Raises BadRequestError if there is no such operation.
    """
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        raise BadRequestError(
            "Name in operationName which of the operations in the query to execute."
        )
    return operation.operation is OperationType.MUTATION


@lru_cache(maxsize=256)
def _check_sample(sample: str) -> DocumentNode:
    # Prefect's client sends the same few texts again and again with other ids and times in them,
    # and checking a text takes longer than answering it.
    return _check(sample)


def _check(text: str) -> DocumentNode:
    document = _parse(text)
    # Counted first, as the time that validation takes grows with what is counted here.
    _Size(document).check()
    errors = validate(api_schema(), document, _RULES, max_errors=5)
    if errors:
        raise BadRequestError("; ".join(error.message for error in errors), _INVALID)
    check_conflicts(document)
    return document


def _parse(text: str) -> DocumentNode:
    try:
        # Locations would only make documents larger: no message here reports them.
        return parse(text, no_location=True, max_tokens=_MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise BadRequestError(error.message, "GRAPHQL_PARSE_FAILED") from error
    except RecursionError as error:
        raise BadRequestError("The query is nested too deeply.", "GRAPHQL_PARSE_FAILED") from error


class _Size:
    """Counts fields and levels, also those in fragments, as often as these are used."""

    def __init__(self, document: DocumentNode) -> None:
        self._definitions = document.definitions
        self._fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._fragment_sizes: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        _require(len(self._definitions), _MAX_DEFINITIONS, "operations and fragments")
        sizes = [
            self._of_set(node.selection_set)
            for node in self._definitions
            if isinstance(node, (OperationDefinitionNode, FragmentDefinitionNode))
        ]
        _require(sum(fields for fields, _ in sizes), _MAX_FIELDS, "fields")
        _require(max((depth for _, depth in sizes), default=0), _MAX_DEPTH, "levels")

    def _of_set(self, selections: SelectionSetNode) -> tuple[int, int]:
        if not selections.selections:  # not every graphql-core refuses it
            raise BadRequestError("Select at least one field: `{}` selects none.", _INVALID)
        sizes = [self._of_node(node) for node in selections.selections]
        return sum(fields for fields, _ in sizes), max(depth for _, depth in sizes)

    def _of_node(self, node: object) -> tuple[int, int]:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        selections = getattr(node, "selection_set", None)
        fields, depth = self._of_set(selections) if selections else (0, 0)
        return (fields + 1, depth + 1) if isinstance(node, FieldNode) else (fields, depth)

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._fragment_sizes:
            # Nothing while it is counted: validation refuses one that contains itself, and one
            # that does not exist.
            self._fragment_sizes[name] = 0, 0
            if name in self._fragments:
                self._fragment_sizes[name] = self._of_set(self._fragments[name])
        return self._fragment_sizes[name]


def _require(count: int, maximum: int, what: str) -> None:
    if count > maximum:
        message = f"The query has {count} {what}; at most {maximum} are allowed."
        raise BadRequestError(message, _INVALID)
