"""Runs two long commands at once: python tools/together.py COMMAND … -- COMMAND …

The first one prints as it goes, the second one when both have ended. Each waits much, for browsers,
servers and limits; one after the other, they leave half of two processors idle. The status is 1
when any of them fails.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile


def main(words: list[str]) -> int:
    if words.count("--") != 1:
        print(__doc__, file=sys.stderr)
        return 2
    cut = words.index("--")
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(words[cut + 1 :], stdout=said, stderr=subprocess.STDOUT)
        try:
            first = subprocess.run(words[:cut], check=False).returncode
            second = beside.wait()
        finally:
            if beside.poll() is None:
                beside.terminate()
                beside.wait()
        said.seek(0)
        print(said.read().decode("utf-8", "replace"), flush=True)
    return 1 if first or second else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
