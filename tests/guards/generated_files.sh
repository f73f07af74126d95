#!/usr/bin/env bash
# What is generated from the tables is what is committed.
set -euo pipefail
cd "$1"
cxlemu=$2
failed=0
check() {
  if ! diff -u "$1" <("$cxlemu" describe "$2") >/dev/null; then
    echo "$1 is out of date: build/release/src/app/cxlemu describe $2 > $1"
    failed=1
  fi
}
check docs/commands.md --markdown
check docs/cxlemu.lua --lua
check docs/qmp.md --qmp
check docs/options.md --options
check fuzz/cci.dict --dictionary
exit "$failed"
