#!/bin/sh
# Makes playground/wheels.lock again, after requirements.lock has changed: sh tools/lock-wheels.sh BIN
# The versions and the hashes are those of requirements.lock; of the hashes of each package, the
# one of the wheel that Pyodide takes is kept.
set -eu
bin=$1 new=build/new-wheels
rm -rf "$new"
mkdir -p "$new"
# uv wants a platform that it knows by name; it only decides which packages are needed. The C part
# of Argon2 is not, and neither is rpds: modules in playground/python stand in for them.
"$bin/uv" pip compile --quiet --python-platform wasm32-pyodide2025 --python-version 3.14 \
    --no-emit-package argon2-cffi-bindings --no-emit-package cffi --no-emit-package pycparser \
    --no-emit-package rpds-py \
    --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header --no-annotate \
    -o "$new/all.txt" playground/wheels.in
sh tools/wheels.sh "$bin" "$new/all.txt" "$new"
"$bin/python" - "$new" > "$new/wheels.lock" <<'PY'
import hashlib
import pathlib
import sys

for wheel in sorted(pathlib.Path(sys.argv[1]).glob("*.whl")):
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    print(f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{digest}")
PY
mv "$new/wheels.lock" playground/wheels.lock
rm -rf "$new"
