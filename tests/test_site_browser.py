"""The site in a real Chromium: for everybody, by keyboard, without scripts, in light and dark."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from bench import PHONE, WIDE
from conftest import missing
from playwright.sync_api import Browser, Page

from course.catalogue import ROOT
from course.pyodide import NODE

PAGES = sorted(
    page.relative_to(ROOT / "docs").with_suffix("").as_posix().removesuffix("index").strip("/")
    for page in ROOT.glob("docs/**/*.md")
)
LESSON, INTERVIEW = "lessons/01_routing", "interview/questions"
LONGEST = 400  # presses of Tab until a page of ours comes to its end


def opened(browser: Browser, address: str, page: str, **options: object) -> Page:
    shown = browser.new_context(**{"viewport": WIDE, **options}).new_page()
    shown.goto(f"{address}{page}")
    return shown


# What differs between light and dark is the colours alone, and looking at all else takes long.
NAMES = {"light": "default", "dark": "slate"}  # as the theme calls them
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}


def test_axe_finds_nothing_on_any_page_and_each_fits_a_phone(browser, address, tool):
    axe = (tool("axe-core") / "axe.min.js").read_text("utf-8")
    faults = []
    with opened(browser, address, "").context as context:
        (shown,) = context.pages
        for name in PAGES:
            shown.goto(f"{address}{name}")
            shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            shown.add_style_tag(content="* { transition: none !important }")
            shown.evaluate(axe)
            for scheme, rules in RULES.items():
                shown.emulate_media(color_scheme=scheme)
                shown.evaluate("name => document.body.dataset.mdColorScheme = name", NAMES[scheme])
                options = {"resultTypes": ["violations"], **rules}
                found = shown.evaluate("options => axe.run(document, options)", options)
                faults += [
                    f"{name}, {scheme}: {rule['id']}: {rule['nodes'][0]['html'][:120]}"
                    for rule in found["violations"]
                ]
            shown.set_viewport_size(PHONE)
            if shown.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{name} has to be moved sideways on a phone")
            shown.set_viewport_size(WIDE)
    assert faults == []


FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    // The theme's switch for light and dark is shown by the label behind it.
    const shown = element.matches(".md-option") ? element.nextElementSibling : element;
    const box = shown.getBoundingClientRect();
    const style = getComputedStyle(shown);
    element.dataset.visited ??= Math.random();
    return {
        id: element.dataset.visited,
        html: element.outerHTML.slice(0, 120),
        seen: box.width > 0 && box.height > 0 && style.visibility === "visible",
    };
}"""


@pytest.mark.parametrize("name", ["", "roadmap", LESSON, INTERVIEW, "interview/flashcards"])
def test_a_keyboard_goes_through_the_page_and_out_again(browser, address, name):
    with opened(browser, address, name).context as context:
        (shown,) = context.pages
        visited: list[str] = []
        for _ in range(LONGEST):
            shown.keyboard.press("Tab")
            focused = shown.evaluate(FOCUSED)
            if focused is None or focused["id"] in visited[:1]:
                break
            assert focused["id"] not in visited, f"a trap: {focused['html']}"
            assert focused["seen"], f"the focus is nowhere to be seen: {focused['html']}"
            visited.append(focused["id"])
        else:
            pytest.fail(f"{LONGEST} presses of Tab, and no end of the page")
        wanted = shown.locator("article :is(a[href], button, summary):visible").count()
        assert len(visited) >= wanted


def test_the_first_tab_offers_to_skip_to_the_content(browser, address):
    with opened(browser, address, LESSON).context as context:
        (shown,) = context.pages
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent").strip() == "Skip to content"
        shown.keyboard.press("Enter")
        assert shown.evaluate("location.hash") != ""


def test_a_fold_opens_by_keyboard(browser, address):
    with opened(browser, address, INTERVIEW).context as context:
        (shown,) = context.pages
        fold = shown.locator("details").first
        fold.locator("summary").focus()
        shown.keyboard.press("Enter")
        assert fold.get_attribute("open") is not None


# Quizzes.


def test_a_quiz_answers_at_once_by_keyboard(browser, address):
    with opened(browser, address, LESSON).context as context:
        (shown,) = context.pages
        quiz = shown.get_by_role("group", name="What does GET /drinks/cheapest answer?")
        choices = quiz.get_by_role("button")
        choices.nth(0).focus()
        shown.keyboard.press("Enter")
        assert "Not this one" in quiz.get_by_role("status").inner_text()
        choices.nth(2).focus()
        shown.keyboard.press("Space")
        assert "Right" in quiz.get_by_role("status").inner_text()
        assert shown.get_by_text("FastAPI takes the first route whose path fits").is_visible()


def test_without_scripts_a_quiz_is_a_list_and_a_folded_answer(browser, address):
    with opened(browser, address, LESSON, java_script_enabled=False).context as context:
        (shown,) = context.pages
        assert shown.get_by_text("404, because no drink has the id").is_visible()
        answer = shown.get_by_text("FastAPI takes the first route whose path fits")
        assert not answer.is_visible()
        shown.locator("details:has-text('takes the first route whose path fits') summary").click()
        assert answer.is_visible()


def test_without_scripts_every_page_can_be_read(browser, address):
    with opened(browser, address, "", java_script_enabled=False).context as context:
        (shown,) = context.pages
        for name in PAGES:
            shown.goto(f"{address}{name}")
            assert shown.locator("h1").first.is_visible(), name
            assert shown.locator("article p").first.is_visible(), name


# Search, and what Lighthouse says.


def test_the_search_finds_a_lesson(browser, address):
    with opened(browser, address, "").context as context:
        (shown,) = context.pages
        asked = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.keyboard.press("/")
        shown.keyboard.type("oversold stock")
        found = shown.locator(".md-search-result__link").first
        found.wait_for()
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize("name", ["", LESSON, INTERVIEW])
def test_lighthouse_gives_100(address, tool, tmp_path, name):
    program = shutil.which("chromium") or missing("Chromium")
    report = tmp_path / "report.json"
    subprocess.run(
        [
            *(str(NODE), str(tool("lighthouse") / "cli/index.js"), f"{address}{name}"),
            *("--quiet", "--output=json", f"--output-path={report}"),
            "--only-categories=accessibility,best-practices,seo",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        env={**os.environ, "CHROME_PATH": str(program)},
        capture_output=True,
        check=True,
        timeout=180,
    )
    read = json.loads(report.read_text("utf-8"))
    failed = {
        audit["id"]: audit["title"]
        for audit in read["audits"].values()
        if audit["score"] is not None and audit["score"] < 1
    }
    scores = {key: category["score"] for key, category in read["categories"].items()}
    assert scores == dict.fromkeys(scores, 1), failed
