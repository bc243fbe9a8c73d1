"""The learner's commands on the command line: hint, solution, reset, progress, next and list."""

from __future__ import annotations

import json
from pathlib import Path

import fake_course
import pytest

from course import view
from course.catalogue import Exercise, find
from course.progress import Progress, ProgressFile

STEP_1 = (
    fake_course.STARTER + '\n\n@app.get("/")\ndef read_root():\n    return {"hello": "world"}\n'
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fake_course.make(tmp_path)


def write(root: Path, text: str) -> None:
    (root / "lessons/01_two_numbers/main.py").write_text(text, "utf-8")


def test_hints_come_one_at_a_time_for_the_check_that_fails_now(root):
    first = fake_course.run(root, "hint", "1")
    assert first.returncode == 0
    assert "✗ GET / says hello" in first.stdout
    assert "Hint 1 of 2\nReturn a dict." in first.stdout
    assert "Hint 2" not in first.stdout
    assert "One more: make hint lesson=1" in first.stdout
    second = fake_course.run(root, "hint", "1").stdout
    assert "Hint 1 of 2" in second
    assert 'Hint 2 of 2\nreturn {"hello": "world"}' in second
    assert "That was the last hint." in second
    write(root, STEP_1)
    assert "GET /double/{n} doubles a number" in fake_course.run(root, "hint", "1").stdout


def test_there_is_no_hint_for_a_file_that_does_not_load(root):
    write(root, "app = (\n")
    assert "There is no hint for this" in fake_course.run(root, "hint", "1").stdout


def test_after_passing_all_hints_can_be_read(root):
    write(root, fake_course.SOLUTION)
    said = fake_course.run(root, "hint", "1").stdout
    for hint in ("Return a dict.", "Multiply.", "Annotate the parameter."):
        assert hint in said


def test_the_failure_names_the_command_for_a_hint(root):
    assert "Hint        make hint lesson=1" in fake_course.run(root, "check", "1").stdout


def test_the_solution_waits_for_a_pass(root):
    early = fake_course.run(root, "solution", "1")
    assert early.returncode == 2
    assert "has not passed yet" in early.stderr
    assert "make solution lesson=1 force=1" in early.stderr
    assert "read_double" not in early.stdout + early.stderr


def test_the_solution_is_a_diff_with_the_other_right_ways(root):
    mine = fake_course.SOLUTION.replace("2 * n", "n + n")
    write(root, mine)
    assert fake_course.run(root, "check", "1").returncode == 0
    said = fake_course.run(root, "solution", "1").stdout
    assert "- lessons/01_two_numbers/main.py  (yours)" in said
    assert "+ solutions/01_two_numbers/main.py  (the reference)" in said
    assert "  -    return n + n\n  +    return 2 * n\n" in said
    assert "Also right:\n    The same with another name, 0.\n" in said
    write(root, fake_course.SOLUTION)
    assert "is the reference, word for word" in fake_course.run(root, "solution", "1").stdout


def test_force_asks_once_more(root):
    asked = fake_course.run(root, "solution", "1", "--force", input="n\n")
    assert asked.returncode == 1
    assert "Show the solution all the same?" in asked.stdout
    assert "2 * n" not in asked.stdout
    assert "2 * n" in fake_course.run(root, "solution", "1", "--force", input="y\n").stdout


def test_a_pass_before_counts_for_the_solution(root):
    write(root, fake_course.SOLUTION)
    fake_course.run(root, "check", "1")
    write(root, STEP_1)
    fake_course.run(root, "check", "1")
    assert "2 * n" in fake_course.run(root, "solution", "1").stdout


def test_reset_and_undo_say_where_everything_is(root):
    write(root, fake_course.SOLUTION)
    said = fake_course.run(root, "reset", "1").stdout
    assert "lessons/01_two_numbers is the starter again." in said
    assert ".course/kept/01_two_numbers/" in said
    assert "make reset lesson=1 undo=1" in said
    said = fake_course.run(root, "reset", "1", "--undo").stdout
    assert "is again what was kept in" in said
    main = root / "lessons/01_two_numbers/main.py"
    assert main.read_text("utf-8") == fake_course.SOLUTION
    again = fake_course.run(root, "reset", "1", "--undo")
    assert (again.returncode, "No other version" in again.stderr) == (2, True)


def test_progress_shows_the_way_and_what_was_learned(root):
    assert "0 of 1 passed" in fake_course.run(root, "progress").stdout
    write(root, fake_course.SOLUTION)
    fake_course.run(root, "check", "1")
    said = fake_course.run(root, "progress").stdout
    assert "1 of 1 passed" in said
    assert "✓  1  Two numbers" in said
    assert "say hello" in said
    assert "All exercises have passed." in said


def test_progress_as_json(root):
    write(root, STEP_1)
    fake_course.run(root, "check", "1")
    data = json.loads(fake_course.run(root, "progress", "--json").stdout)
    assert (data["schema"], data["next"]) == (1, "01_two_numbers")
    (stage,) = data["exercises"]
    assert (stage["state"], stage["passed"], stage["checks"]) == ("begun", 1, 3)
    assert stage["learned"] == ["say hello", "double"]


def test_a_lesson_that_fails_again_is_shown_as_such(root):
    write(root, fake_course.SOLUTION)
    fake_course.run(root, "check", "1")
    write(root, STEP_1)
    fake_course.run(root, "check", "1")
    assert "fails again, 1 of 3 pass" in fake_course.run(root, "list").stdout


def test_next_says_what_to_read_change_and_type(root):
    said = fake_course.run(root, "next").stdout
    assert "Next: Lesson 1 · Two numbers" in said
    assert "docs/lessons/01_two_numbers.md" in said
    assert "make check lesson=1" in said


def test_the_list_can_be_searched(root):
    assert "Two numbers" in fake_course.run(root, "list").stdout
    assert "Two numbers" in fake_course.run(root, "list", "numbers").stdout
    assert fake_course.run(root, "list", "zebra").stdout == ""


def add(root: Path, slug: str, heading: str) -> None:
    """An exercise like the first one, with another slug and heading."""
    for name in ("checks/test_{}.py", "lessons/{}/main.py", "docs/lessons/{}.md"):
        source, target = root / name.format("01_two_numbers"), root / name.format(slug)
        target.parent.mkdir(exist_ok=True)
        target.write_text(source.read_text("utf-8"), "utf-8")
    target.write_text(f"# {heading}\n", "utf-8")


def test_the_kinds_of_exercises_are_listed_under_headings(root):
    add(root, "drill_form", "Drill: A form")
    add(root, "bonus_model_serving", "Bonus: Serving a model")
    add(root, "challenge_black_belt", "Challenge, black belt: Two replicas")
    add(root, "challenge_easy", "Challenge: A reading list")
    said = fake_course.run(root, "list").stdout
    assert [line.rstrip() for line in said.splitlines()] == [
        "  Lessons",
        "> ○  1  Two numbers",
        "",
        "  Challenges",
        "  ○     A reading list         challenge_easy",
        "  ○     Two replicas           challenge_black_belt",
        "",
        "  Bonus",
        "  ○     Serving a model        bonus_model_serving",
        "",
        "  Drills: two minutes each, in any order",
        "  ○     A form                 drill_form",
    ]
    found = fake_course.run(root, "list", "form").stdout
    assert found.splitlines()[0] == "  Drills: two minutes each, in any order"


def test_the_chosen_one_of_a_long_list_is_always_seen(tmp_path):
    """With its heading, when it is the first of its kind."""
    slugs = [f"{n:02}_lesson" for n in range(1, 11)] + [f"drill_{letter}" for letter in "abcde"]
    every = [Exercise(slug, tmp_path) for slug in slugs]
    seen = view.Screen(every[0], every, Progress(), tmp_path, mode="list")
    for seen.chosen in [*range(15), *reversed(range(15))]:
        shown = [row.plain for row in view.rows(seen, 80, 12)]
        (number,) = [n for n, row in enumerate(shown) if row.startswith("> ")]
        chosen = every[seen.chosen]
        assert (chosen.key if chosen.kind == "drill" else f" {chosen.key} ") in shown[number]
        if chosen in (every[0], every[10]):
            assert shown[number - 1].strip() == view.HEADINGS[chosen.kind]


def test_drills_are_counted_apart(root):
    add(root, "drill_form", "Drill: A form")
    done = fake_course.run(
        root, "check", "form", "--submission", str(root / "solutions/01_two_numbers")
    )
    assert done.stdout.startswith("Drill · A form ")
    write(root, fake_course.SOLUTION)
    fake_course.run(root, "check", "1")
    said = fake_course.run(root, "progress").stdout
    assert "1 of 1 passed, and 0 of 1 drills" in said
    assert "Next: Drill · A form" in said
    assert "make check lesson=drill_form" in said


def test_without_a_lesson_a_command_means_where_you_are(root):
    assert "Lesson 1 · Two numbers" in fake_course.run(root, "check").stdout
    assert "✗ GET / says hello" in fake_course.run(root, "hint").stdout


def test_a_submission_from_elsewhere_is_not_progress(root):
    fake_course.run(root, "check", "1", "--submission", str(root / "solutions/01_two_numbers"))
    assert ProgressFile(root).read().records == {}
    assert not (root / ".course").exists()


def test_problems_are_lines_that_editors_understand(root):
    wrong = root / "tests/submissions/01_two_numbers/wrong/triple_0.py"
    write(root, wrong.read_text("utf-8"))
    said = fake_course.run(root, "check", "1", "--problems").stdout
    place = root / "lessons/01_two_numbers/main.py"
    assert f"{place}:15: error: GET /double/{{n}} doubles a number: Twice the number" in said


def test_a_progress_file_that_cannot_be_written_does_not_change_the_verdict(root):
    (root / ".course").write_text("in the way", "utf-8")
    write(root, fake_course.SOLUTION)
    done = fake_course.run(root, "check", "1")
    assert done.returncode == 0
    assert "All checks pass." in done.stdout
    assert "Your progress could not be saved" in done.stderr


def test_a_broken_progress_file_is_said_so(root):
    (root / ".course").mkdir()
    (root / ".course/progress.json").write_text("{", "utf-8")
    done = fake_course.run(root, "list")
    assert done.returncode == 0
    assert "was broken" in done.stderr
    assert "progress.broken-" in done.stderr


def test_what_is_learned_is_read_from_the_page(root):
    assert find("1", root).learned == ["say hello", "double"]
