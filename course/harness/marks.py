"""What a check says about itself. Each one is an ordinary pytest mark."""

import pytest

hints = pytest.mark.hints
"""`@hints("a nudge", "nearly code")`: one to four hints, shown one at a time."""

needs = pytest.mark.needs
"""`@needs("test_other")`: skipped, not failed, while the other check does not pass."""

needs_program = pytest.mark.needs_program
"""`@needs_program("nginx", "sudo apt install nginx")`: not run on a machine without that program.

The report says so, and is no pass. One mark for each program, when it needs several. Such a check starts processes, so it may take `PROGRAM_LIMIT`.
"""

PROGRAM_LIMIT = 20.0
"""Seconds for one check that starts programs, each of which has to import everything again."""

section = pytest.mark.section
"""`@section("order")`: the heading of the lesson's page that explains this check."""

one_app = pytest.mark.one_app
"""`pytestmark = one_app`: the checks of a file, or one check, share a running app and its database.

For checks that only read, or that look at nothing but what they have made themselves. The one
after a check that fails begins with a new app.
"""

terminal_only = pytest.mark.terminal_only
"""`@terminal_only("two orders at once need threads")`: skipped in the browser, and not missed there."""


def register(config: pytest.Config) -> None:
    for mark in (
        "hints(*texts)",
        "needs(*checks)",
        "needs_program(name, how)",
        "section(anchor)",
        "one_app",
        "terminal_only(why)",
    ):
        config.addinivalue_line("markers", mark)


def texts(item: pytest.Item, name: str) -> list[str]:
    """The arguments of the mark `name` on a check, [] without it."""
    mark = item.get_closest_marker(name)
    return [str(argument) for argument in mark.args] if mark else []
