"""Messages about mistakes in ``prefect.yml``: what, with which value, and what to do."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Collection, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple

import yaml

from project.config.credentials import mentions_credential
from project.config.origin import Origin
from project.config.rules import OF_SECTION, UNKNOWN, rules_of, with_text_keys

_UNRESOLVED = (
    " The configuration loader of this project leaves ${...} as it is: set CONFIG_LOADER_CLASS in "
    "settings.py to one that replaces it, such as OmegaConfigLoader."
)
_ENVIRONMENT_VARIABLES = (
    "Kedro reads environment variables only in credentials.yml, unless settings.py allows it: "
    'CONFIG_LOADER_ARGS = {"custom_resolvers": {"oc.env": oc.env}}, with '
    "'from omegaconf.resolvers import oc' above it."
)


class Problem(NamedTuple):
    """One mistake: the path of its key, and what marshmallow or a rule says of it.

    ``is_of_section``: each value is valid, but they do not fit together.
    """

    path: Tuple[str, ...]
    text: str
    is_of_section: bool = False


def problems_in(messages: Any, path: Tuple[str, ...] = ()) -> Iterator[Problem]:
    """Yield the mistakes that marshmallow has found, from its tree of messages."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            if key == OF_SECTION:
                yield from (Problem(path, str(text), is_of_section=True) for text in inner)
            else:
                yield from problems_in(inner, path if key == "_schema" else (*path, str(key)))
    else:
        yield from (Problem(path, str(text)) for text in messages)


def describe_problem(
    section: type, problem: Problem, raw: Any, prefix: Tuple[str, ...], origin: Origin
) -> str:
    """Return the message about a mistake in ``raw``, which is below the key ``prefix``."""
    path = (*prefix, *problem.path)
    key = ".".join(path)
    if problem.text == UNKNOWN:
        return f"{origin.name(path)}: unknown key '{key}'. {_nearest(section, problem.path)}"
    end = "." if problem.is_of_section else _not_this(key, _at(raw, problem.path))
    return f"{origin.name(path)}: {key}: {problem.text}{end}"


def _at(raw: Any, path: Sequence[str]) -> Any:
    for key in path:
        raw = (with_text_keys(raw) if isinstance(raw, Mapping) else raw)[key]
    return raw


def _not_this(key: str, value: Any) -> str:
    """Return the words that show a wrong value; it is not shown if it may hold a credential."""
    shown = "" if mentions_credential(f"{key} {value!r}") else f", not {value!r}"
    return f"{shown}.{_UNRESOLVED if '${' in repr(value) else ''}"


def _nearest(section: Any, path: Sequence[str]) -> str:
    for key in path[:-1]:  # some are names of the user's, such as those of nodes
        section = getattr(rules_of(section).get(key), "section", section)
    return nearest(path[-1], list(rules_of(section)), "Valid keys")


def nearest(name: str, names: Collection[str], words: str) -> str:
    """Return a sentence with the name that was probably meant, else with all of them."""
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"{words}: {', '.join(names)}."


def describe_unreadable(error: Exception, origin: Origin) -> str:
    """Return why Kedro's configuration loader could not read ``prefect.yml``."""
    return (
        _describe_yaml(origin.files)
        or _describe_interpolation(error, origin)
        or f"{' + '.join(map(str, origin.files)) or origin.name()}: {error}"
    )


def _describe_yaml(files: Sequence[Path]) -> Optional[str]:
    """Return which file is not a valid YAML mapping, and why; ``None`` if all are."""
    for file in files:
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            return f"{file}: not valid YAML: {error}"
        except OSError as error:
            return f"{file}: cannot be read: {error.strerror}."
        problem = _describe_content(found)
        if problem is not None:
            return f"{file}: {problem}"
    return None


def _describe_content(found: Any) -> Optional[str]:
    if not isinstance(found, (Mapping, type(None))):
        return f"must be a mapping of keys{_not_this('', found)}"
    for key in found or ():
        if not isinstance(key, str):
            note = " (YAML takes an unquoted 'on' for true)" if key is True else ""
            return f"{key!r} cannot be a key here: keys are text{note}."
    return None


def _describe_interpolation(error: Exception, origin: Origin) -> Optional[str]:
    """Return why OmegaConf could not replace a ``${...}``; ``None`` if it is another error."""
    key: Any = getattr(error, "full_key", None)
    if not isinstance(key, str):
        return None
    where = f"{origin.name(key.split('.'))}: {key}"
    reason = str(error).splitlines()[0]
    variable = re.search(r"Environment variable '([^']+)' not found", reason)
    if variable:
        return (
            f"{where}: the environment variable {variable[1]} is not set. Set it, or give a "
            f"default: ${{oc.env:{variable[1]},default}}."
        )
    if "Unsupported interpolation type oc.env" in reason:
        return f"{where}: ${{oc.env:...}} is not replaced here. {_ENVIRONMENT_VARIABLES}"
    return f"{where}: {reason.rstrip('.')}."
