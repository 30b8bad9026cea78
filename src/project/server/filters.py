"""Hasura's `where` and `order_by` as SQL: functions of values, nothing is executed here."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import True_

from project.server.relations import Relation, relations_of

Where = Mapping[str, Any]

_DIALECT = sqlite.dialect()

_COMPARISONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "_eq": lambda column, value: column == value,
    "_neq": lambda column, value: column != value,
    "_gt": lambda column, value: column > value,
    "_gte": lambda column, value: column >= value,
    "_lt": lambda column, value: column < value,
    "_lte": lambda column, value: column <= value,
    "_in": lambda column, values: column.in_(listed(column, values)),
    "_nin": lambda column, values: column.not_in(listed(column, values)),
    "_ilike": lambda column, value: column.like(value),
    "_is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return what a row of `source` must fulfil.

    A null is no condition at all, at any depth (`{name: {_eq: null}}`): Prefect's command line
    relies on it.
    """
    given = (where or {}).items()
    return _all(_part(source, key, value) for key, value in given if value is not None)


def listed(column: ColumnElement[Any], values: Iterable[Any]) -> Select[Any]:
    """Return a list as a subquery of one parameter: SQLite's limit on parameters does not apply."""
    bind = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    plain = [bind(value) if bind else value for value in values]
    return select(func.json_each(json.dumps(plain)).table_valued("value").c.value)


def ordering(
    source: FromClause, order_by: Sequence[Mapping[str, Any]]
) -> list[UnaryExpression[Any]]:
    """Return the sort keys, in the order in which they were written."""
    return [
        _directed(term, way)
        for keys in order_by
        for name, given in keys.items()
        for term, way in _terms(source, name, given)
    ]


def _all(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the conjunction; when nothing is asked for, simply true, which callers look for."""
    parts = [each for each in conditions if not isinstance(each, True_)]
    return and_(*parts) if parts else true()


def _part(source: FromClause, key: str, value: Any) -> ColumnElement[bool]:
    if key == "_and":
        return _all(condition(source, each) for each in value)
    if key == "_or":
        return or_(*(condition(source, each) for each in value)) if value else not_(true())
    if key == "_not":
        return not_(condition(source, value))
    if key in source.c:
        return _compare(source.c[key], value)
    return _related(source, relations_of(source)[key], value)


def _compare(column: ColumnElement[Any], comparison: Where) -> ColumnElement[bool]:
    return _all(
        _COMPARISONS[name](column, value) for name, value in comparison.items() if value is not None
    )


def _related(source: FromClause, relation: Relation, where: Where) -> ColumnElement[bool]:
    """Look a parent up once for the whole query (IN), children row by row (EXISTS)."""
    target = relation.target.alias()
    local, remote, inner = (
        source.c[relation.local],
        target.c[relation.remote],
        condition(target, where),
    )
    if relation.many:
        return exists().where(remote == local, inner)
    if isinstance(inner, True_):
        return local.is_not(None) if local.nullable else inner
    return local.in_(select(remote).where(inner))


def _terms(source: FromClause, name: str, given: Any) -> Iterator[tuple[ColumnElement[Any], str]]:
    """Yield what to sort by, and how; a parent's columns are looked up row by row."""
    if isinstance(given, str):
        yield source.c[name], given
    elif given is not None:
        relation = relations_of(source)[name]
        target = relation.target.alias()
        parent = target.c[relation.remote] == source.c[relation.local]
        for inner, value in given.items():
            for term, way in _terms(target, inner, value):
                yield select(term).where(parent).scalar_subquery(), way


def _directed(term: ColumnElement[Any], way: str) -> UnaryExpression[Any]:
    """Order as Postgres does unless told otherwise: nulls are greater than all else."""
    directed = term.desc() if way.startswith("desc") else term.asc()
    if isinstance(term, Column) and not term.nullable:
        return directed
    nulls_first = way == "desc" or way.endswith("nulls_first")
    return directed.nulls_first() if nulls_first else directed.nulls_last()
