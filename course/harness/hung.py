"""What is said of a check that did not come to its end, in the terminal and in the browser."""

from __future__ import annotations

from course.harness.report import Check

WHILE_LOADING = " while main.py was being imported or started"
WHILE_STOPPING = " while the app was being stopped after this check"


def tell(check: Check, seconds: float, why: str) -> None:
    """Make it the verdict on a check."""
    check.status = "error" if check.id == "load" else "fail"
    check.kind = "hung"
    check.expected = f"an end within {seconds:g} s"
    check.actual = f"still running after {seconds:g} s"
    check.message = why


def no_answer(when: str) -> str:
    """Why, when nobody knows where it hangs. `when` is "", or one of the texts above."""
    return (
        f"No answer came{when}, and the run was stopped. Is there a loop without an end, or a call "
        "that blocks?"
    )


def not_reached(seconds: float) -> str:
    """Why a check has no verdict."""
    return f"Not reached: the whole run took more than {seconds:g} s."


def not_loaded() -> Check:
    """Stands for the import of main.py and the start of the app."""
    return Check("load", "The app can be imported and started")
