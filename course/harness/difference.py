"""The first place where a JSON body is not what was expected."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from course.harness.words import all_of, json_type, value

FEW = 8  # items that are shown of a list
CONTEXT = 30  # characters that are shown before two long texts part


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
    if isinstance(expected, Set) and isinstance(actual, Set):
        return _sets(set(actual), set(expected), path)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _objects(actual, expected, path)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return _lists(list(actual), list(expected), path)
    if json_type(actual) != json_type(expected):
        return _types(actual, expected, path)
    if actual == expected:
        return None
    return Difference(path, *_apart(actual, expected, path))


def _apart(actual: Any, expected: Any, path: str) -> tuple[str, str]:
    """Both values, expected first, short and yet unlike: from where two long texts part."""
    if isinstance(actual, str) and isinstance(expected, str):
        pairs = enumerate(zip(actual, expected, strict=False))
        start = next((i for i, (a, e) in pairs if a != e), min(len(actual), len(expected)))
        start -= CONTEXT
        if start > 0 and max(len(actual), len(expected)) > 100:
            actual, expected = f"…{actual[start:]}", f"…{expected[start:]}"
    return _at(path, value(expected)), _at(path, value(actual))


def _types(actual: Any, expected: Any, path: str) -> Difference:
    says = f"{path or 'The body'} is {json_type(actual)}, not {json_type(expected)}."
    if actual is None and not path:
        says = "The body is null: the function returned nothing."
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
    pairs = enumerate(zip(actual, expected, strict=False))
    found = ((i, difference(a, e, f"{path}[{i}]")) for i, (a, e) in pairs)
    shorter = min(len(actual), len(expected))
    index, first = next(((i, one) for i, one in found if one), (shorter, None))
    if len(actual) != len(expected):
        says = f"{path or 'The list'} has {_items(actual)}, not {len(expected)}."
        wanted = f"{_items(expected)}{_part(expected, index)}"
        return Difference(
            path, _at(path, wanted), _at(path, _items(actual) + _part(actual, index)), says
        )
    if first and _same_items(actual, expected):
        says = "These are the right items, in another order."
        at = f"{path} from [{index}]".strip()
        wanted, has = _briefly(expected[index:]), _briefly(actual[index:])
        return Difference(path, _at(at, wanted), _at(at, has), says)
    return first


def _part(items: list[Any], index: int) -> str:
    """What follows the number of items: those from the first one that differs."""
    if index >= len(items):
        return ""
    return f", {f'from [{index}] ' if index else ''}{_briefly(items[index:])}"


def _sets(actual: set[Any], expected: set[Any], path: str) -> Difference | None:
    missing, extra = expected - actual, actual - expected
    if not missing and not extra:
        return None
    says = []
    if missing:
        says.append(f"{_several(missing)} missing.")
    if extra:
        says.append(f"{_several(extra)} should not be there.")
    long = max(len(value(side, 1000)) for side in (actual, expected)) > 100
    wanted = (
        f"{len(expected)} values, with {_several(missing) if missing else 'no others'}"
        if long
        else value(expected)
    )
    has = (
        f"{len(actual)} values, with {_several(extra) if extra else 'no others'}"
        if long
        else value(actual)
    )
    return Difference(path, _at(path, wanted), _at(path, has), " ".join(says))


def _several(values: set[Any]) -> str:
    """The first few of many values."""
    shown = [value(one, 40) for one in sorted(values, key=str)[:4]]
    more = len(values) - len(shown)
    return all_of(shown + ([f"{more} more"] if more else []))


def _same_items(actual: list[Any], expected: list[Any]) -> bool:
    rest = list(actual)
    for item in expected:
        if item not in rest:
            return False
        rest.remove(item)
    return True


def _briefly(items: list[Any]) -> str:
    """A few items to compare by eye: of objects, the first key that tells them apart."""
    if items and all(isinstance(item, dict) for item in items):
        for key in ("id", "name", "sku", *items[0]):
            if all(key in item for item in items):
                return f"{key} {_few([item[key] for item in items])}"
    return _few(items)


def _few(items: list[Any]) -> str:
    text = value(items[:FEW])
    more = ", …]" if len(items) > FEW else "]"
    return text if text.endswith("…") else f"{text[:-1]}{more}"


def _items(items: list[Any]) -> str:
    return f"{len(items)} item{'' if len(items) == 1 else 's'}"


def _at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text
