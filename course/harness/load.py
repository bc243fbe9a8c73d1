"""Imports a learner's main.py, or says exactly why it gives no app."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib
import inspect
import linecache
import os
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.harness import words
from course.harness.beside import Beside, called_like_a_library, libraries_hidden
from course.harness.frames import Place, function_place, last_place
from course.harness.programs import BROWSER
from course.harness.report import Advice

FACTORIES = ("create_app", "make_app", "get_app", "build_app")
# What a terminal has beside the harness, and Pyodide cannot load.
NOT_IN_A_BROWSER = (
    *("asyncpg", "psycopg", "aiosmtpd", "sqlmodel", "tortoise"),
    *("jinja2", "watchfiles", "uvloop", "websockets", "rich", "typer"),
)
ROUTE_METHODS = ("get", "post", "put", "patch", "delete", "api_route", "include_router")
SUGGESTED_FROM = ("fastapi", "pydantic", "typing", "contextlib", "enum", "datetime", "pathlib")


@dataclass
class LoadProblem(Exception):
    """Why a folder gives no app: a kind of the Report, a sentence, and the learner's line."""

    kind: str
    message: str
    place: Place | None = None
    expected: str = "a FastAPI application called app"
    actual: str = ""


@dataclass
class Loaded:
    """An imported submission. `app` is a `fastapi.FastAPI`."""

    folder: Path
    module: types.ModuleType
    app: Any
    advice: list[Advice] = field(default_factory=list)


def load(folder: Path, package: str, main: str = "main.py") -> Loaded:
    """Import `folder/main.py` as `package.main`, from scratch.

    Modules beside it import both ways, `import store` and `from . import store`, and are the
    same module either way. Raises LoadProblem.
    """
    for finder in [finder for finder in sys.meta_path if isinstance(finder, Beside)]:
        unload(finder.folder, finder.package)
    path = folder / main
    source = _read(path)
    parent = types.ModuleType(package)
    parent.__path__ = [str(folder)]
    sys.modules[package] = parent
    sys.meta_path.insert(0, Beside(folder, package))
    name = f"{package}.{path.stem}"
    try:
        with libraries_hidden(folder):
            module = importlib.import_module(name)
        if sys.version_info >= (3, 14):
            _evaluate_annotations(package)
    except LoadProblem:
        raise
    except SyntaxError as error:
        raise _syntax(error, folder) from None
    except BaseException as error:
        raise _import(error, folder) from error
    return _find_app(folder, module, source)


def _evaluate_annotations(package: str) -> None:
    """Look at every annotation once, as the import itself does before Python 3.14.

    Later versions find an undefined name only when someone asks. A name that is imported for type
    checkers alone is no mistake there.
    """
    for name, module in list(sys.modules.items()):
        if not name.startswith(f"{package}."):
            continue
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) == name:
                try:
                    getattr(value, "__annotations__", None)
                except NameError as error:
                    if error.name not in _imported(module):
                        raise


def _imported(module: types.ModuleType) -> set[str]:
    """The names that the imports of a module bind, also those that never run."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def unload(folder: Path, package: str) -> None:
    """Forget every module of the submission, so that the next load reads the files again."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Beside)]
    # Compared as text: with hundreds of modules, and for every check, Path would be slow.
    prefix = str(folder) + os.sep
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        inside = isinstance(file, str) and file.startswith(prefix)
        if file is None:  # a folder without __init__.py, which may stand under another name, too
            first_name = getattr(getattr(module, "__spec__", None), "name", None)
            inside = isinstance(first_name, str) and first_name.startswith(package + ".")
        if inside or name == package or name.startswith(package + "."):
            del sys.modules[name]
    if sqlmodel := sys.modules.get("sqlmodel"):
        # All tables of all submissions stand in one registry of the library's own.
        sqlmodel.SQLModel._sa_registry.dispose()
        sqlmodel.SQLModel.metadata.clear()
    for file in [file for file in linecache.cache if file.startswith(prefix)]:
        del linecache.cache[file]
    for cached in [path for path in sys.path_importer_cache if path.startswith(str(folder))]:
        del sys.path_importer_cache[cached]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise LoadProblem("file-missing", _missing(path), actual=f"no {path.name}")
    source = path.read_bytes()
    lines = (line.strip() for line in source.splitlines())
    if all(not line or line.startswith(b"#") for line in lines):
        raise LoadProblem(
            "no-app",
            f"{path.name} has no code in it. It needs at least: from fastapi import FastAPI, "
            "and app = FastAPI().",
            Place(path.name, 1, ""),
            actual="an empty file",
        )
    return source


def _missing(path: Path) -> str:
    others = sorted(file.name for file in path.parent.glob("*.py")) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, others, 1, 0.6)
    if near:
        return f"There is no {path.name} here, but there is {near[0]}. Rename it to {path.name}."
    return f"There is no {path.name} here. The checks import the app from a file of that name."


def _syntax(error: SyntaxError, folder: Path) -> LoadProblem:
    file = words.inside(error.filename, folder) or "main.py"
    place = Place(file, error.lineno or 1, (error.text or "").strip())
    return LoadProblem(
        "syntax",
        f"Python cannot read {place}: {words.sentence(error.msg)} "
        "Nothing runs until the file is valid Python.",
        place,
        expected="valid Python",
        actual=f"{type(error).__name__}: {error.msg}",
    )


def _import(error: BaseException, folder: Path) -> LoadProblem:
    place = last_place(error, folder)
    return LoadProblem(
        "import",
        _import_reason(error, place, folder),
        place,
        expected="main.py can be imported",
        actual=words.shorten(f"{type(error).__name__}: {_text(error)}".removesuffix(": ")),
    )


def _text(error: BaseException) -> str:
    """Without the library's file, which an ImportError names at its end, and our package's name."""
    text = str(error)
    if not isinstance(error, ImportError):
        return text
    name = error.name or ""
    return text.replace(f" ({error.path})", "").replace(name, _plain(name))


def _plain(name: str) -> str:
    """`store`, as a learner writes it, for `lesson_01_routing.store`."""
    packages = [f.package for f in sys.meta_path if isinstance(f, Beside)]
    return next((name.removeprefix(f"{p}.") for p in packages if name != p), name)


def _import_reason(error: BaseException, place: Place | None, folder: Path) -> str:
    at = f"{place.opening} " if place else "main.py "
    text = str(error)
    if hidden_by := _hidden_by(error, folder):
        return (
            f"{at}means the library {Path(hidden_by).stem}, and finds your file {hidden_by}: what "
            "stands beside main.py comes first. Give that file another name."
        )
    if BROWSER and isinstance(error, ImportError) and _top(error) in NOT_IN_A_BROWSER:
        return (
            f"{at}imports {_top(error)}, which cannot be loaded in a browser. A terminal has it: "
            "run the checks there."
        )
    if isinstance(error, ModuleNotFoundError):
        return f"{at}imports {_plain(error.name or '')}, and there is no such module. {_near_module(error, folder)}"
    if isinstance(error, ImportError) and "partially initialized module" in text:
        return (
            f"{at}imports from {_plain(error.name or '')}, which is only half read: it was just "
            "importing this file, directly or through others. Two files that import each other "
            "wait for each other. Move what both need into a third one."
        )
    if isinstance(error, ImportError) and error.name:
        return f"{at}imports a name that {_plain(error.name)} does not have. {_near_name(error)}"
    if isinstance(error, NameError) and place and _is_f_string_path(place.source, str(error.name)):
        return (
            f"{at}makes an f-string of a path, so Python looks for {error.name} itself. Without "
            "the f, the braces are left to FastAPI."
        )
    if isinstance(error, NameError):
        return f"{at}uses {error.name}, a name that nothing has defined yet. {_where_from(str(error.name))}"
    if isinstance(error, EOFError):
        return f"{at}waits for input from the keyboard. A web application has none: use parameters."
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return f"{at}ends the program while main.py is being imported, so there is no app to ask."
    if "must start with '/'" in text:
        return f'{at}gives a router a prefix without its leading slash. Write it as "/…".'
    if "Prefix and path cannot be both empty" in text:
        return (
            f"{at}includes a router without a prefix, and an operation in it has the path "
            '"": nothing says where that is. Give the router its prefix, or the operation its path.'
        )
    if "Invalid args for response field" in text:
        return (
            f"{at}names a type, of a parameter or of what it returns, that FastAPI cannot turn into "
            "JSON. In Annotated the type comes first; for no response model use response_model=None."
        )
    if text.startswith("FastAPI.") and "missing 1 required positional argument" in text:
        return f"{at}uses the class FastAPI itself as app. Call it to make one: app = FastAPI()."
    hidden = isinstance(error, AttributeError) and error.name in ROUTE_METHODS
    if hidden and place and place.source.startswith("@app."):
        return f"{at}finds that app is no application any more: {words.sentence(text)} Is the name used twice?"
    if "must not have a response body" in text:
        return (
            f"{at}says what the answer of a status without a body looks like. The type after -> "
            "is a response model: write -> None, and return nothing."
        )
    if "is not a callable object" in text:
        return f"{at}calls the function inside Depends(). Give Depends the function itself."
    return f"{at}raised {type(error).__name__} while main.py was being imported: {words.sentence(text)}"


def _hidden_by(error: BaseException, folder: Path) -> str:
    """The file that was found where a library was meant, as `fastapi.py`; "" if that is not it."""
    if not isinstance(error, ImportError):
        return ""
    parts = [part for part in (error.name or "").split(".") if part]
    found = [part for part in parts if part in called_like_a_library(folder)]
    return f"{found[0]}.py" if found and (folder / f"{found[0]}.py").is_file() else ""


def _is_f_string_path(source: str, name: str) -> bool:
    return source.startswith("@") and f"{{{name}" in source and ('(f"' in source or "(f'" in source)


def _top(error: ImportError) -> str:
    """The package that an import has asked for."""
    return (error.name or "").partition(".")[0]


def _near_module(error: ModuleNotFoundError, folder: Path) -> str:
    name = error.name or ""
    known = {"fastapi", "pydantic", "starlette", "sqlalchemy", "typing", "contextlib", "datetime"}
    beside = {file.stem for file in folder.glob("*.py")}
    near = difflib.get_close_matches(name, sorted(known | beside), 1, 0.6)
    return f"Did you mean {near[0]}?" if near else "Is it spelled correctly?"


def _near_name(error: ImportError) -> str:
    wanted = str(error).partition("import name '")[2].partition("'")[0]
    names = dir(sys.modules.get(error.name or "", types))
    near = difflib.get_close_matches(wanted.lower(), [name.lower() for name in names], 1, 0.7)
    match = [name for name in names if near and name.lower() == near[0]]
    if match and match[0] != wanted:
        return f"There is no {wanted}, but there is {match[0]}."
    return f"Is {wanted} spelled correctly?" if wanted else "Is it spelled correctly?"


def _where_from(name: str) -> str:
    for module in SUGGESTED_FROM:
        if hasattr(importlib.import_module(module), name):
            return f"Add: from {module} import {name}."
    near = difflib.get_close_matches(name, dir(builtins), 1, 0.8)
    return (
        f"Did you mean {near[0]}?" if near else "Is it spelled correctly, or defined further down?"
    )


def _find_app(folder: Path, module: types.ModuleType, source: bytes) -> Loaded:
    from fastapi import FastAPI

    app = getattr(module, "app", None)
    if isinstance(app, FastAPI):
        return Loaded(folder, module, app)
    factory = next((f for f in FACTORIES if _takes_nothing(getattr(module, f, None))), None)
    if app is None and factory:
        try:
            app = getattr(module, factory)()
        except BaseException as error:
            raise _import(error, folder) from error
        if isinstance(app, FastAPI):
            place = function_place(getattr(module, factory), folder)
            return Loaded(folder, module, app, [_called(factory, place)])
    raise _no_app(app, module, source)


def _called(factory: str, place: Place | None) -> Advice:
    return Advice(
        "informative",
        f"The checks called {factory}(). Most tools look for a variable: app = {factory}().",
        place.file if place else None,
        place.line if place else None,
        "lessons/01_routing/#the-app-object",
        "factory",
    )


def _takes_nothing(value: object) -> bool:
    if not inspect.isfunction(value) or inspect.iscoroutinefunction(value):
        return False
    return all(p.default is not p.empty for p in inspect.signature(value).parameters.values())


def _no_app(app: object, module: types.ModuleType, source: bytes) -> LoadProblem:
    from fastapi import APIRouter, FastAPI

    if app is None:
        found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        apps = [name for name, value in found.items() if isinstance(value, FastAPI)]
        routers = [name for name, value in found.items() if isinstance(value, APIRouter)]
        if apps:
            message = f"I found a FastAPI application called {apps[0]}. The checks, like most tools, look for app: rename it."
        elif routers:
            message = f"I found a router called {routers[0]}, but no application to include it in: app = FastAPI()."
        else:
            message = "main.py defines no app. Start with: app = FastAPI()."
        name = (apps or routers or [""])[0]
        return LoadProblem("no-app", message, _assigned(source, name), actual="no app")
    if app is FastAPI:
        message = (
            "app is the class FastAPI itself. Call it to make an application: app = FastAPI()."
        )
    elif isinstance(app, APIRouter):
        message = "app is an APIRouter, a part of an application. Make app = FastAPI() and include the router in it."
    elif callable(getattr(app, "app", None)):
        message = f"app has been wrapped in {type(app).__name__}. Keep the FastAPI object as app, and add middleware with app.add_middleware()."
    else:
        message = f"app is {words.a(type(app).__name__)}, not a FastAPI application. Is the name used twice in main.py?"
    return LoadProblem(
        "no-app", message, _assigned(source, "app"), actual=f"app is {words.a(type(app).__name__)}"
    )


def _assigned(source: bytes, name: str) -> Place | None:
    """The last line of main.py that binds `name`."""
    lines = source.decode("utf-8", "replace").splitlines()
    bound = [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.name == name
        )
    ]
    return Place("main.py", max(bound), lines[max(bound) - 1].strip()) if bound else None
