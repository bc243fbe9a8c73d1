"""The browser part of the site in a real Chromium: write, check, try, explore, and nothing lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bench import LESSON, LONGEST, PHONE, WIDE, Bench
from playwright.sync_api import Frame, Page, Route, expect

from course.catalogue import ROOT, find

SOLUTION = (LESSON.solution / "main.py").read_text("utf-8")
PASSED = "15 of 15 pass. All checks pass."


def test_a_failure_says_what_the_terminal_says(context, address):
    bench = Bench(context.new_page(), address).open()
    wrong = ROOT / "tests/submissions/01_routing/wrong/category_as_text.py"
    bench.type(wrong.read_text("utf-8"))
    assert bench.check() == "14 of 15 pass."
    failure = bench.all.get_by_label("What fails first")
    for label in ("You sent", "Expected", "Your app", "Why", "Your code", "Try again", "Read"):
        expect(failure.get_by_text(label, exact=True)).to_be_visible()
    expect(failure).to_contain_text('The shop has no category "cellar"')
    expect(bench.editor.locator(".cm-lintRange-error")).to_be_visible()
    failure.get_by_role("button", name="Hint 1 of").click()
    expect(failure.locator(".pg-hints li")).to_have_count(1)
    failure.get_by_role("button", name="Try it").click()
    expect(bench.all.locator(".pg-status")).to_contain_text("200")


def test_an_app_is_tried_and_keeps_what_it_was_told(context, address):
    bench = Bench(context.new_page(), address, find("drill_created")).open()
    bench.fill_in(find("drill_created").solution)
    bench.tab("Try it").click()
    source = (find("drill_created").solution / "main.py").read_text("utf-8")
    path = re.search(r'@app\.post\("([^"]+)"', source)
    assert path
    bench.all.get_by_label("Method").select_option("POST")
    bench.all.get_by_label("Path").fill(path[1])
    bench.button("Send").click()
    answer = bench.all.locator(".pg-answer")
    expect(answer.locator(".pg-status")).to_contain_text(re.compile("201|422"))
    expect(bench.all.locator(".pg-history li")).to_have_count(1)


def test_the_environment_of_the_app_can_be_changed(context, address):
    """Lesson 8 wants a SECRET_KEY; the checks bring theirs."""
    bench = Bench(context.new_page(), address, find("8")).open()
    bench.tab("Try it").click()
    bench.button("Send").click()
    answer = bench.all.locator(".pg-answer")
    expect(answer.locator(".pg-status")).to_contain_text("404")
    bench.all.get_by_text("Environment of the app").click()
    bench.all.get_by_label("NAME=value").fill("SECRET_KEY=short")
    bench.button("Send").click()
    expect(answer).to_contain_text("The app cannot be started")
    bench.page.reload()
    bench.ready()
    assert bench.all.get_by_label("NAME=value").input_value() == "SECRET_KEY=short"


def test_swagger_ui_asks_the_learners_own_app(context, address):
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    bench.tab("Explore").click()
    bench.button("Swagger UI").click()
    frame = bench.page.frame_locator(".pg-frame")
    frame.locator(".opblock-summary-control", has_text="/products/{product_id}").click()
    frame.get_by_placeholder("product_id").fill("4")
    frame.get_by_role("button", name="Execute").click()
    expect(frame.locator(".live-responses-table")).to_contain_text("Desk lamp")
    bench.button("OpenAPI document").click()
    expect(bench.all.get_by_label("The OpenAPI document of your app")).to_contain_text(
        '"Corner Shop API"'
    )


def test_an_endless_loop_is_stopped_and_the_text_is_safe(context, address):
    bench = Bench(context.new_page(), address).open()
    loop = SOLUTION.replace("def read_root", "def read_root", 1)
    loop = re.sub(r'(@app\.get\("/health"\)\n.*\n)', r"\1    while True: pass\n", loop)
    bench.type(loop)
    assert bench.check() == "9 of 15 pass."
    expect(bench.all.get_by_label("What fails first")).to_contain_text("No answer came")
    assert bench.text == loop
    bench.type(SOLUTION)
    assert bench.check() == PASSED


def test_each_of_two_endless_loops_is_named(context, address):
    bench = Bench(context.new_page(), address).open()
    loops = SOLUTION
    for path in ("/products", "/categories/{category}"):
        operation = re.escape(f'@app.get("{path}")')
        loops = re.sub(rf"({operation}\n.*\n)", r"\1    while True: pass\n", loops)
    bench.type(loops)
    bench.check()
    failed = bench.all.locator(".pg-checks > .pg-fail")
    expect(bench.all.get_by_label("What fails first")).to_contain_text("GET /products lists")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("GET /categories/{category} lists")
    expect(bench.all.locator(".pg-checks > .pg-pass")).not_to_have_count(0)
    expect(bench.all.locator(".pg-report")).to_contain_text("GET /health says ok")


def test_a_reload_in_the_middle_loses_nothing(context, address):
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    bench.page.keyboard.press("ControlOrMeta+Enter")
    bench.page.reload()
    bench.ready()
    bench.editor.focus()
    assert bench.check() == PASSED


def test_a_reset_can_be_undone(context, address):
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    bench.all.get_by_text("More", exact=True).click()
    bench.button("Reset to the starter").click()
    assert bench.text == (LESSON.starter / "main.py").read_text("utf-8")
    bench.button("Bring back the files from before").click()
    assert bench.text == SOLUTION


def test_the_solution_is_shown_when_it_is_wanted(context, address):
    bench = Bench(context.new_page(), address).open()
    bench.tab("Solution").click()
    expect(bench.all.locator(".pg-solution")).to_contain_text("You have not passed yet")
    bench.button("Show it all the same").click()
    expect(bench.all.locator(".pg-difference")).to_contain_text("lifespan")


def test_everything_is_exported_and_imported(context, browser, address, tmp_path):
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    assert bench.check() == PASSED
    bench.all.get_by_text("More", exact=True).click()
    with bench.page.expect_download() as download:
        bench.button("Export all my work").click()
    file = tmp_path / "work.json"
    download.value.save_as(file)
    kept = json.loads(file.read_text("utf-8"))
    assert kept["exercises"][LESSON.slug]["status"] == "pass"
    with browser.new_context(viewport=WIDE) as elsewhere:
        other = Bench(elsewhere.new_page(), address).open()
        other.all.locator("input[type=file]").set_input_files(file)
        expect(other.note).to_contain_text("Taken over")
        assert other.text == SOLUTION


def test_the_export_is_a_progress_file_of_the_terminal(context, address, tmp_path):
    from course.progress import Progress

    bench = Bench(context.new_page(), address).open()
    bench.editor.focus()
    bench.check()
    bench.all.get_by_text("More", exact=True).click()
    with bench.page.expect_download() as download:
        bench.button("Export all my work").click()
    read = Progress.from_dict(json.loads(Path(download.value.path()).read_text("utf-8")))
    assert (read.of(LESSON.slug).status, read.of(LESSON.slug).checks) == ("fail", 15)


def test_what_is_no_export_changes_nothing(context, address, tmp_path):
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    file = tmp_path / "shopping.json"
    file.write_text('["milk"]')
    bench.all.locator("input[type=file]").set_input_files(file)
    expect(bench.note).to_contain_text("Nothing was changed")
    assert bench.text == SOLUTION


KEPT = """async () => {
    const names = await caches.keys();
    const site = names.find((name) => name.startsWith("fastapi-course-site http://127"));
    const kept = site ? await (await caches.open(site)).keys() : [];
    return names.length > 1 && kept.some(({ url }) => url.endsWith("swagger-ui.css"));
}"""


def kept_offline(page: Page) -> None:
    """Wait until the browser has kept what it will need."""
    for _ in range(600):
        if page.evaluate(KEPT):
            return
        page.wait_for_timeout(100)
    pytest.fail("what is needed offline was not kept within a minute")


def test_it_works_offline_after_the_first_visit(context, address):
    bench = Bench(context.new_page(), address).open()
    of_a_fork = "fastapi-course-site https://shop.example/fork/ 1"
    bench.page.evaluate(f"caches.open({of_a_fork!r}).then(() => true)")
    bench.editor.focus()
    bench.check()
    kept_offline(bench.page)
    assert bench.page.evaluate(f"caches.has({of_a_fork!r})")
    context.set_offline(True)
    bench.page.reload()
    bench.ready()
    bench.type(SOLUTION)
    assert bench.check() == PASSED


def test_with_the_storage_blocked_it_works_and_says_so(context, address):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked') } })"
    )
    bench = Bench(context.new_page(), address).open()
    bench.type(SOLUTION)
    expect(bench.note).to_contain_text("Your code is lost when you close this page")
    assert bench.check() == PASSED


def test_two_tabs_do_not_undo_each_other(context, address):
    one = Bench(context.new_page(), address).open()
    other = Bench(context.new_page(), address)
    other.ready()
    other.type("# mine\n")
    one.type(SOLUTION)
    expect(other.note).to_contain_text("Another tab has changed these files")
    other.editor.focus()
    assert other.check() == PASSED
    other.all.get_by_text("More", exact=True).click()
    other.button("Bring back the files from before").click()
    assert other.text == "# mine\n"


def test_a_download_that_fails_can_be_tried_again(context, address):
    context.route("**/core.zip.zst*", lambda route: route.abort())
    bench = Bench(context.new_page(), address)
    bench.page.get_by_role("button", name="Open the editor", exact=True).click()
    expect(bench.status).to_contain_text("could not be downloaded")
    expect(bench.all).to_contain_text("make check lesson=1")
    context.unroute("**/core.zip.zst*")
    bench.button("Try again").click()
    bench.ready()


def test_a_pack_that_fails_later_can_be_tried_again(context, address):
    context.route("**/database.zip.zst*", lambda route: route.abort())
    bench = Bench(context.new_page(), address).open()
    bench.type(f"import sqlalchemy\n{SOLUTION}")
    bench.page.keyboard.press("ControlOrMeta+Enter")
    expect(bench.status).to_contain_text("SQLAlchemy could not be downloaded")
    context.unroute("**/database.zip.zst*")
    bench.button("Try again").click()
    assert bench.verdict() == PASSED


def test_a_browser_that_cannot_read_the_editor_is_told_so(context, address):
    """What it does not know of JavaScript is a SyntaxError to it."""
    context.route(
        "**/playground/app.js",
        lambda route: route.fulfill(content_type="text/javascript", body="let let = 1;"),
    )
    page = Bench(context.new_page(), address).page
    page.get_by_role("button", name="Open the editor", exact=True).click()
    said = page.locator(".playground[data-exercise] > p[role=status]")
    expect(said).to_contain_text("The editor cannot be shown. This browser is too old for it.")
    expect(page.locator(".playground[data-exercise]")).to_contain_text("make check lesson=1")


def test_a_browser_that_cannot_run_python_is_told_so(context, address):
    """As one whose WebAssembly has no exceptions yet."""
    context.route("**/playground/worker.js", without_web_assembly)
    bench = Bench(context.new_page(), address)
    bench.page.get_by_role("button", name="Open the editor", exact=True).click()
    expect(bench.status).to_contain_text("cannot be started in this browser, which may be too old")
    expect(bench.all).to_contain_text("make check lesson=1")


def without_web_assembly(route: Route) -> None:
    old = """for (const name of ["compile", "compileStreaming", "instantiate", "instantiateStreaming"])
        WebAssembly[name] = async () => { throw new WebAssembly.CompileError("invalid opcode") };
    """
    response = route.fetch()
    route.fulfill(response=response, body=old + response.text())


def test_what_a_learner_prints_is_never_html(context, address):
    bench = Bench(context.new_page(), address).open()
    evil = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>'
    source = f"print({evil!r})\n" + SOLUTION.replace('"No such product"', repr(evil))
    bench.type(source.replace('"Corner Shop API"', repr(evil)))
    bench.check()
    expect(bench.all.locator(".pg-output")).to_contain_text(evil)
    bench.tab("Try it").click()
    bench.all.get_by_label("Path").fill("/products/3")
    bench.button("Send").click()
    expect(bench.all.locator(".pg-body")).to_contain_text("onerror")
    assert bench.page.evaluate("window.hacked") is None
    assert bench.errors == []


def test_by_keyboard_alone(context, address):
    bench = Bench(context.new_page(), address)
    bench.page.get_by_role("button", name="Open the editor", exact=True).focus()
    bench.page.keyboard.press("Enter")
    expect(bench.editor).to_be_focused()
    bench.ready()
    bench.page.keyboard.press("ControlOrMeta+a")
    bench.page.keyboard.insert_text(SOLUTION)
    assert bench.check() == PASSED
    bench.page.keyboard.press("Escape")
    bench.page.keyboard.press("Tab")
    expect(bench.editor).not_to_be_focused()
    bench.tab("Checks").focus()
    bench.page.keyboard.press("ArrowRight")
    expect(bench.tab("Try it")).to_be_focused()
    expect(bench.all.get_by_label("Path")).to_be_visible()


def test_on_a_phone_it_lies_below_the_text(browser, address):
    with browser.new_context(viewport=PHONE) as context:
        context.set_default_timeout(LONGEST)
        bench = Bench(context.new_page(), address).open()
        bench.type(SOLUTION)
        bench.button("Check").click()
        assert bench.verdict() == PASSED
        for name in ("Checks", "Try it", "Explore", "Solution"):
            bench.tab(name).click()
            wider = bench.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, f"with {name}, the page has to be moved sideways"


SWAGGER = ("heading-order", "region")  # how Swagger UI marks up its own head; its colours are ours


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(browser, address, tool, scheme):
    axe = (tool("axe-core") / "axe.min.js").read_text("utf-8")
    with browser.new_context(viewport=WIDE, color_scheme=scheme) as context:
        context.set_default_timeout(LONGEST)
        bench = Bench(context.new_page(), address).open()
        bench.page.evaluate(axe)

        faults = []

        def look(state: str, frame: Page | Frame = bench.page, part: str = ".pg") -> None:
            found = frame.evaluate("part => axe.run(part, { resultTypes: ['violations'] })", part)
            theirs = SWAGGER if frame is not bench.page else ()
            for rule in (rule for rule in found["violations"] if rule["id"] not in theirs):
                faults.append(f"{state}: {rule['id']}: {rule['nodes'][0]['html'][:200]}")

        look("ready")
        bench.editor.focus()
        bench.check()
        look("failed")
        bench.all.get_by_text("More", exact=True).click()
        look("menu")
        bench.all.get_by_text("More", exact=True).click()
        bench.tab("Try it").click()
        bench.button("Send").click()
        expect(bench.all.locator(".pg-status")).to_be_visible()
        look("tried")
        bench.tab("Explore").click()
        bench.button("OpenAPI document").click()
        expect(bench.all.locator(".pg-explore pre")).to_be_visible()
        look("explored")
        bench.button("Swagger UI").click()
        expect(bench.page.frame_locator(".pg-frame").locator(".opblock").first).to_be_visible()
        frame = bench.page.frame(url="**/explore.html")
        frame.evaluate(axe)
        look("Swagger UI", frame, "body")
        bench.tab("Solution").click()
        bench.button("Show it all the same").click()
        look("solution")
        bench.type(SOLUTION)
        bench.check()
        look("passed")
    assert faults == []


def test_an_example_of_the_page_runs_and_can_be_changed(context, address):
    bench = Bench(context.new_page(), address)
    bench.page.get_by_role("button", name="Run this example").nth(1).click()
    sandbox = bench.page.get_by_label("Run this example")
    expect(sandbox.locator(".pg-body")).to_contain_text("Harbour Café")
    editor = sandbox.locator(".cm-content")
    editor.focus()
    bench.page.keyboard.press("ControlOrMeta+a")
    bench.page.keyboard.insert_text(
        'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/")\ndef tea():\n    return "tea"\n'
    )
    bench.page.keyboard.press("ControlOrMeta+Enter")
    expect(sandbox.locator(".pg-body")).to_have_text('"tea"')
