#!/bin/sh
# Gives a machine without Node the one that PyPI has: sh tools/node.sh PYTHON VENV
# Its programs are in VENV/programs, without the Python that brings them.
set -eu
python=$1 venv=$2
cmp -s playground/node.lock "$venv/.locked" && exit
if ! sh tools/setup.sh "$python" "$venv" playground/node.lock; then
    echo "Building the site needs Node 20 or newer, and npm. The course itself needs neither." >&2
    exit 1
fi
mkdir -p "$venv/programs"
for program in node npm npx; do
    ln -sf "../bin/$program" "$venv/programs/$program"
done
cp playground/node.lock "$venv/.locked"
