"""A GraphQL request, read as far as a gateway before an API has to."""

from __future__ import annotations

import json
import uuid
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
)

RUN_KEYS = {"set_flow_run_states": "flow_run_id", "set_task_run_states": "task_run_id"}


class GraphQLRequest:
    """The body of a request; one that is no GraphQL has no ``name``.

    ``name`` is the one root field, ``depth`` how far below its root fields the document goes,
    ``types`` the types of its variables.
    """

    def __init__(self, body: bytes):
        request = json_object(body) or {}
        variables = request.get("variables") or {}
        if isinstance(variables, str):  # as Prefect's client sends them
            variables = json_object(variables.encode()) or {}
        self.body = body
        self.name = ""
        self.depth = 0
        self.types: Dict[str, str] = {}
        self.variables: Dict[str, Any] = variables
        self._input = ""  # the name of the variable that is a mutation's whole input
        document = _document(request.get("query"))
        if document is not None:
            self._read(document)

    def _read(self, document: DocumentNode) -> None:
        operations = [
            each for each in document.definitions if isinstance(each, OperationDefinitionNode)
        ]
        if not operations:
            return
        self.depth = _depth(document, operations)
        self.types = {
            each.variable.name.value: _named_type(each.type)
            for each in operations[0].variable_definitions or ()
        }
        root, *more = operations[0].selection_set.selections
        if more or not isinstance(root, FieldNode):
            return
        self.name = root.name.value
        for argument in root.arguments or ():
            if argument.name.value == "input" and isinstance(argument.value, VariableNode):
                self._input = argument.value.name.value

    @property
    def _payload(self) -> Dict[str, Any]:
        payload = self.variables.get(self._input)
        return payload if isinstance(payload, dict) else {}

    @property
    def states(self) -> List[Dict[str, Any]]:
        """The states to set, each with the id of its run."""
        states = self._payload.get("states") if self.name in RUN_KEYS else None
        return states if isinstance(states, list) else []

    def with_state(self, item: Dict[str, Any]) -> bytes:
        """Return the body of the same request for one of its states."""
        variables = {**self.variables, self._input: {**self._payload, "states": [item]}}
        return json.dumps({**json.loads(self.body), "variables": variables}).encode()

    @property
    def log_lines(self) -> List[Dict[str, Any]]:
        """The log lines to store; ``prefect execute`` sends one without a list."""
        lines = self._payload.get("logs") if self.name == "write_run_logs" else None
        return [lines] if isinstance(lines, dict) else lines or []

    def wrong_uuid(self) -> Optional[str]:
        """Return a variable's value that should be a UUID and is none."""
        for name, type_ in self.types.items():
            value = self.variables.get(name)
            values = value if isinstance(value, list) else [value]
            wrong = [each for each in values if each is not None and not _is_uuid(each)]
            if type_.lower() == "uuid" and wrong:
                return str(wrong[0])
        return None


def json_object(content: bytes) -> Optional[Dict[str, Any]]:
    """Return the object that a text has as JSON; ``None``: it has none."""
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@lru_cache(maxsize=256)
def _document(text: Any) -> Optional[DocumentNode]:
    try:
        return parse(text, no_location=True) if isinstance(text, str) else None
    except GraphQLSyntaxError:
        return None


def _named_type(node: Any) -> str:
    while not hasattr(node, "name"):  # a list, or one that must not be null
        node = node.type
    return str(node.name.value)


def _is_uuid(value: Any) -> bool:
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False


def _depth(document: DocumentNode, operations: Sequence[OperationDefinitionNode]) -> int:
    """Count as the usual rule for Apollo does: a root field is at 0, introspection is ignored."""
    fragments = {
        each.name.value: each.selection_set
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }

    def deepest(selections: SelectionSetNode, depth: int) -> int:
        return max((depth_of(node, depth) for node in selections.selections), default=0)

    def depth_of(node: Any, depth: int) -> int:
        if isinstance(node, FragmentSpreadNode):
            return deepest(fragments[node.name.value], depth)
        if not isinstance(node, FieldNode):
            return deepest(node.selection_set, depth)
        if node.name.value.startswith("__"):
            return 0
        return deepest(node.selection_set, depth + 1) if node.selection_set else depth

    return max(deepest(each.selection_set, 0) for each in operations)
