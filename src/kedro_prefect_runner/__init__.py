"""Entry points for Kedro, in a package with the name of the distribution.

Kedro 0.17 looks for a distribution with the name of an entry point's package, and a project whose
own package is called ``project`` hides the one that the entry points would be in.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

HIDDEN = (
    "kedro-prefect-runner cannot be used here: its package is called 'project', and so is this "
    "project's own, {folder}. Rename that one, or uninstall kedro-prefect-runner."
)


def _find_hiding_folder() -> Path | None:
    """Return the folder of another package called ``project`` that hides ours."""
    spec = find_spec("project")
    folder = Path(spec.origin).resolve().parent if spec and spec.origin else None
    is_ours = folder == Path(__file__).resolve().parents[1] / "project"
    return None if is_ours else folder


_hiding_folder = _find_hiding_folder()
is_usable = _hiding_folder is None
if not is_usable:
    click.echo(HIDDEN.format(folder=_hiding_folder), err=True)
