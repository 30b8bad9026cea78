"""The errors that users see; each names the problem, the value and the remedy."""

from __future__ import annotations

from click import ClickException


class ProjectError(ClickException):
    """Base class of this package's errors.

    A ``ClickException``, so that the command line prints only the message and exits with 1.
    """


class SettingsError(ProjectError):
    """``prefect.yml`` cannot be read, or has an unknown key or an invalid value."""


class UnsupportedVersionError(ProjectError):
    """The installed Kedro or Prefect release is not supported."""


class FlowRunError(ProjectError):
    """A flow run cannot start, or did not succeed and left no exception of a node to raise."""


class WorkerLostError(FlowRunError):
    """A Dask worker was lost with a node that it ran, or with a value that is still needed."""


class ApiError(ProjectError):
    """The Prefect API cannot be reached, or cannot serve the request at the moment."""


class ApiRefusedError(ApiError):
    """The Prefect API refused the request, and would refuse it again."""


class ApiUnreachableError(ApiError):
    """A request did not reach the Prefect API."""


class ApiUncertainError(ApiError):
    """No usable answer arrived, so that the Prefect API may have executed the request."""


class RequestTooLargeError(ApiRefusedError):
    """The Prefect API does not read a request of this size."""
