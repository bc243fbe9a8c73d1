#!/bin/sh
# Draws tools/diagrams/*.dot again: sh tools/diagrams.sh
# On a ground of their own, so that they can be read on a light page and on a dark one.
# It needs Graphviz: sudo apt install graphviz, brew install graphviz.
set -eu
cd "$(dirname "$0")/.."
command -v dot >/dev/null || { echo "Graphviz is missing: sudo apt install graphviz" >&2; exit 1; }
for source in tools/diagrams/*.dot; do
    # The version of Graphviz would change the file without changing the drawing.
    dot -Tsvg -Gbgcolor='#f5f6fb' -Gpad=0.2 -Gfontname=sans-serif -Gcolor='#3f51b5' \
        -Nshape=box -Nstyle='rounded,filled' -Nfillcolor=white -Nmargin=0.2,0.12 \
        -Nfontname=sans-serif -Nfontsize=13 -Ncolor='#3f51b5' \
        -Efontname=sans-serif -Efontsize=12 -Ecolor='#3f51b5' "$source" |
        sed -e '/^<!-- Generated/,/-->$/d' -e '/^<?xml/d' -e '/^<!DOCTYPE/,/>$/d' \
            > "docs/assets/diagrams/$(basename "$source" .dot).svg"
done
