#!/usr/bin/env bash
# Every struct with a wire size has a field list; CXLEMU_DESCRIBE asserts that it covers each byte once.
# lab_socket.hpp is ours between two processes, not a format of the specification.
set -euo pipefail
cd "$1/src"
described=$(find wire mctp cci component -name '*.hpp' -exec cat {} + | tr -s ' \n' ' ' |
  grep -oE 'CXLEMU_DESCRIBE\( ?[A-Za-z0-9:]+' | sed -E 's/.*[( :]//' | sort -u)
sized=$(find wire mctp -name '*.hpp' ! -name lab_socket.hpp -exec cat {} + | tr -s ' \n' ' ' |
  grep -oE 'static_assert\([^;]*sizeof\([A-Z][A-Za-z0-9]+\) == (0x)?[0-9A-F]' |
  sed -E 's/.*sizeof\(([A-Za-z0-9]+)\).*/\1/' | grep -vxE 'Le[0-9]+|U8' | sort -u)
missing=$(comm -23 <(echo "$sized") <(echo "$described"))
[[ -z "$missing" ]] || { echo "without a field list: $missing"; exit 1; }
[[ $(echo "$sized" | wc -l) -gt 20 ]] || { echo "hardly any wire structs found: the pattern is wrong"; exit 1; }
