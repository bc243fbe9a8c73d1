"""Advice on style: each rule with what triggers it, and with what is like it and must not."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest
from rich.console import Console

from course import terminal
from course.author import _anchors
from course.catalogue import ROOT, Exercise, exercises
from course.harness.advice import advise
from course.harness.praise import GENERAL
from course.harness.remark import KINDS
from course.harness.report import LEVELS, Advice, Check, Report, apply
from course.runner import check
from course.submissions import Submission, submissions

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
EVERY = [s for exercise in exercises() for s in submissions(exercise) if s.path.exists()]
SOLUTIONS = [s for s in EVERY if s.role == "solution"]
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
STARTERS = [s for s in EVERY if s.role == "starter"]


def advice(main: str, slug: str = "00_none", **others: str) -> list[Advice]:
    """On main.py and on others, such as `app__deps="…"` for app/deps.py."""
    files = {f"{name.replace('__', '/')}.py": dedent(text) for name, text in others.items()}
    return advise({"main.py": dedent(main), **files}, slug)


def remarks(main: str, **others: str) -> list[Advice]:
    return [found for found in advice(main, **others) if found.level != "praise"]


def only(main: str, **others: str) -> Advice:
    (found,) = remarks(main, **others)
    return found


def files_of(submission: Submission) -> dict[str, str]:
    """As the run lays them out: what the lesson provides, and the submission over it."""
    folder, path = submission.exercise.folder, submission.path
    found = {file.relative_to(folder): file for file in folder.rglob("*.py")}
    found.pop(Path("main.py"), None)
    own = path.rglob("*.py") if path.is_dir() else []
    found |= {file.relative_to(path): file for file in own}
    if path.is_file():
        found[Path("main.py")] = path
    return {name.as_posix(): file.read_text("utf-8", "replace") for name, file in found.items()}


def name(submission: Submission) -> str:
    return f"{submission.exercise.slug}/{submission.path.stem}"


# on_event ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["startup", "shutdown"])
def test_on_event_is_deprecated(event):
    found = only(f'{APP}@app.on_event("{event}")\ndef load():\n    ...\n')
    assert (found.kind, found.level, found.line) == ("on-event", "actionable", 3)
    assert "lifespan" in found.text


def test_another_on_event_is_not_fastapis():
    assert not remarks('import bus\n@bus.on_event("order.paid")\ndef paid():\n    ...\n')


# Annotated -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "instead"),
    [
        ("a: int = Query(20, ge=1)", "a: Annotated[int, Query(ge=1)] = 20"),
        ("a: int = Query(default=20)", "a: Annotated[int, Query()] = 20"),
        ("a: int = Query(ge=1)", "a: Annotated[int, Query(ge=1)]"),
        ("a: int = Path(..., ge=1)", "a: Annotated[int, Path(ge=1)]"),
        ("a: str | None = Header(None)", "a: Annotated[str | None, Header()] = None"),
        ("a: 'Item' = Body(embed=True)", "a: Annotated['Item', Body(embed=True)]"),
        ("a: str = Cookie()", "a: Annotated[str, Cookie()]"),
        ("a: str = Form('x')", "a: Annotated[str, Form()] = 'x'"),
        ("a: bytes = File()", "a: Annotated[bytes, File()]"),
        ("a: Db = Depends(get_db)", "a: Annotated[Db, Depends(get_db)]"),
        ("a: Db = Depends()", "a: Annotated[Db, Depends()]"),
        ("a=Security(user, scopes=['me'])", "a: Annotated[…, Security(user, scopes=['me'])]"),
        ("*, a: int = Query(ge=1)", "a: Annotated[int, Query(ge=1)]"),
    ],
)
def test_a_marker_as_default_belongs_into_annotated(parameter, instead):
    found = only(
        "from fastapi import Body, Cookie, Depends, File, Form, Header, Path, Query, Security\n"
        "every = [Body, Cookie, Depends, File, Form, Header, Path, Query, Security]\n"
        f"def read({parameter}): ...\n"
    )
    assert (found.kind, found.level, found.line) == ("annotated", "actionable", 3)
    assert f" beside the type: {instead}." in found.text
    if "…" not in instead:
        compile(f"def read({instead}): ...", "suggestion", "exec")


@pytest.mark.parametrize(
    "source",
    [
        "import fastapi\ndef read(a: int = fastapi.Query(1)): ...",
        "import fastapi as f\ndef read(a: int = f.Query(1)): ...",
        "from fastapi import Depends as D\ndef read(a=D(print)): ...",
        "from fastapi.params import Depends\ndef read(a=Depends(print)): ...",
        "from fastapi import Query\nclass Filters:\n    def __init__(self, a: int = Query(1)): ...",
        "from fastapi import Query\nasync def read(b, a: int = Query(1)): ...",
    ],
)
def test_a_marker_is_known_by_every_name_and_in_every_function(source):
    assert only(source).kind == "annotated"


def test_a_parameter_that_loses_its_default_has_to_move():
    late = only(
        "from fastapi import Depends\ndef read(skip: int = 0, db: Db = Depends(get_db)): ...\n"
    )
    assert late.text.endswith("so it moves before those that have one.")
    source = "from fastapi import Depends, Query\ndef read(q: int = Query(), db=Depends(f)): ...\n"
    assert not any("moves" in found.text for found in remarks(source))


@pytest.mark.parametrize(
    "source",
    [
        "from typing import Annotated\nfrom fastapi import Depends\n"
        "def read(a: Annotated[dict, Depends()] = None): ...",
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n    a: int = Field(1, ge=0)",
        "from pydantic import Field\ndef make(a: int = Field(1)): ...",
        "from pathlib import Path\ndef read(a=Path('x')): ...",
        "from fastapi import Depends\nrouter = dict(dependencies=[Depends(print)])",
        "from fastapi import Query\ndef read(a: int = Query(*rules)): ...",
        "from fastapi import Query\ndef read(a: int = Query(**rules)): ...",
        "def Query(a): ...\ndef read(a=Query(1)): ...",
        "from fastapi import Query\nfrom mine import Query\ndef read(a=Query(1)): ...",
    ],
)
def test_what_is_no_marker_or_no_default_is_left_alone(source):
    assert not remarks(source)


# Blocking ------------------------------------------------------------------------------------------


def endpoint(call: str, imports: str) -> str:
    return f'{imports}\n{APP}@app.get("/")\nasync def read():\n    {call}\n'


@pytest.mark.parametrize(
    ("call", "imports"),
    [
        ("time.sleep(1)", "import time"),
        ("nap(1)", "from time import sleep as nap"),
        ("requests.get(URL)", "import requests"),
        ("urllib.request.urlopen(URL)", "import urllib.request"),
        ("subprocess.run(['ls'])", "import subprocess"),
        ("check_output(['ls'])", "from subprocess import check_output"),
        ("os.system('ls')", "import os"),
        ("httpx.post(URL)", "import httpx"),
        ("return httpx.Client().get(URL)", "import httpx"),
        ("sqlite3.connect(FILE)", "import sqlite3"),
        ("return [smtplib.SMTP(host) for host in HOSTS]", "import smtplib"),
    ],
)
def test_a_call_that_blocks_stops_all_others(call, imports):
    found = only(endpoint(call, imports))
    assert (found.kind, found.level, found.line) == ("blocking", "essential", 6)
    assert "Write def read without async" in found.text


@pytest.mark.parametrize(
    ("call", "imports"),
    [
        ("await asyncio.sleep(1)", "import asyncio"),
        ("await run_in_threadpool(time.sleep, 1)", "import time\nfrom x import run_in_threadpool"),
        ("await asyncio.to_thread(lambda: time.sleep(1))", "import asyncio, time"),
        ("await client.get(URL)", "from x import client"),
        ("async with httpx.AsyncClient() as client: ...", "import httpx"),
        ("return open('a').read()", "import x; x"),
        ("requests.append(1)", "from x import requests"),
        ("time.sleep(1)", "from x import time"),
        (
            "def work():\n        time.sleep(1)\n    await pool(work)",
            "import time\nfrom x import pool",
        ),
    ],
)
def test_what_does_not_block_is_left_alone(call, imports):
    assert not remarks(endpoint(call, imports))


def test_a_plain_def_may_block():
    assert not remarks(endpoint("time.sleep(1)", "import time").replace("async ", ""))


def test_a_name_that_is_a_parameter_too_is_not_the_module():
    source = f'import requests\n{APP}@app.get("/")\nasync def read(requests: dict):\n    '
    assert not remarks(f"{source}requests.get('a')\n")


def test_a_function_that_awaits_cannot_become_a_def():
    found = only(endpoint("time.sleep(1); await other()", "import time"))
    assert "Write def" not in found.text
    assert "Use await asyncio.sleep() instead" in found.text
    found = only(endpoint("sqlite3.connect(FILE); await other()", "import sqlite3"))
    assert "Put the work into a def of its own" in found.text


HELPER = "import time\n{app}async def work():\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    "caller",
    [
        '@app.get("/")\nasync def read():\n    await work()',
        '@app.get("/")\nasync def read():\n    await more()\nasync def more():\n    await work()',
        '@app.get("/")\ndef read(tasks):\n    tasks.add_task(work, 1)',
        'app.add_api_route("/", work)',
        'app.add_api_route("/", endpoint=work)',
        '@app.middleware("http")\nasync def log(request, call_next):\n    await work()',
    ],
)
def test_what_an_endpoint_calls_must_not_block_either(caller):
    assert only(f"{HELPER.format(app=APP)}{caller}\n").kind == "blocking"


def test_a_dependency_in_another_file_must_not_block():
    source = f"""
    from typing import Annotated
    from fastapi import Depends
    from app.deps import work
    {APP.replace(chr(10), chr(10) + "    ")}
    @app.get("/")
    def read(done: Annotated[None, Depends(work)]): ...
    """
    found = only(source, app__deps=HELPER.format(app=""))
    assert (found.file, found.line) == ("app/deps.py", 3)


@pytest.mark.parametrize(
    "caller",
    [
        "",
        "@asynccontextmanager\nasync def lifespan(app):\n    await work()\n    yield",
        "@app.on_start\nasync def load():\n    await work()",
        'if __name__ == "__main__":\n    asyncio.run(work())',
    ],
)
def test_what_runs_before_the_requests_may_block(caller):
    imports = "import asyncio\nfrom contextlib import asynccontextmanager\n"
    source = f"{imports}{HELPER.format(app=APP)}{caller}\nuse(asyncio, asynccontextmanager)\n"
    assert not remarks(source)


def test_a_lifespan_may_block():
    source = """
    import time
    from contextlib import asynccontextmanager
    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(app):
        time.sleep(1)
        yield

    app = FastAPI(lifespan=lifespan)
    """
    assert not remarks(source)


def test_a_client_that_is_lent_to_others_may_be_used_in_their_threads():
    source = f"""
    import httpx
    from typing import Annotated
    from fastapi import Depends
    {APP.replace(chr(10), chr(10) + "    ")}
    async def get_client():
        with httpx.Client() as client:
            yield client

    @app.get("/")
    def read(client: Annotated[httpx.Client, Depends(get_client)]): ...
    """
    assert not remarks(source)


# Bare except ---------------------------------------------------------------------------------------


def attempt(handler: str) -> str:
    return f"try:\n    work()\n{handler}\n"


@pytest.mark.parametrize(
    "handler",
    ["except:\n    pass", "except KeyError:\n    pass\nexcept:\n    raise HTTPException(404)"],
)
def test_a_bare_except_hides_mistakes(handler):
    found = only(attempt(handler))
    assert (found.kind, found.level) == ("bare-except", "essential")
    assert found.line == (3 if handler.startswith("except:") else 5)


@pytest.mark.parametrize(
    "handler",
    [
        "except Exception:\n    pass",
        "except BaseException:\n    pass",
        "except:  # noqa: E722\n    pass",
        "except:\n    rollback()\n    raise",
        "except:\n    if fatal:\n        raise",
        "finally:\n    pass",
    ],
)
def test_an_except_that_names_something_or_raises_again_is_left_alone(handler):
    assert not remarks(attempt(handler))


# Response models -----------------------------------------------------------------------------------


def route(decorator: str, returns: str) -> str:
    return f'{APP}@app.get("/"{decorator})\ndef read(){returns}:\n    ...\n'


@pytest.mark.parametrize(
    ("decorator", "returns"),
    [
        (", response_model=User", " -> User"),
        (", response_model=list[User], status_code=201", " -> list[User]"),
        (", response_model=User", ' -> "User"'),
        (", response_model=models.User", " -> models.User"),
    ],
)
def test_a_response_model_need_not_be_said_twice(decorator, returns):
    found = only(route(decorator, returns))
    assert (found.kind, found.level, found.line) == ("response-model", "informative", 3)


@pytest.mark.parametrize(
    ("decorator", "returns"),
    [
        (", response_model=User", " -> UserInDB"),
        (", response_model=User", ""),
        (", response_model=List[User]", " -> list[User]"),
        (", response_model=None", " -> None"),
        ("", " -> User"),
        (", other=User", " -> User"),
    ],
)
def test_a_response_model_that_says_something_is_left_alone(decorator, returns):
    assert not remarks(route(decorator, returns))


# Unused imports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import json", "json is imported"),
        ("import os.path", "os.path is imported"),
        ("import numpy as np", "np is imported"),
        ("from typing import Any, List\nx: Any", "List is imported"),
        ("from typing import (\n    Any,\n    List,\n)", "Any and List are imported"),
        ('"""A store of json."""\nimport json', "json is imported"),
        ('import json\n\ndef read():\n    "Reads json."', "json is imported"),
        ("import json\nprint('no json here', {'json': 1})", "json is imported"),
        ("def read():\n    import json", "json is imported"),
    ],
)
def test_an_import_that_nothing_uses_can_go(source, says):
    found = only(source)
    assert (found.kind, found.level) == ("unused-import", "informative")
    assert found.text.startswith(says)


def test_an_unused_name_is_shown_in_its_own_line():
    assert only("from typing import (\n    Any,\n    List,\n)\nx: Any").line == 3


@pytest.mark.parametrize(
    "source",
    [
        "import json\n__all__ = ['json']",
        "import json\n__all__ = []\n__all__ += ['json']",
        "import json\n__all__: list[str] = ['json']",
        "from m import User\ndef read(u: 'User'): ...",
        "from m import User\ndef read() -> 'list[User] | None': ...",
        "from m import User\nx: 'list[\"User\"]' = []",
        "from m import User\nx: list['User | None'] = []",
        "from typing import cast\nfrom m import User\nx = cast('User', 1)",
        "from m import User\nx = []  # type: list[User]",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from m import User\nx: 'User'",
        "from __future__ import annotations\nfrom m import User\nx: User",
        "import json as json",
        "from m import User as User",
        "from m import *",
        "import json  # noqa: F401",
        "import json  # NOQA",
        "if old:\n    from m import User\nelse:\n    from n import User",
        "if new:\n    from m import User\nelse:\n    class User: ...",
        "from typing import TypeAlias\nfrom m import User\nUsers: TypeAlias = 'list[User]'",
        "from m import (  # noqa\n    User,\n)",
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None",
        "try:\n    import orjson\nexcept ImportError:\n    import json",
        "import urllib.parse\nimport urllib.request\nurllib.parse.quote('a')",
        "import json\nprint(f'{json.dumps(1)}')",
        "import json\nmatch 1:\n    case json.Decoder(): ...",
        "import json\n@json.cached\ndef read(): ...",
        "import json\ndel json",
    ],
)
def test_an_import_that_something_may_use_stays(source):
    assert not remarks(source)


@pytest.mark.parametrize(
    ("main", "others"),
    [
        ("from store import json\nprint(json)", {"store": "import json"}),
        ("from store import *", {"store": "import json"}),
        ("import store\nprint(store.json)", {"store": "import json"}),
        ("from app import deps as d\nprint(d.json)", {"app__deps": "import json"}),
        ("from .deps import json\nprint(json)", {"deps": "import json"}),
        ("import tables", {"tables": "x = 1"}),
        ("from app import tables, store\nprint(store)", {"app__tables": "", "app__store": ""}),
        ("from tables import User", {"tables": "class User: ..."}),
        ("", {"app____init__": "from .store import find", "app__store": "def find(): ..."}),
        ("import store\nprint(store)", {"store": "import json", "broken": "json ="}),
    ],
)
def test_an_import_that_another_file_may_need_stays(main, others):
    assert not remarks(main, **others)


def test_a_name_of_ones_own_module_that_nobody_uses_can_go():
    found = only("from store import a, b\nprint(a)", store="a = b = 1")
    assert found.text.startswith("b is imported")
    found = only("import store\nprint(store.x)", store="import json\nx = 1")
    assert (found.file, found.text.split()[0]) == ("store.py", "json")


# All of them ---------------------------------------------------------------------------------------

ALL_WRONG = """
import json
import time
from fastapi import FastAPI, Query

app = FastAPI()


@app.on_event("startup")
def load():
    try:
        open("a")
    except:
        pass


@app.get("/", response_model=int)
async def read(a: int = Query(1), b: int = Query(2)) -> int:
    time.sleep(1)
    return a
"""


def test_the_most_important_comes_first_and_each_kind_is_known():
    found = advice(ALL_WRONG)
    assert [LEVELS.index(a.level) for a in found] == sorted(LEVELS.index(a.level) for a in found)
    assert {a.kind for a in found} == set(KINDS)
    assert [a.line for a in found if a.kind == "annotated"] == [18, 18]


@pytest.mark.parametrize("kind", KINDS)
def test_each_text_is_short_and_ends_as_a_sentence(kind):
    text = next(found.text for found in advice(ALL_WRONG) if found.kind == kind)
    assert len(text) < 230
    assert text.endswith(".")
    assert "!" not in text


@pytest.mark.parametrize(
    "source",
    [
        "def (:",
        "x = 1\0",
        "(" * 5000,
        "x = " + "-" * 50_000 + "1",
        "x = '\udc80'\nimport json",
        "\ufeffimport",
        "\f",
        "a" * 60_000,
    ],
)
def test_nothing_raises(source):
    assert advice(source) is not None
    assert any(a.kind == "bare-except" for a in advice(attempt("except:\n    pass"), odd=source))


@pytest.mark.parametrize("file", sorted(Path(__file__).parent.glob("*/*.py")), ids=lambda f: f.stem)
def test_no_file_stops_the_advice_on_others(file):
    source = file.read_text("utf-8", "replace")
    for slug in ("01_routing", "02_models", "03_parameters"):
        found = advice(source, slug, zz=attempt("except:\n    pass"))
        assert any((a.file, a.kind) == ("zz.py", "bare-except") for a in found)


# The corpus ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("submission", SOLUTIONS, ids=name)
def test_a_solution_gets_no_remark(submission):
    found = advise(files_of(submission), submission.exercise.slug)
    assert [a for a in found if a.level != "praise"] == []
    assert len(found) <= 1


@pytest.mark.parametrize("submission", STARTERS, ids=name)
def test_a_starter_is_not_praised_and_what_it_provides_is_clean(submission):
    found = advise(files_of(submission), submission.exercise.slug)
    praised = [a.text for a in found if a.level == "praise"]
    assert praised == [], "What the starter has is no merit: give the lesson a row of PRAISES."
    assert [a for a in found if a.file != "main.py"] == []


@pytest.mark.parametrize("submission", EVERY, ids=name)
def test_the_pages_exist(submission):
    for found in advise(files_of(submission), submission.exercise.slug):
        assert_page_exists(found.docs)


@pytest.mark.parametrize("docs", sorted({docs for _, docs in KINDS.values()}))
def test_the_pages_of_all_remarks_exist(docs):
    assert_page_exists(docs)


def assert_page_exists(docs: str | None) -> None:
    if docs and not docs.startswith("https://"):
        page = re.fullmatch(r"lessons/(\w+)/#([\w-]+)", docs)
        assert page, docs
        assert page[2] in _anchors(Exercise(page[1]).page), docs


# Praise --------------------------------------------------------------------------------------------


def praise(slug: str, main: str, **others: str) -> str:
    return "".join(a.text for a in advice(main, slug, **others) if a.level == "praise")


def test_the_solutions_are_praised_for_what_their_lessons_teach():
    praised = {
        s.exercise.slug: [a.text for a in advise(files_of(s), s.exercise.slug)] for s in SOLUTIONS
    }
    assert "read in lifespan" in praised["01_routing"][0]
    assert "create_user takes a UserCreate" in praised["02_models"][0]
    assert "Search keeps the query parameters" in praised["03_parameters"][0]


LIFESPAN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def run(app):
    yield

app = FastAPI({given})
"""


def test_a_lifespan_is_praised_when_it_is_handed_over():
    assert "read in run" in praise("01_routing", LIFESPAN.format(given="lifespan=run"))
    assert not praise("01_routing", LIFESPAN.format(given=""))
    assert not praise("02_models", LIFESPAN.format(given="lifespan=run"))


MODELS = f"""
{APP}
class Base(BaseModel):
    email: str

class UserIn(Base):
    password: str

class UserOut(Base):
    id: int

@app.post("/users")
def create(new: UserIn) -> UserOut:
    return UserOut()
"""


def test_two_models_are_praised_when_the_second_has_no_password():
    assert "create takes a UserIn" in praise("02_models", MODELS)
    for before, after in [
        ("-> UserOut", "-> UserIn"),
        ("-> UserOut", ""),
        ("id: int", "password: str"),
        ("return UserOut()", "return JSONResponse(stored)"),
    ]:
        assert not praise("02_models", MODELS.replace(before, after))


QUERY_MODEL = f"""
from typing import Annotated
from fastapi import Query
{APP}
class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

@app.get("/")
def find(search: Annotated[Search, Query()]): ...
"""


def test_a_query_model_is_praised_when_it_forbids_more():
    assert "Search keeps" in praise("03_parameters", QUERY_MODEL)
    assert not praise("03_parameters", QUERY_MODEL.replace('extra="forbid"', ""))
    assert not praise("03_parameters", QUERY_MODEL.replace("Query()", "Body()"))


@pytest.mark.parametrize(
    ("annotation", "praised"),
    [
        ("Literal['a', 'b']", True),
        ("Literal['a', 'b'] | None", True),
        ("Annotated[Literal['a', 'b'], Query()]", True),
        ("Kind", True),
        ("Literal['a']", False),
        ("Literal['a', 'b'] | int", False),
        ("Provided", False),
        ("str", False),
    ],
)
def test_a_choice_of_values_is_praised(annotation, praised):
    main = f"""
from enum import StrEnum
from shop import Provided
{APP}
class Kind(StrEnum):
    a = "a"

@app.get("/")
def find(kind: {annotation} = None): ...
"""
    shop = "from enum import StrEnum\nclass Provided(StrEnum):\n    a = 'a'\n"
    assert ("type of kind in find" in praise("00_none", main, shop=shop)) is praised


def routes(*signatures: str) -> str:
    return APP + "".join(f'@app.get("/{n}")\ndef f{n}(){s}\n' for n, s in enumerate(signatures))


@pytest.mark.parametrize(
    ("signatures", "praised"),
    [
        ([" -> int: ...", " -> list[str]: ...", " -> User: ..."], True),
        ([" -> int: ...", " -> list[str]: ..."], False),
        ([" -> int: ...", " -> list[str]: ...", ": ..."], False),
        ([" -> int: ...", " -> list[str]: ...", " -> Any: ..."], False),
        ([" -> int: ...", " -> list[str]: ...", " -> dict: ..."], False),
        ([" -> int: ...", " -> list[str]: ...", " -> JSONResponse: ..."], False),
        ([" -> int: ...", " -> int: ...", " -> int:\n    return Response()"], False),
    ],
)
def test_return_types_everywhere_are_praised(signatures, praised):
    assert ("Every path operation" in praise("00_none", routes(*signatures))) is praised


def test_a_plain_def_around_a_call_that_blocks_is_praised():
    source = endpoint("time.sleep(1)", "import time")
    assert "read uses time.sleep()" in praise("00_none", source.replace("async ", ""))
    assert not praise("00_none", source)


def test_annotated_everywhere_is_praised():
    imports = "from typing import Annotated\nfrom fastapi import Path, Query\n"
    parameters = [f"{p}: Annotated[int, Query(ge=0)] = 0" for p in "abc"]
    source = f"{imports}def read({', '.join(parameters)}): ...\n"
    assert "in Annotated" in praise("00_none", source)
    assert not praise("00_none", source + "def other(a: int = Path()): ...\n")
    assert not praise("00_none", f"{imports}def read({', '.join(parameters[:2])}): ...\n")


def test_there_is_a_general_praise_for_every_exercise():
    assert len(GENERAL) >= 3


# From the run to the screen ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> Report:
    (submission,) = [s for s in EVERY if name(s) == "01_routing/on_event"]
    return check(submission.exercise, submission.path)


def test_a_report_carries_the_advice_of_a_pass(report):
    assert report.status == "pass"
    assert [(a.kind, a.file) for a in report.advice] == [
        ("on-event", "main.py"),
        ("annotated", "main.py"),
        ("annotated", "main.py"),
    ]
    jsonschema.validate(report.as_dict(), SCHEMA)


def test_advice_that_comes_twice_counts_once_and_without_a_pass_not_at_all():
    report = Report("01_routing", "Title", checks=[Check("test_a", "A", "pass")])
    for _ in range(2):  # a run that was broken off begins again
        apply(report, {"event": "advice", "advice": [vars(Advice("praise", "Good."))]})
    assert report.conclude().advice == [Advice("praise", "Good.")]
    report.checks[0].status = "fail"
    assert report.conclude().advice == []


def shown(*found: Advice, at: str = "lessons/01_routing") -> str:
    out = io.StringIO()
    console = Console(file=out, width=60, color_system=None, highlight=False)
    checks = [Check("test_a", "A", "pass")]
    passed = Report("01_routing", "Title", "pass", checks=checks, advice=list(found))
    terminal.show(passed, console, Exercise("01_routing"), Path(at))
    return out.getvalue().partition("✓ A\n")[2]


def remark(kind: str, line: int, file: str = "main.py", docs: str | None = None) -> Advice:
    return Advice("actionable", f"Text of {kind}.", file, line, docs, kind)


def test_a_praise_comes_before_the_remarks_and_each_has_its_place_and_page():
    good = Advice(
        "praise", "Good " * 14 + "so.", "main.py", 7, "lessons/01_routing/#order", "praise"
    )
    bad = Advice("essential", "Bad.", "store.py", 18, "https://example.com/a", "blocking")
    assert shown(bad, good) == (
        "\n  Well done  lessons/01_routing/main.py:7\n"
        "      Good Good Good Good Good Good Good Good Good Good Good\n"
        "      Good Good Good so.\n"
        "      Read        docs/lessons/01_routing.md#order\n"
        "\n  Important  lessons/01_routing/store.py:18\n"
        "      Bad.\n"
        "      Read        https://example.com/a\n"
    )


def test_a_file_is_shown_as_the_learner_typed_it():
    assert "  Better  mine.py:3\n" in shown(remark("a", 3), at="mine.py")
    assert "  Note\n      Text." in shown(Advice("informative", "Text."))


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ([("main.py", 20)], "1 more place: line 20"),
        ([("main.py", 20), ("main.py", 31)], "2 more places: lines 20, 31"),
        ([("main.py", 18), ("main.py", 20), ("main.py", 20)], "1 more place: line 20"),
        ([("main.py", 20), ("a.py", 2)], "2 more places: main.py:20, a.py:2"),
        ([("main.py", n) for n in range(20, 27)], "7 more places: lines 20, 21, 22, 23, 24, …"),
    ],
)
def test_what_is_found_in_many_places_is_said_once(others, says):
    text = shown(remark("a", 18), *(remark("a", line, file) for file, line in others))
    assert text.count("Text of a.") == 1
    assert f"      Also        {says}\n" in text


def test_at_most_three_remarks_are_shown():
    text = shown(*(remark(kind, 1) for kind in "abcde"))
    assert [kind for kind in "abcde" if f"Text of {kind}." in text] == ["a", "b", "c"]
    assert text.endswith("\n  2 more remarks come after these.\n")
    assert "remarks come" not in shown(*(remark(kind, 1) for kind in "abc"))
