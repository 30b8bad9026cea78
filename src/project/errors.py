"""The errors a user can meet; each says what, with which value, and what to do."""

from __future__ import annotations

from click import ClickException


class ProjectError(ClickException):
    """Be the base of all errors of this package.

    A ``ClickException``, so that the command line prints the message alone and exits with 1.
    """


class SettingsError(ProjectError):
    """``prefect.yml`` cannot be read, or has an unknown key or a wrong value."""


class UnsupportedVersionError(ProjectError):
    """The installed Kedro or Prefect is not one that this package runs on."""


class FlowRunError(ProjectError):
    """The flow run ended in a state that is no success and has no exception of a node."""


class ApiError(ProjectError):
    """The Prefect API cannot be reached, or cannot do its work for now."""


class ApiRefusedError(ApiError):
    """The Prefect API understood a request and will not do it, now or later."""
