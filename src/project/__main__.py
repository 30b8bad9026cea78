"""Run this project as ``python -m project``, with the options of ``kedro run``."""

from pathlib import Path
from typing import Any

from kedro.framework.cli.project import run
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Run the project's pipeline; the arguments are those of ``kedro run``."""
    configure_project(Path(__file__).parent.name)
    return run(*args, **kwargs)


if __name__ == "__main__":
    main()
