#!/bin/sh
# Runs pip: sh tools/pip.sh BIN download …
# A virtual environment that uv made has no pip, and uv cannot download wheels for another
# platform. Python itself carries a pip, which moves into build/pip.
set -eu
bin=$1
shift
if "$bin/python" -m pip --version >/dev/null 2>&1; then
    exec "$bin/python" -m pip "$@"
fi
if [ ! -e build/pip/pyvenv.cfg ] && ! problem=$("$bin/python" -m venv build/pip 2>&1); then
    rm -rf build/pip
    printf '%s\n' "$problem" "There is no pip in $bin, and Python could not make one." \
        "On Debian and Ubuntu, install what is missing: sudo apt install python3-venv" >&2
    exit 1
fi
if [ -d build/pip/Scripts ]; then bin=build/pip/Scripts; else bin=build/pip/bin; fi
exec "$bin/python" -m pip "$@"
