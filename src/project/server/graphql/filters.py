"""Hasura's `where` and `order_by` as SQL expressions."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping, Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    UnaryExpression,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.elements import True_

from project.server.graphql.relations import Relation, aliased, relations_of
from project.server.store.rows import is_in

Where = Mapping[str, Any]

# SQLite's LIKE ignores case, as PostgreSQL's ILIKE does; its escape character must be named.
_COMPARISONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "_eq": lambda column, value: column == value,
    "_neq": lambda column, value: column != value,
    "_gt": lambda column, value: column > value,
    "_gte": lambda column, value: column >= value,
    "_lt": lambda column, value: column < value,
    "_lte": lambda column, value: column <= value,
    "_in": is_in,
    "_nin": lambda column, values: not_(is_in(column, values)),
    "_ilike": lambda column, value: column.like(value, escape="\\"),
    "_contains": lambda column, value: func.json_contains(column, json.dumps(value)),
    "_is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return the condition for rows of `source`; true if there is none.

    A null is no condition, at any depth (`{name: {_eq: null}}`): Prefect's command line sends
    such filters for options that were not given.
    """
    parts = list(_parts(source, where))
    return and_(*parts) if parts else true()


def child_condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return the same for rows that belong to given parents.

    SQLite takes any comparison for a rare match, even one with a state, and would read all rows
    with that state in place of those of the parents. `likely` tells it otherwise.
    """
    return and_(true(), *(func.likely(part) for part in _parts(source, where)))


def ordering(
    source: FromClause, order_by: Sequence[Mapping[str, Any]]
) -> list[UnaryExpression[Any]]:
    """Return the sort keys, in the order in which they are written in the query."""
    return [
        _directed(term, direction)
        for keys in order_by
        for name, value in keys.items()
        for term, direction in _terms(source, name, value)
    ]


def _parts(source: FromClause, where: Where | None) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that are joined by AND.

    Those that every row meets are left out, as a subquery for them would be expensive.
    """
    operands = {key: value for key, value in (where or {}).items() if value is not None}
    for key, value in operands.items():
        if key == "_and":
            for each in value:
                yield from _parts(source, each)
        elif key in source.c:
            column, comparisons = source.c[key], value.items()
            yield from (_COMPARISONS[name](column, x) for name, x in comparisons if x is not None)
        else:
            part = _part(source, key, value)
            if not isinstance(part, True_):
                yield part


def _part(source: FromClause, key: str, value: Any) -> ColumnElement[bool]:
    if key == "_or":  # of nothing, it is false, as in Hasura
        return or_(*(condition(source, each) for each in value)) if value else not_(true())
    if key == "_not":
        return not_(condition(source, value))
    return _related(source, relations_of(source)[key], value)


def _related(source: FromClause, relation: Relation, where: Where) -> ColumnElement[bool]:
    """Return the condition on related rows.

    Parents are looked up once for the whole query (IN), children row by row (EXISTS).
    """
    target = aliased(relation.target, source)
    local, remote = source.c[relation.local], target.c[relation.remote]
    inner = condition(target, where)
    if relation.many:
        return exists().where(remote == local, inner)
    if isinstance(inner, True_):
        return local.is_not(None) if local.nullable else inner
    return local.in_(select(remote).where(inner))


def _terms(source: FromClause, name: str, value: Any) -> Iterator[tuple[ColumnElement[Any], str]]:
    """Yield expressions to sort by, and their direction; a parent is looked up row by row."""
    if isinstance(value, str):
        yield source.c[name], value
    elif value is not None:
        relation = relations_of(source)[name]
        target = aliased(relation.target, source)
        parent = target.c[relation.remote] == source.c[relation.local]
        for inner_name, inner_value in value.items():
            for term, direction in _terms(target, inner_name, inner_value):
                yield select(term).where(parent).scalar_subquery(), direction


def _directed(term: ColumnElement[Any], direction: str) -> UnaryExpression[Any]:
    """Order as PostgreSQL does by default: nulls are greater than everything else."""
    directed = term.desc() if direction.startswith("desc") else term.asc()
    if isinstance(term, Column) and not term.nullable:
        return directed
    nulls_first = direction == "desc" or direction.endswith("nulls_first")
    return directed.nulls_first() if nulls_first else directed.nulls_last()
