"""The site builds without a warning, stands alone, and all its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from site_server import SUB_PATH, Served, served

from course.catalogue import ROOT, Exercise, exercises
from course.submissions import submissions
from tools import reading

REMOTE = re.compile(r"^(https?:)?//", re.IGNORECASE)
IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
# Where a browser fetches something by itself. A link that somebody clicks is another matter.
FETCHED = {
    "audio": ["src"],
    "embed": ["src"],
    "form": ["action"],
    "iframe": ["src"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
}
NOT_FETCHED = {"canonical", "prev", "next", "alternate", "edit", "author", "license"}


@dataclass
class Page:
    """What the HTML of a page refers to."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.page.anchors |= {values[name] for name in ("id", "name") if name in values}
        resources = [values[name] for name in FETCHED.get(tag, []) if name in values]
        if tag == "link" and not NOT_FETCHED & set(values.get("rel", "").split()):
            resources.append(values["href"])
        resources += in_css(values.get("style", ""))
        self.page.resources += resources
        self.page.links += resources
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.page.resources += in_css(data)


def in_css(text: str) -> list[str]:
    return [url or imported for url, imported in IN_CSS.findall(text)]


@pytest.fixture(scope="session")
def built(site) -> dict[Path, Page]:
    found = {}
    for file in site.rglob("*.html"):
        reader = Reader()
        reader.feed(file.read_text("utf-8"))
        found[file] = reader.page
    return found


def test_every_page_is_built(site, built):
    for page in ROOT.glob("docs/**/*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        assert (site / (name.parent if name.name == "index" else name) / "index.html") in built


def test_the_site_asks_no_other_host(site, built):
    asked = [
        f"{file.relative_to(site)}: {resource}"
        for file, page in built.items()
        for resource in page.resources
        if REMOTE.match(resource)
    ]
    asked += [
        f"{file.relative_to(site)}: {resource}"
        for file in site.rglob("*.css")
        for resource in in_css(file.read_text("utf-8"))
        if REMOTE.match(resource)
    ]
    assert asked == []


def test_every_link_leads_somewhere(site, built):
    broken = []
    for file, page in built.items():
        # The page of an unknown address has no place of its own: its links begin with the sub-path.
        here = SUB_PATH + file.relative_to(site).as_posix()
        for link in page.links:
            if urlsplit(link).scheme or REMOTE.match(link):
                continue
            target = urlsplit(urljoin(here, link))
            to = site / unquote(target.path).removeprefix(SUB_PATH)
            to = to / "index.html" if to.is_dir() else to
            anchors = {"", "__skip", *(built[to].anchors if to in built else ())}
            if to.suffix == ".svg":
                anchors |= {"only-light", "only-dark"}  # the theme's: in which scheme it is shown
            if not to.is_file() or unquote(target.fragment) not in anchors:
                broken.append(f"{file.relative_to(site)}: {link}")
    assert broken == []


def test_our_pages_have_no_script_inside():
    for page in ROOT.glob("docs/**/*.md"):
        text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.M | re.S)
        assert not re.search(r"<script(?![^>]*\ssrc=)|<[^>]+\son\w+=", text), page.name


def test_our_scripts_ask_nobody_else():
    for script in ROOT.glob("docs/assets/*.js"):
        assert "://" not in script.read_text("utf-8"), script.name


# The pages keep what they promise.


def test_the_roadmap_leads_to_every_exercise():
    roadmap = (ROOT / "docs/roadmap.md").read_text("utf-8")
    for exercise in exercises():
        assert f"(lessons/{exercise.slug}.md" in roadmap


def test_the_roadmap_names_checks_that_exist():
    known = {
        name
        for exercise in exercises()
        for name in re.findall(r"^(?:async )?def (test_\w+)", exercise.checks.read_text(), re.M)
    }
    named = re.findall(r"`(test_\w+)`", (ROOT / "docs/roadmap.md").read_text("utf-8"))
    assert len(named) >= 10
    assert set(named) <= known


NUMBERS = ["forty", *(f"forty-{n}" for n in "one two three four five six seven eight nine".split())]


def questions() -> str:
    return (ROOT / "docs/interview/questions.md").read_text("utf-8")


def test_the_questions_are_as_many_as_their_page_says():
    count = questions().count("\n??? question ")
    assert questions().splitlines()[2].lower().startswith(f"{NUMBERS[count - 40]} questions ")


def test_no_question_is_asked_twice():
    asked = [
        re.sub(r"\W+", "-", q.lower()) for q in re.findall(r'\?\?\? question "(.*)"', questions())
    ]
    assert len(set(asked)) == len(asked)


def test_what_the_pages_say_of_speed_was_measured():
    """docs/fastapi/frameworks.md and why-fast.md draw these conclusions from the numbers."""
    measured = json.loads((ROOT / "benchmarks/results/frameworks.json").read_text("utf-8"))
    rates = measured["requests_per_second"]
    plain, wait = ({name: r.get(w, 0) for name, r in rates.items()} for w in ("plain", "wait"))
    fast = "FastAPI, async def"
    for other in ("Flask", "Django"):
        assert 1.7 < plain[fast] / plain[other] < 2.6
    assert 1.7 < plain["Starlette"] / plain[fast] < 2.7
    assert plain["FastAPI, def"] < 1.1 * plain["Flask"]
    assert 2.2 < wait[fast] / wait["FastAPI, def"] < 2.8
    for other in ("Flask", "Django"):
        assert 0.95 < wait[other] / wait["FastAPI, def"] < 1.05
    assert wait["FastAPI, blocking in async def"] <= 20
    for name, times in measured["validation_microseconds"].items():
        faster = min(times, key=times.get)
        assert faster == ("pydantic" if name == "from JSON bytes" else "by hand")


def test_the_prose_is_plain():
    """For readers with English as a second language: far below what a newspaper wants."""
    for page in ROOT.glob("docs/**/*.md"):
        found, _, length = reading.index(reading.prose(page))
        assert found <= 8, (page.name, found)
        assert length <= 17, (page.name, length)


QUESTION = re.compile(
    r"^\*\*(?P<asked>.+)\*\*\n\n(?P<choices>(?:\d\. .+\n)+)\n"
    r'\?\?\? question "Answer"\n    \*\*(?P<right>\d)\.\*\* .+',
    re.MULTILINE,
)
TAUGHT = [exercise for exercise in exercises() if exercise.kind in ("lesson", "bonus")]


@pytest.mark.parametrize("exercise", TAUGHT, ids=lambda exercise: exercise.slug)
def test_each_lesson_ends_with_a_recap_and_a_quiz(exercise):
    _, _, rest = exercise.page.read_text("utf-8").partition("## Recap\n\n")
    recap, _, rest = rest.partition("## Quiz\n\n")
    quiz = rest.partition("\n## ")[0]
    assert 3 <= recap.count("\n- ") + 1 <= 6
    questions = list(QUESTION.finditer(quiz))
    assert 3 <= len(questions) <= 5
    assert quiz.count("???") == len(questions), "a question that the script does not know"
    for question in questions:
        assert 1 <= int(question["right"]) <= question["choices"].count("\n")
    assert len({question["right"] for question in questions}) > 1


def mistakes(exercise: Exercise) -> list[str]:
    """The paragraphs under "Common mistakes"."""
    _, _, rest = exercise.page.read_text("utf-8").partition("## Common mistakes\n\n")
    return [" ".join(text.split()) for text in rest.partition("\n## ")[0].split("\n\n") if text]


QUOTED = re.compile(r"The checker says ((?:(?:, or | and )?`[^`]+`)+)")
WITH_MISTAKES = [exercise for exercise in exercises() if mistakes(exercise)]


@pytest.mark.parametrize("exercise", TAUGHT, ids=lambda exercise: exercise.slug)
def test_each_lesson_shows_its_common_mistakes(exercise):
    assert len(mistakes(exercise)) >= 6


@pytest.mark.parametrize("exercise", WITH_MISTAKES, ids=lambda exercise: exercise.slug)
def test_each_common_mistake_shows_what_the_checker_says(exercise):
    """`verify` proves what the wrong submissions say, so a quote of that is what a learner reads."""
    wrong = [submission for submission in submissions(exercise) if submission.role == "wrong"]
    said = [submission.says("says") for submission in wrong]
    page = exercise.page.name
    for mistake in mistakes(exercise):
        if re.match(r"\*\*.+?\*\* The checks pass", mistake):
            continue
        quotes = re.findall("`([^`]+)`", " ".join(QUOTED.findall(mistake)))
        assert quotes, f"{page} does not quote the checker: {mistake}"
        for quote in quotes:
            assert any(quote in says for says in said), f"{page}: no submission says {quote!r}"


def test_every_page_allows_its_own_scripts_and_no_others(site):
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
        (scripts,) = re.findall(r"script-src ([^;]+)", policy)
        assert "unsafe-inline" not in scripts, page
        assert "unsafe-eval" not in scripts.replace("wasm-unsafe-eval", ""), page
        assert text.index("Content-Security-Policy") < text.index("<script"), page


def test_what_is_needed_offline_is_there(site):
    for path in json.loads((site / "assets/playground/offline.json").read_text("utf-8")):
        assert (site / path).is_file() or (site / path / "index.html").is_file(), path


# The flashcards, in a browser.

DRIVE = """<!doctype html><title>drive</title><body><script>
const said = [];
const frame = document.createElement("iframe");
const until = async (look) => {
  for (let n = 0; n < 200; n++) {
    const found = look();
    if (found) return found;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error("waited in vain");
};
const open = async (address) => {
  frame.src = address;
  await new Promise((next) => frame.addEventListener("load", next, { once: true }));
  const find = (selector) => frame.contentDocument.querySelector(`#flashcards ${selector}`);
  await until(() => find(".flashcards-question") || find("[role=alert]"));
  return {
    find,
    text: (selector) => find(selector)?.textContent,
    press: (key) => {
      const focused = frame.contentDocument.activeElement;
      const event = { key, bubbles: true, cancelable: true };
      focused.dispatchEvent(new frame.contentWindow.KeyboardEvent("keydown", event));
    },
  };
};
(async () => {
  document.body.append(frame);
  for (const address of ADDRESSES) {
    const page = await open(address);
    const round = { first: page.text(".flashcards-question"), before: page.text("[role=status]") };
    page.find("button").focus();
    page.find("button").click();
    round.answer = page.text(".flashcards-answer");
    round.link = page.find(".flashcards-answer a")?.getAttribute("href");
    page.press("2");
    round.second = page.text(".flashcards-question");
    round.after = page.text("[role=status]");
    page.press(" ");
    page.press("1");
    round.third = page.text(".flashcards-question");
    round.end = page.text("[role=status]");
    round.note = page.text(".flashcards-note") ?? "";
    said.push(round);
  }
})().catch((error) => said.push(String(error))).finally(() => {
  document.body.textContent = JSON.stringify(said);
});
</script>"""
BLOCKED = (
    "<script>Object.defineProperty(window, 'localStorage',"
    " { get() { throw new DOMException('no', 'SecurityError'); } });</script>"
)


class Driven(Served):
    """The site, a page that drives it, and a page without storage."""

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/drive":
            cards = f"{SUB_PATH}interview/flashcards/"
            addresses = json.dumps([cards, cards, f"{cards}?blocked"])
            self.answer(DRIVE.replace("ADDRESSES", addresses))
        elif self.path.endswith("?blocked"):
            file = Path(self.directory) / "interview/flashcards/index.html"
            self.answer(file.read_text("utf-8").replace("<head>", f"<head>{BLOCKED}"))
        else:
            super().do_GET()

    def answer(self, html: str) -> None:
        body = html.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def address(site):
    with served(site, Driven) as found:
        yield found


def test_the_flashcards_work_in_a_browser(address, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing on this machine of CI, and nothing must be skipped.")
        pytest.skip("there is no Chromium here")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    options.append("--virtual-time-budget=30000")
    shown = subprocess.run(
        [browser, *options, "--dump-dom", f"{address}/drive"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = re.search(r"<body>(\[.*\])</body>", shown.stdout, re.DOTALL)
    assert said, shown.stdout[-2000:]
    first, again, blocked = json.loads(said[1].replace("&amp;", "&"))
    count = questions().count("\n??? question ")
    assert first["before"] == f"{count} left today"
    assert first["after"] == f"{count - 1} left today"  # "I knew it": tomorrow
    assert first["end"] == f"{count - 1} left today"  # "Not yet": today, once more
    assert len({first["first"], first["second"], first["third"]}) == 3
    assert first["answer"]
    assert first["link"].endswith(f"{SUB_PATH}lessons/01_routing/")
    assert first["note"] == ""
    assert again["before"] == f"{count - 1} left today"  # remembered
    assert blocked["before"] == f"{count} left today"
    assert blocked["after"] == f"{count - 1} left today"
    assert "forgotten" in blocked["note"]


# The other builder.


def test_zensical_builds_the_same_pages(site, tmp_path):
    """For the time after Material for MkDocs. It builds in place, so it gets a copy."""
    for name in ("docs", "build/pages", "benchmarks/results"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert pages_of(tmp_path / "site") == pages_of(site)


def pages_of(folder: Path) -> set[str]:
    return {page.relative_to(folder).as_posix() for page in folder.rglob("*.html")}
