"""Messages about mistakes in ``prefect.yml``: what, with which value, and what to do."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence, Type, get_args

import yaml

from project.config.credentials import mentions_credential
from project.config.model import Section

FILE = "prefect.yml"
_NO_SECTION = "Input should be a mapping of keys"

KeyPath = Sequence[str]


def describe_unreadable(files: Sequence[Path]) -> Optional[str]:
    """Return which file is not a valid YAML mapping, and why; ``None`` if all are."""
    for file in files:
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            return f"{file}: {error}"
        if not isinstance(found, (Mapping, type(None))):
            return f"{file}: {_NO_SECTION}{_not_this('', found)}."
    return None


def describe_problem(
    model: Type[Section], problem: Any, prefix: KeyPath, files: Sequence[Path]
) -> str:
    """Return the message about one of pydantic's problems, below the key ``prefix``."""
    path = [*prefix, *map(str, problem["loc"])]
    key = ".".join(path)
    where = _file_with(path, files)
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key '{key}'. {_nearest(model, problem['loc'])}"
    is_section = problem["type"] == "model_type"
    wanted = _NO_SECTION if is_section else problem["msg"]
    return f"{where}: {key}: {wanted}{_not_this(key, problem['input'])}."


def _not_this(key: str, value: Any) -> str:
    """Return the words that show a wrong value; none if it may hold a credential."""
    return "" if mentions_credential(f"{key} {value!r}") else f", not {value!r}"


def _nearest(model: Type[Section], loc: Sequence[Any]) -> str:
    for key in loc[:-1]:
        model = _section(model.model_fields[str(key)].annotation)
    close = get_close_matches(str(loc[-1]), model.model_fields, n=1, cutoff=0.5)
    return (
        f"Did you mean '{close[0]}'?" if close else f"Valid keys: {', '.join(model.model_fields)}."
    )


def _section(annotation: Any) -> Type[Section]:
    """Return the model that a key holds, optional or not."""
    types: List[Type[Section]] = [each for each in get_args(annotation) if each is not type(None)]
    return types[0] if types else annotation


def _file_with(path: KeyPath, files: Sequence[Path]) -> str:
    holding = [file for file in files if _holds(file, path)]
    return str((holding or [Path(FILE)])[-1])


def _holds(file: Path, path: KeyPath) -> bool:
    found: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return False
        found = found[key]
    return True
