"""Time until the page is shown in a browser, with 1,000 runs of 21 flows in the database.

    python -m benchmarks.first_view [--runs 1000] [--visits 15]

Prints, in milliseconds from the start of the navigation: the first contentful paint, the request
for the data and its answer, and the flows on the screen. The first visit is that of a new browser
context, which has nothing in its cache; the second finds the page's files there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.api_load import SERVE, TASKS, fill
from project.server.store.database import Database
from tests.page.kit import find_chromium, launch

# The flows are shown when a frame has been drawn after their rows came to be.
WATCH = """
window.shown = new Promise((resolve) => new MutationObserver((_, observer) => {
  if (!document.querySelector("table.flows tbody tr")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
}).observe(document, { childList: true, subtree: true }));
"""
TIMES = """async () => {
  const shown = await window.shown;
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!painted()) await new Promise(requestAnimationFrame);
  const requests = performance.getEntriesByType("resource");
  const data = requests.find(({ name }) => name.endsWith("/graphql"));
  return {
    "first contentful paint": painted().startTime, "data asked for": data.startTime,
    "data there": data.responseEnd, "flows shown": shown,
  };
}"""


def visit(page: Page, url: str) -> dict[str, float]:
    """Open the flows, and return when what was there."""
    page.goto(url)
    times: dict[str, float] = page.evaluate(TIMES)
    return times


def visits(browser: Browser, url: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the times of a first and of a second visit."""
    with browser.new_context() as context:
        context.add_init_script(WATCH)
        page = context.new_page()
        return visit(page, url), visit(page, url)


def report(name: str, found: list[dict[str, float]]) -> None:
    """Print the median and the worst of each time."""
    print(f"\n{name:<28}{'median ms':>10}{'worst ms':>10}")
    for key in found[0]:
        times = [each[key] for each in found]
        print(f"{key:<28}{median(times):>10.0f}{max(times):>10.0f}")


def measure(url: str, count: int) -> None:
    """Visit the page many times, and print the times."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            sys.exit("No Chromium was found.")
        with launch(playwright, path) as browser:
            visits(browser, url)  # the browser's own start is not the page's
            first, second = zip(*(visits(browser, url) for _ in range(count)))
    report("first visit", list(first))
    report("second visit", list(second))


def main() -> None:
    """Fill a database, serve it, and visit the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--visits", type=int, default=15)
    given: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "api.db"
        database = Database(path, 10)
        fill(database, given.runs * TASKS)
        database.close()
        command = [sys.executable, "-c", SERVE, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                measure(str(server.stdout and server.stdout.readline()).strip(), given.visits)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
