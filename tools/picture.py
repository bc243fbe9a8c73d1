"""Writes docs/picture.svg: what `make watch lesson=1` shows of a wrong solution, in a real run.

python tools/picture.py
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from screen import Screen  # noqa: E402

WRONG = ROOT / "tests/submissions/01_routing/wrong/id_route_first.py"
TREES = ("lessons", "checks", "docs/lessons", "course/starters")
ROWS, COLUMNS = 26, 84
ANSI = "black red green brown blue magenta cyan white".split()  # as pyte calls them


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for tree in TREES:
            shutil.copytree(ROOT / tree, root / tree)
        shutil.copy(WRONG, root / "lessons/01_routing/main.py")
        rows = seen(root)
    (ROOT / "docs/picture.svg").write_text(svg(rows), "utf-8")


def seen(root: Path) -> list[Text]:
    """The rows of the screen when the first verdict is there, and one hint."""
    screen = Screen(
        "watch", "1", root=root, cwd=root, rows=ROWS, columns=COLUMNS, PYTHONPATH=str(ROOT)
    )
    try:
        screen.wait_for("of 15 pass")
        screen.press("h")
        screen.wait_for("Hint 1")
        return [row(screen, number) for number in range(ROWS)]
    finally:
        screen.press("q")
        screen.ended()
        screen.close()


def row(screen: Screen, number: int) -> Text:
    cells = [screen.screen.buffer[number][column] for column in range(COLUMNS)]
    text = Text()
    for (colour, bold), run in groupby(cells, lambda cell: (cell.fg, cell.bold)):
        style = Style(color=f"color({ANSI.index(colour)})" if colour in ANSI else None, bold=bold)
        text.append("".join(cell.data for cell in run), style)
    text.rstrip()
    return text


def svg(rows: list[Text]) -> str:
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), color_system="standard", force_terminal=True
    )
    for text in rows:
        console.print(text, soft_wrap=True)
    picture = console.export_svg(
        title="make watch lesson=1", theme=SVG_EXPORT_THEME, unique_id="watch"
    )
    # The fonts would come from another host; every browser has a monospace of its own.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("font-family: Fira Code, monospace", "font-family: monospace")
    return re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
