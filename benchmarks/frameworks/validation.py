"""Pydantic against checks by hand, on the same small record, from bytes and from a dict.

Each way is timed in turn, round by round; the figure is the median of a call.
"""

from __future__ import annotations

import json
import statistics
import sys
import timeit
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field, ValidationError

CALLS = 20_000  # of each way in a round


class Order(BaseModel):
    sku: str = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=100)
    note: str | None = None


def by_hand(data: Any) -> dict[str, Any]:
    """The same rules. Raises ValueError with the first one that is broken."""
    if not isinstance(data, dict):
        raise ValueError("not an object")
    sku, quantity, note = data.get("sku"), data.get("quantity"), data.get("note")
    if not isinstance(sku, str) or not 1 <= len(sku) <= 20:
        raise ValueError("sku")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= 100:
        raise ValueError("quantity")
    if note is not None and not isinstance(note, str):
        raise ValueError("note")
    return {"sku": sku, "quantity": quantity, "note": note}


RECORD = {"sku": "MUG-0001", "quantity": 3, "note": "for Ada"}
BYTES = json.dumps(RECORD).encode()

Way = Callable[[], object]
WAYS: dict[str, tuple[Way, Way]] = {
    "from a `dict`": (lambda: Order.model_validate(RECORD), lambda: by_hand(RECORD)),
    "from JSON bytes": (
        lambda: Order.model_validate_json(BYTES),
        lambda: by_hand(json.loads(BYTES)),
    ),
    "from JSON bytes, as FastAPI does it": (
        lambda: Order.model_validate(json.loads(BYTES)),
        lambda: by_hand(json.loads(BYTES)),
    ),
}


def look() -> None:
    """Both sides accept and refuse the same. Raises AssertionError."""
    for pydantic_way, own_way in WAYS.values():
        accepted = pydantic_way()
        assert isinstance(accepted, Order)
        assert accepted.model_dump() == own_way()
    for broken in ({}, {**RECORD, "quantity": 0}, {**RECORD, "sku": 7}, {**RECORD, "note": []}):
        for way, error in ((Order.model_validate, ValidationError), (by_hand, ValueError)):
            try:
                way(broken)
            except error:
                continue
            raise AssertionError((way, broken))


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of a call, for each way: `{"from …": {"pydantic": …, "by hand": …}}`."""
    look()
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for name, ways in WAYS.items():
            for side, way in zip(("pydantic", "by hand"), ways, strict=True):
                seconds = timeit.timeit(way, number=CALLS)
                found[name, side].append(seconds / CALLS * 1e6)
        print(f"validation: round {number} of {rounds}", file=sys.stderr)
    return {
        name: {
            side: round(statistics.median(found[name, side]), 2) for side in ("pydantic", "by hand")
        }
        for name in WAYS
    }
