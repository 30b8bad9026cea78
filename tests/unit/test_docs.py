"""Commands, targets, files and modules that the documents name exist."""

from __future__ import annotations

import ast
import pkgutil
import re
from pathlib import Path

import pytest
import yaml
from click import Command, Context

from project.commands.group import prefect_commands

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]
# Files of the projects that readers make or have.
OF_READERS = {"register_prefect_flow.py", "src/greetings/pipelines/greet/__init__.py"}
each_document = pytest.mark.parametrize(
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
    parameters = command.get_params(Context(command))
    return {option for parameter in parameters for option in parameter.opts}


@each_document
def test_each_command_has_the_options_that_are_named(document: Path) -> None:
    for line in code_in(document):
        for name, rest in re.findall(r"kedro prefect ([a-z]+)([^|;']*)", line):
            command = prefect_commands.get_command(Context(prefect_commands), name)

            assert command is not None, line
            assert set(re.findall(r"(--[a-z-]+)", rest)) <= options_of(command), line


@each_document
def test_each_target_of_make_exists(document: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    call = r"make (?:PYTHON=\S+ )?([a-z-]+)(?: URL=\S+)?"
    named = [re.fullmatch(call, line) for line in code_in(document)]

    assert {found[1] for found in named if found} - targets == set()


@each_document
def test_each_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def headings_of(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_document
def test_each_anchor_leads_to_a_heading(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text())
    targets = [(document.parent / file if file else document, anchor) for file, anchor in links]

    assert [anchor for file, anchor in targets if anchor not in headings_of(file)] == []


def messages() -> list[str]:
    """Return the strings of the package, with a space for what is filled in."""
    found = []
    for file in (REPOSITORY / "src/project").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [getattr(part, "value", " ") for part in node.values]
                found.append("".join(part if isinstance(part, str) else " " for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_the_messages_in_the_guide_to_troubleshooting_are_those_of_the_package() -> None:
    guide = (REPOSITORY / "docs/troubleshooting.md").read_text()
    quoted = re.findall(r"\*\*`([^`]+)`\*\*", guide)
    known = messages()

    assert len(quoted) > 20
    others = [text for text in quoted if not any(text in each for each in known)]
    assert others == [  # those of others
        "No matching distribution found for prefect==1.1.0",
        "Could not find a Kedro project to create stats file",
        "Workflow tracking is disabled for non-sequential runners",
        "register_new_resolver() is deprecated",
    ]


@each_document
def test_each_module_exists(document: Path) -> None:
    # A name with a line number is part of a log line, and names a module of Kedro.
    file = r"(?<![\w./-])(?:[\w-]+/)*\w+\.py\b(?!:)"
    files = [name for line in code_in(document) for name in re.findall(file, line)]
    roots = [REPOSITORY, REPOSITORY / "src/project", document.parent]

    missing = {name for name in files if not any((root / name).exists() for root in roots)}
    assert missing <= OF_READERS


@each_document
def test_each_name_of_the_package_exists(document: Path) -> None:
    for line in code_in(document):
        for name in re.findall(r"(?<![\w./-])project\.[a-z_]+(?:[.:]\w+)*", line):
            pkgutil.resolve_name(name)


def test_the_architecture_describes_each_room() -> None:
    text = (REPOSITORY / "docs/architecture.md").read_text()
    package = REPOSITORY / "src/project"
    rooms = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    modules = {path.name for path in package.glob("*.py")}

    assert {name for name in rooms | modules if f"`{name}`" not in text} == {"__init__.py"}


def test_the_repositorys_own_ci_runs_the_commands_of_the_document() -> None:
    document = (REPOSITORY / "docs/ci.md").read_text()
    commands = re.findall(r"^    (kedro .*)$", document, re.MULTILINE)
    workflow = yaml.safe_load((REPOSITORY / ".github/workflows/ci.yml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["example"]["steps"]]
    script = (REPOSITORY / ".ci/run").read_text()

    assert [step for step in steps if step.startswith("kedro ")] == commands
    assert [line for line in commands[1:] if f".venv/bin/{line}\n" not in script] == []
    assert "\nmake run\n" in script
