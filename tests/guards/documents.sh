# shellcheck shell=bash
# What the guards of docs/ share. Sourced.
failed=0
complain() { echo "$*"; failed=1; }

# rows_of FILE TITLE: the rows of its tables; those that begin with TITLE are their headings.
rows_of() { grep -E '^\| ' "$1" | grep -vE "^\| $2 \|"; }

# tests_in FOLDER...: the tests below them, "FILE Suite.Test", one a line.
tests_in() {
  grep -rE '^TEST(_F|_P)?\(' --include='*_test.cpp' "$@" |
    sed -nE 's/^([^:]+):TEST(_F|_P)?\(([A-Za-z0-9]+), ([A-Za-z0-9]+)\).*/\1 \3.\4/p'
}
