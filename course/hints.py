"""The hints of an exercise, one at a time."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.text import Text

from course import checkfile
from course.catalogue import Exercise
from course.commands import typed
from course.harness.report import Check

WIDTH = 76  # columns: fits everywhere
NONE = "There is no hint for this. The page of the lesson explains it."
NONE_FOR_LOAD = "There is no hint for this: what stands under Why is all there is to know."


def of(exercise: Exercise, check: str) -> list[str]:
    """The hints of one check, from nudge to nearly code."""
    return checkfile.hints(exercise).get(check.partition("[")[0], [])


def next_number(exercise: Exercise, failure: Check, shown: int) -> int:
    """The number of the next hint, when `shown` have been shown: the last one stays."""
    return min(shown + 1, len(of(exercise, failure.id)))


def up_to(exercise: Exercise, failure: Check, number: int) -> Iterator[Text]:
    """The first `number` hints of a failed check."""
    texts = of(exercise, failure.id)
    yield Text(f"✗ {failure.title}", "bold")
    if not texts:
        yield Text(NONE_FOR_LOAD if failure.id == "load" else NONE)
        return
    for count, text in enumerate(texts[:number], 1):
        yield Text(f"\nHint {count} of {len(texts)}", "dim")
        yield from map(Text, textwrap.wrap(text, WIDTH))
    yield Text()
    if number < len(texts):
        yield Text(f"One more: {typed('hint', exercise)}")
    else:
        yield Text(f"That was the last hint. The page: docs/lessons/{exercise.slug}.md")


def everything(exercise: Exercise) -> Iterator[Text]:
    """All hints of all checks, for somebody who has passed."""
    for check in checkfile.checks(exercise.checks):
        texts = checkfile.marks(check).get("hints", [])
        if texts:
            yield Text(f"  {checkfile.title(check)}", "bold")
        for number, text in enumerate(texts, 1):
            head = f"    {number}  "
            yield from (
                Text(line)
                for line in textwrap.wrap(
                    text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
                )
            )
