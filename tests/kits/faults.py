"""What goes wrong with requests to the strict stand-in for Prefect Server."""

from __future__ import annotations

import time
from enum import Enum
from typing import NamedTuple

INTERNAL_ERROR = "Unable to complete operation. An internal API error occurred."
NO_DATABASE = "Unable to connect to postgres."
NO_PROCESS = "request to http://graphql:4201/graphql/ failed, reason: connect ECONNREFUSED"


class Kind(Enum):
    """What goes wrong with a request, and whether its work is done all the same."""

    INTERNAL_ERROR = "not done; HTTP 200 with the error of a part behind the gateway"
    TOO_MANY_REQUESTS = "not done; HTTP 429"
    QUEUED = "not done; each state is answered with the status QUEUED"
    NO_ANSWER = "done; the answer never comes"
    HUNG_UP = "done; the connection is closed without an answer"
    CUT_OFF = "done; the connection is closed in the middle of the answer"
    TRICKLE = "done; the answer comes at one byte a second"
    STALLED = "done; the one process that writes states stands still before it"


class Fault(NamedTuple):
    """A fault of requests with one root field (of all requests if ``operation`` is empty).

    It lets ``after`` of them pass, then hits ``times`` requests and whatever else comes within
    ``seconds`` of the first of these. ``message`` is that of an internal error, ``pause`` how many
    seconds a process stands still.
    """

    kind: Kind
    operation: str = ""
    times: float = 1
    seconds: float = 0
    after: int = 0
    message: str = INTERNAL_ERROR
    pause: float = 0


class FaultCounter:
    """Counts the requests that a fault has seen, and those that it has hit."""

    def __init__(self, fault: Fault):
        self.fault = fault
        self._seen = 0
        self._hit = 0
        self._first_hit = 0.0

    def hits(self, operation: str) -> bool:
        """Return whether the fault hits the next request, which has this root field."""
        if self.fault.operation not in ("", operation):
            return False
        self._seen += 1
        if self._seen <= self.fault.after:
            return False
        now = time.monotonic()
        if self._hit >= self.fault.times and now > self._first_hit + self.fault.seconds:
            return False
        if self._hit == 0:
            self._first_hit = now
        self._hit += 1
        return True
