#!/usr/bin/env bash
# Every struct with a wire size has a field list; CXLEMU_DESCRIBE asserts that it covers each byte once.
# lab_socket.hpp is ours between two processes, not a format of the specification.
set -euo pipefail
cd "$1/src"
described=$(find wire mctp cci component -name '*.hpp' -exec cat {} + | tr -s ' \n' ' ' |
  grep -oE 'CXLEMU_DESCRIBE\( ?[A-Za-z:]+' | sed -E 's/.*[( :]//' | sort -u)
sized=$(grep -rhoE 'static_assert\(sizeof\([A-Z][A-Za-z]+\) == ' wire mctp --include='*.hpp' --exclude=lab_socket.hpp |
  sed -E 's/.*sizeof\(([A-Za-z]+)\).*/\1/' | sort -u)
missing=$(comm -23 <(echo "$sized") <(echo "$described"))
[[ -z "$missing" ]] || { echo "without a field list: $missing"; exit 1; }
[[ $(echo "$described" | wc -l) -gt 20 ]] || { echo "hardly any field lists found: the pattern is wrong"; exit 1; }
