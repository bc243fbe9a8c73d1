"""How long the browser takes to a verdict, and how much it downloads for that.

    make bench

Against `python -m pytest` with the checks of lesson 1 in a terminal; the sides take turns. Chromium
asks a server on this machine, which compresses what hosts of static sites compress. After that
the memory: what 200 runs leave behind; and what Lighthouse says of the page to somebody who only
reads it, with and without the script that offers the editor.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from site_server import SUB_PATH, Served, build, served  # noqa: E402

LESSON = "lessons/01_routing/"
SOLUTION = ROOT / "solutions/01_routing/main.py"
CHECKS = "checks/test_01_routing.py"
TEXT = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".xml", "/")
LONGEST = 300_000  # milliseconds
MEMORY = "app => import(app).then(loaded => loaded.memory())"
MOST_BYTES, COLD, AGAIN, WARM, GROWTH, FEWER = 10e6, 4, 3, 0.5, 1.2, 3


class Compressed(Served):
    """Sends text compressed, as hosts of static sites do, and counts the bytes of all bodies."""

    kept: dict[Path, bytes] = {}  # noqa: RUF012  shared on purpose
    sent = 0

    def do_GET(self) -> None:  # noqa: N802  the name that http.server calls
        path = Path(self.translate_path(self.path.partition("?")[0]))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file() or not path.name.endswith(TEXT):
            Compressed.sent += path.stat().st_size if path.is_file() else 0
            super().do_GET()
            return
        if path not in self.kept:
            self.kept[path] = gzip.compress(path.read_bytes())
        Compressed.sent += len(self.kept[path])
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(self.kept[path])))
        self.end_headers()
        shutil.copyfileobj(io.BytesIO(self.kept[path]), self.wfile)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=200, help="for the memory")
    asked = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("There is no Chromium on this machine, and this measures it.")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        build(Path(name))
        options = {"executable_path": program, "args": ["--no-sandbox"]}
        with (
            served(Path(name), Compressed) as server,
            play.chromium.launch(**options) as browser,
        ):
            address = f"{server}{SUB_PATH}"
            speed(browser, address, asked.rounds)
            memory(browser, address, asked.runs)
        reading(Path(name), program, asked.rounds)


def speed(browser: Browser, address: str, rounds: int) -> None:
    sides: dict[str, list[float]] = {"cold": [], "again": [], "warm": [], "pytest": []}
    loaded: list[float] = []
    for _ in range(rounds):
        with browser.new_context() as context:
            cold, transferred = first_visit(context, address)
            again, warm = second_visit(context, address)
        sides["pytest"].append(plain_pytest())
        for name, seconds in (("cold", cold), ("again", again), ("warm", warm)):
            sides[name].append(seconds)
        loaded.append(transferred)
    size = statistics.median(loaded)
    print(f"first visit: {size / 1e6:.2f} MB (wanted: at most {MOST_BYTES / 1e6:.0f} MB)")
    tell("click on Check, cold / pytest", sides["cold"], sides["pytest"], COLD)
    tell("click on Check, second visit / pytest", sides["again"], sides["pytest"], AGAIN)
    tell("click on Check, warm / pytest", sides["warm"], sides["pytest"], WARM)


def tell(what: str, ours: list[float], theirs: list[float], wanted: float) -> None:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(
        f"{what}: {statistics.median(ratios):.2f} (wanted: at most {wanted:g}; "
        f"{statistics.median(ours):.2f} s / {statistics.median(theirs):.2f} s; "
        f"from {min(ratios):.2f} to {max(ratios):.2f})"
    )


def first_visit(context: BrowserContext, address: str) -> tuple[float, float]:
    """Seconds from the click to the verdict, and all bytes of the visit until then."""
    page = context.new_page()
    before = Compressed.sent
    page.goto(f"{address}{LESSON}")
    keep_the_solution(page)
    seconds = open_and_check(page)
    return seconds, Compressed.sent - before


def second_visit(context: BrowserContext, address: str) -> tuple[float, float]:
    """Seconds to the first verdict, and of one more."""
    page = context.new_page()
    page.add_init_script("localStorage.removeItem('fastapi-course:open:01_routing')")
    page.goto(f"{address}{LESSON}")
    first = open_and_check(page)
    return first, check(page)


def keep_the_solution(page: Page) -> None:
    files = {"main.py": SOLUTION.read_text("utf-8")}
    page.evaluate(
        "files => localStorage.setItem('fastapi-course:files:01_routing', JSON.stringify(files))",
        files,
    )


def open_and_check(page: Page) -> float:
    """The editor is opened, and Check pressed as soon as it is there."""
    button = page.get_by_role("button", name="Open the editor", exact=True)
    button.wait_for()
    began = time.perf_counter()
    button.click()
    page.locator(".pg-bench").wait_for(timeout=LONGEST)
    press(page)
    return time.perf_counter() - began


def check(page: Page) -> float:
    began = time.perf_counter()
    press(page)
    return time.perf_counter() - began


def press(page: Page) -> None:
    page.evaluate("document.querySelector('.pg-state').textContent = ''")
    page.locator(".pg-bench .pg-primary").first.click()
    page.locator(".pg-state", has_text=" pass.").wait_for(timeout=LONGEST)


def plain_pytest() -> float:
    began = time.perf_counter()
    plugin = ["-p", "course.harness.plugin", f"--submission={SOLUTION}"]
    command = [sys.executable, "-m", "pytest", "-q", *plugin, CHECKS]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began


def memory(browser: Browser, address: str, runs: int) -> None:
    """Python's memory after 10 runs and after all of them."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}{LESSON}")
        keep_the_solution(page)
        open_and_check(page)
        sizes = []
        for number in range(1, runs + 1):
            check(page)
            if number in (10, runs):
                sizes.append(page.evaluate(MEMORY, f"{address}assets/playground/app.js"))
    early, late = sizes
    print(
        f"memory after {runs} runs / after 10: {late / early:.2f} (wanted: at most {GROWTH}; "
        f"{late / 1e6:.0f} MB / {early / 1e6:.0f} MB)"
    )


OFFER = re.compile(r'<script src="[^"]*assets/playground\.js"></script>')


def reading(site: Path, program: str, rounds: int) -> None:
    """Lighthouse's points for speed, of 100, of the page as it is and without our script."""
    page = site / LESSON / "index.html"
    bare = site / "bare" / "01_routing" / "index.html"
    bare.parent.mkdir(parents=True)
    bare.write_text(OFFER.sub("", page.read_text("utf-8")), "utf-8")
    sides: dict[str, list[float]] = {LESSON: [], "bare/01_routing/": []}
    Compressed.kept.clear()
    with served(site, Compressed) as server:
        for _ in range(rounds):
            for name, points in sides.items():
                points.append(lighthouse(f"{server}{SUB_PATH}{name}", program))
    ours, without = (statistics.median(points) for points in sides.values())
    print(
        f"Lighthouse, speed of a lesson's page: {ours:.0f} with the offer, {without:.0f} without "
        f"(wanted: at most {FEWER} points fewer)"
    )


def lighthouse(address: str, program: str) -> float:
    cli = ROOT / "playground/node_modules/lighthouse/cli/index.js"
    flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    command = [
        str(ROOT / "build/programs/node"),
        str(cli),
        address,
        "--quiet",
        "--output=json",
        flags,
    ]
    done = subprocess.run(
        [*command, "--only-categories=performance"],
        env={**os.environ, "CHROME_PATH": program},
        check=True,
        capture_output=True,
    )
    return 100 * float(json.loads(done.stdout)["categories"]["performance"]["score"])


if __name__ == "__main__":
    main()
