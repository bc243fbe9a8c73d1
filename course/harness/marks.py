"""What a check says about itself. Each one is an ordinary pytest mark."""

import pytest

hints = pytest.mark.hints
"""`@hints("a nudge", "nearly code")`: one to four hints, shown one at a time."""

needs = pytest.mark.needs
"""`@needs("test_other")`: skipped, not failed, while the other check does not pass."""

section = pytest.mark.section
"""`@section("order")`: the heading of the lesson's page that explains this check."""

read_only = pytest.mark.read_only
"""`pytestmark = read_only`: the checks of a file, or one check, only read; they share one app.

Not for checks of what a request changes, or that a wrong app could change by reading.
"""

terminal_only = pytest.mark.terminal_only
"""`@terminal_only("two orders at once need threads")`: skipped in the browser, and not missed there."""


def register(config: pytest.Config) -> None:
    for mark in (
        "hints(*texts)",
        "needs(*checks)",
        "section(anchor)",
        "read_only",
        "terminal_only(why)",
    ):
        config.addinivalue_line("markers", mark)


def texts(item: pytest.Item, name: str) -> list[str]:
    """The arguments of the mark `name` on a check, [] without it."""
    mark = item.get_closest_marker(name)
    return [str(argument) for argument in mark.args] if mark else []
