"""Notifications of a webhook, such as Slack's, about the end of a flow run."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from threading import Thread
from time import sleep
from typing import Any, Dict, Optional, Protocol

import requests
from prefect.engine.state import Cancelled, State

from project.api.client import PrefectApi
from project.config.model import Settings
from project.config.webhook import find_webhook

logger = logging.getLogger(__name__)

ATTEMPTS = 3
REQUEST_SECONDS = 5.0
PAUSE_SECONDS = 2.0

_TEXT = "{flow}: {state}. {message}\n{link}"
_TEXT_OF_ERROR = "{flow}: {state}. {error}\n{link}"
_TEXT_OF_FAILURE = "{flow}: {state} in node {node}. {error}\n{link}"


class Outcome(Protocol):
    """Protocol of what may have failed in a run; a Kedro run is one."""

    error: Optional[BaseException]
    failed_node: Optional[str]


@dataclass
class NoSession:
    """Outcome of a run whose Kedro session could not be opened."""

    error: Optional[BaseException]
    failed_node: Optional[str] = None


class Notifier:
    """Sends one JSON document to a webhook when a run ends in a state that the settings name.

    It is sent in a thread, which the end of the process waits for: a slow webhook delays no run.

    Raises:
        SettingsError: the environment variable that ``notify.url`` names has no address.
    """

    def __init__(
        self, api: PrefectApi, flow: str, flow_run_id: str, settings: Settings, outcome: Outcome
    ):
        self._settings = settings.notify
        self._url = find_webhook(settings)
        self._api = api
        self._flow = flow
        self._flow_run_id = flow_run_id
        self._outcome = outcome

    def notify(self, state: State) -> None:
        """Send the document for the final state of the run, if the settings name that state."""
        if self._url and _kind(state) in self._settings.on:
            document = self._document(state)
            Thread(target=_send, args=(self._url, document), name="notification").start()

    def _document(self, state: State) -> Any:
        error, node = self._outcome.error, self._outcome.failed_node
        fields: Dict[str, str] = {
            "flow": self._flow,
            "state": type(state).__name__,
            "message": state.message or "",
            "node": node or "",
            "error": _last_line(error),
            "link": self._api.page_url("flow-run", self._flow_run_id),
        }
        if self._settings.template is not None:
            return _filled(self._settings.template, fields)
        if error is None:
            return _filled({"text": _TEXT}, fields)
        return _filled({"text": _TEXT_OF_FAILURE if node else _TEXT_OF_ERROR}, fields)


def _kind(state: State) -> str:
    if isinstance(state, Cancelled):  # it is a failure to Prefect
        return "Cancelled"
    return "Failed" if state.is_failed() else "Success"


def _last_line(error: Optional[BaseException]) -> str:
    if error is None:
        return ""
    return f"{type(error).__name__}: {error}".strip().splitlines()[-1]


def _filled(template: Any, fields: Dict[str, str]) -> Any:
    """Return a template with the fields in its strings; other braces stay as they are.

    So do braces in the value of a field, such as those in the text of an error.
    """
    if isinstance(template, dict):
        return {key: _filled(value, fields) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [_filled(value, fields) for value in template]
    if isinstance(template, str):
        return re.sub(r"\{(\w+)\}", lambda field: fields.get(field[1], field[0]), template)
    return template


def _post(url: str, document: Any) -> None:
    """Post a document; the content of the answer is not read.

    Raises:
        RequestException: the webhook has not taken it. A redirection is one, too, because requests
            would go on without the document.
    """
    with requests.post(
        url, json=document, timeout=REQUEST_SECONDS, allow_redirects=False, stream=True
    ) as response:
        response.raise_for_status()
        if response.is_redirect:
            raise requests.HTTPError(response=response)


def _send(url: str, document: Any) -> None:
    for attempt in range(ATTEMPTS):
        try:
            _post(url, document)
            return
        except (requests.RequestException, ValueError) as error:  # ValueError: no such host
            # The address may contain a secret, and so may the text of the error.
            response = getattr(error, "response", None)
            reason = type(error).__name__ if response is None else f"HTTP {response.status_code}"
            if isinstance(error, requests.ReadTimeout):  # it may have arrived
                break
        if attempt < ATTEMPTS - 1:
            sleep(PAUSE_SECONDS)
    logger.warning(
        "The notification about the end of the run (prefect.yml: notify.url) could not be sent: %s",
        reason,
    )
