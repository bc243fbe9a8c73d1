"""What GitHub does with the repository: the continuous integration, and kind words for a learner who
sends solved lessons by mistake.

The script of the second workflow stands in its YAML. It runs here as GitHub runs it, in a process of
its own, against a `gh` that knows one pull request.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAIN = "lessons/01_routing/main.py"
OTHER = "course/starters/01_routing/main.py"
unix = pytest.mark.skipif(os.name == "nt", reason="the workflow runs on Linux")

GH = f"""#!{sys.executable}
import json, os, re, sys
from pathlib import Path

file = Path(__file__).with_name("github.json")
github = json.loads(file.read_text("utf-8"))
assert os.environ["GH_TOKEN"] and sys.argv[1] == "api"
arguments = sys.argv[2:]
github["calls"].append(arguments)
file.write_text(json.dumps(github), "utf-8")

def answer(value):
    file.write_text(json.dumps(github), "utf-8")
    print(json.dumps(value))
    sys.exit()

fields = [arguments[n + 1].split("=", 1) for n, text in enumerate(arguments) if text == "-f"]
if arguments[0] == "repos/shop/course/issues/7/comments" and fields:
    if github["locked"]:
        sys.exit("HTTP 403: the conversation is locked")
    github["comments"].append(dict(fields))
    answer(dict(fields))
if arguments[0] == "repos/shop/course/pulls/7" and arguments[1:3] == ["--method", "PATCH"]:
    github.update(fields)
    answer(dict(fields))
assert "--slurp" in arguments
what, size = re.fullmatch(
    r"repos/shop/course/(?:pulls|issues)/7/(files|comments)\\?per_page=(\\d+)", arguments[-1]
).groups()
items = github[what]
pages = [items[n : n + int(size)] for n in range(0, len(items), int(size))] or [[]]
answer(pages if "--paginate" in arguments else pages[:1])
"""


def workflow(name: str) -> dict:
    """A workflow. YAML 1.1 reads its key `on` as true."""
    return yaml.safe_load((ROOT / ".github/workflows" / name).read_text("utf-8"))


def github(folder: Path, *names: str | tuple[str, str], locked: bool = False) -> dict:
    """A `gh` in the folder, and the open pull request that it knows. A pair is a renamed file."""
    renamed = [{"filename": n[1], "previous_filename": n[0]} for n in names if isinstance(n, tuple)]
    files = [{"filename": name} for name in names if isinstance(name, str)] + renamed
    state = {"files": files, "comments": [], "calls": [], "state": "open", "locked": locked}
    (folder / "github.json").write_text(json.dumps(state), "utf-8")
    (folder / "gh").write_text(GH, "utf-8")
    (folder / "gh").chmod(0o755)
    return state


def event(folder: Path, author: str = "NONE", changed: int | None = None, status: int = 0) -> dict:
    """Run the script of the workflow on the pull request. What GitHub knows afterwards."""
    state = folder / "github.json"
    count = len(json.loads(state.read_text("utf-8"))["files"])
    values = {
        "GH_TOKEN": "a token",
        "REPOSITORY": "shop/course",
        "NUMBER": "7",
        "ASSOCIATION": author,
        "CHANGED_FILES": str(count if changed is None else changed),
        "GUIDE": "https://github.com/shop/course/blob/HEAD/CONTRIBUTING.md",
    }
    step = workflow("lessons-only.yml")["jobs"]["close"]["steps"][0]
    (folder / "step.py").write_text(step["run"], "utf-8")
    done = subprocess.run(
        [sys.executable, "step.py"],
        cwd=folder,
        env={"PATH": str(folder), **{name: values[name] for name in step["env"]}},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return json.loads(state.read_text("utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_workflow_is_one(path):
    schema = ["--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@unix
@pytest.mark.parametrize(
    "names",
    [
        [MAIN],
        [MAIN, "lessons/02_models/main.py", "lessons/03_parameters/main.py"],
        ["lessons/09_versioning/routers/v1.py"],
        [("lessons/01_routing/main.py", "lessons/01_routing/app.py")],
        ["lessons/03_parameters/ménage à trois.py"],
        ["lessons/README.md"],
    ],
    ids=str,
)
def test_only_lessons_are_closed_with_a_word(tmp_path, names):
    github(tmp_path, *names)
    after = event(tmp_path)
    assert after["state"] == "closed"
    assert len(after["comments"]) == 1


@unix
@pytest.mark.parametrize(
    "names",
    [
        [],
        [OTHER],
        [MAIN, OTHER],
        [OTHER, MAIN],
        [MAIN, "docs/lessons/01_routing.md"],
        ["docs/lessons/01_routing.md"],
        ["solutions/01_routing/main.py"],
        ["tests/submissions/01_routing/right/lessons/main.py"],
        ["lessons.md"],
        ["lessons"],
        ["Lessons/01_routing/main.py"],
        ["lessons_old/main.py"],
        ["./lessons/main.py"],
        [("checks/given.py", "lessons/01_routing/given.py")],
        [("lessons/01_routing/given.py", "checks/given.py")],
        [MAIN, ("lessons/01_routing/given.py", "course/given.py")],
        ["course\nlessons/main.py"],
    ],
    ids=str,
)
def test_everything_else_is_left_open_without_a_word(tmp_path, names):
    before = github(tmp_path, *names)
    assert {**event(tmp_path), "calls": []} == before


@unix
@pytest.mark.parametrize(
    ("author", "state"),
    [
        ("OWNER", "open"),
        ("MEMBER", "open"),
        ("COLLABORATOR", "open"),
        ("CONTRIBUTOR", "closed"),
        ("FIRST_TIME_CONTRIBUTOR", "closed"),
        ("FIRST_TIMER", "closed"),
        ("MANNEQUIN", "closed"),
        ("NONE", "closed"),
    ],
)
def test_maintainers_may(tmp_path, author, state):
    github(tmp_path, MAIN)
    assert event(tmp_path, author)["state"] == state


@unix
@pytest.mark.parametrize(("last", "state"), [(MAIN, "closed"), (OTHER, "open")])
def test_all_pages_are_read(tmp_path, last, state):
    github(tmp_path, *[f"lessons/{n}.py" for n in range(240)], last)
    assert event(tmp_path)["state"] == state


@unix
def test_what_github_does_not_list_might_be_something_else(tmp_path):
    github(tmp_path, *[f"lessons/{n}.py" for n in range(30)])
    assert event(tmp_path, changed=31)["state"] == "open"


@unix
def test_it_is_said_once_and_a_maintainer_can_open_it_again(tmp_path):
    github(tmp_path, MAIN)
    told = event(tmp_path)
    reopened = {**told, "state": "open"}
    answers = [{"body": None}, *[{"body": f"an answer {n}"} for n in range(120)]]
    reopened["comments"] = answers + told["comments"]
    (tmp_path / "github.json").write_text(json.dumps(reopened), "utf-8")
    for _ in range(2):
        assert {**event(tmp_path), "calls": told["calls"]} == reopened


@unix
def test_a_push_can_leave_only_lessons(tmp_path):
    github(tmp_path, MAIN, OTHER)
    assert event(tmp_path)["state"] == "open"
    github(tmp_path, MAIN)
    assert event(tmp_path)["state"] == "closed"


@unix
def test_nothing_is_closed_without_a_word(tmp_path):
    github(tmp_path, MAIN, locked=True)
    after = event(tmp_path, status=1)
    assert (after["state"], after["comments"]) == ("open", [])


@unix
def test_the_words_are_kind_and_say_where_to_go(tmp_path):
    github(tmp_path, MAIN)
    text = event(tmp_path)["comments"][0]["body"]
    assert text.startswith("Thank you")
    for word in ("not lost", "your fork", "your instructor's repository", "course/starters/"):
        assert word in text
    assert "[CONTRIBUTING.md](https://github.com/shop/course/blob/HEAD/CONTRIBUTING.md)" in text
    assert "!" not in re.sub("<!--.*?-->", "", text)


def test_nothing_of_the_pull_request_runs():
    """The token may write. So no action, no checkout, and no text of the event in the script."""
    flow = workflow("lessons-only.yml")
    job = flow["jobs"]["close"]
    assert flow[True] == {"pull_request_target": {"types": ["opened", "reopened", "synchronize"]}}
    assert flow["permissions"] == {}
    assert job["permissions"] == {"pull-requests": "write"}
    assert [sorted(step) for step in job["steps"]] == [["env", "run", "shell"]]
    assert job["steps"][0]["shell"] == "python"
    assert "${{" not in job["steps"][0]["run"]


def test_each_value_comes_from_the_event():
    env = workflow("lessons-only.yml")["jobs"]["close"]["steps"][0]["env"]
    assert env["NUMBER"] == "${{ github.event.number }}"
    assert env["ASSOCIATION"] == "${{ github.event.pull_request.author_association }}"
    assert env["CHANGED_FILES"] == "${{ github.event.pull_request.changed_files }}"


@pytest.mark.parametrize("name", ["ci.yml", "lessons-only.yml"])
def test_what_is_for_the_course_itself_runs_in_no_fork(name):
    """There, learners and instructors do as they like."""
    for job in workflow(name)["jobs"].values():
        assert job["if"] == "github.event.repository.fork == false"


def test_the_site_is_published_from_forks_too():
    jobs = workflow("pages.yml")["jobs"]
    assert not any("if" in job for job in jobs.values())
    commands = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    assert commands == ["make site"]


def test_only_the_job_that_publishes_may_write():
    flow = workflow("pages.yml")
    assert flow["permissions"] == {"contents": "read"}
    assert set(flow["jobs"]["build"]["permissions"].values()) == {"read"}
    assert flow["jobs"]["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert not any("run" in step for step in flow["jobs"]["publish"]["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path):
    for job in workflow(path.name)["jobs"].values():
        for step in job["steps"]:
            assert re.search(r"@(v\d+|[0-9a-f]{40})$", step.get("uses", "@v1"))


def test_ci_runs_what_everybody_runs():
    flow = workflow("ci.yml")
    job = flow["jobs"]["test"]
    assert flow[True] == ["push", "pull_request"]
    assert flow["permissions"] == {"contents": "read"}
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.x"]
    assert os.name == "nt" or os.access(ROOT / ".ci/run", os.X_OK)


def test_whoever_opens_a_pull_request_reads_the_same_first():
    note = (ROOT / ".github/pull_request_template.md").read_text("utf-8")
    for word in ("your own fork", "your instructor's repository", "course/starters/", "make test"):
        assert word in note
    assert len(note.splitlines()) < 16
