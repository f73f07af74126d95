#!/usr/bin/env bash
# docs/limits.md: as many limits of each file as it has LIMIT: markers, and tests that there are. The last two columns
# of a row are the files, from src/, and the tests; a row with "16; 2048" as its number has two limits.
set -euo pipefail
. "$(dirname "$0")/documents.sh"
cd "$1"
declare -A is_test markers rows limits
while read -r _ name; do is_test[$name]=1; done < <(tests_in src tests)
while IFS=: read -r file count; do
  markers[${file#src/}]=$count
done < <(grep -rc 'LIMIT:' src --include='*.cpp' --include='*.hpp' --include='*.c' | grep -v ':0$')
# words_of TEXT: what stands in `...` there, in the array words.
words_of() {
  local rest=$1
  words=()
  while [[ $rest =~ \`([^\`]+)\`(.*)$ ]]; do
    words+=("${BASH_REMATCH[1]}")
    rest=${BASH_REMATCH[2]}
  done
}

# check_test WORD ROW: WORD is a test, as GoogleTest, the name of a file or af_mctp_check has it.
check_test() {
  local name parameter
  case $1 in
    af_mctp_check) ;;
    *.cpp | *.sh) [[ -f $1 ]] || complain "there is no $1: $2" ;;
    *.*)
      # Instance/Suite.Test/parameter
      [[ $1 =~ ^([A-Za-z0-9]+/)?([A-Za-z0-9.]+)(/([a-z0-9_]+))?$ ]] || { complain "$1 is no test: $2"; return; }
      name=${BASH_REMATCH[2]} parameter=${BASH_REMATCH[4]:-}
      [[ -n ${is_test[$name]:-} ]] || complain "there is no test $1: $2"
      [[ -z $parameter ]] || grep -rqF "\"$parameter\"" src tests --include='*_test.cpp' ||
        complain "there is no parameter of $1: $2"
      ;;
    *) grep -qF "RUN($1);" tests/af_mctp/af_mctp_check.c || complain "af_mctp_check has no $1: $2" ;;
  esac
}

while IFS= read -r row; do
  IFS='|' read -ra columns <<<"$row"
  numbers=${columns[2]//[!;]/}
  words_of "${columns[-2]}"
  [[ ${#words[@]} -gt 0 ]] || complain "without a file: $row"
  for file in "${words[@]}"; do
    if [[ ! -f src/$file ]]; then
      complain "there is no src/$file: $row"
    elif [[ -z ${markers[$file]:-} ]]; then
      complain "src/$file has no LIMIT: $row"
    fi
    rows[$file]=$((${rows[$file]:-0} + 1))
    limits[$file]=$((${limits[$file]:-0} + 1 + ${#numbers}))
  done
  words_of "${columns[-1]}"
  [[ ${#words[@]} -gt 0 || ${columns[-1]} =~ ^\ (none|–)\ $ ]] || complain "without a test, or \"none\": $row"
  for word in "${words[@]}"; do check_test "$word" "$row"; done
done < <(rows_of docs/limits.md limit)

for file in "${!markers[@]}"; do
  # Of a row with several numbers and several files, not every number is of every file.
  [[ ${markers[$file]} -le ${limits[$file]:-0} && ${markers[$file]} -ge ${rows[$file]:-0} ]] ||
    complain "src/$file has ${markers[$file]} LIMIT: markers and ${limits[$file]:-0} limits in docs/limits.md"
done
[[ ${#markers[@]} -gt 40 && ${#rows[@]} -gt 40 ]] || complain "hardly any limits found: the pattern is wrong"
exit $failed
