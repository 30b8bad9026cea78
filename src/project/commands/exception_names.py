"""Names of exceptions in ``retry_on``: which of them are probably misspelt."""

from __future__ import annotations

import builtins
import pydoc
from difflib import get_close_matches
from typing import Optional, Set, Type


def find_mistake(name: str) -> Optional[str]:
    """Return why no error will have this name, as far as this process can tell; else ``None``.

    A name without a module may be that of any exception. The project's own are known once its
    pipelines are imported.
    """
    if "." not in name:
        return _describe_unknown(name)
    try:
        found = pydoc.locate(name)
    except pydoc.ErrorDuringImport as error:
        return f"its module cannot be imported: {error.exc!r}"
    if found is None:
        return "there is nothing of this name"
    is_exception = isinstance(found, type) and issubclass(found, BaseException)
    return None if is_exception else "it is not an exception"


def _describe_unknown(name: str) -> Optional[str]:
    names = {kind.__name__ for kind in _subclasses(BaseException)}
    # Another name of a class, such as IOError.
    if name in names or isinstance(getattr(builtins, name, None), type):
        return None
    close = get_close_matches(name, sorted(names), n=1, cutoff=0.75)
    hint = f"did you mean {close[0]}?" if close else "write it with its module: requests.HTTPError"
    return f"no such exception is imported; {hint}"


def _subclasses(kind: Type[BaseException]) -> Set[Type[BaseException]]:
    found: Set[Type[BaseException]] = set()
    waiting = [kind]
    while waiting:
        new = set(waiting) - found
        found |= new
        waiting = [each for parent in new for each in type.__subclasses__(parent)]
    return found
