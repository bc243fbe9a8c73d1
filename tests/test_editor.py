"""What VS Code, alone or in a Codespace, knows of the course: its tasks, and how it reads failures.

No VS Code runs here. Its regular expressions use nothing that Python reads in another way.
"""

import json
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import fake_course
import pytest
import typer

from course import catalogue, cli
from course.catalogue import ROOT

FILES = [
    ".devcontainer/devcontainer.json",
    ".vscode/extensions.json",
    ".vscode/settings.json",
    ".vscode/tasks.json",
]


def read(name: str) -> dict:
    return json.loads((ROOT / name).read_text("utf-8"))


TASKS = {task["label"]: task for task in read(".vscode/tasks.json")["tasks"]}
CHECK, WATCH = TASKS["Check this lesson"], TASKS["Watch this lesson"]
MATCHER = CHECK["problemMatcher"]
BACKGROUND = WATCH["problemMatcher"]["background"]


def problem(line: str) -> dict[str, str | None] | None:
    """What VS Code takes from a line."""
    found = re.search(MATCHER["pattern"]["regexp"], line)
    groups = ("file", "location", "code", "message")
    return {name: found[MATCHER["pattern"][name]] for name in groups} if found else None


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_plain_json(name):
    assert isinstance(read(name), dict)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "lessons/01_routing/main.py:18: error: GET /products/featured lists the featured "
            "products: The route /products/{product_id} (line 18) is declared before it.",
            {
                "file": "lessons/01_routing/main.py",
                "location": "18",
                "code": "GET /products/featured lists the featured products",
                "message": "The route /products/{product_id} (line 18) is declared before it.",
            },
        ),
        (
            "lessons\\02_models\\main.py:1: error: POST /users answers 201: No route: add one.",
            {
                "file": "lessons\\02_models\\main.py",
                "location": "1",
                "code": "POST /users answers 201",
                "message": "No route: add one.",
            },
        ),
        (
            "lessons/03_parameters/my shop.py:120: error: main.py cannot be loaded",
            {
                "file": "lessons/03_parameters/my shop.py",
                "location": "120",
                "code": None,
                "message": "main.py cannot be loaded",
            },
        ),
        (
            "/tmp/me/main.py:7: error: GET / says hello: Line main.py:9: error: is not this one.",
            {
                "file": "/tmp/me/main.py",
                "location": "7",
                "code": "GET / says hello",
                "message": "Line main.py:9: error: is not this one.",
            },
        ),
    ],
    ids=["usual", "windows", "without a reason", "colons"],
)
def test_a_problem_is_taken_apart(line, expected):
    assert problem(line) == expected


def test_a_place_is_a_whole_line():
    """With `line`, VS Code takes a `column` too, from group 3 when none is named."""
    assert sorted(MATCHER["pattern"]) == ["code", "file", "location", "message", "regexp"]


def test_two_failures_without_a_place_stay_two():
    """VS Code keeps one of all problems that share file, line and code, whatever their messages."""
    keys = set()
    for title in ("GET / names the shop", "GET /health says ok"):
        found = problem(f"lessons/01_routing/main.py:1: error: {title}: No route answers.")
        keys.add((found["file"], found["location"], found["code"]))
    assert len(keys) == 2


@pytest.mark.parametrize(
    "line",
    [
        '      Your code   lessons/01_routing/main.py:18  @app.get("/products/{product_id}")',
        "      Why         The route /products/{product_id} (line 18) is declared before",
        "      Try again   curl -i http://127.0.0.1:8000/products/featured",
        "    lessons/01_routing/main.py:18: error: printed by your code",
        "lessons/01_routing/main.py:18: warning: something",
        "lessons/01_routing/main.py: error: without a line",
        "Error: lessons/01_routing/main.py:18",
        "Checking lessons/01_routing …",
        "Checked: 4 of 15 pass.",
        "",
    ],
)
def test_other_lines_are_no_problem(line):
    assert problem(line) is None


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/golden").glob("*.txt")), ids=lambda p: p.stem
)
def test_nothing_in_the_usual_output_is_taken_for_a_sign(path):
    for line in path.read_text("utf-8").splitlines():
        assert problem(line) is None
        assert not re.search(BACKGROUND["beginsPattern"], line)
        assert not re.search(BACKGROUND["endsPattern"], line)


def test_the_real_command_prints_what_the_matcher_reads(tmp_path):
    root = fake_course.make(tmp_path)
    done = fake_course.run(root, "check", "1", "--problems")
    found = [problem(line) for line in done.stdout.splitlines() if problem(line)]
    assert [entry["code"] for entry in found] == ["GET / says hello"], done.stdout + done.stderr
    assert Path(found[0]["file"]) == root / "lessons/01_two_numbers/main.py"
    assert int(found[0]["location"]) >= 1
    assert "No route" in found[0]["message"]


def test_check_and_watch_read_problems_alike():
    alike = {key: value for key, value in WATCH["problemMatcher"].items() if key != "background"}
    assert alike == MATCHER
    assert MATCHER["fileLocation"] == ["relative", "${workspaceFolder}"]
    assert MATCHER["severity"] == "error"


def test_watching_begins_and_ends_with_each_save():
    begins, ends = BACKGROUND["beginsPattern"], BACKGROUND["endsPattern"]
    run = [
        "Checking lessons/01_routing …",
        "Lesson 1 · App setup and routing      4 of 15 pass",
        "lessons/01_routing/main.py:18: error: GET / names the shop: No route answers.",
        "Checked: 4 of 15 pass.",
    ]
    assert [bool(re.search(begins, line)) for line in run] == [True, False, False, False]
    assert [bool(re.search(ends, line)) for line in run] == [False, False, False, True]
    assert re.search(begins, "Checking lessons\\01_routing …")
    for last in ("Checked: 15 of 15 pass.", "Checked: nothing."):
        assert re.search(ends, last)
    assert WATCH["isBackground"] is True


def test_the_tasks_of_a_learner():
    names = ["Check this lesson", "Watch this lesson", "Next hint", "Show the solution"]
    assert list(TASKS) == [*names, "Reset this lesson"]
    default = [task["label"] for task in TASKS.values() if task.get("group", {}).get("isDefault")]
    assert default == ["Check this lesson"]


@pytest.mark.parametrize("label", TASKS)
def test_each_task_calls_a_command_that_there_is(label):
    module, course, name, lesson, *options = TASKS[label]["args"]
    assert (module, course, lesson) == ("-m", "course", "${fileDirnameBasename}")
    commands = typer.main.get_command(cli.app).commands
    assert name in commands
    known = {option for parameter in commands[name].params for option in parameter.opts}
    assert set(options) <= known


@pytest.mark.parametrize("label", TASKS)
def test_each_task_uses_the_environment_of_the_course(label):
    task = TASKS[label]
    unix, windows = PurePosixPath(task["command"]), PureWindowsPath(task["windows"]["command"])
    assert unix.parts == ("${workspaceFolder}", ".venv", "bin", "python")
    assert windows.parts == ("${workspaceFolder}", ".venv", "Scripts", "python.exe")
    assert task["type"] == "process"  # no shell, so nothing to quote


@pytest.mark.parametrize("label", TASKS)
def test_no_task_asks_how_to_read_its_output(label):
    assert "problemMatcher" in TASKS[label]


@pytest.mark.parametrize("exercise", catalogue.exercises(), ids=lambda e: e.slug)
def test_the_folder_of_an_open_file_names_its_lesson(exercise):
    assert catalogue.find((exercise.folder / "main.py").parent.name, ROOT) == exercise


def test_a_codespace_is_ready_for_the_first_lesson():
    container = read(".devcontainer/devcontainer.json")
    image, _, version = container["image"].partition(":")
    assert image == "mcr.microsoft.com/devcontainers/python"
    assert tuple(map(int, version.split("."))) >= (3, 12)
    assert container["postCreateCommand"] == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends nginx-light "
        "postgresql && make setup"  # which lesson 10 and the last challenge need
    )
    assert container["waitFor"] == "postCreateCommand"  # a check meanwhile would set up twice
    assert "\nsetup:" in (ROOT / "Makefile").read_text("utf-8")
    assert container["forwardPorts"] == [8000]
    for name in container["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / name).is_file(), name


def test_python_is_that_of_the_course():
    code = read(".devcontainer/devcontainer.json")["customizations"]["vscode"]
    python = code["settings"]["python.defaultInterpreterPath"]
    assert python == "${containerWorkspaceFolder}/.venv/bin/python"
    assert code["extensions"] == read(".vscode/extensions.json")["recommendations"]
    # A folder, because the interpreter has another place in it on Windows.
    here = read(".vscode/settings.json")["python.defaultInterpreterPath"]
    assert here == "${workspaceFolder}/.venv"
