"""Reporting to an API that answers as a test says."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Event, current_thread, main_thread
from typing import Any, Callable, Dict, List

import prefect
import pytest
from prefect import Client
from prefect.engine.results import PrefectResult
from prefect.engine.state import Cancelled, Failed, Running, State, Success

from project.api import reporter as reporter_module
from project.api import settling
from project.api.client import api_of
from project.api.line_sender import LineSender
from project.api.reporter import Reporter
from project.api.state_sender import RunState, StateSender
from project.api.unreported import UnreportedState, UnreportedStates
from project.errors import ApiError, ApiRefusedError, ApiUncertainError, ApiUnreachableError
from tests.kits.waiting import eventually

NAMES = Dict[str, str]


class Answers:
    """An API with one flow run, whose requests are kept and answered by the test."""

    def __init__(self) -> None:
        self.sent: List[Any] = []
        self.state = "Running"
        self.answer: Callable[[str], None] = lambda name: None

    def query(self, text: str, **variables: Any) -> Any:
        if "task_run" in text:
            return []
        return {"state": self.state, "states": [{"state": "Failed"}, {"state": self.state}]}

    def mutate(self, name: str, fields: str, /, **payload: Any) -> Any:
        self.sent.append((name, payload))
        self.answer(name)
        return {"states": [{"status": "SUCCESS", "id": "run"}], "success": True}


class Model:
    """A value that logs a line while it is formatted."""

    def __init__(self, put: Callable[[str], None]):
        self._put = put

    def __str__(self) -> str:
        self._put("nested")
        return "model"


def test_a_value_may_log_a_line_while_it_is_formatted() -> None:
    sender = LineSender(Answers(), "run")

    def put(*arguments: Any) -> None:
        record = logging.LogRecord("n", logging.INFO, "", 0, "%s", arguments, None)
        sender.put(record, None)

    put(Model(put))

    assert [line.message for line in sender._waiting] == ["nested", "model"]
    first, second = (line.time for line in sender._waiting)
    assert first < second


def test_an_end_like_that_of_an_earlier_process_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 0)
    api = Answers()
    sender = StateSender(api, "run")
    sender.put(RunState(None, Failed("again")))

    def lose(name: str) -> None:
        raise ApiUncertainError("An internal API error occurred")

    api.answer = lose
    with pytest.raises(ApiUncertainError):
        sender.send_round()
    api.answer = lambda name: None
    sender.send_round()

    assert [name for name, _ in api.sent] == ["set_flow_run_states"] * 2
    assert sender.waiting() == 0


@pytest.mark.parametrize("end", [Cancelled("by a signal"), None])
def test_a_run_that_is_being_cleaned_up_is_not_interrupted_again(
    monkeypatch: pytest.MonkeyPatch, end: State
) -> None:
    monkeypatch.setattr(reporter_module, "CANCEL_CHECK_SECONDS", 0.01)
    api, asked, cancelled = Answers(), Event(), Event()
    api.state = "Cancelled"
    find = api.query

    def query(text: str, **variables: Any) -> Any:
        asked.set()
        return find(text, **variables)

    api.query = query  # type: ignore[method-assign]
    reporter = Reporter(api, "run", {}, cancelled.set)  # type: ignore[arg-type]
    if end is not None:
        reporter.cancelled(end)
    with reporter.reporting():
        assert asked.wait(10)
        if end is None:
            assert cancelled.wait(10)
        else:
            eventually(lambda: api.sent)

    assert cancelled.is_set() == (end is None)


@pytest.mark.parametrize("state", ["Scheduled", "Failed", "Submitted"])
def test_a_run_whose_state_someone_else_has_set_stops_without_an_end(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(reporter_module, "CANCEL_CHECK_SECONDS", 0.01)
    api, stopped = Answers(), Event()
    reporter = Reporter(api, "run", {"node": "id"}, stopped.set)  # type: ignore[arg-type]
    with reporter.reporting():
        assert not stopped.wait(0.2)
        api.state = state
        assert stopped.wait(10)
        reporter.task_state("node", Running())
        reporter.task_state("node", Success())
        reporter.flow_state(Success())
        reporter.cancelled(Cancelled())

    assert f"its state was set to {state} from outside" in reporter.stop_reason
    assert [payload["states"][0]["state"]["type"] for _, payload in api.sent] == ["Success"]


def test_an_end_is_delivered_by_the_address_or_the_name_of_its_api(tmp_path: Path) -> None:
    state = UnreportedState(None, Failed("late").serialize())
    by_address = UnreportedStates(tmp_path, "http://localhost:4200")
    by_name = UnreportedStates(tmp_path, "prefect", "http://localhost:4200")
    other = UnreportedStates(tmp_path, "http://elsewhere:4200")
    files = [by_address.save("one", [state]), by_name.save("two", [state])]
    api = Answers()

    other.deliver(api)
    assert api.sent == []
    by_name.deliver(api)

    assert len(api.sent) == 2
    assert not any(file.exists() for file in files)


def test_a_damaged_file_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    unreported = UnreportedStates(tmp_path, "prefect")
    good = unreported.save("two", [UnreportedState(None, Failed("late").serialize())])
    damaged = [good.with_name(name) for name in ("a.json", "b.json", "c.json")]
    for file, text in zip(damaged, ("{}", "[]", "{")):
        file.write_text(text)

    unreported.deliver(Answers())

    assert not good.exists()
    assert all(f"{file} cannot be read" in caplog.text for file in damaged)


@pytest.mark.parametrize("address", ["http://nonesuch.invalid:4200", "localhost:4200"])
def test_an_address_without_a_host_was_not_sent_the_request(address: str) -> None:
    api = api_of(Client(api_server=address))

    with pytest.raises(ApiUnreachableError, match="cannot be reached"):
        api.mutate("create_tenant", "id", name="one")


def test_an_end_that_another_process_has_delivered_meanwhile_is_no_problem(tmp_path: Path) -> None:
    unreported = UnreportedStates(tmp_path, "prefect")
    file = unreported.save("one", [UnreportedState(None, Failed("late").serialize())])
    api = Answers()

    def refuse(name: str) -> None:
        file.unlink()
        raise ApiRefusedError("It has ended.")

    api.answer = refuse
    unreported.deliver(api)

    assert not file.exists()


def test_a_password_in_the_address_is_not_written_to_disk(tmp_path: Path) -> None:
    unreported = UnreportedStates(tmp_path, "http://user:hidden@host:4200")
    file = unreported.save("one", [UnreportedState(None, Failed("late").serialize())])
    api = Answers()

    assert "hidden" not in file.read_text()
    unreported.deliver(api)
    assert len(api.sent) == 1


def test_a_key_that_no_header_can_have_is_one_error() -> None:
    with pytest.raises(ApiError, match="PREFECT__CLOUD__API_KEY, without quotation marks"):
        api_of(Client(api_server="http://localhost:4200", api_key="\u201ckey\u201d"))


def test_lines_that_the_api_writes_late_are_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLE_PAUSE_SECONDS", 0)
    api = Answers()
    sender = LineSender(api, "run")
    record = logging.makeLogRecord({"name": "n", "msg": "slow", "created": 1.5})
    sender.put(record, None)
    written = iter([[], [{"timestamp": "1970-01-01T00:00:01.5+00:00"}]])
    api.query = lambda text, **variables: next(written)  # type: ignore[method-assign]

    def lose(name: str) -> None:
        raise ApiUncertainError("No answer")

    api.answer = lose
    with pytest.raises(ApiUncertainError):
        sender.send_round()
    sender.send_round()

    assert [name for name, _ in api.sent] == ["write_run_logs"]
    assert sender.waiting() == 0


def test_a_parameter_that_is_too_long_for_a_state_ends_without_its_value() -> None:
    api = Answers()
    sender = StateSender(api, "run")
    value = PrefectResult(value="x" * 1_200_000, location=f'"{"x" * 1_200_000}"')
    state = Success("Task run succeeded.", result=value)
    state.cached_inputs = {"value": value, "short": PrefectResult(location="1")}

    def refuse_what_is_long(name: str) -> None:
        if len(str(api.sent[-1])) > 1_000_000:
            raise ApiRefusedError("State payload is too large.")

    api.answer = refuse_what_is_long
    sender.put(RunState("task run", state))
    while sender.waiting():
        sender.send_round()
    (written,) = api.sent[-1][1]["states"]

    assert len(api.sent) == 2
    assert (written["state"]["type"], written["state"]["message"]) == (
        "Success",
        "Task run succeeded.",
    )
    assert written["state"]["_result"]["type"] == "PrefectResult"
    locations = [each["location"] for each in written["state"]["cached_inputs"].values()]
    assert [written["state"]["_result"]["location"], *locations] == [None, None, "1"]


class NotRunning(Answers):
    """An API that lets no task run start, as its flow run is in another state."""

    def __init__(self, state: str):
        super().__init__()
        self.state = state
        self.written: List[str] = []

    def mutate(self, name: str, fields: str, /, **payload: Any) -> Any:
        answer = super().mutate(name, fields, **payload)
        names = [each["state"]["type"] for each in payload["states"]]
        if "Running" in names:
            raise ApiRefusedError("The flow run is not in a Running state.")
        self.written += names
        return answer


def test_no_task_starts_any_more_once_the_api_has_refused_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 0)
    api, states = NotRunning("Cancelling"), []
    sender = StateSender(api, "run", on_not_running=states.append)
    sender.put(RunState("ended", Success()))
    for i in range(100):
        sender.put(RunState(f"short {i}", Running()))
        sender.put(RunState(f"short {i}", Success()))
    sender.put(RunState("long", Running()))
    while sender.waiting():
        sender.send_round()
    sender.put(RunState("next", Running()))

    assert sender.waiting() == 0
    assert states == ["Cancelling"]
    assert api.written == ["Success"] * 101
    assert len(api.sent) < 10


def test_a_start_that_is_refused_while_the_flow_run_is_running_stops_nothing() -> None:
    api, states = NotRunning("Running"), []
    sender = StateSender(api, "run", on_not_running=states.append)
    for state in (Running(), Success()):
        sender.put(RunState("task run", state))
    while sender.waiting():
        sender.send_round()
    sender.put(RunState("next", Running()))

    assert states == []
    assert api.written == ["Success"]
    assert [state.name for state in sender.states()] == ["Running"]


def test_lines_that_come_during_a_round_wait_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter_module, "ROUND_SECONDS", 60)
    api, pausing = Answers(), Pausing()
    reporter = Reporter(api, "run", {}, lambda: None)  # type: ignore[arg-type]
    reporter._finishing = pausing

    def log(name: str = "") -> None:
        if len(api.sent) < 3:
            reporter.log(logging.LogRecord("n", logging.INFO, "", 0, "line", (), None))

    api.answer = log
    with reporter.reporting():
        log()
        assert pausing.has_begun.wait(60)
        assert [len(payload["logs"]) for _, payload in api.sent] == [1]

    assert [len(payload["logs"]) for _, payload in api.sent] == [1, 1, 1]


class Pausing(Event):
    """An event for which one waits between two rounds."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun = Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.has_begun.set()
        return super().wait(timeout)


def test_lines_that_are_never_written_are_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 0)
    api = Answers()
    api.query = lambda text, **variables: []  # type: ignore[method-assign]
    sender = LineSender(api, "run")
    sender.put(logging.LogRecord("n", logging.INFO, "", 0, "line", (), None), None)
    before = sender.last_progress

    def fail(name: str) -> None:
        raise ApiUncertainError("database or disk is full")

    api.answer = fail
    for _ in range(2):
        with pytest.raises(ApiUncertainError):
            sender.send_round()

    assert sender.last_progress == before


def test_the_pause_after_an_error_begins_with_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter_module, "ROUND_SECONDS", 0.01)
    pauses: list[float] = []

    class Ended(Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0)
            return super().wait(0 if len(pauses) < 4 else 0.01)

    api = Answers()
    reporter = Reporter(api, "run", {"node": "id"}, lambda: None)  # type: ignore[arg-type]
    reporter._ended = Ended()

    def fail(name: str) -> None:
        time.sleep(0.05)  # longer than a round
        raise ApiUnreachableError("too busy")

    api.answer = fail
    with pytest.raises(KeyboardInterrupt), reporter.reporting():
        reporter.task_state("node", Running())
        eventually(lambda: len([pause for pause in pauses if pause < 1]) >= 3)
        api.answer = lambda name: None
        raise KeyboardInterrupt

    assert [pause for pause in pauses if 0.01 < pause < 1][:3] == [0.02, 0.04, 0.08]


def test_the_end_of_a_run_is_kept_if_reporting_it_is_interrupted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Interrupted(Event):
        def wait(self, timeout: float | None = None) -> bool:
            if current_thread() is main_thread():
                raise KeyboardInterrupt
            return super().wait(timeout)

    def fail(name: str) -> None:
        raise ApiUnreachableError("It is away.")

    api = Answers()
    api.answer = fail
    api.unreported = UnreportedStates(tmp_path, "prefect")  # type: ignore[attr-defined]
    reporter = Reporter(api, "run", {"node": "id"}, lambda: None)  # type: ignore[arg-type]
    reporter._ended = Interrupted()
    with pytest.raises(KeyboardInterrupt), reporter.reporting():
        reporter.task_state("node", Success())
        reporter.flow_state(Success())

    assert "could not be reported" in caplog.text
    later = Answers()
    UnreportedStates(tmp_path, "prefect").deliver(later)
    assert [name for name, _ in later.sent] == ["set_task_run_states", "set_flow_run_states"]


def test_the_lines_of_another_run_are_not_reported() -> None:
    reporter = Reporter(Answers(), "run", {}, lambda: None)  # type: ignore[arg-type]
    record = logging.LogRecord("n", logging.INFO, "", 0, "line", (), None)
    for flow_run_id in ("run", "other", None):
        with prefect.context(flow_run_id=flow_run_id):
            reporter.log(record)

    assert reporter._lines.waiting() == 2
