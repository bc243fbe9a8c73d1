"""A course of one small exercise, for tests of the tool that must not depend on the lessons."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from site_server import SUB_PATH, build, served

from course.catalogue import ROOT, Exercise

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# A shell that runs something in the background lets it, and all that it starts, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(what: str) -> NoReturn:
    """A test cannot do without this, which is an error where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing on this machine of CI, and nothing must be skipped there.")
    pytest.skip(f"{what} is missing.")


LONG = (
    "test_playground",
    "test_typed_solutions",
    "test_site_browser",
    "test_watch",
    "test_second_runtime",
    "test_deployment",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker begins with one when the others are done."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


# A real Chromium, and the built site in it.

TOOLS = ROOT / "playground/node_modules"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        missing("Chromium")
    with (
        sync_playwright() as play,
        play.chromium.launch(executable_path=program, args=["--no-sandbox"]) as found,
    ):
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    from bench import LONGEST, WIDE

    with browser.new_context(viewport=WIDE) as found:
        found.set_default_timeout(LONGEST)
        yield found


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with served(site) as found:
        yield f"{found}{SUB_PATH}"


@pytest.fixture(scope="module")
def tool() -> Callable[[str], Path]:
    """Where a package of Node's is."""

    def find(name: str) -> Path:
        if not (TOOLS / name).exists():
            missing(f"{name}, which `make browser` installs,")
        return TOOLS / name

    return find


TINY = {
    "docs/lessons/01_tiny.md": "# Lesson 1: Tiny\n\n## Hello\n",
    "lessons/01_tiny/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    "lessons/01_tiny/given.py": """
from fastapi import APIRouter

router = APIRouter()


@router.get("/double/{number}")
def double(number: int):
    return {"double": 2 * number}


@router.post("/echo")
def echo(item: dict):
    return item
""",
    "solutions/01_tiny/main.py": """
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    return {"hello": "world"}
""",
    "checks/test_01_tiny.py": '''
from course.harness import hints, section


@section("hello")
@hints("Return a dict.", 'return {"hello": "world"}')
def test_root(api):
    """GET / says hello."""
    response = api.get("/")
    assert response.status_code == 200
    assert response.json() == {"hello": "world"}


def test_double(api, rng):
    """GET /double/{number} doubles the number."""
    number = rng.randrange(10, 1000)
    response = api.get(f"/double/{number}")
    assert response.status_code == 200
    assert response.json() == {"double": 2 * number}


def test_echo(api, rng):
    """POST /echo answers what it was sent."""
    item = {"name": f"thing {rng.randrange(1000)}"}
    response = api.post("/echo", json=item)
    assert response.status_code == 200
    assert response.json() == item
''',
}


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    """The exercise 01_tiny in a root of its own. All tests share it: none may change it."""
    root = tmp_path_factory.mktemp("tiny")
    for name, text in TINY.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"), "utf-8")
    return Exercise("01_tiny", root)


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the tool makes its temporary folders in this module. At the end none may be left."""
    folder = tmp_path_factory.mktemp("temp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("TMPDIR", str(folder))
        yield folder
    assert list(folder.iterdir()) == []
    assert processes_in(folder) == []


def processes_in(folder: Path) -> list[str]:
    """The command lines of the processes that were started with their home below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            inside = f"HOME={folder}".encode() in (process / "environ").read_bytes()
            zombie = ") Z " in (process / "stat").read_text("utf-8", "replace")
            if inside and not zombie:
                found.append((process / "cmdline").read_text("utf-8", "replace"))
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    if not (ROOT / "build/playground/app.js").is_file():  # `make test` has built it before
        programs = Path(sys.executable).parent
        subprocess.run(["sh", "tools/browser.sh", str(programs), "tests"], cwd=ROOT, check=True)
    build(folder)
    return folder
