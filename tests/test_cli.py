"""The command line: what is printed, where, and with which exit status."""

import json
import re
import xml.etree.ElementTree as ElementTree

import fake_course
import jsonschema
import pytest

SCHEMA = json.loads((fake_course.ROOT / "docs/report.schema.json").read_text("utf-8"))
SOLUTION = "solutions/01_two_numbers"
TRIPLE = "tests/submissions/01_two_numbers/wrong/triple_0.py"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fake_course.make(tmp_path_factory.mktemp("course"))


def test_a_starter_shows_the_first_open_task_and_exits_1(root):
    done = fake_course.run(root, "check", "1")
    assert done.returncode == 1
    assert "Lesson 1 · Two numbers" in done.stdout
    assert "0 of 3 pass" in done.stdout
    assert "✗ GET / says hello" in done.stdout
    assert "2 more checks wait for this one." in done.stdout
    assert done.stderr == ""


def test_a_solution_exits_0_and_says_what_to_do_next(root):
    done = fake_course.run(root, "check", "1", "--submission", str(root / SOLUTION))
    assert done.returncode == 0
    assert "3 of 3 pass" in done.stdout
    assert "All checks pass. That was the last exercise." in done.stdout


def test_after_a_lesson_comes_the_next_one(tmp_path):
    root = fake_course.make(tmp_path)
    (root / "checks/test_02_more.py").write_text("def test_x(api):\n    'X.'\n", "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(root / SOLUTION))
    assert "make check lesson=2" in done.stdout


@pytest.mark.parametrize("name", ["1", "01", "01_two_numbers", "two", "Two-Numbers"])
def test_a_lesson_goes_by_number_slug_or_part(root, name):
    assert fake_course.run(root, "check", name).returncode == 1


def test_an_unknown_lesson_exits_2_and_lists_the_near_ones(root):
    done = fake_course.run(root, "check", "twoo_numbers")
    assert done.returncode == 2
    assert "There is no lesson 'twoo_numbers'. Near it: 01_two_numbers." in done.stderr
    assert done.stdout == ""


def test_an_unknown_submission_exits_2(root):
    done = fake_course.run(root, "check", "1", "--submission", "nowhere.py")
    assert done.returncode == 2
    assert "There is no file or folder nowhere.py." in done.stderr


def test_json_is_a_valid_report_and_nothing_else(root):
    done = fake_course.run(root, "check", "1", "--submission", str(root / SOLUTION), "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (report["status"], report["lesson"]) == ("pass", "01_two_numbers")
    assert [check["status"] for check in report["checks"]] == ["pass"] * 3
    assert (done.returncode, done.stderr) == (0, "")


def test_json_of_a_failure(root):
    done = fake_course.run(root, "check", "1", "--submission", str(root / TRIPLE), "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert done.returncode == 1
    failed = next(check for check in report["checks"] if check["status"] == "fail")
    assert failed["exchanges"][-1]["method"] == "GET"
    assert failed["docs"] == "lessons/01_two_numbers/#numbers"


def test_json_of_a_file_that_does_not_load(root, tmp_path):
    (tmp_path / "main.py").write_text("app =\n", "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(tmp_path), "--json")
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    assert (done.returncode, report["status"]) == (1, "error")
    assert report["problem"]["kind"] == "syntax"
    assert {check["status"] for check in report["checks"]} == {"skipped"}


def test_junit_is_written_beside_the_output(root, tmp_path):
    file = tmp_path / "report.xml"
    done = fake_course.run(
        root, "check", "1", "--submission", str(root / TRIPLE), "--junit", str(file)
    )
    suite = ElementTree.parse(file).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert suite.find("testcase/failure").get("type") == "wrong-body"
    assert done.returncode == 1


def test_junit_of_a_file_that_does_not_load_has_an_error(root, tmp_path):
    (tmp_path / "main.py").write_text("print('\\x01')\napp = 1\n", "utf-8")
    file = tmp_path / "report.xml"
    fake_course.run(root, "check", "1", "--submission", str(tmp_path), "--junit", str(file))
    suite = ElementTree.parse(file).getroot()
    assert suite.find("testcase/error").get("type") == "no-app"


def test_junit_that_cannot_be_written_exits_2(root, tmp_path):
    done = fake_course.run(root, "check", "1", "--junit", str(tmp_path / "no" / "where.xml"))
    assert done.returncode == 2
    assert "Cannot write" in done.stderr


def test_the_same_seed_gives_the_same_requests(root):
    arguments = ("check", "1", "--submission", str(root / TRIPLE), "--json", "--seed", "7")
    urls = [
        [
            exchange["url"]
            for check in json.loads(done.stdout)["checks"]
            for exchange in check["exchanges"]
        ]
        for done in (fake_course.run(root, *arguments), fake_course.run(root, *arguments))
    ]
    assert urls[0] == urls[1] != []


def test_no_colour_when_it_is_not_wanted_or_not_shown(root):
    assert "\x1b[" not in fake_course.run(root, "check", "1").stdout
    forced = fake_course.run(root, "check", "1", FORCE_COLOR="1")
    assert "\x1b[" in forced.stdout
    never = fake_course.run(root, "check", "1", FORCE_COLOR="1", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", never.stdout)


@pytest.mark.parametrize("columns", [30, 60, 200])
def test_narrow_and_wide_terminals(root, columns):
    done = fake_course.run(root, "check", "1", COLUMNS=str(columns))
    lines = [line for line in done.stdout.splitlines() if "Try again" not in line]
    assert "Why         No route" in done.stdout
    assert all(len(line) <= max(60, min(100, columns)) for line in lines if "  Why" in line)


def test_a_terminal_without_unicode_gets_words(root):
    done = fake_course.run(root, "check", "1", PYTHONIOENCODING="ascii:replace")
    assert "FAIL GET / says hello" in done.stdout


def test_the_command_to_try_again_is_in_one_line(root):
    done = fake_course.run(
        root, "check", "1", "--submission", str(root / TRIPLE), "--seed", "7", COLUMNS="44"
    )
    assert re.search(r"curl -i http://127\.0\.0\.1:8000/double/\d+$", done.stdout, re.MULTILINE)


def test_the_output_of_the_learners_code_is_shown_apart(root, tmp_path):
    source = fake_course.SOLUTION.replace("    return 2", "    print('n is', n)\n    return 2")
    (tmp_path / "main.py").write_text(source, "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(tmp_path), "--seed", "7")
    assert "Your code printed:\n    n is " in done.stdout
    assert done.returncode == 0


def test_printed_control_characters_do_not_reach_the_terminal(root, tmp_path):
    (tmp_path / "main.py").write_text("print('\\x1b[2Jgone')\n" + fake_course.SOLUTION, "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(tmp_path))
    assert "\x1b" not in done.stdout
    assert "[2Jgone" in done.stdout


def test_much_output_is_cut_with_a_note(root, tmp_path):
    source = "for n in range(90):\n    print('line', n)\n" + fake_course.SOLUTION
    (tmp_path / "main.py").write_text(source, "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(tmp_path))
    assert re.search(r"… and \d+ more lines", done.stdout)


def test_advice_is_given_after_a_pass(root, tmp_path):
    source = fake_course.SOLUTION.replace("app = FastAPI()", "api = FastAPI()").replace(
        "@app", "@api"
    )
    (tmp_path / "main.py").write_text(source + "\n\ndef create_app():\n    return api\n", "utf-8")
    done = fake_course.run(root, "check", "1", "--submission", str(tmp_path))
    assert done.returncode == 0
    assert f"\n  Note  {tmp_path}/main.py:16\n      The checks called create_app()." in done.stdout
    assert "\n      Read        docs/lessons/01_routing.md#the-app-object\n" in done.stdout


def test_list_names_the_lessons(root):
    done = fake_course.run(root, "list")
    assert "> ▸  1  Two numbers   " in done.stdout


def test_help_names_the_commands(root):
    done = fake_course.run(root, "--help")
    assert done.returncode == 0
    for command in "check watch hint solution reset progress next list verify".split():
        assert command in done.stdout


def test_nothing_is_left_behind(root, tmp_path):
    fake_course.run(root, "check", "1", TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_learners_files_are_not_touched(tmp_path):
    root = fake_course.make(tmp_path)
    folder = root / "lessons/01_two_numbers"
    source = "from pathlib import Path\nPath(__file__).unlink()\n" + fake_course.SOLUTION
    (folder / "main.py").write_text(source, "utf-8")
    assert fake_course.run(root, "check", "1").returncode == 0
    assert (folder / "main.py").read_text("utf-8") == source
    assert [path.name for path in folder.iterdir()] == ["main.py"]
