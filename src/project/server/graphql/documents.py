"""Query texts parsed and checked: against the schema, and against the limits of one request."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

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
# Of a query for the schema. Each of these lists multiplies what is below it; those that the usual
# tools send have 230 fields, with lists in lists, such as the fields of all types.
_MAX_SCHEMA_FIELDS = 300
_MAX_SCHEMA_LISTS = 2
_SCHEMA_LISTS = frozenset(
    ("types", "fields", "inputFields", "enumValues", "interfaces", "possibleTypes", "directives")
)
_MAX_CACHED_LENGTH = 4_000
# This rule compares each field with each other one of the same key; `check_conflicts` does not.
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]

# Whether a text is valid does not depend on the values of these literals, only on which are equal.
_UUID = re.compile(r'"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"')
_SAMPLE_UUID = '"00000000-0000-0000-0000-{:012}"'
_TIMESTAMP = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00"')
_SAMPLE_TIMESTAMP = '"2000-01-01T00:00:00.{:06}+00:00"'


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
    sample = _numbered(_UUID, _SAMPLE_UUID, _numbered(_TIMESTAMP, _SAMPLE_TIMESTAMP, text))
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
            "Set operationName to the name of the operation in the query to execute."
        )
    return operation.operation is OperationType.MUTATION


def _numbered(pattern: re.Pattern[str], sample: str, text: str) -> str:
    """Return a text with the same sample in place of equal literals."""
    numbers: dict[str, int] = {}
    return pattern.sub(
        lambda match: sample.format(numbers.setdefault(match[0], len(numbers))), text
    )


@lru_cache(maxsize=256)
def _check_sample(sample: str) -> DocumentNode:
    # Prefect's client sends the same few texts again and again with other ids and times in them,
    # and checking a text takes longer than answering it.
    return _check(sample)


def _check(text: str) -> DocumentNode:
    document = _parse(text)
    # Counted first, as the time that validation takes grows with what is counted here.
    _Sizes(document).check()
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


class _Size(NamedTuple):
    """What a selection set has below it: fields, levels, and levels of lists of the schema."""

    fields: int = 0
    depth: int = 0
    schema_lists: int = 0
    is_of_schema: bool = False


class _Sizes:
    """Counts fields and levels, also those in fragments, as often as these are used."""

    def __init__(self, document: DocumentNode) -> None:
        self._definitions = document.definitions
        self._fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._fragment_sizes: dict[str, _Size] = {}

    def check(self) -> None:
        """Raise BadRequestError if there is too much of anything."""
        _require(len(self._definitions), _MAX_DEFINITIONS, "operations and fragments")
        operations, fragments = (
            [
                self._of_set(node.selection_set)
                for node in self._definitions
                if isinstance(node, kind)
            ]
            for kind in (OperationDefinitionNode, FragmentDefinitionNode)
        )
        _require(sum(size.fields for size in (*operations, *fragments)), _MAX_FIELDS, "fields")
        for size in (*operations, *fragments):
            _require(size.depth, _MAX_DEPTH, "levels")
        for size in operations:
            if size.is_of_schema:
                _require(size.fields, _MAX_SCHEMA_FIELDS, "fields and asks for the schema")
                _require(size.schema_lists, _MAX_SCHEMA_LISTS, "lists of the schema in each other")

    def _of_set(self, selections: SelectionSetNode) -> _Size:
        if not selections.selections:  # not every graphql-core refuses it
            raise BadRequestError("Select at least one field: `{}` selects none.", _INVALID)
        fields, *levels = zip(*(self._of_node(node) for node in selections.selections))
        return _Size(sum(fields), *(max(each) for each in levels))

    def _of_node(self, node: object) -> _Size:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        selections = getattr(node, "selection_set", None)
        size = self._of_set(selections) if selections else _Size()
        return _of_field(node.name.value, size) if isinstance(node, FieldNode) else size

    def _of_fragment(self, name: str) -> _Size:
        if name not in self._fragment_sizes:
            # Nothing while it is counted: validation refuses one that contains itself, and one
            # that does not exist.
            self._fragment_sizes[name] = _Size()
            if name in self._fragments:
                self._fragment_sizes[name] = self._of_set(self._fragments[name])
        return self._fragment_sizes[name]


def _of_field(name: str, below: _Size) -> _Size:
    return _Size(
        fields=below.fields + 1,
        depth=below.depth + 1,
        schema_lists=below.schema_lists + (name in _SCHEMA_LISTS),
        is_of_schema=below.is_of_schema or name in ("__schema", "__type"),
    )


def _require(count: int, maximum: int, what: str) -> None:
    if count > maximum:
        message = f"The query has {count} {what}; at most {maximum} are allowed."
        raise BadRequestError(message, _INVALID)
