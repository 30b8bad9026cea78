"""Rules for the values in ``prefect.yml``, as marshmallow fields."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from math import isfinite
from typing import Any, Callable, Dict, Mapping, Optional, Type

from marshmallow import Schema, ValidationError, fields, post_load, pre_load

UNKNOWN = "unknown key"
OF_SECTION = "_section"  # instead of a key, for a mistake in how the keys of a section fit together


class Value(fields.Field):
    """Rule for one value, which is taken as it is or refused; ``words`` follow "must be".

    ``may_be_empty``: a key with nothing behind it, which YAML reads as null, has its default.
    """

    def __init__(
        self,
        words: str,
        accepts: Callable[[Any], bool],
        *,
        optional: bool = False,
        may_be_empty: bool = False,
    ):
        message = f"must be {words}"
        super().__init__(allow_none=optional, error_messages={"null": message, "wrong": message})
        self.may_be_empty = may_be_empty
        self._accepts = accepts

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not self._accepts(value):
            raise self.make_error("wrong")
        return tuple(value) if isinstance(value, list) else value


class SectionRule(fields.Nested):
    """Rule for a section with keys of its own."""

    def __init__(self, section: type, *, optional: bool = False):
        super().__init__(lambda: schema_of(section), allow_none=optional)
        self.section = section
        self.may_be_empty = not optional


class ChangesRule(fields.Field):
    """Rule for sections by name, each with some of the keys of ``section``.

    The value has the keys that were given, without the defaults of the others.
    """

    def __init__(self, section: type):
        super().__init__()
        self.section = section
        self.may_be_empty = True

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Dict[str, Dict[str, Any]]:
        if not isinstance(value, Mapping):
            raise ValidationError("must be a mapping of names to sections")
        changes, errors = {}, {}
        for name, raw in with_text_keys(value).items():
            try:
                section = schema_of(self.section).load({} if raw is None else raw)
                changes[name] = {key: getattr(section, key) for key in raw or {}}
            except ValidationError as error:
                errors[name] = error.messages
        if errors:
            raise ValidationError(errors)
        return changes


def choice(*choices: str) -> Value:
    """Return the rule for one of several words."""
    words = f"{', '.join(choices[:-1])} or {choices[-1]}" if choices[1:] else choices[0]
    return Value(words, lambda value: isinstance(value, str) and value in choices)


def choices(*known: str) -> Value:
    """Return the rule for a list of some of several words."""
    return Value(
        f"a list of one or more of {', '.join(known)}",
        lambda value: (
            isinstance(value, (list, tuple))
            and len(value) > 0
            and all(one in known for one in value)
        ),
    )


def whole_number(at_least: int, *, optional: bool = False) -> Value:
    """Return the rule for a whole number."""
    words = f"a whole number of at least {at_least}"
    return Value(words, lambda value: type(value) is int and value >= at_least, optional=optional)


def number(*, at_least: float = 0, above: Optional[float] = None, optional: bool = False) -> Value:
    """Return the rule for a number."""
    bound = f"a number of at least {at_least}" if above is None else f"a number above {above}"

    def accepts(value: Any) -> bool:
        return _is_number(value) and (value >= at_least if above is None else value > above)

    return Value(bound, accepts, optional=optional)


def numbers() -> Value:
    """Return the rule for a mapping of names to numbers."""
    return _numbers(
        "a mapping of names to numbers above 0", lambda value: _is_number(value) and value > 0
    )


def whole_numbers(at_least: int) -> Value:
    """Return the rule for a mapping of names to whole numbers."""
    words = f"a mapping of names to whole numbers of at least {at_least}"
    return _numbers(words, lambda value: type(value) is int and value >= at_least)


def _numbers(words: str, accepts: Callable[[Any], bool]) -> Value:
    def accepts_all(value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            _is_string(name) and accepts(one) for name, one in value.items()
        )

    return Value(words, accepts_all, may_be_empty=True)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def string(*, optional: bool = False) -> Value:
    """Return the rule for a non-empty string."""
    return Value("a non-empty string", _is_string, optional=optional)


def switch() -> Value:
    """Return the rule for true or false."""
    return Value("true or false", lambda value: isinstance(value, bool))


def strings() -> Value:
    """Return the rule for a list of strings."""
    return Value(
        "a list of strings",
        lambda value: isinstance(value, (list, tuple)) and all(map(_is_string, value)),
        may_be_empty=True,
    )


def mapping(*, optional: bool = False) -> Value:
    """Return the rule for a mapping whose content is not looked at."""
    return Value(
        "a mapping of keys",
        lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value),
        optional=optional,
        may_be_empty=not optional,
    )


def _is_string(value: object) -> bool:
    # "${" is left where the configuration loader replaces nothing, and it is never meant.
    return isinstance(value, str) and value != "" and "${" not in value


def setting(default: Any, rule: fields.Field) -> Any:
    """Declare a key of a section, which is a dataclass: its default and its rule."""
    return dataclasses.field(default_factory=lambda: default, metadata={"rule": rule})


def rules_of(section: type) -> Dict[str, Any]:
    """Return the rules of a section by its keys."""
    declared = {field.name: field.metadata.get("rule") for field in dataclasses.fields(section)}
    return {name: rule for name, rule in declared.items() if rule is not None}


@lru_cache(maxsize=None)  # marshmallow keeps every schema class forever
def schema_of(section: type) -> Schema:
    """Return the schema that makes a section of a mapping."""
    schema: Type[Schema] = type(
        f"{section.__name__}Schema", (_SectionSchema,), {**rules_of(section), "_section": section}
    )
    return schema()


def without_empty_keys(section: type, raw: Mapping[Any, Any]) -> Dict[str, Any]:
    """Return a mapping without keys that have nothing behind them where the default is meant."""
    rules = rules_of(section)
    return {
        key: value
        for key, value in with_text_keys(raw).items()
        if value is not None or not getattr(rules.get(key), "may_be_empty", False)
    }


def with_text_keys(raw: Mapping[Any, Any]) -> Dict[str, Any]:
    """Return a mapping with keys as they are written, such as ``on``, which YAML reads as true."""
    return {"on" if key is True else str(key): value for key, value in raw.items()}


class _SectionSchema(Schema):
    _section: type
    error_messages = {"unknown": UNKNOWN, "type": "must be a mapping of keys"}  # noqa: RUF012

    @pre_load
    def _drop_empty_keys(self, raw: Any, **kwargs: Any) -> Any:
        return without_empty_keys(self._section, raw) if isinstance(raw, Mapping) else raw

    @post_load
    def _make_section(self, values: Dict[str, Any], **kwargs: Any) -> Any:
        try:
            return self._section(**values)
        except ValueError as error:
            raise ValidationError(str(error), OF_SECTION) from error
