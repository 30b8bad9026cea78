"""The webhook that ``notify`` names."""

from __future__ import annotations

import os
from typing import Optional

from project.config.model import Settings
from project.errors import SettingsError

_SCHEMES = ("http://", "https://")
_REMEDY = (
    "Set it to the address of the webhook, or write an address that starts with http:// or "
    "https:// in prefect.yml."
)


def find_webhook(settings: Settings) -> Optional[str]:
    """Return the address of the webhook, which an environment variable may have; it is a secret.

    Raises:
        SettingsError: the variable is not set, or does not have an address.
    """
    url = settings.notify.url
    if url is None or url.startswith(_SCHEMES):
        return url
    address = os.environ.get(url)
    if address is not None and address.startswith(_SCHEMES):
        return address
    problem = "is not set" if address is None else "does not have an address"
    raise SettingsError(
        f"{settings.origin.name(['notify', 'url'])}: notify.url: the environment variable "
        f"'{url}' {problem}. {_REMEDY}"
    )
