#!/bin/sh
# Resolves the dependencies again: sh tools/lock.sh BIN
# The locks name versions and hashes, never an address: CI refuses one that does.
set -eu
bin=$1
compile() {
    "$bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate --upgrade "$@" pyproject.toml
}
compile -o requirements.lock
compile --extra author -o requirements-author.lock
"$bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --upgrade -c requirements.lock \
    -o benchmarks/frameworks/requirements.lock benchmarks/frameworks/requirements.in
"$bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --upgrade \
    -o playground/node.lock playground/node.in
sh tools/lock-wheels.sh "$bin"
sh tools/lock-node.sh "$bin"
