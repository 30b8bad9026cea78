"""Names and values that look like credentials."""

from __future__ import annotations

import re

# The words that names of credentials are made of.
_CREDENTIAL_WORDS = (
    ("password",),
    ("passwd",),
    ("secret",),
    ("token",),
    ("apikey",),
    ("credentials",),
    ("access", "key"),
    ("account", "key"),
    ("api", "key"),
    ("connection", "string"),
)
_REFERENCES = {"name", "file", "path", "arn", "parameter"}  # TOKEN_FILE is a path, not a token
_CREDENTIAL = re.compile(
    "|".join(["key_id", *("[^a-z0-9]?".join(words) for words in _CREDENTIAL_WORDS)]), re.IGNORECASE
)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
# Neither a port, nor what a shell or Kubernetes replaces: `$(PASSWORD)`.
_URL_PASSWORD = re.compile(r"\w://[^\s/?#:\[]*:(?!\$|\d*[/?#])\S+@")
_NAMED_VALUE = re.compile(r"([\w-]+)=(?![\s$&;])\S")


def mentions_credential(text: str) -> bool:
    """Return whether a text contains a word that stands for a credential, or a URL's password."""
    return bool(_CREDENTIAL.search(text) or _URL_PASSWORD.search(text))


def contains_credential(text: str) -> bool:
    """Return whether a text has a credential in it: `scheme://user:password@host`, `token=...`."""
    names = _NAMED_VALUE.findall(text)
    return bool(_URL_PASSWORD.search(text)) or any(map(is_credential_name, names))


def is_credential_name(name: str) -> bool:
    """Return whether a credential is what a value with this name usually is."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _REFERENCES:
        return False
    return any(all(part in words for part in parts) for parts in _CREDENTIAL_WORDS)
