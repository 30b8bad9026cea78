"""Hook of mkdocs: links to files of the repository that are no pages of the site become text."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+)(#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Return a page's text without links that lead out of the site."""

    def keep_or_name(link: re.Match[str]) -> str:
        target = PurePosixPath(page.file.src_uri).parent / link[2]
        parts: list[str] = []
        for part in target.parts:
            if part == ".." and not parts:
                return link[1]
            parts = parts[:-1] if part == ".." else [*parts, part]
        return link[0]

    return _LINK.sub(keep_or_name, markdown)
