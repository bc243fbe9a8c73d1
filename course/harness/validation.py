"""Says what a 422 means for the function's signature, from the `loc` of its first error.

`loc` starts with where FastAPI looked (docs: tutorial/handling-errors), and that, beside what
was sent, tells which part of the signature is not what was meant.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from course.harness.report import Exchange
from course.harness.routes import Route
from course.harness.words import all_of, sentence, value

PLACES = {
    "query": "the query string",
    "path": "the path",
    "header": "the headers",
    "cookie": "the cookies",
    "body": "the body",
}


@dataclass
class Refusal:
    """One entry of a 422's `detail`: where FastAPI looked, for what, and what was wrong."""

    type: str
    place: str
    names: list[Any]
    msg: str
    input: Any
    bounds: dict[str, Any]

    @property
    def is_the_bound(self) -> bool:
        """Whether what was sent is the number that the constraint names."""
        return str(self.input) in {str(bound) for bound in self.bounds.values()}

    @property
    def name(self) -> str:
        return ".".join(str(name) for name in self.names)


def refusal(body: Any) -> Refusal | None:
    """The first error of a 422 body in FastAPI's own form."""
    try:
        first = body["detail"][0]
        place, *names = first["loc"]
        return Refusal(
            first["type"],
            place,
            names,
            str(first["msg"]),
            first.get("input"),
            first.get("ctx") or {},
        )
    except (KeyError, TypeError, IndexError, ValueError):
        return None


def explain_refusal(refused: Refusal, exchange: Exchange, route: Route | None) -> str:
    """One or two sentences: what FastAPI looked for, where, and what to change."""
    if refused.place not in PLACES:
        sent = exchange.request if isinstance(exchange.request, dict) else {}
        if refused.input is None and refused.place not in sent:
            return (
                f"{refused.place} was not sent, and your code gave it to a model as null, which "
                "refuses that. Leave out what was not sent: model_dump(exclude_unset=True)."
            )
        return sentence(f"The request was refused: {refused.msg}")
    function = f"{route.name} ({route.function})" if route and route.function else "The function"
    if says := _form_not_read(refused, exchange, function):
        return says
    if refused.type == "missing":
        return _missing(refused, exchange, route, function)
    if refused.type == "json_invalid":
        return "FastAPI could not read the body as JSON."
    if refused.type == "extra_forbidden":
        return (
            f"{function} refuses {refused.name} in {PLACES[refused.place]}: its model forbids "
            "extra fields and does not have this one."
        )
    if not refused.names:
        return f"{function} refuses {PLACES[refused.place]}: {sentence(refused.msg)}"
    what = f"{value(refused.input, 60)} as {refused.name}"
    says = f"{function} refuses {what} in {PLACES[refused.place]}: {sentence(refused.msg)}"
    if refused.type in ("greater_than", "less_than") and refused.is_the_bound:
        says += " That is the bound itself: ge and le include it, gt and lt do not."
    return says


def _form_not_read(refused: Refusal, exchange: Exchange, function: str) -> str:
    """The request sends a form, and the function looks for its fields in another place."""
    if not _is_form(exchange):
        return ""
    sent = dict(parse_qsl(str(exchange.request), keep_blank_values=True))
    name = str(refused.names[-1]) if refused.names else ""
    if refused.place == "query" and name in sent:
        where = f"reads {name} from the query string"
    elif refused.type in NO_JSON or (refused.place == "body" and not refused.names):
        where = "reads JSON"
    else:
        return ""
    return (
        f"{function} {where}, and the request sends a form. Fields of a form are declared with "
        "Form(), or by a class such as OAuth2PasswordRequestForm with Depends()."
    )


def _is_form(exchange: Exchange) -> bool:
    return exchange.headers.get("content-type", "").startswith(FORM)


FORM = "application/x-www-form-urlencoded"
NO_JSON = ("model_attributes_type", "dict_type", "dataclass_type")
"""What Pydantic says of a body that is text and not an object."""

FILLED_IN = {
    "background_tasks": "BackgroundTasks",
    "tasks": "BackgroundTasks",
    "request": "Request",
    "response": "Response",
}
"""Usual names of parameters that FastAPI fills in by itself, when they have the right type."""


def _missing(refused: Refusal, exchange: Exchange, route: Route | None, function: str) -> str:
    if len(refused.names) == 1 and route and _untyped(refused.names[0], route):
        name, kind = refused.names[0], FILLED_IN[refused.names[0]]
        return (
            f"{function} has a parameter {name} without the type {kind}, so FastAPI asks the "
            f"client for it. With {name}: {kind} it gives you one by itself."
        )
    sent = dict(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True))
    body = exchange.request if isinstance(exchange.request, dict) else {}
    name = str(refused.names[-1]) if refused.names else ""
    if refused.place in ("query", "path") and route and (unbound := _unbound(route)):
        looks = f"So FastAPI looks for {name} in {PLACES[refused.place]}"
        return (
            f"The path says {{{unbound[0]}}}, but {function} has no parameter of that name. "
            f"{looks}, and does not find it: give both the same name."
        )
    if refused.place == "query" and name in body:
        return (
            f"{function} reads {name} from the query string, and it was sent in the JSON body. "
            "A parameter with a simple type is a query parameter; fields of a body belong in a "
            "Pydantic model."
        )
    if refused.place == "body" and _is_form(exchange):
        return f"{function} requires {name} in the form, and the request has no such field."
    if refused.place == "body" and (not refused.names or name in sent):
        return (
            f"{function} reads {name or 'a parameter'} from the body, and this request has none. "
            "A list or a model is read from the body unless the signature says Query()."
        )
    if refused.place == "body":
        return _missing_in_body(refused, exchange.request, route, function)
    if refused.place == "header":
        return f"{function} requires the header {name}. Give the parameter a default: = None."
    return f"{function} requires {name} in {PLACES[refused.place]}. Give it a default."


def _missing_in_body(refused: Refusal, body: Any, route: Route | None, function: str) -> str:
    if not isinstance(body, dict):
        return f"{function} expects a JSON object in the body."
    name = str(refused.names[-1])
    if route and "Form(" in str(inspect.signature(route.endpoint)):
        return f"{function} reads {name} from a form, and the request sends JSON: leave out Form()."
    # For a body parameter FastAPI reports no input, for a field of a model the object around it.
    if refused.input is None and len(refused.names) == 1:
        return (
            f"{function} looks for a key {name} in the body, which has {all_of(body)}. Several "
            "body parameters, or one with embed=True, each read their own key; a single model "
            "reads the whole body."
        )
    wrapped = [key for key, part in body.items() if isinstance(part, dict) and name in part]
    if wrapped and len(refused.names) == 1:
        return (
            f"{function} looks for {name} at the top of the body, and it was sent inside "
            f"{wrapped[0]}. Two body parameters make one key for each; so does Body(embed=True)."
        )
    return (
        f"{function} requires {refused.name} in the body, and the request has none. A field that "
        "may be left out needs a default; one that the server makes belongs in another model."
    )


def _untyped(name: str, route: Route) -> bool:
    """Whether the function has such a parameter, and nothing says what it is to be."""
    parameter = inspect.signature(route.endpoint).parameters.get(name)
    return name in FILLED_IN and parameter is not None and parameter.annotation is parameter.empty


def _unbound(route: Route) -> list[str]:
    """Names in the path that the function does not take."""
    names = [part.partition("}")[0].partition(":")[0] for part in route.path.split("{")[1:]]
    try:
        parameters = inspect.signature(route.endpoint).parameters
    except (TypeError, ValueError):
        return []
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    if anything or any(_reads_path(p) for p in parameters.values()):
        return []
    return [name for name in names if name not in parameters]


def _reads_path(parameter: inspect.Parameter) -> bool:
    """Aliases, dependencies and the request itself can read the path in ways we do not follow."""
    text = f"{parameter.annotation} {parameter.default}"
    return any(word in text for word in ("alias=", "Depends", "Request"))
