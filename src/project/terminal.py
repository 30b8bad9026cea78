"""Lines on the terminal."""

from __future__ import annotations

import logging
import sys
from typing import IO, Optional

import click

logger = logging.getLogger(__name__)


def echo(line: str) -> None:
    """Print a line; log it if it cannot be printed."""
    try:
        print(writable(line, sys.stdout), flush=True)
    except (OSError, ValueError) as error:  # ValueError: the stream is closed
        logger.warning("%s (could not be printed: %r)", line, error)


def show(text: str, file: Optional[IO[str]] = None) -> None:
    """Print what a command was asked for, or write it to a file.

    Raises:
        ClickException: it cannot be printed, for example on a full disk.
    """
    try:
        click.echo(writable(text, file or sys.stdout), file=file)
    except BrokenPipeError:  # click ends the command
        raise
    except (OSError, ValueError) as error:
        raise click.ClickException(f"The output cannot be written: {error}.") from error


def printable(text: str) -> str:
    """Return the text without characters that move the cursor, or start another line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def writable(text: str, stream: object) -> str:
    """Return the text, with escapes for the characters that the stream cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
