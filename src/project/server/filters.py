"""Hasura's `where` and `order_by` as SQL: functions of values, nothing is executed here."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    TableValuedAlias,
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

from project.server.relations import Relation, aliased, relations_of

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
    "_ilike": lambda column, value: column.like(value, escape="\\"),  # as PostgreSQL's
    "_is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return what a row of `source` must fulfil; when nothing is asked for, simply true.

    A null is no condition at all, at any depth (`{name: {_eq: null}}`): Prefect's command line
    relies on it.
    """
    parts = list(_parts(source, where))
    return and_(*parts) if parts else true()


def child_condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return the same for rows that belong to some parents.

    SQLite is told that most of them fulfil it. It takes any value for rare, a state too, and would
    rather look at all rows with that state than at those of the parents.
    """
    return and_(true(), *(func.likely(each) for each in _parts(source, where)))


def listed(column: ColumnElement[Any], values: Iterable[Any]) -> Select[Any]:
    """Return values to compare with a column as a subquery."""
    return select(rows_of(column, values).c.value)


def rows_of(column: ColumnElement[Any], values: Iterable[Any]) -> TableValuedAlias:
    """Return values to compare with a column as rows of a column `value`.

    They are one parameter: SQLite's limit on the number of parameters does not apply.
    """
    bind = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    plain = [bind(value) if bind else value for value in values]
    return func.json_each(json.dumps(plain)).table_valued("value")


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


def _parts(source: FromClause, where: Where | None) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked for, without what is true of any row: a subquery for that costs much."""
    given = {key: value for key, value in (where or {}).items() if value is not None}
    for key, value in given.items():
        if key == "_and":
            for each in value:
                yield from _parts(source, each)
        elif key in source.c:
            yield from _comparisons(source.c[key], value)
        else:
            part = _part(source, key, value)
            if not isinstance(part, True_):
                yield part


def _part(source: FromClause, key: str, value: Any) -> ColumnElement[bool]:
    if key == "_or":
        return or_(*(condition(source, each) for each in value)) if value else not_(true())
    if key == "_not":
        return not_(condition(source, value))
    return _related(source, relations_of(source)[key], value)


def _comparisons(column: ColumnElement[Any], given: Where) -> Iterator[ColumnElement[bool]]:
    for name, value in given.items():
        if value is not None:
            yield _COMPARISONS[name](column, value)


def _related(source: FromClause, relation: Relation, where: Where) -> ColumnElement[bool]:
    """Look a parent up once for the whole query (IN), children row by row (EXISTS)."""
    target = aliased(relation.target, source)
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
        target = aliased(relation.target, source)
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
