"""How hard the prose of the pages is to read: python tools/reading.py

The Automated Readability Index (Smith and Senter, 1967) stands for a year of an American school,
from the length of words and sentences: 4.71 * characters/words + 0.5 * words/sentences - 21.43.
Code, tables and headings are not counted.
"""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
LEFT_OUT = re.compile(
    r"^ *```.*?^ *```$"  # blocks
    r"|^ *(?:\||#|--8<--|\?\?\?|!!!|<).*?$",  # tables, headings, snippets, folds, HTML
    re.MULTILINE | re.DOTALL,
)
CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SENTENCE_ENDS = re.compile(r"[.!?:](?:\s|$)|\n\n|\n *[-*\d]")
WORD = re.compile(r"[A-Za-z0-9’'-]+")


def prose(page: Path) -> str:
    """The sentences of a page; a piece of code in a sentence counts as a word of four letters."""
    text = LEFT_OUT.sub("\n\n", page.read_text("utf-8"))
    return LINK.sub(r"\1", CODE.sub("code", text)).replace("**", "")


def index(text: str) -> tuple[float, int, float]:
    """The index, the number of words, and how many a sentence has."""
    words = WORD.findall(text)
    sentences = [part for part in SENTENCE_ENDS.split(text) if WORD.search(part)]
    characters = sum(map(len, words))
    length = len(words) / len(sentences)
    return 4.71 * characters / len(words) + 0.5 * length - 21.43, len(words), length


def main() -> None:
    print(f"{'page':38} {'index':>6} {'words':>6} {'in a sentence':>14}")
    for page in sorted(DOCS.rglob("*.md")):
        found, words, length = index(prose(page))
        print(f"{page.relative_to(DOCS)!s:38} {found:6.1f} {words:6} {length:14.1f}")


if __name__ == "__main__":
    main()
