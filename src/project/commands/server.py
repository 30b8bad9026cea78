"""``kedro prefect server``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import click

from project.errors import ApiError

if TYPE_CHECKING:
    from kedro.framework.startup import ProjectMetadata


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=4200,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--token",
    envvar="KEDRO_PREFECT_TOKEN",
    help="API key that clients must send; required unless --host is a loopback address. 'auto' "
    "makes a random one, which your own commands and agents find in .prefect/server.json. Other "
    "users of this machine can read command lines, so set any other token in the environment "
    "variable KEDRO_PREFECT_TOKEN instead.",
)
@click.option(
    "--allow-origin",
    metavar="URL",
    help="Origin of another page that may use the API, such as http://localhost:8080 for Prefect's "
    "own UI; needs a token.",
)
@click.pass_obj
def server(
    project: ProjectMetadata,
    host: str,
    port: int,
    token: Optional[str],
    allow_origin: Optional[str],
) -> None:
    """Serve this project's embedded Prefect API until Ctrl-C."""
    from project.api.embedded import AUTO_TOKEN, serve

    def report_address(url: str) -> None:
        click.echo(f"Prefect API and web page at {url} (press Ctrl-C to stop)")
        if token == AUTO_TOKEN:
            click.echo("Its token is in .prefect/server.json.")

    try:
        serve(
            project.project_path,
            report_address,
            host=host,
            port=port,
            token=token,
            allow_origin=allow_origin,
        )
    except ValueError as error:
        raise ApiError(str(error)) from error
