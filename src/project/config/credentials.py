"""Names and values that look like credentials."""

from __future__ import annotations

import re

# The words that names of credentials are made of.
CREDENTIAL_WORDS = (
    ("password",),
    ("passwd",),
    ("secret",),
    ("token",),
    ("apikey",),
    ("credentials",),
    ("access", "key"),
    ("api", "key"),
    ("connection", "string"),
)
_CREDENTIAL = re.compile(
    "|".join(["key_id", *("[^a-z0-9]?".join(words) for words in CREDENTIAL_WORDS)]), re.IGNORECASE
)


def mentions_credential(text: str) -> bool:
    """Return whether a text contains a word that stands for a credential."""
    return bool(_CREDENTIAL.search(text))
