#!/bin/sh
# sh tools/lint.sh BIN
set -eu
bin=$1
"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy" --no-error-summary course
for solution in solutions/*/main.py; do
    # Each one is a main.py of its own, beside what its lesson provides.
    slug=$(basename "$(dirname "$solution")")
    MYPYPATH=lessons/$slug "$bin/mypy" --no-error-summary "$solution"
done
"$bin/typos"
if grep -nE '://|^--(extra-)?index' requirements.lock requirements-author.lock \
    playground/package-lock.json playground/wheels.lock; then
    echo "A lock file names an address. Make it again with: make lock" >&2
    exit 1
fi
