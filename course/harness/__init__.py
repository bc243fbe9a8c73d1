"""What runs beside the learner's code, in a child process or in the browser.

A check imports everything it needs beyond pytest from here:

    from course.harness import hints, needs, section
"""

from course.harness.marks import hints, needs, section

__all__ = ["hints", "needs", "section"]
