#!/usr/bin/env bash
# Every header includes what it uses. One that has a .cpp is the first include there, so the build has shown it; the
# others are compiled by themselves.
set -euo pipefail
compiler=$2
cd "$1/src"
failed=0
alone=()
while read -r header; do
  source=${header%.hpp}.cpp
  if [[ -f "$source" ]]; then
    first=$(grep -m1 '^#include' "$source")
    [[ "$first" == "#include \"$header\"" ]] || { echo "$source does not include $header first"; failed=1; }
  else
    alone+=("$header")
  fi
done < <(
  find . -name '*.hpp' ! -name testing.hpp ! -name test_support.hpp ! -name '*_fixture.hpp' -printf '%P\n' | sort)
[[ ${#alone[@]} -gt 10 ]] || { echo "hardly any headers found"; exit 1; }
printf '%s\0' "${alone[@]}" |
  xargs -0 -P "$(nproc)" -I{} "$compiler" -std=c++23 -fsyntax-only -w -x c++ -I. {} || failed=1
exit "$failed"
