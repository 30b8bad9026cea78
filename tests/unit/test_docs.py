"""What the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click import Command, Context

from project.commands.group import prefect_commands

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]
pytestmark = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY))
)


def code_in(document: Path) -> list[str]:
    """Return the lines of code blocks, and what stands between backticks in the text."""
    fence = r"^```\w*\n(.*?)^```"
    text = document.read_text()
    blocks = "".join(re.findall(fence, text, re.DOTALL | re.MULTILINE))
    text = re.sub(fence, "", text, flags=re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    return [*blocks.splitlines(), *indented, *re.findall(r"`([^`]+)`", text)]


def options_of(command: Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def test_each_command_has_the_options_that_are_named(document: Path) -> None:
    for line in code_in(document):
        for name, rest in re.findall(r"kedro prefect ([a-z]+)([^|;']*)", line):
            command = prefect_commands.get_command(Context(prefect_commands), name)

            assert command is not None, line
            assert set(re.findall(r"(--[a-z-]+)", rest)) <= options_of(command), line


def test_each_target_of_make_exists(document: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    call = r"make (?:PYTHON=\S+ )?([a-z-]+)(?: URL=\S+)?"
    named = [re.fullmatch(call, line) for line in code_in(document)]

    assert {found[1] for found in named if found} - targets == set()


def test_each_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []
