"""The first place where a JSON body is not what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course.harness.words import all_of, json_type, value


@dataclass(frozen=True)
class Difference:
    """Both sides at one path of the body. `says` is "" when the two values say it all."""

    path: str
    expected: str
    actual: str
    says: str = ""


def difference(actual: Any, expected: Any, path: str = "") -> Difference | None:
    """The first difference between two JSON values, None when they are equal.

    `path` names the part of the body that both sides stand for, as in `items[0].price`.
    """
    if isinstance(expected, set | frozenset) or isinstance(actual, set | frozenset):
        return _sets(set(actual), set(expected), path)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _objects(actual, expected, path)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return _lists(list(actual), list(expected), path)
    if json_type(actual) != json_type(expected):
        return _types(actual, expected, path)
    if actual == expected:
        return None
    return Difference(path, _at(path, value(expected)), _at(path, value(actual)))


def _types(actual: Any, expected: Any, path: str) -> Difference:
    says = f"{path or 'The body'} is {json_type(actual)}, not {json_type(expected)}."
    if json_type(actual) == "null":
        says = f"{path or 'The body'} is null: the function returned nothing there."
    return Difference(path, _at(path, value(expected)), _at(path, value(actual)), says)


def _objects(actual: dict[str, Any], expected: dict[str, Any], path: str) -> Difference | None:
    missing = [key for key in expected if key not in actual]
    extra = [key for key in actual if key not in expected]
    keys = _at(path, f"keys {all_of(actual) if actual else '(none)'}")
    wanted = _at(path, f"keys {all_of(expected) if expected else '(none)'}")
    where = path or "the response"
    if missing:
        return Difference(path, wanted, keys, f"{all_of(map(value, missing))} missing in {where}.")
    for key in expected:
        if found := difference(actual[key], expected[key], f"{path}.{key}".lstrip(".")):
            return found
    if extra:
        says = f"{where} also has {all_of(map(value, extra))}, which the contract does not."
        return Difference(path, wanted, keys, says[0].upper() + says[1:])
    return None


def _lists(actual: list[Any], expected: list[Any], path: str) -> Difference | None:
    if actual == expected:
        return _first(
            difference(a, e, f"{path}[{i}]")
            for i, (a, e) in enumerate(zip(actual, expected, strict=True))
        )
    if len(actual) == len(expected) and _same_items(actual, expected):
        short = _briefly(expected), _briefly(actual)
        says = "These are the right items, in another order."
        return Difference(path, _at(path, short[0]), _at(path, short[1]), says)
    if len(actual) != len(expected):
        says = f"{path or 'The list'} has {_items(actual)}, not {len(expected)}."
        return Difference(path, _at(path, _briefly(expected)), _at(path, _briefly(actual)), says)
    return _first(
        difference(a, e, f"{path}[{i}]")
        for i, (a, e) in enumerate(zip(actual, expected, strict=True))
    )


def _sets(actual: set[Any], expected: set[Any], path: str) -> Difference | None:
    missing, extra = expected - actual, actual - expected
    if not missing and not extra:
        return None
    says = []
    if missing:
        says.append(f"{all_of(map(value, sorted(missing, key=str)))} missing.")
    if extra:
        says.append(f"{all_of(map(value, sorted(extra, key=str)))} should not be there.")
    return Difference(path, _at(path, value(expected)), _at(path, value(actual)), " ".join(says))


def _same_items(actual: list[Any], expected: list[Any]) -> bool:
    rest = list(actual)
    for item in expected:
        if item not in rest:
            return False
        rest.remove(item)
    return True


def _briefly(items: list[Any]) -> str:
    """A list short enough to compare by eye: of objects, the first key that tells them apart."""
    if items and all(isinstance(item, dict) for item in items):
        for key in ("id", "name", "sku", *items[0]):
            if all(key in item for item in items):
                names = [item[key] for item in items]
                return f"{_items(items)}, {key} {value(names)}"
    return f"{_items(items)}, {value(items)}" if items else "0 items, []"


def _items(items: list[Any]) -> str:
    return f"{len(items)} item{'' if len(items) == 1 else 's'}"


def _at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _first(found: Iterable[Difference | None]) -> Difference | None:
    return next((difference for difference in found if difference), None)
