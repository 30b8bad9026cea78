"""Sessions that run the contract tests on every supported Kedro and Python."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

PYTHONS = {
    "0.17.6": ["3.8"],
    "0.17.7": ["3.8"],
    "0.18.2": ["3.8", "3.9", "3.10"],
    "0.18.14": ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"],
    "0.19.0": ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"],
    "0.19.9": ["3.9", "3.10", "3.11", "3.12", "3.13"],
    "0.19.15": ["3.9", "3.10", "3.11", "3.12", "3.13"],
    "1.0.0": ["3.9", "3.10", "3.11", "3.12", "3.13"],
    "1.7.0": ["3.10", "3.11", "3.12", "3.13"],
}
# What depends on Kedro, hardly on Python: run on the newest Python of each Kedro, and on HERE.
MESSAGES = ["tests/contract/test_bad_input.py", "tests/contract/test_versions.py"]
QUICK = ["0.17.7", "0.19.15"]  # the newest 0.17 and 0.19; make test covers the newest Kedro

WHEELS = Path(".nox/wheels")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
IS_INSTALLED = "import project; assert 'site-packages' in project.__file__, project.__file__"

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"


def show_pyenv_versions() -> None:
    """Make pyenv offer all of its interpreters, not only the selected one."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    os.environ["PYENV_VERSION"] = ":".join(found.name for found in root.glob("versions/3.*"))


def cells() -> list[nox.param]:
    """Return all cells; the quick ones use the Python that runs nox, if their Kedro supports it."""
    quick = {(HERE if HERE in PYTHONS[kedro] else PYTHONS[kedro][-1], kedro) for kedro in QUICK}
    return [
        nox.param(python, kedro, tags=[kedro, "quick" if (python, kedro) in quick else "slow"])
        for kedro, pythons in PYTHONS.items()
        for python in pythons
    ]


show_pyenv_versions()


@nox.session(python=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel that the cells install."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    session.run(sys.executable, "-m", "uv", "build", "--quiet", "--wheel", f"--out-dir={WHEELS}")


@nox.session(requires=["wheel"], allow_parallel=True, python=["3.8", "3.10", "3.13"])
@nox.parametrize("extra", ["", "server"])
def lowest(session: nox.Session, extra: str) -> None:
    """Install the lowest versions of what the package needs, and import it."""
    (built,) = WHEELS.glob("*.whl")
    extras = [f"--extra={extra}"] if extra else []
    session.install("--resolution=lowest-direct", "--requirement=pyproject.toml", *extras)
    session.install("--no-deps", str(built))
    modules = ["project.runner", "project.deploy.entrypoint", "kedro_prefect_runner.commands"]
    modules += ["project.server.process"] if extra else []
    session.run("python", "-W", "ignore", "-c", f"import {', '.join(modules)}")


@nox.session(requires=["wheel"])
@nox.parametrize("python, kedro", [(pythons[-1], kedro) for kedro, pythons in PYTHONS.items()])
def overhead(session: nox.Session, kedro: str) -> None:
    """Measure the overhead per node over Kedro's SequentialRunner, with one Kedro."""
    (built,) = WHEELS.glob("*.whl")
    session.install("--compile-bytecode", f"{built}[server]", f"kedro=={kedro}")
    env = {"DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore", "HOME": session.create_tmp()}
    session.run("python", "-m", "benchmarks.overhead", env=env)


@nox.session(requires=["wheel"], allow_parallel=True)
@nox.parametrize("python, kedro", cells())
def contract(session: nox.Session, kedro: str) -> None:
    """Run the contract tests with one Kedro on one Python."""
    (built,) = WHEELS.glob("*.whl")
    tests = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
    session.install("--compile-bytecode", f"{built}[server]", f"kedro=={kedro}", *tests)
    is_newest = session.python == PYTHONS[kedro][-1]
    messages = [] if is_newest or session.python == HERE else MESSAGES
    env = {
        "DO_NOT_TRACK": "1",
        # Random pipelines.
        "EXAMPLES": os.environ.get("EXAMPLES") or ("200" if is_newest else "40"),
        "HOME": session.create_tmp(),  # Prefect writes ~/.prefect
        "PREFECT__LOGGING__LEVEL": "WARNING",
        # Kedro refuses to start on a Python newer than it supports unless this warning is set.
        "PYTHONWARNINGS": "default:Kedro is not yet fully compatible",
    }
    session.run("python", "-c", IS_INSTALLED, env=env)
    # Warnings are errors only in `make test`: each cell here has other releases.
    options = ["--quiet", "-o", "filterwarnings=default", "--disable-warnings"]
    options += ["-p", "no:cacheprovider"]  # cells that run in parallel would share a cache
    options += [f"--ignore={file}" for file in messages]
    session.run("python", "-m", "pytest", *options, "tests/contract", *session.posargs, env=env)
