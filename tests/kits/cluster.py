"""A Dask cluster in processes of its own, whose workers run in another folder than the tests."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Iterator, NamedTuple, Optional

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

_MAIN = """
import os
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    answer = os.dup(1)
    os.dup2(2, 1)  # workers print to the log, never to a pipe that nobody reads
    cluster = LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, dashboard_address=":0"
    )
    os.write(answer, f"{cluster.scheduler_address}\\n".encode())
    sys.stdin.read()
    cluster.close()
"""


# Without these, idle workers and schedulers measure themselves fifty times a second.
_QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}


class Cluster(NamedTuple):
    """A running cluster, which ends with the process that started it."""

    address: str
    process: subprocess.Popen[str]

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(30)
        self._close_pipes()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def extra_worker(address: str, *options: str, pythonpath: str = "") -> Iterator[None]:
    """Add a worker to a cluster, as ``dask worker`` does, with more in front of its path."""
    path = [pythonpath, REPOSITORY, os.environ.get("PYTHONPATH")]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "distributed.cli.dask_worker", address, *options),
            *("--nthreads", "1", "--no-nanny", "--no-dashboard"),
        ],
        cwd=mkdtemp(),
        env={**os.environ, **_QUIET, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def write_other_kedro(folder: Path) -> None:
    """Let a process whose path begins with a folder find Kedro 0.1.2 installed."""
    metadata = folder / "kedro-0.1.2.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: kedro\nVersion: 0.1.2\n")


def start_cluster(workers: int = 2, folder: Optional[str] = None) -> Cluster:
    folder = folder or mkdtemp()
    with open(f"{folder}/cluster.py", "w") as file:
        file.write(_MAIN)
    path = [REPOSITORY, *filter(None, [os.environ.get("PYTHONPATH")])]
    with open(f"{folder}/cluster.log", "w") as log:
        process = subprocess.Popen(
            [sys.executable, "cluster.py", str(workers)],
            cwd=folder,
            env={**os.environ, **_QUIET, "PYTHONPATH": os.pathsep.join(path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    return Cluster(process.stdout.readline().strip(), process)


@lru_cache(maxsize=None)
def shared_cluster() -> str:
    """Return the address of a cluster of two worker processes, which lasts until the tests end."""
    cluster = start_cluster()
    atexit.register(cluster.close)
    return cluster.address
