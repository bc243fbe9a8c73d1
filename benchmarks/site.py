"""How long the site takes to build, against MkDocs alone on the same Markdown.

    make bench

Our side is all that `make site` does when nothing has changed for the browser: what is packed for
it is packed already. MkDocs alone has its own theme and no plugin, no extension, no nav. The two
sides take turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WANTED = 6
PYTHON = [sys.executable, "-m"]


def seconds(*commands: list[str]) -> float:
    began = time.perf_counter()
    for command in commands:
        subprocess.run(
            command,
            cwd=ROOT,
            check=True,
            capture_output=True,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        )
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        bare = Path(name, "mkdocs.yml")
        bare.write_text(f"site_name: bare\ndocs_dir: {ROOT / 'docs'}\n", "utf-8")
        alone = ["mkdocs", "build", "--quiet", "--config-file", str(bare), "--site-dir"]
        one = [[*PYTHON, *alone, f"{name}/a"]]
        ours = [
            ["sh", "tools/browser.sh", str(Path(sys.executable).parent)],
            [*PYTHON, "course", "site"],
            [*PYTHON, "mkdocs", "build", "--strict", "--quiet", "--site-dir", f"{name}/b"],
            [*PYTHON, "course", "site", f"{name}/b"],
        ]
        seconds(*ours)  # the first one compiles
        pairs = [(seconds(*ours), seconds(*one)) for _ in range(rounds)]
    ours_took, alone_took = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratios = [a / b for a, b in pairs]
    print(
        f"make site / mkdocs alone: {statistics.median(ratios):.2f} (wanted: at most {WANTED}; "
        f"{ours_took:.1f} s / {alone_took:.1f} s; from {min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
