"""`watch` on a real pseudo-terminal: what is seen after each save and each key."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_course
import pytest
from conftest import processes_in
from screen import Screen

Start = Callable[..., Screen]
WRONG = fake_course.SOLUTION.replace("2 * n", "3 * n")
STEP_1 = (
    fake_course.STARTER + '\n\n@app.get("/")\ndef read_root():\n    return {"hello": "world"}\n'
)
SLOW = "import time\n\ntime.sleep(3)\n"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fake_course.make(tmp_path / "course")


@pytest.fixture
def start(root: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `watch`, and at the end sees that nothing of it is left."""
    temp = tmp_path / "temp"
    temp.mkdir()
    screens = []

    def start(*arguments: str, rows: int = 24, columns: int = 80, **environment: str) -> Screen:
        screen = Screen(
            "watch",
            *arguments,
            root=root,
            rows=rows,
            columns=columns,
            TMPDIR=str(temp),
            **environment,
        )
        screens.append(screen)
        return screen

    yield start
    for screen in screens:
        if screen.child.isalive():
            screen.press("\x03")
            screen.ended()
        screen.close()
    screen.wait_until(lambda: not processes_in(temp), "the end of all processes")
    assert list(temp.iterdir()) == []


def save(root: Path, text: str) -> None:
    (root / "lessons/01_two_numbers/main.py").write_text(text, "utf-8")


def replace(root: Path, text: str) -> None:
    """As vim and others save: a new file takes the place of the old one."""
    main = root / "lessons/01_two_numbers/main.py"
    other = main.with_name(".main.py.tmp")
    other.write_text(text, "utf-8")
    other.replace(main)


def test_a_save_shows_the_new_result(root, start):
    screen = start("1")
    shown = screen.wait_for("0 of 3 pass")
    assert "✗ GET / says hello" in shown
    assert "You sent    GET /" in shown
    assert "h hint 1 of 2   l list   s solution   r run   x reset   o open   q quit" in shown
    save(root, STEP_1)
    shown = screen.wait_for("1 of 3 pass")
    assert "✗ GET /double/{n} doubles a number" in shown
    assert "1 pass:\n  ✓ GET / says hello" in shown
    assert "checked at" in shown
    save(root, fake_course.SOLUTION)
    shown = screen.wait_for("3 of 3 pass", "All checks pass. Press n for the next lesson.")
    assert "You sent" not in shown, "nothing of the old result is left"


def test_without_a_lesson_it_watches_where_you_are(start):
    start().wait_for("Lesson 1 · Two numbers", "0 of 3 pass")


def test_a_replaced_file_is_a_save(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    replace(root, STEP_1)
    screen.wait_for("1 of 3 pass")
    replace(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")


def test_a_file_that_is_written_in_two_parts_gives_one_result(root, start):
    """The first part alone has no app: its verdict must not be seen."""
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    middle = fake_course.SOLUTION.index("app =")
    save(root, "")
    save(root, fake_course.SOLUTION[:middle])
    save(root, fake_course.SOLUTION)
    shown = screen.wait_for("3 of 3 pass")
    assert "no app" not in screen.raw.decode("utf-8", "ignore")
    assert "3 of 3 pass" in shown


def test_several_files_saved_at_once_belong_together(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    folder = root / "lessons/01_two_numbers"
    (folder / "main.py").write_text(
        fake_course.SOLUTION.replace("2 * n", "double(n)")
        + "\n\nfrom numbers_of_mine import double\n",
        "utf-8",
    )
    (folder / "numbers_of_mine.py").write_text("def double(n):\n    return 2 * n\n", "utf-8")
    screen.wait_for("3 of 3 pass")


def test_a_save_during_a_run_cancels_it(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    end = root / "end_of_the_slow_one"
    save(root, f"{SLOW}open({str(end)!r}, 'w').close()\n{WRONG}")
    screen.wait_for("Importing and starting the app")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")
    assert not end.exists(), "it waited for the slow one"


def test_an_endless_loop_is_named_and_the_view_lives_on(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    save(root, fake_course.SOLUTION.replace("return 2 * n", "while True: pass"))
    screen.wait_for("checking …", "Now: double")
    screen.wait_for("still running after 5 s", "main.py:13")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")


def test_hints_come_one_at_a_time_and_are_remembered(root, start):
    screen = start("1")
    screen.wait_for("h hint 1 of 2")
    screen.press("h")
    shown = screen.wait_for("Hint 1 of 2 Return a dict.", "h hint 2 of 2")
    assert "Hint 2 of 2" not in shown
    screen.press("h")
    screen.wait_for("Hint 2 of 2")
    screen.press("h")
    screen.wait_for("That was the last hint.")
    screen.press("q")
    assert screen.ended() == 0
    start("1").wait_for("Hint 1 of 2", "Hint 2 of 2")


def test_after_a_pass_all_hints_can_be_read(root, start):
    save(root, fake_course.SOLUTION)
    screen = start("1")
    screen.wait_for("3 of 3 pass", "h hints")
    screen.press("h")
    screen.wait_for("All hints", "Return a dict.", "Annotate the parameter.")
    screen.press("esc")
    screen.wait_for("3 of 3 pass")


def test_keys_during_a_run_are_kept_until_its_end(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    save(root, SLOW + STEP_1)
    screen.wait_for("checking …")
    screen.press("h", "n")
    shown = screen.wait_for("1 of 3 pass", "Hint 1 of 1 Multiply.")
    assert "The next lesson comes when all checks pass." in shown


def test_the_next_lesson_comes_only_after_a_pass(root, start):
    add_lesson(root, 2)
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    screen.press("n")
    screen.wait_for("Lesson 1", "The next lesson comes when all checks pass.")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")
    screen.press("n")
    screen.wait_for("Lesson 2 · Number 2", "0 of 3 pass")
    (root / "lessons/02_more/main.py").write_text(fake_course.SOLUTION, "utf-8")
    screen.wait_for("Lesson 2", "3 of 3 pass")
    screen.press("n")
    screen.wait_for("That was the last one.")


def add_lesson(root: Path, number: int) -> None:
    slug = f"{number:02}_more"
    for source, target in (
        ("checks/test_01_two_numbers.py", f"checks/test_{slug}.py"),
        ("lessons/01_two_numbers/main.py", f"lessons/{slug}/main.py"),
        ("lessons/01_two_numbers/main.py", f"course/starters/{slug}/main.py"),
    ):
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        (root / target).write_text((root / source).read_text("utf-8"), "utf-8")
    page = root / f"docs/lessons/{slug}.md"
    page.write_text(f"# Lesson {number}: Number {number}\n", "utf-8")


def test_the_list_shows_states_and_can_be_searched(root, start):
    for number in range(2, 5):
        add_lesson(root, number)
    save(root, fake_course.SOLUTION)
    screen = start("1")
    screen.wait_for("3 of 3 pass")
    screen.press("l")
    screen.wait_for("All lessons", "> ✓  1  Two numbers", "passed 20", "○  3  Number 3")
    screen.press("r", "space", "4")
    screen.wait_for("search: r 4", "> ○  4  Number 4", without="Number 3")
    screen.press("\x7f", "\x7f", "\x7f")
    screen.wait_for("type to search", "Number 3")
    screen.press("down", "down", "enter")
    screen.wait_for("Lesson 3 · Number 3", "0 of 3 pass")
    screen.press("l", "zzz")
    screen.wait_for("Nothing fits 'zzz'.")
    screen.press("enter", "esc")
    screen.wait_for("Lesson 3 · Number 3", "0 of 3 pass")


def test_the_solution_is_asked_for_before_a_pass_and_shown_after_it(root, start):
    save(root, WRONG)
    screen = start("1")
    screen.wait_for("1 of 3 pass")
    screen.press("s")
    screen.wait_for("Show the solution all the same?")
    screen.press("n")
    screen.wait_for("1 of 3 pass", without="Show the solution")
    screen.press("s", "y")
    screen.wait_for("The solution", "-    return 3 * n", "+    return 2 * n")
    screen.press("end")
    screen.wait_for("variant_5.py")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")
    screen.press("s")
    screen.wait_for("is the reference, word for word")


def test_reset_asks_and_keeps_the_version(root, start):
    save(root, WRONG)
    screen = start("1")
    screen.wait_for("1 of 3 pass")
    screen.press("x")
    screen.wait_for("Reset Lesson 1 to its starter? Your version is kept.", "y yes   n no")
    screen.press("esc")
    screen.wait_for("1 of 3 pass", without="y yes")
    assert (root / "lessons/01_two_numbers/main.py").read_text("utf-8") == WRONG
    screen.press("x", "y")
    screen.wait_for("0 of 3 pass")
    (copy,) = (root / ".course/kept/01_two_numbers").iterdir()
    assert (copy / "main.py").read_text("utf-8") == WRONG
    screen.press("x", "y")
    screen.wait_for("This is the starter already.")


def test_run_again(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    before = screen.raw.count("checking …".encode())
    screen.press("r")
    screen.wait_until(lambda: screen.text() and screen.raw.count("checking …".encode()) > before)
    screen.wait_for("0 of 3 pass")


def test_open_runs_the_editor_on_this_terminal_at_the_line(root, start, tmp_path):
    editor = tmp_path / "vi"
    editor.write_text(
        '#!/bin/sh\necho "editing $*"\nread line\necho "$line" > "$2.read"\n', "utf-8"
    )
    editor.chmod(0o755)
    save(root, WRONG)
    screen = start("1", columns=200, EDITOR=str(editor))  # for a long path
    screen.wait_for("1 of 3 pass")
    screen.press("o")
    screen.wait_for("editing +", "lessons/01_two_numbers/main.py")
    screen.press("q\n")  # typed into the editor, not into us
    screen.wait_for("1 of 3 pass")
    typed = root / "lessons/01_two_numbers/main.py.read"
    assert typed.read_text("utf-8") == "q\n"
    screen.press("q")
    assert screen.ended() == 0


def test_without_an_editor_it_says_what_to_set(start):
    screen = start("1", PATH="/nowhere")
    screen.wait_for("0 of 3 pass")
    screen.press("o")
    screen.wait_for("No editor is known. Set EDITOR")


def test_a_result_that_is_longer_than_the_screen_can_be_scrolled(start):
    screen = start("1", rows=12)
    screen.wait_for("0 of 3 pass", "more lines")
    screen.press("page down")
    screen.wait_for("2 more checks wait for this one.", "above")
    screen.press("up")
    screen.wait_for("more")


def test_it_draws_anew_when_the_terminal_is_resized(start):
    screen = start("1")
    screen.wait_for("0 of 3 pass", "q quit")
    for rows, columns in ((30, 100), (8, 40), (24, 80), (3, 20), (24, 80)):
        screen.resize(rows, columns)
        screen.wait_for("Lesson 1")
        assert all(len(line) <= columns for line in screen.screen.display)
    shown = screen.wait_for("0 of 3 pass", "q quit")
    assert shown.splitlines()[0].startswith("Lesson 1 · Two numbers")
    assert len(shown.splitlines()) == 24


def test_a_terminal_that_does_not_tell_its_size_gets_80_by_24(start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    screen.child.setwinsize(0, 0)
    screen.press("h")
    shown = screen.wait_for("Hint 1 of 2")
    assert shown.splitlines()[-1].startswith("h hint 2 of 2")


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_every_way_out_restores_the_terminal(start, key):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    before = screen.child.getecho()
    screen.press(key)
    assert screen.ended() == 0
    assert screen.restored
    assert not before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(start, number):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    os.kill(screen.child.pid, number)
    assert screen.ended() == 128 + number
    assert screen.restored


def test_ctrl_c_during_a_run_ends_it_at_once(root, start):
    save(root, "import time\n\ntime.sleep(60)\n")
    screen = start("1")
    screen.wait_for("Importing and starting the app")
    screen.press("\x03")
    assert screen.ended() == 0
    assert screen.restored


def test_a_crash_restores_the_terminal_and_is_seen(root, start):
    """A check file that cannot be read when a hint is asked for is a fault of the course."""
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    (root / "checks/test_01_two_numbers.py").write_text("def (", "utf-8")
    screen.press("h")
    assert screen.ended() == 1
    assert screen.restored
    assert "SyntaxError" in screen.text()


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    screen.press("\x1a")
    stat = Path(f"/proc/{screen.child.pid}/stat")
    screen.wait_until(lambda: ") T " in stat.read_text("utf-8"), "the stop")
    screen.text()
    assert screen.restored
    os.kill(screen.child.pid, signal.SIGCONT)
    screen.wait_until(lambda: screen.text() is not None and not screen.restored, "our screen")
    screen.wait_for("0 of 3 pass")


def test_what_is_pasted_is_not_typed(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    screen.press("\x1b[200~qxy\x1b[201~", "h")
    screen.wait_for("Hint 1 of 2")


def test_it_polls_where_events_do_not_arrive_and_says_so(root, start, tmp_path):
    """As on a network: here, watchfiles is replaced by one that never tells anything."""
    deaf = tmp_path / "deaf"
    deaf.mkdir()
    (deaf / "watchfiles.py").write_text(
        "def watch(*paths, stop_event, **options):\n    stop_event.wait()\n    return iter(())\n",
        "utf-8",
    )
    screen = start("1", PYTHONPATH=str(deaf))
    screen.wait_for("0 of 3 pass")
    save(root, STEP_1)
    screen.wait_for("1 of 3 pass", "no event came of your last save")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")


def test_it_polls_where_the_system_refuses_to_tell(root, start, tmp_path):
    """As when there are too many watches already."""
    deaf = tmp_path / "deaf"
    deaf.mkdir()
    (deaf / "watchfiles.py").write_text(
        "def watch(*paths, **options):\n    raise OSError(28, 'No space left on device')\n", "utf-8"
    )
    screen = start("1", PYTHONPATH=str(deaf))
    screen.wait_for("0 of 3 pass")
    save(root, STEP_1)
    screen.wait_for("1 of 3 pass")


def test_polling_can_be_asked_for(root, start):
    screen = start("1", "--poll")
    screen.wait_for("0 of 3 pass")
    save(root, STEP_1)
    screen.wait_for("1 of 3 pass")


def test_a_save_without_a_change_says_so(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    main = root / "lessons/01_two_numbers/main.py"
    save(root, main.read_text("utf-8"))
    screen.wait_for("Saved without a change.")


def test_a_file_that_is_deleted_and_comes_back(root, start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    main = root / "lessons/01_two_numbers/main.py"
    main.unlink()
    screen.wait_for("main.py", "There is no", without="You sent")
    save(root, fake_course.SOLUTION)
    screen.wait_for("3 of 3 pass")


def test_colours_are_for_the_signs_and_not_for_what_is_to_be_read(start):
    screen = start("1")
    screen.wait_for("0 of 3 pass")
    assert "\x1b[1;31m✗".encode() in screen.raw
    assert b"\x1b[2m      You sent    \x1b[0mGET /" in screen.raw
    assert "\x1b[1mLesson 1 · Two numbers\x1b[0m  ".encode() in screen.raw


def test_no_color_means_no_colours(start):
    screen = start("1", NO_COLOR="1")
    screen.wait_for("0 of 3 pass")
    assert not [code for code in (b"\x1b[31m", b"\x1b[1;31m", b"\x1b[32m") if code in screen.raw]


def test_signs_that_the_terminal_cannot_show_have_another_form(start):
    screen = start("1", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    shown = screen.wait_for("0 of 3 pass", "FAIL GET / says hello")
    assert "✗" not in shown


def test_progress_is_kept(root, start):
    save(root, fake_course.SOLUTION)
    screen = start("1")
    screen.wait_for("3 of 3 pass")
    screen.press("q")
    screen.ended()
    assert "passed 20" in fake_course.run(root, "list").stdout


def test_progress_that_cannot_be_saved_is_said_and_nothing_ends(root, start):
    (root / ".course").write_text("in the way", "utf-8")
    screen = start("1")
    screen.wait_for("0 of 3 pass", "Your progress could not be saved")
    screen.press("h")
    screen.wait_for("Hint 1 of 2")


def test_plain_is_line_by_line(root, start):
    screen = start("1", "--plain", rows=60)
    shown = screen.wait_for("Checked: 0 of 3 pass.")
    assert "✗ GET / says hello" in shown
    save(root, fake_course.SOLUTION)
    screen.wait_for("Checked: 3 of 3 pass.")
    screen.press("\x03")
    assert screen.ended() == 0
    assert b"\x1b[?1049h" not in screen.raw


def test_a_pipe_gets_lines(root):
    import subprocess

    process = subprocess.Popen(
        [sys.executable, "-m", "course", "watch", "1"],
        cwd=fake_course.ROOT,
        env={**os.environ, "COURSE_ROOT": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process, contextlib.suppress(KeyboardInterrupt):
        lines = iter(process.stdout.readline, "")
        assert any("Checked: 0 of 3 pass." in line for line in lines)
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
