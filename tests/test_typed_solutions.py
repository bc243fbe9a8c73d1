"""Each lesson is passed in a real Chromium by typing its solution, and its app can be explored."""

from __future__ import annotations

import pytest
from bench import Bench
from playwright.sync_api import expect

from course.catalogue import exercises, find

LESSONS = [exercise for exercise in exercises() if exercise.kind == "lesson"]
# Of the others one of each kind: `verify --browser` runs all of them in the same Python.
TASKS = [*LESSONS, find("challenge_intermediate"), find("bonus"), find("drill_form")]


@pytest.mark.parametrize("exercise", TASKS, ids=lambda exercise: exercise.slug)
def test_an_exercise_is_passed_by_typing_its_solution(context, address, exercise):
    bench = Bench(context.new_page(), address, exercise).open()
    bench.fill_in(exercise.solution)
    bench.button("Check").click()
    assert "All checks" in bench.verdict()
    bench.tab("Explore").click()
    bench.button("OpenAPI document").click()
    expect(bench.all.locator(".pg-explore pre")).to_contain_text('"openapi"')
    assert bench.errors == []
