#!/bin/sh
# Downloads what a requirements file lists, as wheels for Pyodide: sh tools/wheels.sh BIN FILE FOLDER
# The tag names the Python and the Emscripten of the Pyodide in playground/package.json.
set -eu
bin=$1 file=$2 folder=$3
sh tools/pip.sh "$bin" download --quiet --disable-pip-version-check --no-deps \
    --only-binary=:all: --platform pyemscripten_2026_0_wasm32 \
    --python-version 3.14 --implementation cp --abi cp314 \
    --require-hashes --dest "$folder" --requirement "$file"
# With a tag that nothing was built for, pip takes a dummy py3-none-any of pydantic-core instead.
if [ ! -e "$folder"/pydantic_core-*-cp314-cp314-pyemscripten_2026_0_wasm32.whl ]; then
    echo "pip took another pydantic-core than the one for WebAssembly:" >&2
    ls "$folder" >&2
    exit 1
fi
