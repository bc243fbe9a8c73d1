#!/bin/sh
# Makes the virtual environment: sh tools/setup.sh PYTHON VENV LOCK
# With uv where it is installed, else with venv and pip, which come with Python.
set -eu
python=$1 venv=$2 lock=$3

say() { printf '%s\n' "$*" >&2; }

bin() { if [ -d "$venv/Scripts" ]; then echo "$venv/Scripts"; else echo "$venv/bin"; fi; }

with_uv() {
    say "Setting up once: installing what $lock lists into $venv, with uv."
    [ -x "$(bin)/python" ] || uv venv --quiet --python "$python" "$venv" || return 1
    uv pip install --quiet --python "$(bin)/python" --require-hashes --compile-bytecode -r "$lock"
}

with_pip() {
    say "Setting up once: installing what $lock lists into $venv, with pip." \
        "This takes about half a minute."
    # An environment that uv has made has no pip.
    if ! "$(bin)/python" -m pip --version >/dev/null 2>&1; then
        if ! problem=$("$python" -m venv --clear "$venv" 2>&1); then
            rm -rf "$venv"
            say "Python could not make a virtual environment:"
            say "$problem"
            say "On Debian and Ubuntu, install what is missing: sudo apt install python3-venv"
            exit 1
        fi
    fi
    "$(bin)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
}

if ! command -v "$python" >/dev/null 2>&1; then
    say "There is no command $python. Install Python 3.11 or newer, or name yours:"
    say "  make PYTHON=python3.12 check lesson=1"
    exit 1
fi
"$python" - <<'PY' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(
        "This course needs Python 3.11 or newer, and %s is %d.%d.\n"
        "Name a newer one: make PYTHON=python3.12 check lesson=1"
        % ((sys.executable,) + sys.version_info[:2])
    )
PY

if ! command -v uv >/dev/null 2>&1; then
    with_pip
elif ! with_uv; then
    say "uv did not manage that, so pip is tried."
    with_pip
fi
# The first check should not be the one that compiles.
"$(bin)/python" -m compileall -q course checks || true
say "Ready."
