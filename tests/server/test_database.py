"""The database: its versions, its writer, and what happens when the storage fails."""

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

import pytest
from sqlalchemy import Connection, text

from project.server.store.database import Database, prepare_database
from project.server.errors import (
    DatabaseTooNewError,
    DatabaseUnavailableError,
    DatabaseUnusableError,
)
from project.server.process import EmbeddedServer
from project.server.settings import ServerSettings
from tests.server.kit import Api, Registered, mutation, run_row, state, two_tasks

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
        DatabaseTooNewError, match="has schema version 99, but this release knows only 3. Upgrade"
    ):
        EmbeddedServer(settings).__enter__()


def schema(path: Path) -> dict:
    """Return the names of the columns of each table, and of the indexes."""
    with sqlite3.connect(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema").fetchall()
        found = {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
            for (name,) in names
        }
    connection.close()
    return found


def test_a_database_of_the_first_release_is_migrated_with_its_data(
    settings: ServerSettings, tmp_path: Path
) -> None:
    connection = sqlite3.connect(settings.database)
    connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    connection.close()
    prepare_database(tmp_path / "new.db", 5)

    with EmbeddedServer(settings) as server:
        runs = "flow_runs { name logs { message } task_runs { state task { name inputs } } }"
        found = Api(server.url).data(f"{{ flow {{ name {runs} }} }}")
        flow = Registered(Api(server.url), Api(server.url).data("{ flow { id } }")[0]["id"])
        assert flow.run()

    task_runs = [{"state": "Pending", "task": {"name": "say", "inputs": None}}]
    run = {"name": "first", "logs": [{"message": "line"}], "task_runs": task_runs}
    assert found == [{"name": "old", "flow_runs": [run]}]
    assert schema(settings.database) == schema(tmp_path / "new.db")


def test_what_is_no_database_is_refused_and_left_as_it_is(settings: ServerSettings) -> None:
    settings.database.write_text("no database " * 100)

    with pytest.raises(DatabaseUnusableError, match="file is not a database"):
        EmbeddedServer(settings).__enter__()
    assert settings.database.read_text() == "no database " * 100


def test_a_database_that_somebody_holds_is_told(settings: ServerSettings) -> None:
    prepare_database(settings.database, 5)
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseUnavailableError, match="database is locked. Look at"):
        prepare_database(settings.database, 0.1)
    holder.close()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "api.db").mkdir()

    with pytest.raises(DatabaseUnavailableError, match="unable to open database file"):
        prepare_database(tmp_path / "api.db", 5)


def test_those_who_create_it_at_the_same_time_agree(settings: ServerSettings) -> None:
    together = threading.Barrier(4)

    def create(_: int) -> list:
        together.wait(10)
        database = Database(settings.database, 8)
        found = slugs(database)
        database.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(create, range(4))) == [["default"]] * 4


def test_preparing_twice_changes_nothing(settings: ServerSettings) -> None:
    prepare_database(settings.database, 5)
    before = settings.database.read_bytes()
    prepare_database(settings.database, 5)

    assert settings.database.read_bytes() == before


def test_a_job_that_raises_changes_nothing_and_harms_no_other(database: Database) -> None:
    held = threading.Event()
    first = database.write(lambda _: held.wait(10))

    def broken(connection: Connection) -> None:
        add(connection, "half")
        raise KeyError("broken")

    jobs = [database.write(lambda each, n=n: add(each, f"job {n}")) for n in range(3)]
    failed = database.write(broken)
    jobs.append(database.write(lambda each: add(each, "last")))
    held.set()

    assert first.result()
    assert [job.result() for job in jobs] == ["job 0", "job 1", "job 2", "last"]
    with pytest.raises(KeyError):
        failed.result()
    assert slugs(database) == ["default", "job 0", "job 1", "job 2", "last"]


def test_what_is_queued_is_written_before_closing(settings: ServerSettings) -> None:
    database = Database(settings.database, 5)
    jobs = [database.write(lambda each, n=n: add(each, str(n))) for n in range(100)]
    database.close()

    again = Database(settings.database, 5)
    found = slugs(again)
    again.close()
    assert all(job.done() for job in jobs)
    assert len(found) == 101


def test_a_busy_database_is_worth_another_try(settings: ServerSettings) -> None:
    with EmbeddedServer(replace(settings, busy_timeout_seconds=0.1)) as server:
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


def test_prefects_client_tries_again_by_itself(settings: ServerSettings) -> None:
    from tests.server.kit import prefect_client

    with EmbeddedServer(replace(settings, busy_timeout_seconds=0.1)) as server:
        blocker = sqlite3.connect(settings.database, isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, blocker.execute, ["ROLLBACK"])
        release.start()
        with prefect_client(server.url) as client:
            assert client.create_project("p")
        release.join()
        blocker.close()


FULL = """
import resource, sys
from pathlib import Path
from project.server.process import serve
from project.server.settings import ServerSettings
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
serve(ServerSettings(Path(sys.argv[1]), port=0), lambda url: print(url, flush=True))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as Unix does")
def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "api.db")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        api = Api(process.stdout.readline().strip())
        kept = 0
        while kept < 1_000:
            answer = api.post(
                mutation("create_project"),
                {"input": {"name": str(kept), "description": "x" * 50_000}},
            )
            if "errors" in answer.json():
                break
            kept += 1

        message = answer.json()["errors"][0]["message"]
        count = api.data("query { project_aggregate { aggregate { count } } }")["aggregate"][
            "count"
        ]
        process.kill()
    assert message.startswith("API_ERROR: ")
    assert "disk" in message
    assert 0 < kept == count


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


def test_no_answered_state_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    from tests.server.test_process import ServerProcess

    server = ServerProcess(tmp_path / "api.db")
    api = Api(server.url)
    project = api.mutate("create_project", name="p")["id"]
    flow = Registered(
        api,
        api.mutate("create_flow", project_id=project, serialized_flow=two_tasks().serialize())[
            "id"
        ],
    )
    runs = [flow.run() for _ in range(4)]
    command = [sys.executable, "-c", WRITE, server.url, *runs]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root
    ) as writer:
        assert writer.stdout
        answered = [writer.stdout.readline() for _ in range(200)]
        server.process.send_signal(signal.SIGKILL)
        answered += writer.stdout.readlines()
    server.process.communicate()

    last = dict(line.split() for line in answered)
    with EmbeddedServer(ServerSettings(tmp_path / "api.db")) as again:
        for run, number in last.items():
            row = run_row(
                Api(again.url),
                run,
                "version serialized_state states_aggregate { aggregate { count } }",
            )
            written = row["serialized_state"]["context"]["number"]
            assert written - int(number) in (
                0,
                1,
            )  # the last one may have been written and not been answered
            assert row["version"] == row["states_aggregate"]["aggregate"]["count"] == written + 2


def test_two_processes_writing_at_once_lose_nothing(
    settings: ServerSettings, tmp_path: Path
) -> None:
    from tests.server.test_process import ServerProcess

    other = ServerProcess(settings.database)
    with EmbeddedServer(settings) as server:
        urls = (server.url, other.url)
        project = Api(server.url).mutate("create_project", name="p")["id"]
        given = {"project_id": project, "serialized_flow": two_tasks().serialize()}
        run = Registered(
            Api(server.url), Api(server.url).mutate("create_flow", **given)["id"]
        ).run()

        def write(url: str) -> None:
            for _ in range(100):
                states = [{"flow_run_id": run, "state": state("Running")}]
                Api(url).mutate("set_flow_run_states", states=states)

        threads = [threading.Thread(target=write, args=[url]) for url in urls * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        row = run_row(Api(server.url), run, "version states_aggregate { aggregate { count } }")
    other.stop()

    assert row == {"version": 401, "states_aggregate": {"aggregate": {"count": 401}}}
