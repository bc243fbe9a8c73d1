"""Every way in which a main.py can fail to give an app has its own message."""

import io
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from course.harness.load import LoadProblem, load, unload

GOOD = "from fastapi import FastAPI\napp = FastAPI()\n"


def write(folder: Path, **files: str) -> Path:
    for name, source in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source), "utf-8")
    return folder


def problem(folder: Path) -> LoadProblem:
    with pytest.raises(LoadProblem) as caught:
        load(folder, "lesson_test")
    return caught.value


@pytest.fixture(autouse=True)
def forget(tmp_path):
    yield
    unload(tmp_path, "lesson_test")


PROBLEMS = {
    "an empty file": ("# nothing yet\n", "no-app", "has no code in it", 1),
    "a router without a prefix and an operation without a path": (
        "from fastapi import APIRouter, FastAPI\napp = FastAPI()\nrouter = APIRouter()\n"
        "@router.get('')\ndef read(): ...\napp.include_router(router)\n",
        "import",
        "includes a router without a prefix, and an operation in it has the path",
        6,
    ),
    "a syntax error": (
        "from fastapi import FastAPI\napp = FastAPI(\n",
        "syntax",
        "'(' was never closed",
        2,
    ),
    "an indentation error": (
        "def f():\nreturn 1\n",
        "syntax",
        "expected an indented block",
        2,
    ),
    "a misspelt module": ("from fastpi import FastAPI\n", "import", "Did you mean fastapi?", 1),
    "a module that does not exist": ("import qqqq\n", "import", "no such module", 1),
    "a misspelt name in a module": (
        "from fastapi import FastApi\n",
        "import",
        "There is no FastApi, but there is FastAPI",
        1,
    ),
    "a name nobody defined": (
        "app = FastAPI()\n",
        "import",
        "Add: from fastapi import FastAPI.",
        1,
    ),
    "a misspelt builtin": ("x = lenn([])\n", "import", "Did you mean len?", 1),
    "an app of another name": (
        "from fastapi import FastAPI\napi = FastAPI()\n",
        "no-app",
        "I found a FastAPI application called api",
        2,
    ),
    "no app at all": ("x = 1\n", "no-app", "main.py defines no app", None),
    "only a router": (
        "from fastapi import APIRouter\nrouter = APIRouter()\n",
        "no-app",
        "I found a router called router",
        2,
    ),
    "a router called app": (
        "from fastapi import APIRouter\napp = APIRouter()\n",
        "no-app",
        "app is an APIRouter",
        2,
    ),
    "the class instead of an app": (
        "from fastapi import FastAPI\napp = FastAPI\n",
        "no-app",
        "the class FastAPI itself",
        2,
    ),
    "a wrapped app": (
        """\
        from fastapi import FastAPI
        from starlette.middleware.gzip import GZipMiddleware
        app = FastAPI()
        app = GZipMiddleware(app)
        """,
        "no-app",
        "wrapped in GZipMiddleware",
        4,
    ),
    "an app that is a function": (
        "from fastapi import FastAPI\napp = FastAPI()\ndef app(): pass\n",
        "no-app",
        "app is a function, not a FastAPI application",
        3,
    ),
    "an exception": (
        "def half():\n    return 1 / 0\nhalf()\n",
        "import",
        "raised ZeroDivisionError while main.py was being imported: division by zero",
        2,
    ),
    "sys.exit": ("import sys\nsys.exit(0)\n", "import", "ends the program", 2),
    "input": ("name = input()\n", "import", "waits for input", 1),
    "a prefix without a slash": (
        "from fastapi import APIRouter\nrouter = APIRouter(prefix='v1')\n",
        "import",
        "without its leading slash",
        2,
    ),
    "a dependency that is called": (
        """\
        from typing import Annotated
        from fastapi import Depends, FastAPI
        app = FastAPI()
        def page(): return 1
        @app.get("/")
        def read(page: Annotated[int, Depends(page())]): ...
        """,
        "import",
        "calls the function inside Depends()",
        5,
    ),
    "a decorator on the class": (
        "from fastapi import FastAPI\napp = FastAPI\n@app.get('/')\ndef read(): ...\n",
        "import",
        "uses the class FastAPI itself as app",
        3,
    ),
    "a set for a choice of values": (
        GOOD + "@app.get('/{n}')\ndef read(n: {'a', 'b'}): ...\n",
        "import",
        "raised",
        3,
    ),
    "a function called app": (
        GOOD + "@app.get('/')\ndef app(): ...\n@app.get('/b')\ndef b(): ...\n",
        "import",
        "Is the name used twice?",
        5,
    ),
    "a path that is an f-string": (
        GOOD + "@app.get(f'/things/{thing_id}')\ndef read(thing_id: int): ...\n",
        "import",
        "makes an f-string of a path",
        3,
    ),
    "a return type that is no model": (
        GOOD + "class Shop: ...\n@app.get('/')\ndef read() -> Shop: ...\n",
        "import",
        "that FastAPI cannot turn into JSON",
        4,
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_problem_has_its_own_message(name, tmp_path, monkeypatch):
    source, kind, says, line = PROBLEMS[name]
    monkeypatch.setattr("sys.stdin", io.StringIO())
    found = problem(write(tmp_path, main=source))
    assert found.kind == kind
    assert says in found.message
    assert (found.place.line if found.place else None) == line
    assert str(tmp_path) not in found.message


def test_a_missing_file(tmp_path):
    assert problem(tmp_path).kind == "file-missing"


def test_a_file_with_a_near_name(tmp_path):
    assert "there is mian.py" in problem(write(tmp_path, mian=GOOD)).message


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "main.py").write_bytes(b"x = '\xff\xfe'\n")
    assert problem(tmp_path).kind == "syntax"


def test_a_syntax_error_in_a_module_beside_main_names_that_module(tmp_path):
    found = problem(write(tmp_path, main="import store\n" + GOOD, store="def\n"))
    assert (found.kind, found.place.file, found.place.line) == ("syntax", "store.py", 1)


def test_a_module_beside_main_has_the_name_that_the_learner_gave_it(tmp_path):
    found = problem(write(tmp_path, main="from store import box\n", store="bag = 1\n"))
    assert found.actual == "ImportError: cannot import name 'box' from 'store'"
    assert "imports a name that store does not have" in found.message


def test_an_error_in_a_module_beside_main_names_that_module(tmp_path):
    found = problem(write(tmp_path, main="import store\n" + GOOD, store="x = 1\ny = 1 / 0\n"))
    assert (found.place.file, found.place.line, found.place.source) == ("store.py", 2, "y = 1 / 0")


def test_a_name_in_an_annotation_that_nobody_defined(tmp_path):
    # From Python 3.14 on, the import itself does not notice.
    source = GOOD + "@app.get('/')\ndef read(n: Annotated[int, 1]): ...\n"
    found = problem(write(tmp_path, main=source))
    assert (found.kind, found.place.line) == ("import", 4)
    assert "Add: from typing import Annotated." in found.message


def test_a_name_for_type_checkers_alone_is_no_mistake(tmp_path):
    source = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from collections.abc import Iterable\n"
        + GOOD
        + "def helper(items: Iterable[int]) -> None: ...\n"
    )
    assert load(write(tmp_path, main=source), "lesson_test").app


def test_the_file_of_a_library_is_not_shown(tmp_path):
    found = problem(write(tmp_path, main="from fastapi import FastApi\n"))
    assert "site-packages" not in found.actual


def test_a_factory_is_accepted_with_advice(tmp_path):
    source = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI(title='made')\n"
    loaded = load(write(tmp_path, main=source), "lesson_test")
    assert loaded.app.title == "made"
    (advice,) = loaded.advice
    assert (advice.level, advice.file, advice.line) == ("informative", "main.py", 2)
    assert "app = create_app()" in advice.text


def test_a_factory_that_raises_is_named(tmp_path):
    found = problem(write(tmp_path, main="def create_app():\n    return 1 / 0\n"))
    assert (found.kind, found.place.line) == ("import", 2)


def test_modules_beside_main_import_both_ways_and_are_one(tmp_path):
    write(
        tmp_path,
        main=GOOD + "import store\nfrom . import store as same\nfrom store import items\n",
        store="items = []\n",
    )
    module = load(tmp_path, "lesson_test").module
    assert module.store is module.same
    assert module.items is module.store.items


def test_packages_beside_main_import_both_ways(tmp_path):
    write(
        tmp_path,
        main=GOOD + "from routers.products import a\nfrom .routers import products\n",
        routers__products="from . import shared\nfrom shared2 import b\na = shared.x\n",
        routers__shared="x = 3\n",
        shared2="b = 4\n",
    )
    module = load(tmp_path, "lesson_test").module
    assert (module.a, module.products.b) == (3, 4)


def test_a_module_that_imports_main_gets_the_same_main(tmp_path):
    write(tmp_path, main="x = 5\n" + GOOD + "import other\n", other="from main import x\ny = x\n")
    assert load(tmp_path, "lesson_test").module.other.y == 5


def test_a_second_load_sees_changed_files(tmp_path):
    write(tmp_path, main=GOOD + "import store\nn = store.n\n", store="n = 1\n")
    assert load(tmp_path, "lesson_test").module.n == 1
    write(tmp_path, store="n = 2\n")  # within the same second, with the same size
    assert load(tmp_path, "lesson_test").module.n == 2


def test_two_lessons_never_collide(tmp_path):
    one = write(tmp_path / "one", main=GOOD + "from store import n\n", store="n = 1\n")
    two = write(tmp_path / "two", main=GOOD + "from store import n\n", store="n = 2\n")
    assert load(one, "lesson_one").module.n == 1
    assert load(two, "lesson_two").module.n == 2
    unload(two, "lesson_two")


def test_a_module_of_the_standard_library_is_found_before_a_stray_folder(tmp_path):
    write(tmp_path, main=GOOD + "import json\nn = json.dumps(1)\n", json__notes="x = 1\n")
    assert load(tmp_path, "lesson_test").module.n == "1"


def test_a_file_with_the_name_of_a_library_hides_it_as_it_does_for_uvicorn(tmp_path):
    found = problem(write(tmp_path, main=GOOD, fastapi="import json\n"))
    assert found.kind == "import"
    assert "means the library fastapi, and finds your file fastapi.py" in found.message
    assert (found.place.file, found.place.line) == ("main.py", 1)


def test_a_submodule_of_a_library_is_hidden_too(tmp_path):
    found = problem(
        write(tmp_path, main=f"import pydantic.types\n{GOOD}", pydantic="import json\n")
    )
    assert "finds your file pydantic.py" in found.message


def test_a_file_with_the_name_of_a_library_that_nobody_means_is_the_learners(tmp_path):
    import packaging

    main = f"import packaging\n{GOOD}app.title = packaging.box()\n"
    files = write(tmp_path, main=main, packaging="def box():\n    return 'a box'\n")
    assert load(files, "lesson_test").app.title == "a box"
    unload(tmp_path, "lesson_test")
    import packaging as again

    assert again is packaging


def test_two_files_that_import_each_other(tmp_path):
    one, two = "from two import b\na = 1\n", "from one import a\nb = 1\n"
    found = problem(write(tmp_path, main=f"import one\n{GOOD}", one=one, two=two))
    assert "Two files that import each other wait for each other." in found.message
    assert (found.place.file, found.place.line) == ("two.py", 1)


def test_nothing_is_written_beside_main(tmp_path):
    write(tmp_path, main=GOOD + "import store\n", store="n = 1\n")
    load(tmp_path, "lesson_test")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py", "store.py"]


def test_a_folder_without_an_init_is_forgotten_too(tmp_path):
    """It has no file of its own, and two names: routers, and lesson_test.routers."""
    main = "from routers import users\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    load(write(tmp_path, main=main, routers__users="n = 1\n"), "lesson_test")
    assert "routers" in sys.modules
    unload(tmp_path, "lesson_test")
    assert not [name for name in sys.modules if "routers" in name.split(".")[-1:]]
