"""Check that the package installs beside what projects of each Kedro line have.

Each neighbour is resolved together with the built wheel, without and, where that is possible, with
the extra ``server``. It needs uv and a package index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

UV = [sys.executable, "-m", "uv"]


class Neighbour(NamedTuple):
    """What a project has installed; ``extras`` are those of the package that fit beside it."""

    python: str
    requirements: tuple[str, ...]
    extras: tuple[str, ...] = ("", "[server]")


# The extra needs SQLAlchemy 2.
BEFORE_SQLALCHEMY_2 = ("",)

NEIGHBOURS = [
    Neighbour("3.8", ("kedro<0.18", "kedro-viz>=4.6,<5"), BEFORE_SQLALCHEMY_2),
    Neighbour("3.8", ("kedro[pandas.SQLTableDataSet]<0.18",), BEFORE_SQLALCHEMY_2),
    Neighbour("3.8", ("kedro<0.18", "pydantic<2")),
    Neighbour("3.8", ("kedro<0.20", "apache-airflow>=2,<3"), BEFORE_SQLALCHEMY_2),
    Neighbour("3.9", ("kedro[pandas.SQLTableDataSet]<0.19",), BEFORE_SQLALCHEMY_2),
    Neighbour("3.9", ("kedro<0.19", "kedro-viz>=6,<7")),
    Neighbour("3.10", ("kedro<0.19", "kedro-mlflow>=0.11,<0.12")),
    Neighbour("3.10", ("kedro<0.20", "kedro-viz>=7,<8")),
    Neighbour("3.10", ("kedro<0.20", "pydantic<2")),
    Neighbour("3.10", ("kedro<0.20", "apache-airflow>=2,<3"), BEFORE_SQLALCHEMY_2),
    Neighbour("3.10", ("kedro<0.20", "fastapi<0.110", "uvicorn")),
    Neighbour("3.10", ("kedro>=1", "fastapi<0.110", "uvicorn")),
    Neighbour("3.11", ("kedro>=1", "pydantic<2")),
    Neighbour("3.12", ("kedro>=1", "apache-airflow>=2,<3"), BEFORE_SQLALCHEMY_2),
    Neighbour("3.13", ("kedro>=1", "kedro-viz", "kedro-mlflow")),
]


def build_wheel(folder: Path) -> Path:
    """Build the wheel and return its path."""
    run([*UV, "build", "--quiet", "--wheel", f"--out-dir={folder}"])
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(command: list[str], text: str | None = None) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, input=text, check=True, capture_output=True, text=True)  # noqa: S603


def resolve(wheel: Path, neighbour: Neighbour, extra: str) -> None:
    """Resolve the package together with a neighbour."""
    requirements = [f"kedro-prefect-runner{extra} @ {wheel.as_uri()}", *neighbour.requirements]
    command = [*UV, "pip", "compile", "--quiet", f"--python-version={neighbour.python}", "-"]
    run(command, "\n".join(requirements))


def report(wheel: Path, neighbour: Neighbour, extra: str) -> bool:
    """Resolve, print how it ended, and return whether there is a solution."""
    name = f"{', '.join(neighbour.requirements)} on Python {neighbour.python} {extra}".rstrip()
    try:
        resolve(wheel, neighbour, extra)
    except subprocess.CalledProcessError as error:
        print(f"LOST {name}\n{error.stderr}", flush=True)
        return False
    print(f"ok   {name}", flush=True)
    return True


def main() -> None:
    """Resolve with every neighbour, and exit with 1 if one is lost."""
    pairs = [(neighbour, extra) for neighbour in NEIGHBOURS for extra in neighbour.extras]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        wheel = build_wheel(Path(folder))
        found = list(pool.map(lambda pair: report(wheel, *pair), pairs))
    print(f"{found.count(True)} passed, {found.count(False)} failed")
    sys.exit(not all(found))


if __name__ == "__main__":
    main()
