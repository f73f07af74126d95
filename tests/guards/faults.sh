#!/usr/bin/env bash
# docs/faults.md: every row names a test, and every Suite.Test is in the file that is linked in front of it.
set -euo pipefail
cd "$1/docs"
failed=0
complain() { echo "$*"; failed=1; }
named=0
while IFS= read -r row; do
  file=''
  before=$named
  while IFS= read -r word; do
    if [[ $word == *.cpp ]]; then
      file=$word
      [[ -f "$file" ]] || complain "there is no $file"
    else
      named=$((named + 1))
      [[ -f "$file" ]] && grep -qE "^TEST(_F|_P)?\(${word%.*}, ${word#*.}\)" "$file" ||
        complain "$word is not in ${file:-a file}"
    fi
  done < <(grep -oE '\.\./[A-Za-z0-9_/]+\.cpp|`[A-Z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*`' <<<"$row" | tr -d '`')
  [[ $named -gt $before ]] || complain "without a test: $row"
done < <(grep -E '^\| ' faults.md | grep -vF '| what went wrong |')
[[ $named -gt 100 ]] || complain "hardly any tests found: the pattern is wrong"
exit $failed
