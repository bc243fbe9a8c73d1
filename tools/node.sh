#!/bin/sh
# Gives a machine without Node the one that PyPI has: sh tools/node.sh PYTHON VENV
set -eu
if ! sh tools/setup.sh "$1" "$2" playground/node.lock; then
    echo "Building the site needs Node 20 or newer, and npm. The course itself needs neither." >&2
    exit 1
fi
