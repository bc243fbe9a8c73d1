#!/bin/sh
# Prepares the second runtime: sh tools/browser.sh BIN
# Pyodide goes into playground/node_modules, its wheels into build/wheels. A copy of each lock
# stays beside what it gave, so that the next call has nothing to do.
set -eu
bin=$1

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "The second runtime needs Node 20 or newer, and npm. The course itself needs neither." >&2
    # A machine of CI must not pass because something is missing on it.
    [ "${CI:-}" = true ] && exit 1
    exit 0
fi

if ! cmp -s playground/package-lock.json playground/node_modules/.locked; then
    echo "Installing Pyodide into playground/node_modules." >&2
    (cd playground && npm ci --no-audit --no-fund --loglevel=error)
    cp playground/package-lock.json playground/node_modules/.locked
fi

if ! cmp -s playground/wheels.lock build/wheels/.locked; then
    echo "Downloading the wheels for Pyodide into build/wheels." >&2
    rm -rf build/wheels
    mkdir -p build/wheels
    sh tools/wheels.sh "$bin" playground/wheels.lock build/wheels
    cp playground/wheels.lock build/wheels/.locked
fi
