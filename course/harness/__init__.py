"""What runs beside the learner's code, in a child process or in the browser.

A check imports everything it needs beyond pytest from here:

    from course.harness import hints, needs, needs_program, one_app, section, terminal_only
"""

from typing import Any

__all__ = ["hints", "needs", "needs_program", "one_app", "section", "terminal_only"]


def __getattr__(name: str) -> Any:
    # The parent process reads Reports and needs no pytest for that.
    if name not in __all__:
        raise AttributeError(name)
    from course.harness import marks

    return getattr(marks, name)
