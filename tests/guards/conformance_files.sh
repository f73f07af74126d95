#!/usr/bin/env bash
# Every command row has a conformance test, and every conformance test a row.
set -euo pipefail
cd "$1"
rows=$("$2" describe --markdown | grep -oE 'tests/conformance/[0-9a-f]{4}_[a-z_]+_test\.cpp' | sort -u)
[[ -n "$rows" ]] || { echo "there are no rows"; exit 1; }
diff <(echo "$rows") <(ls tests/conformance/*_test.cpp | sort) ||
  { echo "rows (<) and conformance tests (>) differ"; exit 1; }
for file in $rows; do
  grep -qE '^TEST' "$file" || { echo "$file has no test"; exit 1; }
done
