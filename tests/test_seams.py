"""A check puts something of its own in the place of a dependency, or says why it cannot."""

from functools import partial
from pathlib import Path
from textwrap import dedent, indent

import pytest

from course.harness.report import Check, Report, apply
from course.harness.request import Request
from course.harness.run import run

HEAD = """\
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI
app = FastAPI()
"""
ROUTE = """
@app.get("/")
def read(thing: Annotated[str, Depends(get_thing)]):
    return thing
"""
CHECK = """
override("get_thing", lambda: "other")
response = api.get("/")
assert response.status_code == 200
assert response.json() == "other"
"""


def run_checks(tmp_path: Path, app: str, *checks: str, head: str = "", **others: str) -> Report:
    """The report on an app, for checks that have `override` and `api`."""
    folder, file = tmp_path / "submission", tmp_path / "test_it.py"
    folder.mkdir()
    for name, source in {"main": HEAD + app, **others}.items():
        (folder / f"{name}.py").write_text(source, "utf-8")
    bodies = [
        f"def test_{number}(override, api):\n{indent(dedent(body), '    ')}\n"
        for number, body in enumerate(checks)
    ]
    file.write_text(f"from course.harness import one_app\n{head}\n" + "\n".join(bodies), "utf-8")
    report = Report("it", "It")
    run(Request("it", str(file), str(folder)), partial(apply, report))
    return report.conclude()


def missing(tmp_path: Path, app: str, **others: str) -> Check:
    """The verdict on an app in which `get_thing` cannot be replaced."""
    check = run_checks(tmp_path, app, CHECK, **others).checks[0]
    assert (check.status, check.kind) == ("fail", "seam-missing")
    assert check.expected == "get_thing in main.py"
    assert len(check.message) < 400
    return check


DEPENDENCIES = {
    "a function": "def get_thing(): return 'own'\n",
    "an async function": "async def get_thing(): return 'own'\n",
    "a function with parameters": "def get_thing(page: int): return 'own'\n",
    "a cached function": "@cache\ndef get_thing(): return 'own'\n",
    "a generator": "def get_thing():\n    yield 'own'\n",
    "an async generator": "async def get_thing():\n    yield 'own'\n",
    "a class": "class get_thing:\n    def __init__(self, page: int): ...\n",
    "a callable instance": (
        "class Thing:\n    def __call__(self): return 'own'\n\nget_thing = Thing()\n"
    ),
    "a bound method": (
        "class Thing:\n    def own(self): return 'own'\n\nthing = Thing()\nget_thing = thing.own\n"
    ),
    "a partial": "def make(what): return what\n\nget_thing = partial(make, 'own')\n",
    "a lambda": "get_thing = lambda: 'own'\n",
}


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_each_kind_of_dependency_can_be_replaced(name, tmp_path):
    report = run_checks(tmp_path, DEPENDENCIES[name] + ROUTE, CHECK)
    assert report.status == "pass", report.checks


INSTEAD = {
    "a lambda": "lambda: 'other'",
    "an async function": "alone",
    "a generator": "opened",
    "a class": "str",
}


@pytest.mark.parametrize("name", INSTEAD)
def test_what_replaces_it_is_a_dependency_too(name, tmp_path):
    check = f"""
    async def alone(): return "other"
    def opened(): yield "other"
    class str:
        def __new__(cls): return "other"
    override("get_thing", {INSTEAD[name]})
    assert api.get("/").json() == "other"
    """
    report = run_checks(tmp_path, DEPENDENCIES["a generator"] + ROUTE, check)
    assert report.status == "pass", report.checks


def test_a_dependency_may_be_imported_into_main(tmp_path):
    deps = "def get_thing(): return 'own'\n"
    report = run_checks(tmp_path, "from deps import get_thing\n" + ROUTE, CHECK, deps=deps)
    assert report.status == "pass"


def test_a_route_of_a_router_and_a_dependency_of_a_dependency_get_it_too(tmp_path):
    app = """
def get_thing(): return "own"
def get_pair(thing: Annotated[str, Depends(get_thing)]): return [thing, thing]
router = APIRouter()
@router.get("/")
def read(pair: Annotated[list, Depends(get_pair)]):
    return pair[1]
app.include_router(router)
"""
    assert run_checks(tmp_path, app, CHECK).status == "pass"


OWN = 'assert api.get("/").json() == "own"'


@pytest.mark.parametrize("head", ["", "pytestmark = one_app"])
def test_the_next_check_has_the_real_one_again(head, tmp_path):
    app = DEPENDENCIES["a function"] + ROUTE
    assert run_checks(tmp_path, app, OWN, CHECK, OWN, head=head).status == "pass"


def test_what_the_app_has_replaced_itself_stays(tmp_path):
    app = (
        DEPENDENCIES["a function"]
        + ROUTE
        + "app.dependency_overrides[get_thing] = lambda: 'mine'\n"
    )
    mine = 'assert api.get("/").json() == "mine"'
    head = "pytestmark = one_app"
    assert run_checks(tmp_path, app, mine, CHECK, mine, head=head).status == "pass"


def test_a_call_by_hand_is_no_dependency(tmp_path):
    app = "def get_thing(): return 'own'\n@app.get('/')\ndef read(): return get_thing()\n"
    check = run_checks(tmp_path, app, CHECK).checks[0]
    assert (check.kind, check.expected, check.actual) == ("wrong-body", '"other"', '"own"')


def test_nothing_like_it(tmp_path):
    check = missing(tmp_path, "")
    assert check.message == (
        "The checks put something else in the place of get_thing, and look for it in main.py, "
        "where no such name is. Define it there, or import it there from a module of yours."
    )
    assert (check.actual, check.line) == ("no get_thing", None)


@pytest.mark.parametrize("name", ["getThing", "thing", "get_things", "get_the_thing"])
def test_a_name_that_is_nearly_the_one(name, tmp_path):
    check = missing(tmp_path, f"def {name}(): return 'own'\n" + ROUTE.replace("get_thing", name))
    assert f"There is {name} (line 7). Is it the one? Then call it get_thing." in check.message
    assert (check.actual, check.line, check.source) == (name, 7, f"def {name}(): return 'own'")


def test_a_name_of_another_meaning_is_only_listed(tmp_path):
    app = "def get_object(): return 'own'\n" + ROUTE.replace("get_thing", "get_object")
    message = missing(tmp_path, app).message
    assert "Its functions are get_object. If one is meant, rename it to get_thing." in message
    assert "read" not in message  # path operations are no dependencies


def test_a_name_in_another_module(tmp_path):
    app = "import deps\n" + ROUTE.replace("get_thing", "deps.get_thing")
    deps = "import os\n\ndef get_thing(): return 'own'\n"
    check = missing(tmp_path, app, deps=deps)
    assert "deps has it (deps.py line 3). Import it: from deps import get_thing." in check.message
    assert (check.file, check.line, check.actual) == ("deps.py", 3, "get_thing only in deps")


UNUSABLE = {
    "a result": ("get_thing = str('own')\n", "a value that was made once", "get_thing is a str"),
    "a type": (
        "def own(): return 'own'\nget_thing = Annotated[str, Depends(own)]\n",
        "(line 8) is a type for parameters",
        "get_thing is an Annotated type",
    ),
    "the marker": (
        "def own(): return 'own'\nget_thing = Depends(own)\n",
        "(line 8) is what Depends() made",
        "get_thing is a Depends",
    ),
    "an instance that cannot be hashed": (
        "@dataclass\nclass Thing:\n    def __call__(self): return 'own'\nget_thing = Thing()\n",
        "(line 10) cannot be hashed",
        "get_thing is a Thing",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_something_under_the_name_that_is_no_dependency(name, tmp_path):
    app, says, actual = UNUSABLE[name]
    check = missing(tmp_path, app)
    assert says in check.message
    assert check.actual == actual
    assert check.source.startswith("get_thing =")
