#!/bin/sh
# Prepares what runs in the browser: sh tools/browser.sh BIN [tests]
# Pyodide and others go into playground/node_modules, the wheels into build/wheels, and what is made
# of both into build/playground. A copy of each lock stays beside what it gave, so that the next
# call has little to do. Node is the machine's, or else PyPI's. With `tests`, what only the tests need
# is installed too, and build/programs/node is a Node that can run the course for long: one of
# version 20 ends, or waits for ever, after some hundred programs.
set -eu
bin=$1 what=${2:-site}

at_least() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0] < process.argv[1]))' "$1" \
        >/dev/null 2>&1
}
use_node_of_pypi() {
    sh tools/node.sh "$bin/python" build/node
    PATH="$PWD/build/node/programs:$PATH"
    NODE_USE_SYSTEM_CA=1 # as the machine's own would
    export PATH NODE_USE_SYSTEM_CA
}
command -v npm >/dev/null 2>&1 && at_least 20 || use_node_of_pypi

locked=playground/node_modules/.locked
if ! cmp -s playground/package-lock.json $locked-tests &&
    { [ "$what" = tests ] || ! cmp -s playground/package-lock.json $locked-site; }; then
    echo "Installing Pyodide and others into playground/node_modules." >&2
    omit=$([ "$what" = tests ] || echo --omit=dev)
    (cd playground && npm ci $omit --no-audit --no-fund --loglevel=error)
    cp playground/package-lock.json "$locked-$what"
fi

if ! cmp -s playground/wheels.lock build/wheels/.locked; then
    echo "Downloading the wheels for Pyodide into build/wheels." >&2
    rm -rf build/wheels
    mkdir -p build/wheels
    sh tools/wheels.sh "$bin" playground/wheels.lock build/wheels
    cp playground/wheels.lock build/wheels/.locked
fi

site=$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
node playground/pack.mjs build/playground "$site"
node playground/build.mjs build/playground

if [ "$what" = tests ]; then
    at_least 22 || use_node_of_pypi
    mkdir -p build/programs
    ln -sf "$(node -p process.execPath)" build/programs/node
fi
