"""Each mistake gets the sentence that names it: a small app, a small check, what is said."""

import gc
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import dedent, indent

import pytest

from course.catalogue import exercises
from course.harness.difference import difference
from course.harness.report import Check, Report, apply
from course.harness.request import Request
from course.harness.run import run

# Some of the mistakes leave a coroutine behind that nobody awaits.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PREAMBLE = """\
from typing import Annotated
from fastapi import APIRouter, Body, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel
app = FastAPI()
"""
FIRST = 5  # the line of main.py on which a case's own code begins


@dataclass
class Case:
    """A mistake: the app after PREAMBLE, the check, and what must be said of it."""

    app: str
    check: str
    kind: str
    says: str = ""
    expected: str | None = None
    actual: str | None = None
    line: int | None = None


GET_404 = "response = api.get('/things/9')\nassert response.status_code == 404"
THING = "class Thing(BaseModel):\n    name: str\n    n: int = 1\n"

CASES = {
    # The path
    "no routes yet": Case(
        "", "assert api.get('/').status_code == 200", "route-missing", "no routes yet", "200", "404"
    ),
    "a 404 that is right, with a header that is not": Case(
        "@app.middleware('http')\nasync def mark(request, call_next):\n"
        "    response = await call_next(request)\n    response.headers['x-old'] = 'yes'\n"
        "    return response\n",
        "response = api.get('/v2')\n"
        "assert response.headers.get('x-old', 'not there') == 'not there', 'Only v1 is old.'",
        "wrong-header",
        "Only v1 is old.",
    ),
    "a 405 where nothing must be": Case(
        "@app.get('/old')\ndef read(): ...\n",
        "assert api.post('/old').status_code == 404, 'The old path must be gone.'",
        "wrong-status",
        "The old path must be gone.",
    ),
    "the same path twice": Case(
        "@app.get('/')\ndef home(): ...\n@app.get('/')\ndef about(): ...\n",
        "assert api.get('/about').status_code == 200",
        "route-missing",
        "GET / is declared twice, on line 5 and on line 7.",
        line=7,
    ),
    "NaN in FastAPI's own 422": Case(
        "@app.post('/')\ndef create(n: Annotated[float, Body(ge=0)]): ...\n",
        "response = api.post('/', content='NaN', headers={'content-type': 'application/json'})\n"
        "assert response.status_code == 422",
        "server-error",
        "FastAPI's 422 shows what was sent",
    ),
    "two apps": Case(
        "@app.get('/')\ndef read(): ...\napp = FastAPI()\n",
        "assert api.get('/').status_code == 200",
        "route-missing",
        "app is made on line 4 and line 7",
    ),
    "another spelling": Case(
        "@app.get('/product')\ndef read(): ...\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "There is GET /product (line 5): its path has another spelling",
        line=FIRST,
    ),
    "a missing slash in front": Case(
        "@app.get('products')\ndef read(): ...\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "its path must begin with a slash",
    ),
    "a slash at the end": Case(
        "app = FastAPI(redirect_slashes=False)\n@app.get('/products/')\ndef read(): ...\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "the slash at the end differs",
    ),
    "a missing prefix": Case(
        "router = APIRouter()\n@router.get('/{id}/stock')\ndef read(id: int): ...\n"
        "app.include_router(router)\n",
        "assert api.get('/products/1/stock').status_code == 200",
        "route-missing",
        "the beginning of the path is missing",
    ),
    "an extra prefix": Case(
        "router = APIRouter()\n@router.get('/products')\ndef read(): ...\n"
        "app.include_router(router, prefix='/api')\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "There is GET /api/products (line 6): its path has something in front",
    ),
    "a doubled prefix": Case(
        "router = APIRouter(prefix='/products')\n@router.get('/products')\ndef read(): ...\n"
        "app.include_router(router)\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "stands there twice",
    ),
    "a router that is not included": Case(
        "router = APIRouter()\n@router.get('/products')\ndef read(): ...\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "A router has it (line 6), but app.include_router() is missing.",
        line=6,
    ),
    "a part of the path without braces": Case(
        "@app.get('/products/product_id')\ndef read(product_id: int): ...\n",
        "assert api.get('/products/2').status_code == 200",
        "route-missing",
        "a part of its path is a parameter, and has no braces",
    ),
    "a converter": Case(
        "@app.get('/products/{id:int}')\ndef read(id: int): ...\n",
        "response = api.get('/products/abc')\nassert response.status_code == 422",
        "route-missing",
        "the converter in its path answers 404 for what it does not take",
    ),
    "another path altogether": Case(
        "@app.get('/shops')\ndef read(): ...\n",
        "assert api.get('/products').status_code == 200",
        "route-missing",
        "Your app has GET /shops",
    ),
    "the wrong order": Case(
        "@app.get('/things/{id}')\ndef one(id: int): ...\n"
        "@app.get('/things/new')\ndef new(): return []\n",
        "response = api.get('/things/new')\nassert response.status_code == 200",
        "route-shadowed",
        "The route /things/{id} (line 5) is declared before /things/new (line 7), so it answers "
        'first and reads "new" as id.',
        "200",
        "422",
        FIRST,
    ),
    "the wrong order with text ids": Case(
        "@app.get('/things/{id}')\ndef one(id): return {'id': id}\n"
        "@app.get('/things/new')\ndef new(): return []\n",
        "response = api.get('/things/new')\nassert response.json() == []",
        "route-shadowed",
        'reads "new" as id',
    ),
    "a path declared twice": Case(
        "@app.get('/')\ndef one(): return 1\n@app.get('/')\ndef two(): return 2\n",
        "response = api.get('/')\nassert response.json() == 2",
        "route-shadowed",
        "declared twice, on line 5 and on line 7. The first one answers; two never runs.",
        "2",
    ),
    "another method": Case(
        "@app.get('/things')\ndef read(): ...\n",
        "assert api.post('/things').status_code == 201",
        "wrong-method",
        "/things answers GET only (line 5). POST needs a function of its own",
        "201",
        "405",
    ),
    # 422
    "a path parameter of another name": Case(
        "@app.get('/things/{id}')\ndef read(thing_id: int): ...\n",
        "assert api.get('/things/1').status_code == 200",
        "validation",
        "The path says {id}, but read (line 6) has no parameter of that name",
    ),
    "a path parameter of another name, with Path": Case(
        "from fastapi import Path\n@app.get('/things/{id}')\n"
        "def read(thing_id: Annotated[int, Path(ge=1)]): ...\n",
        "assert api.get('/things/1').status_code == 200",
        "validation",
        "The path says {id}, but read (line 7) has no parameter of that name",
    ),
    "fields of a body as parameters": Case(
        "@app.post('/things')\ndef create(name: str): ...\n",
        "assert api.post('/things', json={'name': 'x'}).status_code == 200",
        "validation",
        "reads name from the query string, and it was sent in the JSON body",
    ),
    "a list without Query": Case(
        "@app.post('/things')\ndef create(tag: list[str]): ...\n",
        "assert api.post('/things?tag=a').status_code == 200",
        "validation",
        "unless the signature says Query()",
    ),
    "a required query parameter": Case(
        "@app.get('/things')\ndef read(q: str): ...\n",
        "assert api.get('/things').status_code == 200",
        "validation",
        "requires q in the query string. Give it a default.",
    ),
    "tasks without a type": Case(
        "@app.post('/things')\ndef create(tasks): ...\n",
        "assert api.post('/things').status_code == 200",
        "validation",
        "has a parameter tasks without the type BackgroundTasks, so FastAPI asks the client for it",
    ),
    "a query parameter without a type": Case(
        "@app.get('/things')\ndef read(q): ...\n",
        "assert api.get('/things').status_code == 200",
        "validation",
        "requires q in the query string. Give it a default.",
    ),
    "a required header": Case(
        "@app.get('/things')\ndef read(x_tag: Annotated[str, Header()]): ...\n",
        "assert api.get('/things').status_code == 200",
        "validation",
        "requires the header x-tag",
    ),
    "a nullable field without a default": Case(
        "class New(BaseModel):\n    name: str\n    note: str | None\n"
        "@app.post('/things')\ndef create(new: New): ...\n",
        "assert api.post('/things', json={'name': 'x'}).status_code == 200",
        "validation",
        "may be left out needs a default",
    ),
    "one body where two keys were sent": Case(
        THING + "@app.post('/things')\ndef create(thing: Thing): ...\n",
        "assert api.post('/things', json={'thing': {'name': 'x'}}).status_code == 200",
        "validation",
        "looks for name at the top of the body, and it was sent inside thing",
    ),
    "two bodies where one was sent": Case(
        THING
        + "@app.post('/things')\ndef create(thing: Annotated[Thing, Body(embed=True)]): ...\n",
        "assert api.post('/things', json={'name': 'x'}).status_code == 200",
        "validation",
        "looks for a key thing in the body, which has name",
    ),
    "a body that is no object": Case(
        THING
        + "@app.post('/things')\ndef create(thing: Annotated[Thing, Body(embed=True)]): ...\n",
        "assert api.post('/things', json=[1]).status_code == 200",
        "validation",
        "expects a JSON object in the body",
    ),
    "a bound that is too tight": Case(
        "@app.get('/things')\ndef read(limit: Annotated[int, Query(le=50)] = 5): ...\n",
        "assert api.get('/things?limit=100').status_code == 200",
        "validation",
        'read (line 6) refuses "100" as limit in the query string',
    ),
    "a bound that is left out": Case(
        "@app.get('/things')\ndef read(n: Annotated[int, Query(gt=1)] = 5): ...\n",
        "assert api.get('/things?n=1').status_code == 200",
        "validation",
        "That is the bound itself: ge and le include it",
    ),
    "the whole query is refused": Case(
        "from pydantic import model_validator\nclass F(BaseModel):\n    a: int = 1\n"
        "    @model_validator(mode='after')\n    def no(self): raise ValueError('never')\n"
        "@app.get('/things')\ndef read(f: Annotated[F, Query()]): ...\n",
        "assert api.get('/things').status_code == 200",
        "validation",
        "read (line 11) refuses the query string: Value error, never.",
    ),
    "a field that is forbidden": Case(
        "class Filter(BaseModel):\n    model_config = {'extra': 'forbid'}\n"
        "@app.get('/things')\ndef read(filter: Annotated[Filter, Query()]): ...\n",
        "assert api.get('/things?q=1').status_code == 200",
        "validation",
        "refuses q in the query string: its model forbids extra fields",
    ),
    "a body that is no JSON": Case(
        THING + "@app.post('/things')\ndef create(thing: Thing): ...\n",
        "response = api.post('/things', content='{', headers={'content-type': 'application/json'})\n"
        "assert response.status_code == 200",
        "validation",
        "could not read the body as JSON",
    ),
    # Errors in the app
    "an exception": Case(
        "@app.get('/')\ndef read():\n    things = {}\n    return things['nope']\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 8 raised KeyError: 'nope'. Nothing caught that, so the server answered 500.",
        "200",
        "500",
        8,
    ),
    "an exception where the body is asked for": Case(
        "@app.get('/')\ndef read():\n    return 1 / 0\n",
        "response = api.get('/')\nassert response.json() == 1",
        "server-error",
        "ZeroDivisionError",
        "a response",
        "500",
    ),
    "a forgotten await": Case(
        "async def find(): ...\n@app.get('/')\nasync def read():\n    return find()\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "there is an await missing",
    ),
    "a model that refuses what it is given": Case(
        THING + "@app.get('/')\ndef read():\n    return Thing(name=None)\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 10 gives Thing null as name, and it refuses that: Input should be a valid string.",
    ),
    "a model that is not given enough": Case(
        THING + "@app.get('/')\ndef read():\n    return Thing()\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 10 makes a Thing without name, which it requires.",
    ),
    "a coroutine where its result is used": Case(
        "async def find(): ...\n@app.get('/')\nasync def read():\n    return find().name\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 8 takes a coroutine for its result: there is an await missing",
    ),
    "a task of asyncio in a def": Case(
        "import asyncio\nasync def send(): ...\n"
        "@app.get('/')\ndef read():\n    asyncio.create_task(send())\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 9 looks for the event loop, and there is none: a def runs in a thread.",
    ),
    "what the check says of a crash": Case(
        "@app.get('/')\ndef read():\n    return {}['nope']\n",
        "response = api.get('/')\nassert response.status_code == 404, 'There is no such thing.'",
        "server-error",
        "Line 7 raised KeyError: 'nope'. There is no such thing.",
        "404",
        "500",
    ),
    "of a long message only what there is room for": Case(
        "@app.get('/')\ndef read():\n    return {}['nope']\n",
        "response = api.get('/')\n"
        "assert response.status_code == 404, 'There is none. ' + 'And so on. ' * 20 + 'The end.'",
        "server-error",
        "Line 7 raised KeyError: 'nope'. There is none. And so on. And so on.",
    ),
    "a crash beside what the check has found": Case(
        "@app.get('/')\ndef read():\n    return {}['nope']\n",
        "response = api.get('/')\nleft = 1\nassert left == 0, 'One door was left open.'",
        "wrong-body",
        "One door was left open. Line 7 raised KeyError: 'nope'.",
    ),
    "an exception after the response": Case(
        "from fastapi import BackgroundTasks\ndef send():\n    raise ValueError('no mail server')\n"
        "@app.get('/')\ndef read(tasks: BackgroundTasks):\n    tasks.add_task(send)\n",
        "response = api.get('/')\nassert response.status_code == 200\napi.get('/docs')\n"
        "sent = 0\nassert sent == 1, 'No mail was sent.'",
        "wrong-body",
        "No mail was sent. After the response had left, line 7 raised ValueError: no mail server.",
    ),
    "an HTTPException after the response": Case(
        "from fastapi import BackgroundTasks\ndef send():\n    raise HTTPException(503)\n"
        "@app.get('/')\ndef read(tasks: BackgroundTasks):\n    tasks.add_task(send)\n",
        "response = api.get('/')\nassert response.json() == 1, 'One is expected.'",
        "wrong-body",
        "One is expected. After the response had left, line 7 raised HTTPException: 503",
    ),
    "a task that is called at once": Case(
        "from fastapi import BackgroundTasks\ndef send(): ...\n"
        "@app.get('/')\ndef read(tasks: BackgroundTasks):\n    tasks.add_task(send())\n",
        "api.get('/')\nsent = 0\nassert sent == 1, 'No mail was sent.'",
        "wrong-body",
        "No mail was sent. After the response had left, a task was no function but the result of",
    ),
    "next without a default": Case(
        "@app.get('/')\nasync def read():\n    return next(n for n in [] if n)\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "next() found nothing",
    ),
    "endless recursion": Case(
        "def again(): return again()\n@app.get('/')\ndef read():\n    return again()\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "calls itself again and again",
    ),
    "sys.exit in an endpoint": Case(
        "import sys\n@app.get('/')\ndef read():\n    sys.exit()\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "SystemExit, which ends the whole server",
    ),
    "not a number": Case(
        "@app.get('/')\ndef read():\n    return {'n': float('nan')}\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "NaN or Infinity",
    ),
    "a hidden error": Case(
        "@app.exception_handler(Exception)\nasync def hide(request, error):\n"
        "    from fastapi.responses import JSONResponse\n    return JSONResponse({'ok': True})\n"
        "@app.get('/')\ndef read():\n    return 1 / 0\n",
        "assert api.get('/').json() == {'ok': False}",
        "server-error",
        "ZeroDivisionError",
    ),
    "a missing field of the response model": Case(
        THING + "@app.get('/')\ndef read() -> Thing:\n    return {'n': 1}\n",
        "assert api.get('/').status_code == 200",
        "response-model",
        "read returned a value without name, which its response model requires",
        "200",
        "500",
    ),
    "a wrong type in the response": Case(
        THING + "@app.get('/')\ndef read() -> Thing:\n    return {'name': 'x', 'n': 'many'}\n",
        "assert api.get('/').status_code == 200",
        "response-model",
        'read returned "many" as n, which its response model refuses',
    ),
    "a coroutine is returned": Case(
        THING + "async def find(): ...\n@app.get('/')\nasync def read() -> Thing: return find()\n",
        "assert api.get('/').status_code == 200",
        "response-model",
        "read returned a coroutine: an await is missing before the call of find().",
    ),
    "an object in the response": Case(
        THING + "class Guest(BaseModel):\n    mail: str\n"
        "@app.get('/')\ndef read() -> list[str]: return [Guest(mail='x@example.com')]\n",
        "assert api.get('/').status_code == 200",
        "response-model",
        "read returned a Guest object as [0], which its response model refuses",
    ),
    "nothing returned": Case(
        THING + "@app.get('/')\ndef read() -> Thing:\n    pass\n",
        "assert api.get('/').status_code == 200",
        "response-model",
        "read returned None, and its response model does not allow that",
    ),
    # Habits of other frameworks
    "a returned exception": Case(
        "@app.get('/things/{id}')\ndef read(id: int):\n    return HTTPException(404)\n",
        GET_404,
        "returned-exception",
        "Line 7 returns the HTTPException",
        "404",
        "200",
        7,
    ),
    "a returned exception under a response model": Case(
        THING + "@app.get('/things/{id}')\ndef read(id: int) -> Thing:\n"
        "    return HTTPException(404)\n",
        GET_404,
        "returned-exception",
        "Write raise instead of return",
    ),
    "a returned pair": Case(
        "@app.get('/things/{id}')\ndef read(id: int):\n    return {'detail': 'no'}, 404\n",
        GET_404,
        "returned-tuple",
        "does not read the number as a status",
    ),
    "a returned pair under a response model": Case(
        THING + "@app.get('/things/{id}')\ndef read(id: int) -> Thing:\n"
        "    return {'detail': 'no'}, 404\n",
        GET_404,
        "returned-tuple",
        "Line 10 returns a pair",
    ),
    "an error in a 200": Case(
        "@app.get('/things/{id}')\ndef read(id: int):\n    return {'error': 'no such thing'}\n",
        GET_404,
        "error-with-200",
        "Raise HTTPException(404)",
    ),
    # Plain differences
    "a status that nobody set": Case(
        "@app.post('/things')\ndef create(): return {}\n",
        "assert api.post('/things').status_code == 201",
        "wrong-status",
        "status_code=201 in its decorator",
        "201",
        "200",
    ),
    "success where an error is due": Case(
        "@app.get('/things/{id}')\ndef read(id: int): return {'id': id}\n",
        GET_404,
        "wrong-status",
        "read (line 6) ran to its end and returned a value, so FastAPI answered 200",
    ),
    "an error where success is due": Case(
        "@app.get('/things/{id}')\ndef read(id: int): raise HTTPException(404)\n",
        "response = api.get('/things/9')\nassert response.status_code == 200",
        "wrong-status",
        "Line 6 raised the exception that became this 404.",
        line=6,
    ),
    "an error of a dependency": Case(
        "from fastapi import Depends\ndef find(id: int):\n    raise HTTPException(404)\n"
        "@app.get('/things/{id}')\ndef read(thing: Annotated[int, Depends(find)]): ...\n",
        "response = api.get('/things/9')\nassert response.status_code == 200",
        "wrong-status",
        "Line 7 raised the exception that became this 404.",
        "200",
        "404",
        7,
    ),
    "an error that is returned": Case(
        "from fastapi.responses import JSONResponse\n"
        "@app.get('/things/{id}')\ndef read(id: int): return JSONResponse({}, 404)\n",
        "response = api.get('/things/9')\nassert response.status_code == 200",
        "wrong-status",
        "read (line 7) was called and answered 404 itself.",
    ),
    "a status that is forbidden": Case(
        "@app.get('/')\ndef read(): raise HTTPException(401)\n",
        "response = api.get('/')\nassert response.status_code not in (401, 403)",
        "wrong-status",
        "Line 6 raised",
        "something else than 401",
        "401",
    ),
    "a status that is too low": Case(
        "@app.get('/')\ndef read(): ...\n",
        "response = api.get('/')\nassert response.status_code >= 500, 'It must fail.'",
        "wrong-status",
        "It must fail.",
        "at least 500",
        "200",
    ),
    "the message of the check": Case(
        "@app.get('/things/{id}')\ndef read(id: int): return {'id': id}\n",
        "response = api.get('/things/0')\nassert response.status_code == 422, 'Ids begin at 1.'",
        "wrong-status",
        "Ids begin at 1.",
    ),
    "one of several statuses": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "assert api.get('/').status_code in (401, 403)",
        "wrong-status",
        "",
        "401 or 403",
        "200",
    ),
    "a hidden error is no 500": Case(
        "@app.exception_handler(Exception)\nasync def hide(request, error):\n"
        "    from fastapi.responses import JSONResponse\n    return JSONResponse({}, 200)\n"
        "@app.get('/')\ndef read():\n    return 1 / 0\n",
        "assert api.get('/').json() == 1",
        "server-error",
        "Line 11 raised ZeroDivisionError: division by zero.",
        "a response",
        "200",
    ),
    "an exception that cannot say what it is": Case(
        "class Odd(Exception):\n    def __str__(self): return 1 / 0\n"
        "@app.get('/')\ndef read(): raise Odd\n",
        "assert api.get('/').status_code == 200",
        "server-error",
        "Line 8 raised Odd.",
    ),
    "a form for a function that reads JSON": Case(
        f"{THING}@app.post('/')\ndef create(thing: Thing): ...\n",
        "assert api.post('/', data={'name': 'x'}).status_code == 200",
        "validation",
        "create (line 9) reads JSON, and the request sends a form.",
    ),
    "a form for a function that reads the query string": Case(
        "@app.post('/')\ndef create(name: str): ...\n",
        "assert api.post('/', data={'name': 'x'}).status_code == 200",
        "validation",
        "reads name from the query string, and the request sends a form. Fields of a form",
    ),
    "null for what was not sent": Case(
        "from fastapi.exceptions import RequestValidationError\nfrom pydantic import ValidationError\n"
        "class Change(BaseModel):\n    title: str | None = None\n"
        "class Book(BaseModel):\n    title: str\n"
        "@app.patch('/')\ndef change(new: Change):\n    try:\n        Book(**new.model_dump())\n"
        "    except ValidationError as error:\n"
        "        raise RequestValidationError(error.errors()) from None\n",
        "assert api.patch('/', json={}).status_code == 200",
        "validation",
        "title was not sent, and your code gave it to a model as null",
    ),
    "a 422 before a 403": Case(
        "@app.post('/')\ndef create(names: Annotated[list[str], Body()]): ...\n",
        "assert api.post('/', json=1).status_code == 403, 'Who asks comes first.'",
        "validation",
        "Who asks comes first. create (line 6) refuses",
    ),
    "a form without a field": Case(
        "from fastapi import Form\n@app.post('/')\ndef create(name: Annotated[str, Form()]): ...\n",
        "assert api.post('/', data={'title': 'x'}).status_code == 200",
        "validation",
        "create (line 7) requires name in the form, and the request has no such field",
    ),
    "a form where JSON is sent": Case(
        "from fastapi import Form\nclass New(BaseModel):\n    name: str\n"
        "@app.post('/')\ndef create(new: Annotated[New, Form()]): ...\n",
        "assert api.post('/', json={'name': 'x'}).status_code == 200",
        "validation",
        "reads name from a form, and the request sends JSON",
    ),
    "one of a choice": Case(
        "@app.get('/')\ndef read(): return {'size': 'XL'}\n",
        "response = api.get('/')\nassert response.json()['size'] in {'S', 'M'}",
        "wrong-body",
        "",
        'size: "M" or "S"',
        'size: "XL"',
    ),
    "a missing key": Case(
        "@app.get('/')\ndef read(): return {'id': 1}\n",
        "assert api.get('/').json() == {'id': 1, 'name': 'x'}",
        "wrong-body",
        '"name" missing in the response.',
        "keys id and name",
        "keys id",
    ),
    "an extra key": Case(
        "@app.get('/')\ndef read(): return {'id': 1, 'password': 'x'}\n",
        "assert api.get('/').json() == {'id': 1}",
        "wrong-body",
        'also has "password"',
    ),
    "a number as text": Case(
        "@app.get('/')\ndef read(): return {'items': [{'n': '3'}]}\n",
        "assert api.get('/').json() == {'items': [{'n': 3}]}",
        "wrong-body",
        "items[0].n is a string, not a number.",
        "items[0].n: 3",
        'items[0].n: "3"',
    ),
    "null": Case(
        "@app.get('/')\ndef read(): pass\n",
        "assert api.get('/').json() == [1]",
        "wrong-body",
        "The body is null: the function returned nothing.",
    ),
    "another order": Case(
        "@app.get('/')\ndef read(): return [{'id': 2}, {'id': 1}]\n",
        "assert api.get('/').json() == [{'id': 1}, {'id': 2}]",
        "wrong-body",
        "the right items, in another order",
        "from [0]: id [1, 2]",
        "from [0]: id [2, 1]",
    ),
    "too few items": Case(
        "@app.get('/')\ndef read(): return [1, 2]\n",
        "assert api.get('/').json() == [1, 2, 3]",
        "wrong-body",
        "The list has 2 items, not 3.",
    ),
    "an item of a list": Case(
        "@app.get('/')\ndef read(): return [1, 2, 4]\n",
        "assert api.get('/').json() == [1, 2, 3]",
        "wrong-body",
        "",
        "[2]: 3",
        "[2]: 4",
    ),
    "a part of the body": Case(
        "@app.get('/')\ndef read(): return {'a': [{'b': 1}]}\n",
        "assert api.get('/').json()['a'][0]['b'] == 2",
        "wrong-body",
        "",
        "a[0].b: 2",
        "a[0].b: 1",
    ),
    "a difference far into a text": Case(
        "@app.get('/')\ndef read(): return {'t': 'x' * 500 + 'a'}\n",
        "assert api.get('/').json() == {'t': 'x' * 500 + 'b'}",
        "wrong-body",
        "",
        't: "…' + "x" * 30 + 'b"',
        't: "…' + "x" * 30 + 'a"',
    ),
    "an order that differs late": Case(
        "@app.get('/')\ndef read(): return [*range(100), 101, 100]\n",
        "assert api.get('/').json() == [*range(102)]",
        "wrong-body",
        "another order",
        "from [100]: [100, 101]",
        "from [100]: [101, 100]",
    ),
    "a large set": Case(
        "@app.get('/')\ndef read(): return [*range(100), 500]\n",
        "response = api.get('/')\nassert {n for n in response.json()} == set(range(101))",
        "wrong-body",
        "100 missing. 500 should not be there.",
        "101 values, with 100",
        "101 values, with 500",
    ),
    "null inside": Case(
        "@app.get('/')\ndef read(): return {'tags': None}\n",
        "assert api.get('/').json() == {'tags': []}",
        "wrong-body",
        "tags is null, not a list.",
    ),
    "an error that the check's own reading raises": Case(
        "@app.get('/')\ndef read(): return {}\n",
        "response = api.get('/')\nassert response.json()['price'] == 1, 'Not for the learner.'",
        "wrong-body",
        '"price" missing in the response.',
    ),
    "a set": Case(
        "@app.get('/')\ndef read(): return [1, 2]\n",
        "response = api.get('/')\nassert {n for n in response.json()} == {2, 3}",
        "wrong-body",
        "3 missing. 1 should not be there.",
    ),
    "a truth value": Case(
        "@app.get('/')\ndef read(): return {'open': 1}\n",
        "assert api.get('/').json()['open'] is True",
        "wrong-body",
        "open is a number, not a boolean.",
    ),
    "a forbidden key": Case(
        "@app.get('/')\ndef read(): return {'password': 'x'}\n",
        "assert 'password' not in api.get('/').json()",
        "wrong-body",
        "",
        'no "password" in it',
        'password: "x"',
    ),
    "a key that the check reads": Case(
        "@app.get('/')\ndef read(): return {'total': 1}\n",
        "response = api.get('/')\nassert response.json()['items'] == []",
        "wrong-body",
        '"items" missing in the response.',
        'a key "items"',
        '{"total": 1}',
    ),
    "a list where an object is due": Case(
        "@app.get('/')\ndef read(): return [1]\n",
        "response = api.get('/')\nassert response.json()['items'] == []",
        "wrong-body",
        "The response is a list of another form",
    ),
    "text where JSON is due": Case(
        "from fastapi.responses import PlainTextResponse\n"
        "@app.get('/')\ndef read(): return PlainTextResponse('hello')\n",
        "assert api.get('/').json() == []",
        "wrong-body",
        "The body is not JSON.",
        "a JSON body",
        "hello",
    ),
    "no body": Case(
        "@app.get('/', status_code=204)\ndef read(): ...\n",
        "assert api.get('/').json() == []",
        "wrong-body",
        "The body is empty.",
    ),
    "a header": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "assert api.get('/').headers['content-type'] == 'text/plain'",
        "wrong-header",
        "",
        'content-type: "text/plain"',
        'content-type: "application/json"',
    ),
    "a missing header": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "assert api.get('/').headers['location'] == '/x'",
        "wrong-header",
        "The response has no header location.",
        "a header location",
        "no location",
    ),
    "a missing header, asked for with get": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "assert api.get('/').headers.get('location') == '/x'",
        "wrong-header",
        "",
        'location: "/x"',
        "location: no such header",
    ),
    "the OpenAPI document": Case(
        "app = FastAPI(title='Shop')\n",
        "assert api.get('/openapi.json').json()['info']['title'] == 'Corner Shop'",
        "wrong-openapi",
        "",
        'info.title: "Corner Shop"',
        'info.title: "Shop"',
    ),
    "redirects without an end": Case(
        "from fastapi.responses import RedirectResponse\n"
        "@app.get('/')\ndef read(): return RedirectResponse('/')\n",
        "assert api.get('/').status_code == 200",
        "wrong-status",
        "redirects again and again",
    ),
    "something else": Case(
        "",
        "left = right = 3\nassert left != right, 'Two different numbers are due.'",
        "wrong-body",
        "Two different numbers are due.",
        "something else than 3",
        "3",
    ),
    "not one of these": Case(
        "",
        "new = 3\nassert new not in [2, 3], 'A new number is due.'",
        "wrong-body",
        "A new number is due.",
        "no 3 in it",
        "[2, 3]",
    ),
    # Not the learner's fault
    "a mistake in the check": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "import nothing_of_that_name",
        "course-error",
        "a mistake in the course",
    ),
    "a mistake in the check after a request": Case(
        "@app.get('/')\ndef read(): return 1\n",
        "api.get('/')\nundefined",
        "course-error",
        "NameError",
    ),
}


def run_one(root: Path, app: str, check: str) -> Report:
    """The Report on one app and one check, made in this process, as the browser makes it."""
    for name in ("checks", "run"):
        (root / name).mkdir(parents=True, exist_ok=True)
    checks = root / "checks/test_01_one.py"
    body = indent(dedent(check), "    ")
    checks.write_text(f"def test_it(api):\n    'It.'\n{body}\n", "utf-8")
    (root / "run/main.py").write_text(PREAMBLE + app, "utf-8")
    report = Report("01_one", "One")
    run(Request("01_one", str(checks), str(root / "run")), partial(apply, report))
    gc.collect()  # so that what it leaves behind complains now, and here
    return report.conclude()


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_named(name, tmp_path):
    case = CASES[name]
    report = run_one(tmp_path, case.app, case.check)
    assert report.problem is None, report.problem
    check = report.checks[0]
    assert (check.kind, check.message) == (case.kind, check.message)
    assert case.says in check.message
    if case.expected is not None:
        assert check.expected == case.expected
    if case.actual is not None:
        assert check.actual == case.actual
    if case.line is not None:
        assert check.line == case.line
    lint(check, tmp_path)


def lint(check: Check, folder: Path) -> None:
    """No failure shows the machinery, and both sides of it can be told apart."""
    shown = " ".join(filter(None, (check.message, check.expected, check.actual, check.source)))
    for word in ("assert", "site-packages", "starlette/", "_pytest", "course/", str(folder)):
        assert word not in shown
    assert check.expected != check.actual or check.expected is None
    assert len(check.message) < 480
    assert "\n" not in check.message


def test_an_app_that_passes_is_not_explained(tmp_path):
    report = run_one(
        tmp_path, "@app.get('/')\ndef read(): return 1\n", "assert api.get('/').json() == 1"
    )
    assert report.status == "pass"
    assert (report.checks[0].kind, report.checks[0].exchanges) == (None, [])


def test_the_exchange_is_the_one_that_the_assertion_names(tmp_path):
    report = run_one(
        tmp_path,
        "@app.get('/one')\ndef one(): return 1\n@app.get('/two')\ndef two(): return 2\n",
        "first = api.get('/one')\nsecond = api.get('/two')\nassert first.json() == 3",
    )
    assert report.checks[0].exchanges[-1].url == "/one"


def test_at_most_the_last_three_exchanges_are_shown(tmp_path):
    report = run_one(
        tmp_path,
        "@app.get('/{n}')\ndef one(n: int): return n\n",
        "for n in range(9):\n    response = api.get(f'/{n}')\n    assert response.json() < 7",
    )
    assert [exchange.url for exchange in report.checks[0].exchanges] == ["/5", "/6", "/7"]


DATABASE = """\
from contextlib import asynccontextmanager
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase): ...

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship()

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))

class OrderOut(BaseModel):
    id: int
    items: list[object] = []

@asynccontextmanager
async def lifespan(app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(Order.__table__.insert().values(id=1))
    yield
    await engine.dispose()

engine = create_async_engine("sqlite+aiosqlite://")
app = FastAPI(lifespan=lifespan)

@app.get("/")
async def read() -> OrderOut:
    async with AsyncSession(engine) as session:
"""
LAST = 4 + DATABASE.count("\n")  # the line before what a case's function does

DATABASES = {
    "a relationship that the response looks at": (
        "return await session.get(Order, 1)",
        "read returned an Order, and FastAPI looks at its items. Nothing has loaded that, and in "
        "async code a look cannot. Load it in the query: selectinload(Order.items)",
    ),
    "a relationship that the function looks at": (
        "order = await session.get(Order, 1)\nreturn {'id': len(order.items)}",
        f"Line {LAST + 2} looks at items of an Order. Nothing has loaded that",
    ),
    "a column after a commit": (
        "order = await session.get(Order, 1)\nawait session.commit()\nreturn {'id': order.id}",
        f"Line {LAST + 3} looks at id of an Order. A commit makes the session forget it",
    ),
    "a column that the response looks at after a commit": (
        "order = await session.get(Order, 1)\nawait session.commit()\nreturn order",
        "read returned an Order, and FastAPI looks at its id. A commit makes the session forget",
    ),
    "a get without await": (
        "return session.get(Order, 1)",
        "read returned a coroutine: an await is missing before the call of get().",
    ),
    "a commit without await": (
        "order = Order(items=[])\nsession.add(order)\nsession.commit()\nreturn order",
        "read returned an Order whose id is still null: it was never written",
    ),
    "two at once in one session": (
        "import asyncio\nsession.add(Order(id=2))\n"
        "await asyncio.gather(session.commit(), session.commit())",
        "uses a session while another request or task is using it.",
    ),
    "a session after an error": (
        "from sqlalchemy.exc import IntegrityError\n"
        "session.add(Order(id=1))\n"
        "try:\n    await session.flush()\nexcept IntegrityError:\n    await session.get(Order, 2)",
        f"Line {LAST + 6} uses a session in which something failed before (PendingRollbackError).",
    ),
    "the words of the database, without the statement": (
        "session.add(Order(id=1))\nawait session.commit()",
        f"Line {LAST + 2} raised IntegrityError: UNIQUE constraint failed: orders.id. Nothing",
    ),
    "the asynchronous driver used as if it were another": (
        "engine.sync_engine.connect().execute(select(Order))",
        f"Line {LAST + 1} uses the database as synchronous code does",
    ),
}


@pytest.mark.parametrize("name", DATABASES)
def test_each_mistake_with_a_database_is_named(name, tmp_path):
    source, says = DATABASES[name]
    app = DATABASE + indent(source, " " * 8) + "\n"
    report = run_one(tmp_path, app, "assert api.get('/').status_code == 200")
    assert report.problem is None, report.problem
    assert says in report.checks[0].message
    lint(report.checks[0], tmp_path)


def test_the_line_that_is_named_is_not_one_of_a_provided_file(tmp_path):
    (tmp_path / "run").mkdir()
    given = '"""Provided: what counts."""\ndef count():\n    raise RuntimeError("closed")\n'
    (tmp_path / "run/given.py").write_text(given, "utf-8")
    app = "from given import count\n@app.get('/')\ndef read():\n    return count()\n"
    (check,) = run_one(tmp_path, app, "assert api.get('/').status_code == 200").checks
    assert "Line 8 raised RuntimeError: closed." in check.message
    assert (check.file, check.line) == ("main.py", 8)


def test_the_line_that_is_named_can_be_in_a_module_of_the_learners(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/own.py").write_text("def count():\n    return 1 / 0\n", "utf-8")
    app = "from own import count\n@app.get('/')\ndef read():\n    return count()\n"
    (check,) = run_one(tmp_path, app, "assert api.get('/').status_code == 200").checks
    assert "own.py line 2 raised ZeroDivisionError" in check.message


def test_what_a_lesson_provides_says_so_in_its_first_line():
    for exercise in exercises():
        for file in exercise.folder.rglob("*.py"):
            yours = (exercise.solution / file.relative_to(exercise.folder)).exists()
            if file.name != "main.py" and not (
                yours and file.read_text("utf-8").startswith("# TODO")
            ):
                assert file.read_text("utf-8").startswith('"""Provided'), file


HEAD = "from contextlib import asynccontextmanager, contextmanager\n"
LIFESPANS = {
    "it raises": (
        "@asynccontextmanager\nasync def lifespan(app):\n    raise KeyError('no')\n    yield\n",
        "Line 8 raised KeyError: 'no'. The app was starting",
    ),
    "it raises at the end": (
        "@asynccontextmanager\nasync def lifespan(app):\n    yield\n    raise KeyError('no')\n",
        "Line 9 raised KeyError: 'no'. The app was stopping",
    ),
    "no async": (
        "@asynccontextmanager\ndef lifespan(app):\n    yield\n",
        "not asynchronous: write async def",
    ),
    "no yield": (
        "@asynccontextmanager\nasync def lifespan(app):\n    pass\n",
        "a lifespan function without a yield",
    ),
    "the other decorator": (
        "@contextmanager\ndef lifespan(app):\n    yield\n",
        "cannot be entered asynchronously",
    ),
    "no parameter": (
        "@asynccontextmanager\nasync def lifespan():\n    yield\n",
        "takes no parameter: lifespan(app: FastAPI)",
    ),
    "a list of objects is yielded": (
        "@asynccontextmanager\nasync def lifespan(app):\n    yield [{'a': 1, 'b': 2, 'c': 3}]\n",
        "Yield nothing, or a dict of names",
    ),
}


@pytest.mark.parametrize("name", LIFESPANS)
def test_each_mistake_in_a_lifespan_is_named(name, tmp_path):
    source, says = LIFESPANS[name]
    report = run_one(tmp_path, HEAD + source + "app = FastAPI(lifespan=lifespan)\n", "pass")
    assert report.status == "error"
    assert report.problem.kind == "startup-failed"
    assert says in report.problem.message
    assert [check.status for check in report.checks] == ["skipped"]


def test_no_address_of_an_object_is_shown(tmp_path):
    report = run_one(tmp_path, "class Thing: ...\n\n\nraise ValueError(Thing())\n", "pass")
    assert report.problem is not None
    assert report.problem.actual is not None
    assert "Thing object" in report.problem.actual
    assert " at 0x" not in report.problem.actual + report.problem.message


def test_a_list_that_is_cut_short_has_no_closing_bracket():
    found = difference(["a mug " * 12, "a lamp " * 12], [])
    assert found.actual.startswith('2 items, ["a mug a mug')
    assert found.actual.endswith("…")
    assert difference([1, 2], []).actual == "2 items, [1, 2]"
