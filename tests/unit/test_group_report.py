"""The groups of a run as text."""

from __future__ import annotations

from project.api.group_report import MAX_LINES, as_markdown
from project.flow.groups.units import Group


def test_of_many_groups_the_first_are_listed() -> None:
    groups = [Group(f"group_{number}", ("a", "b")) for number in range(MAX_LINES + 3)]
    lines = as_markdown(groups).splitlines()

    assert lines[2] == "- `group_0`: `a`, `b`"
    assert lines[-2:] == [f"- `group_{MAX_LINES - 1}`: `a`, `b`", "- 3 more groups"]
