"""Prefect's client in the process of a flow run: an API that is away for a while is waited for."""

from __future__ import annotations

from functools import wraps
from http import HTTPStatus
from time import monotonic, sleep
from typing import Any, Callable

import requests
from prefect import Client

AWAY_SECONDS = 300.0
PAUSE_SECONDS = 1.0


def wait_for_an_api_that_is_away() -> None:
    """Let the clients of this process ask again, as over https they do by themselves.

    A task whose state cannot be told would count as failed, though its node has done its work.
    """
    Client._send_request = _patient(Client._send_request)


def _patient(send: Callable[..., Any]) -> Callable[..., Any]:
    patience = _Patience()

    @wraps(send)
    def send_again(*args: Any, **kwargs: Any) -> Any:
        while True:
            try:
                response = send(*args, **kwargs)
            except requests.RequestException as error:
                patience.bear(error)
            else:
                patience.renew()
                return response

    return send_again


class _Patience:
    """Bear with an API, until its last answer is too long ago."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self._answered = monotonic()

    def bear(self, error: requests.RequestException) -> None:
        """Wait a moment, or raise what will not pass."""
        if not _may_pass(error):
            raise error
        sleep(PAUSE_SECONDS)  # also at the end: Prefect's own loops ask again at once
        if monotonic() - self._answered > AWAY_SECONDS:
            raise error


def _may_pass(error: requests.RequestException) -> bool:
    code = getattr(error.response, "status_code", None)
    return code is None or code >= HTTPStatus.INTERNAL_SERVER_ERROR
