"""The place to work on a page of the site, as somebody at a keyboard uses it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from course.catalogue import Exercise, find

LESSON = find("1")
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LONGEST = 120_000  # milliseconds for a run, also on a busy machine
expect.set_options(timeout=LONGEST)


class Bench:
    """The place to work on the page of an exercise."""

    def __init__(self, page: Page, address: str, exercise: Exercise = LESSON) -> None:
        self.page, self.exercise = page, exercise
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{address}lessons/{exercise.slug}/")

    def open(self) -> Bench:
        self.page.get_by_role("button", name="Open the editor", exact=True).click()
        self.ready()
        return self

    def ready(self) -> None:
        expect(self.status).to_have_text("Ready.")

    @property
    def all(self) -> Locator:
        return self.page.locator(".pg-bench")

    @property
    def status(self) -> Locator:
        return self.all.locator(".pg-state")

    @property
    def note(self) -> Locator:
        return self.all.locator(".pg-note")

    @property
    def editor(self) -> Locator:
        return self.all.locator(".pg-editor .cm-content")

    @property
    def text(self) -> str:
        """What the editor keeps of main.py."""
        kept = self.page.evaluate(f"localStorage['fastapi-course:files:{self.exercise.slug}']")
        return str(json.loads(kept)["main.py"])

    def tab(self, name: str) -> Locator:
        return self.all.get_by_role("tab", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.all.get_by_role("button", name=name, exact=True)

    def type(self, text: str) -> None:
        """Put it in the place of what is there."""
        self.editor.focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def check(self) -> str:
        """Press the keys for it; what comes of it, without the seconds."""
        self.page.keyboard.press("ControlOrMeta+Enter")
        return self.verdict()

    def verdict(self) -> str:
        expect(self.status).to_have_text(re.compile(r"\d+ of \d+ pass\."))
        return re.sub(r" [\d.]+ s$", "", self.status.inner_text())

    def fill_in(self, folder: Path) -> None:
        """Put the files of a folder into the editor, by its tabs."""
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            name, text = file.relative_to(folder).as_posix(), file.read_text("utf-8")
            if not self.tab(name).count():
                self.all.get_by_label("Name of a new file").fill(name)
                self.button("Add file").click()
            self.tab(name).click()
            self.type(text)
