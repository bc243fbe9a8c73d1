#!/bin/sh
# sh tools/lint.sh BIN
set -eu
bin=$1
"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy" --no-error-summary course
for solution in solutions/*/main.py; do
    # Each one is laid over what its lesson provides, as when it runs.
    slug=$(basename "$(dirname "$solution")")
    folder=$(mktemp -d)
    cp -R "lessons/$slug/." "solutions/$slug/." "$folder"
    MYPYPATH=$folder "$bin/mypy" --no-error-summary "$folder/main.py"
    rm -r "$folder"
done
"$bin/typos"
# Of the browser's part, when what it needs is there: sh tools/browser.sh BIN tests
if [ -x playground/node_modules/.bin/tsc ]; then
    (cd playground && node_modules/.bin/tsc --project .)
fi
if grep -nE '://|^--(extra-)?index' requirements.lock requirements-author.lock \
    benchmarks/frameworks/requirements.lock \
    playground/package-lock.json playground/wheels.lock playground/node.lock; then
    echo "A lock file names an address. Make it again with: make lock" >&2
    exit 1
fi
