#!/usr/bin/env bash
# docs/faults.md: every row names a test, and every Suite.Test is in the file that is linked in front of it.
set -euo pipefail
. "$(dirname "$0")/documents.sh"
cd "$1/docs"
declare -A is_test
while IFS= read -r file_and_name; do is_test[$file_and_name]=1; done < <(tests_in ../src ../tests)
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
      [[ -n "${is_test["$file $word"]:-}" ]] || complain "$word is not in ${file:-a file}"
    fi
  done < <(grep -oE '\.\./[A-Za-z0-9_/]+\.cpp|`[A-Z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*`' <<<"$row" | tr -d '`')
  [[ $named -gt $before ]] || complain "without a test: $row"
done < <(rows_of faults.md 'what went wrong')
[[ $named -gt 100 ]] || complain "hardly any tests found: the pattern is wrong"
exit $failed
