"""Draws docs/picture.svg: a real check of a wrong submission, as the terminal shows it.

python tools/picture.py
"""

from __future__ import annotations

import io
import sys
from html import escape
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from course import runner, terminal  # noqa: E402
from course.catalogue import find  # noqa: E402

WRONG = ROOT / "tests/submissions/01_routing/wrong/id_route_first.py"
COLUMNS, LINE, CHAR, PAD = 84, 20, 8.43, 24
COMMAND = "$ make check lesson=1"


def main() -> None:
    exercise = find("1")
    report = runner.check(exercise, WRONG, seed="picture")
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, color_system=None, highlight=False)
    terminal.show(report, console, exercise, Path("lessons/01_routing"))
    lines = [COMMAND, "", *(line.rstrip() for line in out.getvalue().splitlines())]
    (ROOT / "docs/picture.svg").write_text(svg(lines), "utf-8")


def svg(lines: list[str]) -> str:
    width, height = round(COLUMNS * CHAR) + 2 * PAD, len(lines) * LINE + 2 * PAD
    rows = "\n".join(
        f'<text x="{PAD}" y="{PAD + LINE * (n + 1) - 5}">{row(line)}</text>'
        for n, line in enumerate(lines)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" xml:space="preserve" role="img" '
        f'aria-label="A failed check in the terminal">\n'
        f"<style>text{{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#e6edf3;"
        f"white-space:pre}}.b{{font-weight:bold}}.g{{fill:#7ee787}}.r{{fill:#ff7b72}}"
        f".d{{fill:#9aa4af}}</style>\n"
        f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>\n{rows}\n</svg>\n'
    )


def row(line: str) -> str:
    label, text = line[:18], line[18:]
    if line == COMMAND or line.startswith("Lesson"):
        return f'<tspan class="b">{escape(line)}</tspan>'
    for glyph, colour in (("✓", "g"), ("✗", "r b"), ("○", "d")):
        if line.startswith(f"  {glyph}"):
            return f'<tspan class="{colour}">{escape(line[:3])}</tspan>{escape(line[3:])}'
    if label.startswith("      ") and len(line) > 18:
        return f'<tspan class="d">{escape(label)}</tspan>{escape(text)}'
    return escape(line)


if __name__ == "__main__":
    main()
