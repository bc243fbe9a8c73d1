#!/bin/sh
# Resolves the packages for Node again: sh tools/lock-node.sh BIN
# The lock also says where each author takes donations; a lock of ours names no address.
set -eu
bin=$1
(cd playground && npm update --package-lock-only --no-audit --no-fund --loglevel=error)
"$bin/python" - playground/package-lock.json <<'PY'
import json
import pathlib
import sys

path = pathlib.Path(sys.argv[1])
lock = json.loads(path.read_text("utf-8"))
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")
PY
