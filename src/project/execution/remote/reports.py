"""What workers report to the process of the run: states of nodes and log lines."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import traceback
from threading import Lock
from time import monotonic
from types import FunctionType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Type, Union

import cloudpickle
import prefect
from prefect.engine.result.base import Result
from prefect.engine.state import State

from project.flow.tasks import raised_by_node

FLUSH_SECONDS = 0.05


class StateReport(NamedTuple):
    """A new state of a node that has not ended.

    ``attempt`` differs each time that a worker begins its unit.
    """

    node: str
    state: State
    attempt: str


class EndReport(NamedTuple):
    """The state in which a node has ended for good."""

    node: str
    state: State
    attempt: str


class InterruptReport(NamedTuple):
    """A node has raised KeyboardInterrupt, which ends the whole run."""

    node: str


class SlotRequest(NamedTuple):
    """A node waits on its worker until the limits of its tags allow it to start."""

    node: str
    worker: str


class RerunRequest(NamedTuple):
    """A unit that may have begun before waits on its worker for the permission to begin again."""

    key: str
    worker: str
    attempt: str


class LineReport(NamedTuple):
    """A log line as the fields of its record, with the node that wrote it."""

    node: Optional[str]
    fields: Dict[str, Union[str, float, bool]]


Report = Union[StateReport, EndReport, InterruptReport, SlotRequest, RerunRequest, LineReport]


class RemoteError(Exception):
    """Cause of an exception from another process: the traceback, which cannot be sent."""

    def __init__(self, text: str):
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text}"


class UnsendableError(Exception):
    """Stand-in for a node's exception that cannot be made again in another process."""


class ReportSender:
    """Queue of a worker's reports, which are sent a moment later, many at a time.

    ``send`` sends one message; ``call_later`` calls a function after some seconds, in the one
    thread that sends.
    """

    def __init__(
        self, send: Callable[[bytes], None], call_later: Callable[[float, Callable[[], None]], None]
    ):
        self._send = send
        self._call_later = call_later
        self._waiting: List[Report] = []
        self._sent_at = 0.0
        self._will_flush = False
        self._lock = Lock()

    def put(self, report: Report) -> None:
        """Add a report, to be sent within ``FLUSH_SECONDS``."""
        with self._lock:
            self._waiting.append(report)
            will_flush, self._will_flush = self._will_flush, True
        if not will_flush:  # each call wakes the event loop of the worker
            self._call_later(FLUSH_SECONDS, self._flush_later)

    def send(self, report: Report) -> None:
        """Send a report immediately, after those that are waiting."""
        with self._lock:
            self._waiting.append(report)
        self.flush()

    def is_quiet(self) -> bool:
        """Return whether nothing has been sent for ``FLUSH_SECONDS``."""
        return monotonic() - self._sent_at > FLUSH_SECONDS

    def _flush_later(self) -> None:
        with self._lock:
            self._will_flush = False
        self.flush()

    def flush(self) -> None:
        """Send what is waiting."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._sent_at = monotonic()
        if waiting:
            self._send(_pickled(waiting))


def _pickled(reports: List[Report]) -> bytes:
    try:
        return pickle.dumps(reports)
    except Exception:  # an exception of a class that has no module, for example
        pickled: bytes = cloudpickle.dumps(reports)
        return pickled


def read_reports(message: bytes) -> List[Report]:
    """Return the reports of one message."""
    reports: List[Report] = pickle.loads(message)  # noqa: S301 - from workers, which run our code
    return reports


def make_line(record: logging.LogRecord) -> LineReport:
    """Return the line of a record that the calling thread has logged, with its traceback."""
    sent = {name: vars(record)[name] for name in _LINE_FIELDS if name in vars(record)}
    sent["msg"] = _formatter.format(record)
    return LineReport(prefect.context.get("task_name"), sent)


def without_value(state: State) -> State:
    """Return a copy of a state that can be sent: with its exception, but not with its value."""
    sent = copy.copy(state)
    if isinstance(state.result, BaseException):
        sent._result = Result(_sendable(state.result))
    elif isinstance(state._result, Result):
        sent._result = state._result.copy()  # keeps where the value is stored, if it is
        sent._result.value = None
    return sent


def _sendable(error: BaseException) -> BaseException:
    """Return an exception that another process can raise."""
    cause = raised_by_node(error)
    lines = traceback.format_exception(type(cause), cause, cause.__traceback__)
    text = f"{type(cause).__name__}: {cause}"
    try:
        pickled = _pickle_error(error)
        pickle.loads(pickled)  # noqa: S301 - what was pickled on the line before
    except Exception:  # one with a lock among its attributes, for example
        pickled = _pickle_error(UnsendableError(text))
    return _SentError(pickled, text, "".join(lines))


def _pickle_error(error: BaseException) -> bytes:
    file = io.BytesIO()
    _Pickler(file).dump(error)
    return file.getvalue()


class _Pickler(cloudpickle.CloudPickler):
    """Pickler of exceptions without the one of tblib, which distributed installs for all of them.

    That one fails with a BaseExceptionGroup, and would send tracebacks a second time.
    """

    def reducer_override(self, obj: Any) -> Any:
        """Return how an exception is made again; of everything else, what cloudpickle returns."""
        if not isinstance(obj, BaseException):
            return super().reducer_override(obj)
        reduced: Any = obj.__reduce_ex__(pickle.DEFAULT_PROTOCOL)
        if isinstance(type(obj).__reduce__, FunctionType):  # the class has a way of its own
            return reduced
        kind, args, *state = reduced
        return (_new_exception, (kind, args), *state)


def _new_exception(kind: Type[BaseException], args: Tuple[Any, ...]) -> BaseException:
    """Return an exception without the constructor of its class.

    That need not take ``args``, or it would make another message of the message.
    """
    error = kind.__new__(kind, *args)
    constructors = (vars(base).get("__init__") for base in kind.__mro__)
    next(one for one in constructors if one and not isinstance(one, FunctionType))(error, *args)
    return error


class _SentError(Exception):
    """An exception on its way; pickle itself drops the cause of an exception."""

    def __init__(self, pickled: bytes, text: str, lines: str):
        super().__init__(pickled, text, lines)
        self.pickled = pickled
        self.text = text
        self.lines = lines

    def __reduce__(self) -> Any:
        return _arrive, (self.pickled, self.text, self.lines)


def _arrive(pickled: bytes, text: str, lines: str) -> BaseException:
    error: BaseException
    try:
        error = pickle.loads(pickled)  # noqa: S301 - of the run's own worker
    except Exception:  # its class is in a library that only the workers have, for example
        error = UnsendableError(text)
    raised_by_node(error).__cause__ = RemoteError(lines)
    return error


# "markup" is rich's: without it, names in brackets would be taken for styles.
_LINE_FIELDS = (
    "name", "levelno", "levelname", "created", "msecs", "pathname", "filename", "module",
    "lineno", "funcName", "threadName", "markup",
)  # fmt: skip
_formatter = logging.Formatter("%(message)s")
