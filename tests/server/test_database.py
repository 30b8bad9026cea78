"""The database: its versions, its writer, and failures of the storage."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from project.server.errors import (
    DatabaseTooNewError,
    DatabaseUnavailableError,
    DatabaseUnusableError,
    SqliteTooOldError,
)
from project.server.settings import ServerSettings
from project.server.store.database import Database, prepare_database
from project.server.thread import ServerThread
from tests.kits.waiting import eventually
from tests.server.kit import (
    Api,
    Registered,
    ServerProcess,
    mutation,
    prefect_client,
    register_flow,
    run_row,
    state,
)

INSERT = "INSERT INTO tenant (id, created, updated, name, slug) VALUES (:slug, '', '', '', :slug)"


def add(connection: Connection, slug: str) -> str:
    connection.execute(text(INSERT), {"slug": slug})
    return slug


def slugs(database: Database) -> list:
    rows = database.read(
        lambda connection: connection.execute(text("SELECT slug FROM tenant")).all()
    ).result()
    return sorted(row[0] for row in rows)


@pytest.fixture
def database(settings: ServerSettings) -> Any:
    database = Database(settings.database, 5)
    yield database
    database.close()


def test_a_database_of_a_newer_release_is_refused(settings: ServerSettings) -> None:
    prepare_database(settings.database, 5)
    with sqlite3.connect(settings.database) as connection:
        connection.execute("INSERT INTO schema_migration VALUES (99, '')")
    connection.close()

    with pytest.raises(
        DatabaseTooNewError, match="has schema version 99, but this release knows only 6. Upgrade"
    ):
        ServerThread(settings).__enter__()


def schema(path: Path) -> dict:
    """Return the names of the columns of each table, and of the indexes."""
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema").fetchall()
        columns = {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
            for (name,) in names
        }
    connection.close()
    return columns


def test_a_database_of_the_first_release_is_migrated_with_its_data(
    settings: ServerSettings, tmp_path: Path
) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    connection.close()
    prepare_database(tmp_path / "new.db", 5)

    with ServerThread(settings) as server:
        runs = "flow_runs { name logs { message } task_runs { state task { name inputs } } }"
        api = Api(server.url)
        flows = api.data(f"{{ flow {{ name {runs} }} }}")
        assert Registered(api, api.data("{ flow { id } }")[0]["id"]).run()

    task_runs = [{"state": "Pending", "task": {"name": "say", "inputs": None}}]
    run = {"name": "first", "logs": [{"message": "line"}], "task_runs": task_runs}
    assert flows == [{"name": "old", "flow_runs": [run]}]
    assert schema(settings.database) == schema(tmp_path / "new.db")


def test_a_database_of_version_3_is_migrated_with_its_history(
    settings: ServerSettings, tmp_path: Path
) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((Path(__file__).parent / "version_3.sql").read_text())
    connection.close()
    prepare_database(tmp_path / "new.db", 5)
    states = "states(order_by: {id: asc}) { id state result }"
    tasks = "name trigger retry_delay is_root_task is_terminal_task is_reference_task"
    logs = "logs(order_by: {id: asc}) { id timestamp message task_run_id }"
    query = f"""{{
        tenant {{ info settings agents {{ name agent_config_id flow_runs {{ name }} }} }}
        flow_group {{ default_parameters description }}
        task(order_by: {{slug: desc}}) {{ {tasks} }}
        flow_run(order_by: {{created: asc}}) {{ name duration state_result {logs} {states}
            task_runs(order_by: [{{map_index: asc}}, {{task: {{slug: asc}}}}]) {{
                state run_count duration task {{ name }} {states} artifacts {{ kind }} }} }}
        message {{ id }} cloud_hook {{ id }} agent_config {{ id }}
    }}"""

    with ServerThread(settings) as server:
        api = Api(server.url)
        data = api.post(query).json()["data"]
        assert Registered(api, api.data("{ flow { id } }")[0]["id"]).run()

    assert data["tenant"] == [
        {
            "info": {},
            "settings": {},
            "agents": [{"name": "a", "agent_config_id": None, "flow_runs": [{"name": "second"}]}],
        }
    ]
    assert data["flow_group"] == [{"default_parameters": {}, "description": None}]
    trigger = {"trigger": "prefect.triggers.all_successful"}
    first = {"is_root_task": True, "is_terminal_task": False, "is_reference_task": False}
    last = {"is_root_task": False, "is_terminal_task": True, "is_reference_task": True}
    assert data["task"] == [
        {"name": "say", **trigger, "retry_delay": "00:01:30", **first},
        {"name": "each", **trigger, "retry_delay": None, **last},
    ]
    assert data["message"] == data["cloud_hook"] == data["agent_config"] == []
    runs = data["flow_run"]
    assert [run["name"] for run in runs] == ["first", "second"]
    assert [line["message"] for line in runs[0]["logs"]] == ["line", "second"]
    assert [line["timestamp"] for line in runs[0]["logs"]] == [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:01.5+00:00",
    ]
    assert runs[0]["duration"].startswith("00:00:00.")
    assert [(run["task"]["name"], run["run_count"]) for run in runs[0]["task_runs"]] == [
        ("each", 1),
        ("say", 1),
        ("each", 1),
    ]
    histories = [runs[0]["states"], runs[1]["states"]]
    histories += [run["states"] for run in runs[0]["task_runs"]]
    assert [[state["state"] for state in states] for states in histories] == [
        ["Scheduled", "Running", "Failed"],
        ["Scheduled", "Submitted"],
        ["Pending", "Running", "Mapped"],
        ["Pending", "Running", "Success"],
        ["Pending", "Running", "Failed"],
    ]
    ids = [row["id"] for rows in [*histories, runs[0]["logs"]] for row in rows]
    assert len({str(UUID(each)) for each in ids}) == len(ids) == 16
    assert runs[0]["task_runs"][1]["artifacts"] == [{"kind": "link"}]
    assert schema(settings.database) == schema(tmp_path / "new.db")


@pytest.mark.parametrize("release", ["version_1.sql", "version_3.sql"])
def test_a_database_with_numbers_that_json_does_not_have_is_migrated(
    settings: ServerSettings, tmp_path: Path, release: str
) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((Path(__file__).parent / release).read_text())
    nan = '{"default": NaN, "reference_tasks": []}'
    connection.execute("UPDATE flow SET serialized_flow = ?", [nan])
    connection.execute("UPDATE task SET trigger = ? WHERE rowid = 1", [nan])
    connection.commit()
    connection.close()
    prepare_database(tmp_path / "new.db", 5)

    with ServerThread(settings) as server:
        api = Api(server.url)
        assert Registered(api, api.data("{ flow { id } }")[0]["id"]).run()
    assert schema(settings.database) == schema(tmp_path / "new.db")


def test_a_file_that_is_not_a_database_is_refused_and_left_unchanged(
    settings: ServerSettings,
) -> None:
    settings.database.write_text("no database " * 100)

    with pytest.raises(DatabaseUnusableError, match="file is not a database"):
        ServerThread(settings).__enter__()
    assert settings.database.read_text() == "no database " * 100


def test_a_locked_database_is_an_error(settings: ServerSettings) -> None:
    prepare_database(settings.database, 5)
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailableError, match="database is locked. Look at"):
        prepare_database(settings.database, 0.1)
    holder.close()


def test_a_path_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "api.db").mkdir()

    with pytest.raises(DatabaseUnavailableError, match="unable to open database file"):
        prepare_database(tmp_path / "api.db", 5)


def test_a_database_can_be_created_by_several_at_the_same_time(settings: ServerSettings) -> None:
    together = threading.Barrier(4)

    def create(_: int) -> list:
        together.wait(10)
        database = Database(settings.database, 8)
        result = slugs(database)
        database.close()
        return result

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(create, range(4))) == [["default"]] * 4


def test_preparing_a_database_again_changes_nothing(settings: ServerSettings) -> None:
    prepare_database(settings.database, 5)
    before = settings.database.read_bytes()
    prepare_database(settings.database, 5)

    assert settings.database.read_bytes() == before


def test_a_job_that_raises_has_no_effect_on_the_data_or_on_other_jobs(database: Database) -> None:
    held = threading.Event()
    first = database.write(lambda _: held.wait(10))

    def broken(connection: Connection) -> None:
        add(connection, "half")
        raise KeyError("broken")

    jobs = [database.write(lambda connection, n=n: add(connection, f"job {n}")) for n in range(3)]
    failed = database.write(broken)
    jobs.append(database.write(lambda connection: add(connection, "last")))
    held.set()

    assert first.result()
    assert [job.result() for job in jobs] == ["job 0", "job 1", "job 2", "last"]
    with pytest.raises(KeyError):
        failed.result()
    assert slugs(database) == ["default", "job 0", "job 1", "job 2", "last"]


def test_jobs_that_wait_for_another_process_wait_together(settings: ServerSettings) -> None:
    database = Database(settings.database, 0.3)
    attempts: list = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        attempts.append(statement)

    event.listen(database._writer._engine, "before_cursor_execute", note)
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    jobs = [database.write(lambda connection, n=n: add(connection, str(n))) for n in range(9)]

    for job in jobs:
        with pytest.raises(OperationalError, match="database is locked"):
            job.result()
    # Of the first job, and of those that came meanwhile.
    assert attempts in (["BEGIN IMMEDIATE"], ["BEGIN IMMEDIATE"] * 2)
    holder.close()
    assert database.write(lambda connection: add(connection, "later")).result() == "later"
    assert slugs(database) == ["default", "later"]
    database.close()


def test_a_job_that_comes_while_others_wait_in_vain_does_not_wait_as_long_again(
    settings: ServerSettings,
) -> None:
    database = Database(settings.database, 4)
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    first = database.write(lambda connection: add(connection, "first"))
    eventually(database._writer._queue.empty)  # it waits for the other process
    late = database.write(lambda connection: add(connection, "late"))

    for job in (first, late):
        with pytest.raises(OperationalError, match="database is locked"):
            job.result(timeout=7)
    holder.close()
    assert database.write(lambda connection: add(connection, "later")).result() == "later"
    database.close()


def test_an_old_sqlite_is_refused(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 26, 0))

    with pytest.raises(SqliteTooOldError, match=r"needs SQLite 3\.30 or newer"):
        prepare_database(settings.database, 5)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def test_a_read_has_a_deadline_and_its_connection_can_be_used_again(
    settings: ServerSettings,
) -> None:
    database = Database(settings.database, 5, read_timeout_seconds=0.2)
    with pytest.raises(OperationalError, match="interrupted"):
        database.read(lambda connection: connection.execute(text(ENDLESS)).all()).result()

    assert slugs(database) == ["default"]
    database.close()


def test_a_query_that_takes_too_long_is_refused_and_not_to_be_sent_again(
    settings: ServerSettings,
) -> None:
    with ServerThread(replace(settings, query_timeout_seconds=0)) as server:
        api = Api(server.url)
        flow = register_flow(api, api.mutate("create_project", name="p")["id"])
        for _ in range(40):
            flow.run()
        counts = "{flow: {tasks_aggregate: {count: asc}, flow_runs_aggregate: {max: {name: asc}}}}"
        query = f"{{ slow: flow_run(order_by: {counts}) {{ id }} hello }}"
        answer = api.post(query).json()

    assert answer["data"]["slow"] is None
    assert answer["data"]["hello"]
    (error,) = answer["errors"]
    assert error["message"].startswith("The query is too complex and takes too long")
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_queued_jobs_are_written_before_closing(settings: ServerSettings) -> None:
    database = Database(settings.database, 5)
    jobs = [database.write(lambda connection, n=n: add(connection, str(n))) for n in range(100)]
    database.close()

    again = Database(settings.database, 5)
    written = slugs(again)
    again.close()
    assert all(job.done() for job in jobs)
    assert len(written) == 101


def test_a_busy_database_is_reported_as_an_api_error(settings: ServerSettings) -> None:
    with ServerThread(replace(settings, busy_timeout_seconds=0.1)) as server:
        blocker = sqlite3.connect(settings.database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        answer = Api(server.url).post(mutation("create_project"), {"input": {"name": "p"}})
        blocker.execute("ROLLBACK")
        blocker.close()

        assert answer.status_code == 200
        assert (
            answer.json()["errors"][0]["message"]
            == f"API_ERROR: {settings.database}: database is locked"
        )
        assert Api(server.url).mutate("create_project", name="p")


def test_prefects_client_retries_while_the_database_is_busy(settings: ServerSettings) -> None:
    with ServerThread(replace(settings, busy_timeout_seconds=0.1)) as server:
        blocker = sqlite3.connect(settings.database, isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, blocker.execute, ["ROLLBACK"])
        release.start()
        with prefect_client(server.url) as client:
            assert client.create_project("p")
        release.join()
        blocker.close()


SMALL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as Unix does")
def test_a_full_disk_is_reported_and_loses_no_written_data(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "api.db", setup=SMALL_DISK)
    api = Api(server.url)
    written = 0
    while written < 1_000:
        project = {"name": str(written), "description": "x" * 50_000}
        answer = api.post(mutation("create_project"), {"input": project}).json()
        if "errors" in answer:
            break
        written += 1
    message = answer["errors"][0]["message"]
    count = api.data("query { project_aggregate { aggregate { count } } }")["aggregate"]["count"]
    server.stop(signal.SIGKILL)

    assert message.startswith("API_ERROR: ")
    assert "disk" in message
    assert 0 < written == count


WRITE = r"""
import sys, threading
from tests.server.kit import Api, state
api, runs = Api(sys.argv[1]), sys.argv[2:]
def write(run):
    for number in range(10_000):
        states = [{"flow_run_id": run, "state": state("Running", context={"number": number})}]
        api.mutate("set_flow_run_states", states=states)
        print(f"{run} {number}\n", end="", flush=True)
for run in runs:
    threading.Thread(target=write, args=[run], daemon=False).start()
"""


def test_no_confirmed_state_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "api.db")
    api = Api(server.url)
    flow = register_flow(api, api.mutate("create_project", name="p")["id"])
    runs = [flow.run() for _ in range(4)]
    command = [sys.executable, "-c", WRITE, server.url, *runs]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    ) as writer:
        assert writer.stdout
        confirmed = [writer.stdout.readline() for _ in range(200)]
        server.process.send_signal(signal.SIGKILL)
        confirmed += writer.stdout.readlines()
    server.process.communicate()

    last = dict(line.split() for line in confirmed)
    fields = "version serialized_state states_aggregate { aggregate { count } }"
    with ServerThread(ServerSettings(tmp_path / "api.db")) as again:
        for run, number in last.items():
            row = run_row(Api(again.url), run, fields)
            written = row["serialized_state"]["context"]["number"]
            # The last one may have been written without an answer.
            assert written - int(number) in (0, 1)
            assert row["version"] == row["states_aggregate"]["aggregate"]["count"] == written + 2


def test_two_processes_that_write_at_once_lose_nothing(settings: ServerSettings) -> None:
    other = ServerProcess(settings.database)
    with ServerThread(settings) as server:
        urls, api = (server.url, other.url), Api(server.url)
        run = register_flow(api, api.mutate("create_project", name="p")["id"]).run()

        def write(url: str) -> None:
            for _ in range(100):
                states = [{"flow_run_id": run, "state": state("Running")}]
                Api(url).mutate("set_flow_run_states", states=states)

        threads = [threading.Thread(target=write, args=[url]) for url in urls * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        row = run_row(api, run, "version states_aggregate { aggregate { count } }")
    other.stop()

    assert row == {"version": 401, "states_aggregate": {"aggregate": {"count": 401}}}


def test_nothing_is_written_beside_a_file_that_has_replaced_the_own_one(
    settings: ServerSettings,
) -> None:
    with ServerThread(settings) as server:
        api = Api(server.url)
        for file in settings.database.parent.glob("*.db*"):
            if file.name.endswith((".db", "-wal", "-shm")):
                file.rename(file.with_name(f"{file.name}.aside"))
        prepare_database(settings.database, 5)  # as the next command does

        refusal = api.refusal("create_project", name="lost")
        assert refusal.startswith(f"API_ERROR: {settings.database}: the file was moved, deleted or")


def test_nothing_is_answered_from_a_file_that_is_gone(settings: ServerSettings) -> None:
    aside = settings.database.with_name("aside")
    with ServerThread(settings) as server:
        api = Api(server.url)
        project = api.mutate("create_project", name="before")["id"]
        settings.database.rename(aside)

        for message in (
            api.error("query { project { id } }"),
            api.refusal("create_project", name="lost"),
        ):
            assert message.startswith(f"API_ERROR: {settings.database}: the file was moved")
        assert not settings.database.exists()

        aside.rename(settings.database)
        assert api.data("query { project { id name } }") == [{"id": project, "name": "before"}]
