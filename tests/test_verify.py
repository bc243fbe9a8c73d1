"""`verify` passes over a sound course, and fails when anything in it is damaged."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import fake_course
import pytest

from course import author
from course.catalogue import ROOT, Exercise, find
from course.harness.report import KINDS, Check, Report
from course.mutate import mutants
from course.submissions import Submission, disagreement

CHECKS = "checks/test_01_two_numbers.py"
SOLUTION = "solutions/01_two_numbers/main.py"
STARTER = "course/starters/01_two_numbers/main.py"
PAGE = "docs/lessons/01_two_numbers.md"
RIGHT = "tests/submissions/01_two_numbers/right"
WRONG = "tests/submissions/01_two_numbers/wrong"


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_sound_course_passes(tmp_path):
    done = fake_course.run(fake_course.make(tmp_path), "verify", "1", "--mutants")
    assert done.returncode == 0, done.stderr
    assert "20 submissions of 1 exercises: all as they must be." in done.stderr
    assert done.stdout == ""


DAMAGES = {
    "a message is damaged": (
        CHECKS,
        "Twice the number",
        "Thrice the number",
        "must say 'Twice the number', and says 'Thrice the number is asked for.'",
    ),
    "a check passes whatever happens": (
        CHECKS,
        "assert response.json() == 2 * n",
        "assert response.json() != object()",
        f"{WRONG}/triple_0.py: must fail, and passes",
    ),
    "a check asks for too much": (
        CHECKS,
        'assert response.json() == {"hello": "world"}',
        'assert response.json() == {"hello": "you"}',
        "solutions/01_two_numbers: must pass, but fails at test_hello with wrong-body",
    ),
    "a solution is damaged": (
        SOLUTION,
        "2 * n",
        "4 * n",
        "solutions/01_two_numbers: must pass, but fails at test_double",
    ),
    "a right submission is wrong": (
        f"{RIGHT}/variant_0.py",
        "2 * n",
        "4 * n",
        f"{RIGHT}/variant_0.py: must pass, but fails at test_double",
    ),
    "a right submission does not say how it differs": (
        f"{RIGHT}/variant_0.py",
        "# The same with another name, 0.\n",
        "",
        "its first line must be a comment",
    ),
    "a wrong submission is right": (
        f"{WRONG}/triple_0.py",
        "3 * n",
        "2 * n",
        f"{WRONG}/triple_0.py: must fail, and passes",
    ),
    "a wrong submission fails elsewhere": (
        f"{WRONG}/triple_0.py",
        "# fails: test_double",
        "# fails: test_text",
        "must fail at test_text with wrong-body, but fails at test_double",
    ),
    "a wrong submission names another kind": (
        f"{WRONG}/triple_0.py",
        "# kind: wrong-body",
        "# kind: wrong-status",
        "must fail at test_double with wrong-status",
    ),
    "a wrong submission says nothing": (
        f"{WRONG}/triple_0.py",
        "# says: Twice the number\n",
        "",
        "its first lines do not say `# says: …`",
    ),
    "a starter does not load": (
        STARTER,
        "FastAPI()",
        "FastAPI(",
        "must load and fail, but its status is error",
    ),
    "a starter passes": (
        STARTER,
        fake_course.STARTER,
        fake_course.SOLUTION,
        "must load and fail, but its status is pass",
    ),
    "a starter is not what reset brings back": (
        "lessons/01_two_numbers/main.py",
        "# TODO 1",
        "# TODO: 1",
        "lessons/01_two_numbers is not what reset brings back, course/starters/01_two_numbers",
    ),
    "a page does not say what is learned": (
        PAGE,
        "- say hello\n- double\n",
        "",
        'docs/lessons/01_two_numbers.md has no list under "## What you will learn"',
    ),
    "a check has no title": (CHECKS, '    """GET / says hello."""\n', "", "has no docstring"),
    "a check has no hint": (CHECKS, '@hints("Multiply.")\n', "", "test_double has 0 hints"),
    "a check has too many hints": (
        CHECKS,
        '@hints("Multiply.")',
        '@hints("1", "2", "3", "4", "5")',
        "test_double has 5 hints",
    ),
    "a check needs one that does not exist": (
        CHECKS,
        '@needs("test_hello")',
        '@needs("test_hallo")',
        "needs test_hallo, which is no check before it",
    ),
    "a check points to a heading that does not exist": (
        PAGE,
        "## Numbers",
        "## Figures",
        "points to #numbers, which 01_two_numbers.md does not have",
    ),
    "an assert tells nothing": (
        CHECKS,
        'assert response.json() == 2 * n, "Twice the number is asked for."',
        "assert int(response.json()) == 2 * n",
        "an assert on a derived value needs a message",
    ),
    "a message is too long": (
        CHECKS,
        '"Twice the number is asked for."',
        '"Twice the number is asked for. " * 15',
        f"{WRONG}/triple_0.py: its message has 15 lines of 80 columns, and may have 12",
    ),
    "a message speaks of the machinery": (
        CHECKS,
        '"Twice the number is asked for."',
        '"Twice the number is asked for by course/harness."',
        f"{WRONG}/triple_0.py: its message speaks of 'course/'",
    ),
    "an assert is no comparison": (
        CHECKS,
        'assert response.json() == 2 * n, "Twice the number is asked for."',
        "assert response.json()",
        "an assert must be one comparison",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found(name, tmp_path):
    file, old, new, fault = DAMAGES[name]
    root = fake_course.make(tmp_path)
    change(root, file, old, new)
    done = fake_course.run(root, "verify", "1")
    assert done.returncode == 1
    assert fault in done.stderr


def test_a_report_that_breaks_the_schema_is_found(tmp_path):
    submission = Submission(Exercise("01_x", tmp_path), "wrong", tmp_path / "a.py")
    sound, broken = (Report("01_x", "X", status) for status in ("pass", "perhaps"))
    assert author.every_report_fits_its_schema([(submission, sound)]) == []
    (fault,) = author.every_report_fits_its_schema([(submission, broken)])
    assert "does not fit report.schema.json: $.status: 'perhaps' is not one of" in fault


def test_what_an_app_prints_is_not_our_message(tmp_path):
    root = fake_course.make(tmp_path)
    change(
        root,
        f"{WRONG}/triple_0.py",
        "return 3 * n",
        "print('/tmp and site-packages')\n    return 3 * n",
    )
    assert fake_course.run(root, "verify", "1").returncode == 0


def test_a_stray_file_is_found(tmp_path):
    root = fake_course.make(tmp_path)
    (root / WRONG / "notes.txt").write_text("later", "utf-8")
    assert author.there_are_no_strays(find("1", root)) == [
        f"{WRONG}/notes.txt is neither a submission nor needed by one"
    ]


def test_a_missing_main_or_page_is_found(tmp_path):
    root = fake_course.make(tmp_path)
    (root / SOLUTION).unlink()
    (root / PAGE).unlink()
    assert author.there_are_no_strays(find("1", root)) == [f"{SOLUTION} is missing"]
    assert f"{PAGE} is missing" in author.every_check_is_complete(find("1", root))


def test_too_few_submissions_are_found(tmp_path):
    root = fake_course.make(tmp_path)
    (root / RIGHT / "variant_0.py").unlink()
    assert author.there_are_enough_submissions(find("1", root)) == [
        "01_two_numbers has 5 right submissions, and needs 6"
    ]


def test_a_check_that_nothing_triggers_is_found(tmp_path):
    root = fake_course.make(tmp_path)
    for number in range(3):
        (root / WRONG / f"untyped_{number}.py").unlink()
    assert author.every_check_is_triggered(find("1", root)) == [
        f"{CHECKS}: no wrong submission fails first at test_text"
    ]


def test_a_kind_that_nothing_triggers_is_found(tmp_path):
    faults = author.every_kind_is_triggered([find("1", fake_course.make(tmp_path))])
    assert "No wrong submission triggers the kind hung" in faults
    assert len(faults) == len(KINDS) - len(author.NOT_TRIGGERED) - 3


def test_a_kind_that_does_not_exist_is_found(tmp_path):
    root = fake_course.make(tmp_path)
    change(root, f"{WRONG}/triple_0.py", "wrong-body", "wrong-boddy")
    assert (
        "A wrong submission names the kind wrong-boddy, which does not exist"
        in author.every_kind_is_triggered([find("1", root)])
    )


def test_the_whole_course_must_trigger_every_kind(tmp_path):
    done = fake_course.run(fake_course.make(tmp_path), "verify")
    assert done.returncode == 1
    assert "No wrong submission triggers the kind response-model" in done.stderr


def test_a_surviving_mutant_is_found(tmp_path):
    root = fake_course.make(tmp_path)
    change(root, CHECKS, "n = rng.randint(2, 999)", "n = 2")
    change(root, SOLUTION, "2 * n", "2 * n if n < 3 else 2 * n")
    done = fake_course.run(root, "verify", "1", "--mutants")
    assert done.returncode == 1
    assert "no check notices line 13: read_double: 3 becomes 4" in done.stderr


def test_an_equivalent_mutant_is_listed_with_its_reason(tmp_path):
    root = fake_course.make(tmp_path)
    change(root, SOLUTION, "FastAPI()", "FastAPI(debug=False)")
    listed = root / "tests/mutants/01_two_numbers.txt"
    listed.parent.mkdir()
    lines = ["app: False becomes True", "app: debug= is dropped"]
    listed.write_text("".join(f"{line}  # no client sees it\n" for line in lines), "utf-8")
    assert fake_course.run(root, "verify", "1", "--mutants").returncode == 0
    listed.write_text(listed.read_text("utf-8") + "app: gone  # was here once\n", "utf-8")
    done = fake_course.run(root, "verify", "1", "--mutants")
    assert "it is noticed or not there: app: gone" in done.stderr
    listed.write_text(f"{lines[0]}\n{lines[1]}  # no client sees it\n", "utf-8")
    done = fake_course.run(root, "verify", "1", "--mutants")
    assert "no check notices line 3: app: False becomes True" in done.stderr


def test_over_the_whole_course_the_listed_ones_are_not_run_again(tmp_path):
    root = fake_course.make(tmp_path)
    change(root, CHECKS, "n = rng.randint(2, 999)", "n = 2")
    change(root, SOLUTION, "2 * n", "2 * n if n < 3 else 2 * n")
    listed = root / "tests/mutants/01_two_numbers.txt"
    listed.parent.mkdir()
    lines = [
        "read_double: 3 becomes 4  # no",
        "app: gone  # was here once",
        "read_root: None is returned",
    ]
    listed.write_text("\n".join(lines), "utf-8")
    said = fake_course.run(root, "verify", "--mutants").stderr
    assert "read_double: 3 becomes 4" not in said
    assert "no check notices line 13: read_double: 3 becomes 2" in said
    assert "listed as equivalent, but it is noticed or not there: app: gone" in said
    assert "listed as equivalent, without a reason: read_root: None is returned" in said


def test_a_sample_of_the_mutants_is_run(tmp_path):
    root = fake_course.make(tmp_path)
    every = re.compile(r"(\d+) of (\d+) mutants were run")
    ran, of = every.search(fake_course.run(root, "verify", "1", "--mutants").stderr).groups()
    assert ran == of
    third = every.search(fake_course.run(root, "verify", "1", "--mutants", "--sample", "3").stderr)
    assert abs(int(third[1]) - int(of) / 3) < 1


def test_mutants_change_one_thing_each():
    source = "def f(a: int, b=1) -> int:\n    if a > b and not b:\n        return g(a, k=True)\n"
    found = {mutant.name.removeprefix("f: "): mutant.source for mutant in mutants(source)}
    assert set(found) == {
        "the annotation of a is dropped",
        "1 becomes 2",
        "1 becomes 0",
        "the condition is always true",
        "the condition is never true",
        "And becomes Or",
        "Gt becomes GtE",
        "not is dropped",
        "None is returned",
        "k= is dropped",
        "True becomes False",
    }
    assert "g(a)" in found["k= is dropped"]
    assert "a >= b" in found["Gt becomes GtE"]


def test_a_folder_without_main_says_what_it_expects_in_a_file_of_its_own(tmp_path):
    folder = tmp_path / "tests/submissions/01_x/wrong/nothing"
    folder.mkdir(parents=True)
    (folder / "expect.txt").write_text("# fails: load\n# kind: file-missing\n# says: no main\n")
    submission = Submission(Exercise("01_x", tmp_path), "wrong", folder)
    assert submission.says("kind") == "file-missing"
    problem = Check("load", "It loads", "error", kind="file-missing", message="There is no main.py")
    report = Report("01_x", "X", "error", problem)
    assert disagreement(submission, report) is None
    other = replace(problem, kind="syntax")
    assert "must fail at load with file-missing" in disagreement(
        submission, Report("01_x", "X", "error", other)
    )


# The page that says how to write an exercise.

MORE = {
    "wrong/not_there.py": (
        "# fails: test_coffee\n# kind: route-missing\n# says: no route\n"
        "from fastapi import FastAPI\n\napp = FastAPI()\n"
    ),
    "wrong/all_is_well.py": (
        "# fails: test_coffee\n# kind: error-with-200\n# says: all is well\n"
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@app.get('/coffee')\ndef brew():\n    return {'detail': 'I am a teapot'}\n"
    ),
    "right/a_response.py": (
        "# A response of its own.\nfrom fastapi import FastAPI\n"
        "from fastapi.responses import JSONResponse\n\napp = FastAPI()\n\n\n@app.get('/coffee')\n"
        "def brew():\n    return JSONResponse({'detail': 'I am a teapot'}, 418)\n"
    ),
    "right/async.py": (
        "# async def.\nfrom fastapi import FastAPI, HTTPException\n\napp = FastAPI()\n\n\n"
        "@app.get('/coffee')\nasync def brew():\n    raise HTTPException(418, 'I am a teapot')\n"
    ),
}


def test_the_exercise_of_the_page_on_writing_one_is_proven(tmp_path):
    text = (ROOT / "docs/writing.md").read_text("utf-8")
    for name, source in re.findall(r'^```py\w* title="([^"]+)"\n(.*?)^```$', text, re.M | re.S):
        write(tmp_path / name, source)
    (page,) = re.findall(r"^```markdown\n(.*?)^```$", text, re.M | re.S)
    write(tmp_path / "docs/lessons/drill_teapot.md", page)
    starter = tmp_path / "lessons/drill_teapot"
    shutil.copytree(starter, tmp_path / "course/starters/drill_teapot")
    for name, source in MORE.items():
        write(tmp_path / "tests/submissions/drill_teapot" / name, source)
    done = fake_course.run(tmp_path, "verify", "drill_teapot", "--mutants")
    assert done.returncode == 0, done.stderr


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
