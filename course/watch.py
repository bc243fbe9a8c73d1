"""`python -m course watch`: checks on every save, and one-key commands.

One queue, one consumer: keys, saves and verdicts come from threads, and only `Watch.take` acts on
them. So two things never happen at once.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from rich.console import Console
from rich.text import Text

from course import editor, hints, processes, reset, solution, view
from course.catalogue import Exercise
from course.changes import Changes, Polling, Saved
from course.keys import Keys
from course.progress import NotSaved, Progress, ProgressFile, following, now
from course.runner import NOTHING
from course.signals import LOOK, MESSAGES, Ended, Resized, Suspended, told
from course.view import Screen
from course.worker import Verdict, Worker

TICK = 0.25  # seconds between two drawings while a run goes on


@dataclass(frozen=True)
class Key:
    name: str


Message = Key | Ended | Resized | Suspended | Saved | Polling | Verdict
Inbox = queue.SimpleQueue[Message]


class Watch:
    """The learner's loop on one terminal. `run` ends when they quit."""

    def __init__(
        self,
        exercise: Exercise,
        every: list[Exercise],
        console: Console,
        poll: bool = False,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        self.console, self.poll = console, poll
        self.inbox: Inbox = queue.SimpleQueue()
        self.file = ProgressFile(exercise.root)
        self.screen = Screen(exercise, every, self.file.read(), _shown(exercise))
        self.waiting: list[str] = []
        self.confirmed: Literal["reset", "solution"] | None = None
        self.started = 0.0
        self.over = False
        self.status = 0
        self.worker = Worker(self.inbox.put, environment=environment)
        self.changes = Changes(exercise.folder, self.inbox.put, poll)
        self.keys = Keys(lambda name: self.inbox.put(Key(name)))

    def run(self) -> int:
        """Show and check until the learner quits. The terminal is then as it was before.

        The exit status.
        """
        try:
            with told(self.inbox.put, *MESSAGES), self._terminal():
                self.check()
                while not self.over:
                    self.draw()
                    self.take(self.next())
        finally:
            self.changes.close()
            self.worker.close()
        return self.status

    def next(self) -> Message | None:
        """The next thing that happened; None when a running check should be shown again."""
        while True:
            running = self.screen.running_for is not None
            try:
                return self.inbox.get(timeout=TICK if running else LOOK)
            except queue.Empty:
                if running:
                    return None

    def take(self, message: Message | None) -> None:
        """Act on one message."""
        match message:
            case Key(name):
                self.press(name)
            case Saved(changed=True):
                self.check()
            case Saved():
                self.screen.note = "Saved without a change. r runs the checks again."
            case Ended(status):
                self.over, self.status = True, status
            case Suspended():
                with self._lent():
                    os.kill(os.getpid(), signal.SIGSTOP)
            case Polling(why):
                self.screen.how = f"Polling: {why}."
            case Verdict():
                self.conclude(message)
        if self.screen.running_for is not None:
            self.screen.running_for = time.monotonic() - self.started
            self.screen.answered = self.worker.answered
            self.screen.current = self.worker.current.removeprefix("test_").replace("_", " ")

    def check(self) -> None:
        """Begin a run; one that goes on is cancelled."""
        screen = self.screen
        screen.mode, screen.question, screen.note, self.confirmed = "report", "", "", None
        screen.answered, screen.current = 0, ""
        self.started, screen.running_for = time.monotonic(), 0.0
        self.worker.start(screen.exercise)

    def conclude(self, verdict: Verdict) -> None:
        """Show a verdict, then keep it, then do what was asked for meanwhile."""
        screen = self.screen
        if verdict.number != self.worker.number:
            return
        screen.running_for, screen.top = None, 0
        if verdict.report is None:
            screen.report, screen.note = None, verdict.trouble
            return
        screen.report = verdict.report
        screen.checked_at = datetime.now().strftime("%H:%M:%S")
        self._recall_hints()
        self.draw()
        report = verdict.report
        self._keep(lambda progress: progress.take(report, now()))
        waiting, self.waiting = self.waiting, []
        for key in waiting:
            self.press(key)

    def press(self, key: str) -> None:
        """Act on a key. What needs a verdict waits until there is one."""
        screen = self.screen
        if key == "interrupt" or (key == "q" and screen.mode != "list"):
            self.over = True
        elif screen.question:
            self._answer(key)
        elif screen.mode == "list":
            self._search(key)
        elif key in SCROLL:
            screen.top += SCROLL[key]
        elif screen.mode == "page":
            if key in ("escape", "enter", "backspace"):
                screen.mode, screen.top = "report", 0
        elif key in "nhsx" and screen.running_for is not None:
            self.waiting.append(key)
        elif command := self.COMMANDS.get(key):
            screen.note = ""
            command(self)

    def show_list(self) -> None:
        screen = self.screen
        screen.mode, screen.search, screen.top = "list", "", 0
        screen.progress = self.file.read()
        screen.chosen = screen.every.index(screen.exercise)

    def go_on(self) -> None:
        """To the next lesson, after a pass."""
        screen = self.screen
        if not (screen.report and screen.report.status == "pass"):
            screen.note = "The next lesson comes when all checks pass. l lists all lessons."
        elif after := following(screen.progress, screen.every, screen.exercise):
            self.go_to(after)
        else:
            screen.note = "All exercises have passed. That was the last one."

    def go_to(self, exercise: Exercise) -> None:
        """Watch another exercise."""
        self.changes.close()
        self.changes = Changes(exercise.folder, self.inbox.put, self.poll)
        screen = self.screen
        screen.exercise, screen.shown, screen.report = exercise, _shown(exercise), None
        screen.hints, screen.hints_known, self.waiting = [], 0, []
        self.check()

    def show_hint(self) -> None:
        """The next hint of the check that fails; after a pass, all of them."""
        screen = self.screen
        if not screen.report:
            return
        failure = screen.report.first_failure
        if failure is None:
            self._show_page("All hints", list(hints.everything(screen.exercise)))
        elif not screen.hints_known:
            screen.note = hints.NONE_FOR_LOAD if failure.id == "load" else hints.NONE
        elif len(screen.hints) == screen.hints_known:
            screen.note = "That was the last hint. s shows the solution."
        else:
            number = len(screen.hints) + 1
            self._keep(lambda p: p.hint_shown(screen.exercise.slug, failure.id, number))
            self._recall_hints()
            screen.reveal = True

    def show_solution(self) -> None:
        screen = self.screen
        if screen.progress.of(screen.exercise.slug).passed_at or self.confirmed == "solution":
            self._show_page(
                f"{screen.exercise.name} · The solution", list(solution.lines(screen.exercise))
            )
        else:
            screen.question = "Not all checks have passed yet. Show the solution all the same?"
            self.confirmed = "solution"

    def reset(self) -> None:
        screen = self.screen
        if self.confirmed != "reset":
            screen.question = f"Reset {screen.exercise.name} to its starter? Your version is kept."
            self.confirmed = "reset"
            return
        try:
            kept = reset.reset(screen.exercise)
        except OSError as error:
            screen.note = f"Not reset: {error}"
            return
        if kept is None:
            screen.note = "This is the starter already."
        else:
            self.check()
            screen.note = f"Your version is in {kept.relative_to(screen.exercise.root).as_posix()}"

    def open_file(self) -> None:
        """In the learner's editor, at the line that the failure names."""
        screen = self.screen
        failure = screen.report.first_failure if screen.report else None
        file = screen.exercise.folder / (failure.file if failure and failure.file else "main.py")
        command = editor.command(file, failure.line if failure else None, os.environ)
        if command is None:
            screen.note = "No editor is known. Set EDITOR, as in: export EDITOR=nano"
            return
        with self._lent():
            try:
                processes.run_foreign(command)
            except OSError as error:
                screen.note = f"{command[0]} could not be started: {error.strerror}."

    COMMANDS: ClassVar[dict[str, Callable[[Watch], None]]] = {
        "h": show_hint,
        "n": go_on,
        "l": show_list,
        "s": show_solution,
        "r": check,
        "x": reset,
        "o": open_file,
    }

    def draw(self) -> None:
        """Put the state on the terminal, in one go."""
        size = os.get_terminal_size(sys.stdout.fileno())
        columns, lines = size.columns or 80, size.lines or 24  # some terminals do not tell
        rows = view.rows(self.screen, columns, lines, self.console.encoding)
        with self.console.capture() as capture:
            self.console.print(Text("\n").join(rows), soft_wrap=True, end="")
        # Each line is emptied before it is written: after a full line, the last column would go.
        self._say(HOME + "\r\n".join(CLEAR + line for line in capture.get().split("\n")))

    def _recall_hints(self) -> None:
        """Those of the check that fails now which were shown at any time."""
        screen = self.screen
        failure = screen.report.first_failure if screen.report else None
        texts = hints.of(screen.exercise, failure.id) if failure else []
        shown = screen.progress.of(screen.exercise.slug).hints.get(failure.id, 0) if failure else 0
        screen.hints, screen.hints_known = texts[:shown], len(texts)

    def _keep(self, change: Callable[[Progress], None]) -> None:
        try:
            self.screen.progress = self.file.change(change)
        except NotSaved as error:
            change(self.screen.progress)  # for as long as this process lives
            self.screen.note = str(error)
        else:
            if self.file.notes:
                self.screen.note = self.file.notes.pop()

    def _answer(self, key: str) -> None:
        """Anything but y is a no."""
        screen, wanted = self.screen, self.confirmed
        screen.question = ""
        if key == "y" and wanted == "reset":
            self.reset()
        elif key == "y" and wanted == "solution":
            self.show_solution()
        self.confirmed = None

    def _search(self, key: str) -> None:
        screen = self.screen
        found = view.matching(screen.every, screen.search)
        if key == "escape":
            screen.mode, screen.top = "report", 0
        elif key == "enter" and found:
            chosen = found[screen.chosen]
            screen.mode, screen.top = "report", 0
            if chosen != screen.exercise:
                self.go_to(chosen)
        elif key in STEP:
            screen.chosen = max(0, min(len(found) - 1, screen.chosen + STEP[key]))
        elif key == "backspace":
            screen.search, screen.chosen = screen.search[:-1], 0
        elif len(key) == 1 or key == "space":
            screen.search, screen.chosen = screen.search + (" " if key == "space" else key), 0

    def _show_page(self, title: str, lines: list[Text]) -> None:
        self.screen.mode, self.screen.top = "page", 0
        self.screen.page_title, self.screen.page = title, lines

    @contextlib.contextmanager
    def _terminal(self) -> Iterator[None]:
        """The whole screen is ours, and goes back whatever happens."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextlib.contextmanager
    def _lent(self) -> Iterator[None]:
        """Another program has the terminal."""
        self._leave()
        try:
            yield
        finally:
            self._enter()

    def _enter(self) -> None:
        self.keys.open()
        self._say(ENTER)

    def _leave(self) -> None:
        self._say(LEAVE)
        self.keys.close()

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.console.file.write(text)
            self.console.file.flush()


# DEC private modes: 1049 is the other screen, 25 the cursor (xterm's ctlseqs).
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, CLEAR = "\x1b[H", "\x1b[2K"
SCROLL = {
    "up": -1,
    "down": 1,
    "page up": -10,
    "page down": 10,
    "space": 10,
    "home": -view.END,
    "end": view.END,
}
STEP = {"up": -1, "down": 1, "page up": -10, "page down": 10}


def _shown(exercise: Exercise) -> Path:
    """The learner's folder as they would type it."""
    folder = exercise.folder.resolve()
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
