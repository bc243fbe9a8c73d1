"""Finds `async def` functions that wait without await, where FastAPI runs them for requests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course.harness.remark import remark
from course.harness.report import Advice
from course.harness.source import AWAITS, DEPENDENCIES, Function, Source, last

HOOKS = {"middleware", "exception_handler", "websocket"}
TAKES_A_FUNCTION = {
    *DEPENDENCIES,
    "add_task",
    "BackgroundTask",
    "add_api_route",
    "add_exception_handler",
}

HTTP = ("get", "post", "put", "patch", "delete", "head", "options", "request")
AN_ASYNC_CLIENT = "httpx.AsyncClient and await"
BLOCKING = {
    "time.sleep": "await asyncio.sleep()",
    "urllib.request.urlopen": AN_ASYNC_CLIENT,
    **{f"{library}.{name}": AN_ASYNC_CLIENT for library in ("requests", "httpx") for name in HTTP},
    **dict.fromkeys(("requests.Session", "httpx.Client", "httpx.stream"), AN_ASYNC_CLIENT),
    **{
        f"subprocess.{name}": "await asyncio.create_subprocess_exec()"
        for name in ("run", "call", "check_call", "check_output", "getoutput", "getstatusoutput")
    },
    "os.system": "await asyncio.create_subprocess_shell()",
    **dict.fromkeys(("sqlite3.connect", "smtplib.SMTP", "smtplib.SMTP_SSL"), ""),
}
"""What waits without await, and what to write instead where there is something."""
OBJECTS = {
    "requests.Session",
    "httpx.Client",
    "sqlite3.connect",
    "smtplib.SMTP",
    "smtplib.SMTP_SSL",
}
"""Whose results do the waiting. One that is yielded may be used in a thread by another function."""


def blocking(source: Source, sources: list[Source]) -> Iterator[Advice]:
    for call in source.all(ast.Call):
        function, meaning = source.scopes[call], source.meaning(call.func)
        if meaning not in BLOCKING or not isinstance(function, ast.AsyncFunctionDef):
            continue
        yields = any(source.scopes[node] is function for node in source.all(ast.Yield))
        if (meaning in OBJECTS and yields) or not _serves(function, source, sources):
            continue
        what = f"{ast.unparse(call.func)}()"
        what = f"What {what} returns" if meaning in OBJECTS else what
        text = f"{what} waits without await, so the app answers nobody else until it is done. "
        instead = BLOCKING[meaning]
        if _is_called_by_fastapi(function, source, sources) and not _awaits(function, source):
            text += f"Write def {function.name} without async, and FastAPI runs it in a thread."
            text += f" Or use {instead}." if instead else ""
        else:
            text += f"Use {instead} instead, or put" if instead else "Put"
            text += " the work into a def of its own and call that with await run_in_threadpool(), "
            text += "from fastapi.concurrency."
        yield remark(source, "blocking", call, text)


def _awaits(function: Function, source: Source) -> bool:
    waits = [node for kind in AWAITS for node in source.nodes.get(kind, ())]
    waits += [node for node in source.all(ast.comprehension) if node.is_async]
    return any(source.scopes[node] is function for node in waits)


def _serves(
    function: Function, source: Source, sources: list[Source], seen: frozenset[str] = frozenset()
) -> bool:
    """Does it run while requests are answered? A lifespan, and what only that calls, does not."""
    if _is_called_by_fastapi(function, source, sources):
        return True
    return any(
        _serves(caller, other, sources, seen | {function.name})
        for other in sources
        for call in other.all(ast.Call)
        if last(call.func) == function.name
        and isinstance(caller := other.scopes[call], ast.AsyncFunctionDef)
        and caller.name not in seen | {function.name}
    )


def _is_called_by_fastapi(function: Function, source: Source, sources: list[Source]) -> bool:
    """As a path operation, a middleware, a handler, a dependency or a background task."""
    decorators = {last(d.func) for d in function.decorator_list if isinstance(d, ast.Call)}
    if source.routes(function) or decorators & HOOKS:
        return True
    return any(
        last(argument) == function.name
        for other in sources
        for call in other.all(ast.Call)
        if {last(call.func), other.marker(call)} & TAKES_A_FUNCTION
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
    )
