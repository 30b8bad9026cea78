"""Hasura's `where` and `order_by` as SQL expressions."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Mapping, Sequence

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    UnaryExpression,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.elements import True_

from project.server.graphql.patterns import PATTERNS
from project.server.graphql.relations import Relation, aliased, relations_of
from project.server.graphql.selections import AggregateFunction
from project.server.graphql.table_types import AGGREGATE
from project.server.store.columns import Json, String
from project.server.store.rows import is_in

Where = Mapping[str, Any]
Comparison = Callable[[Any, Any], ColumnElement[bool]]

_COMPARISONS: Mapping[str, Comparison] = {
    "_eq": lambda column, value: column == value,
    "_neq": lambda column, value: column != value,
    "_gt": lambda column, value: column > value,
    "_gte": lambda column, value: column >= value,
    "_lt": lambda column, value: column < value,
    "_lte": lambda column, value: column <= value,
    "_in": is_in,
    "_nin": lambda column, values: not_(is_in(column, values)),
    "_is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


def _has_keys(column: Any, keys: Any) -> list[ColumnElement[bool]]:
    return [func.json_has_key(column, literal(key, String)) for key in keys]


def _json_equal(column: Any, value: Any) -> ColumnElement[bool]:
    return func.json_equals(column, json.dumps(value))


_JSON_COMPARISONS: Mapping[str, Comparison] = {
    "_contains": lambda column, value: func.json_contains(column, json.dumps(value)),
    "_contained_in": lambda column, value: func.json_contains(json.dumps(value), column),
    "_has_key": lambda column, value: _has_keys(column, [value])[0],
    "_has_keys_any": lambda column, value: or_(not_(true()), *_has_keys(column, value)),
    "_has_keys_all": lambda column, value: and_(true(), *_has_keys(column, value)),
    "_eq": _json_equal,
    "_neq": lambda column, value: not_(_json_equal(column, value)),
    "_in": lambda column, values: or_(
        not_(true()), *(_json_equal(column, value) for value in values)
    ),
    "_nin": lambda column, values: and_(
        true(), *(not_(_json_equal(column, value)) for value in values)
    ),
}


def condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return the condition for rows of `source`; true if there is none.

    A null is no condition, at any depth (`{name: {_eq: null}}`): Prefect's command line sends
    such filters for options that were not given.
    """
    parts = list(_parts(source, where))
    return and_(*parts) if parts else true()


def child_condition(source: FromClause, where: Where | None) -> ColumnElement[bool]:
    """Return the `condition` for rows that are already restricted to given parents.

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


def aggregated(source: FromClause, function: AggregateFunction) -> ColumnElement[Any]:
    """Return the expression for a function of the rows of `source`."""
    columns = [source.c[name] for name in function.columns]
    if not columns:
        return func.count(source.c.id)
    column: ColumnElement[Any] = columns[0] if len(columns) == 1 else func.json_array(*columns)
    if function.name == "count":
        return func.count(column.distinct() if function.is_distinct else column)
    expression: ColumnElement[Any] = getattr(func, function.name)(column)
    return expression


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
            comparisons = value.items()
            yield from (
                _compare(source.c[key], name, x) for name, x in comparisons if x is not None
            )
        else:
            part = _part(source, key, value)
            if not isinstance(part, True_):
                yield part


def _compare(column: ColumnElement[Any], name: str, value: Any) -> ColumnElement[bool]:
    if isinstance(column.type, Json) and name in _JSON_COMPARISONS:
        return _JSON_COMPARISONS[name](column, value)
    if isinstance(column.type, Boolean) and isinstance(value, bool) and name != "_is_null":
        # SQLAlchemy has no greater or less for true and false; SQLite and PostgreSQL have.
        return _COMPARISONS[name](type_coerce(column, Integer), int(value))
    if name in _COMPARISONS:
        return _COMPARISONS[name](column, value)
    if name[1:] in PATTERNS:
        return PATTERNS[name[1:]](column, value)
    return not_(PATTERNS[name[2:]](column, value))


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
    found = local.in_(select(remote).where(inner))
    # Without a related row, the condition is false, and not null: `_not` makes true of it.
    return local.is_not(None) & found if local.nullable else found


def _terms(source: FromClause, name: str, value: Any) -> Iterator[tuple[ColumnElement[Any], str]]:
    """Yield expressions to sort by, and their direction; related rows are looked up row by row."""
    if isinstance(value, str):
        yield source.c[name], value
    elif value is not None:
        relation = relations_of(source)[name.replace(AGGREGATE, "")]
        target = aliased(relation.target, source)
        related = target.c[relation.remote] == source.c[relation.local]
        for term, direction in _related_terms(target, relation, value):
            yield select(term).where(related).scalar_subquery(), direction


def _related_terms(
    target: FromClause, relation: Relation, order_by: Mapping[str, Any]
) -> Iterator[tuple[ColumnElement[Any], str]]:
    if relation.many:
        for function, direction in _functions(order_by):
            yield aggregated(target, function), direction
    else:
        for name, value in order_by.items():
            yield from _terms(target, name, value)


def _functions(order_by: Mapping[str, Any]) -> Iterator[tuple[AggregateFunction, str]]:
    for name, value in order_by.items():
        if isinstance(value, str):
            yield AggregateFunction(name), value
        else:
            for column, direction in (value or {}).items():
                if direction is not None:
                    yield AggregateFunction(name, (column,)), direction


def _directed(term: ColumnElement[Any], direction: str) -> UnaryExpression[Any]:
    """Order as PostgreSQL does by default: nulls are greater than everything else."""
    directed = term.desc() if direction.startswith("desc") else term.asc()
    if isinstance(term, Column) and not term.nullable:
        return directed
    nulls_first = direction == "desc" or direction.endswith("nulls_first")
    return directed.nulls_first() if nulls_first else directed.nulls_last()
