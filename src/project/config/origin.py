"""Where settings come from, for messages about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple

import yaml

from project.config.rules import with_text_keys

FILE = "prefect.yml"


class Origin(NamedTuple):
    """The files that settings were merged from, and the keys that a runner was given.

    ``files`` are in the order in which they override each other; ``env`` is the Kedro environment
    that they were read for, if one was named.
    """

    files: Tuple[Path, ...] = ()
    env: Optional[str] = None
    overrides: FrozenSet[str] = frozenset()

    def name(self, path: Sequence[str] = ()) -> str:
        """Return what has the key with this path, as a message names it."""
        if path and path[0] in self.overrides:
            return "PrefectRunner(settings=...)"
        file = next((file for file in reversed(self.files) if _has(file, path)), Path(FILE))
        if self.env and self.env not in file.parts:
            return f"{file} (environment '{self.env}')"
        return str(file)


UNKNOWN_ORIGIN = Origin()


def _has(file: Path, path: Sequence[str]) -> bool:
    try:
        found: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):  # a template of the user's own loader
        return False
    for key in path:
        section = with_text_keys(found) if isinstance(found, Mapping) else {}
        if key not in section:
            return False
        found = section[key]
    return True
