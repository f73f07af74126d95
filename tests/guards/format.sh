#!/usr/bin/env bash
# C++ is as .clang-format says, and no line of code has more than 120 characters, be it C++, a shell script or
# CMakeLists.txt. Lists, transcripts and corpora are data.
set -euo pipefail
cd "$1"
# Characters, not bytes.
export LC_ALL=C.UTF-8
failed=0
mapfile -t sources < <(find src tests fuzz bench -name '*.cpp' -o -name '*.hpp' -o -name '*.c' -o -name '*.h' | sort)
mapfile -t others < <({
  find CMakeLists.txt src tests fuzz bench scripts .ci -name CMakeLists.txt -o -name '*.sh'
  grep -rlI '^#!/' tests bench scripts .ci
} | sort -u)
[[ ${#sources[@]} -gt 300 && ${#others[@]} -gt 60 ]] || { echo "hardly any files found: the pattern is wrong"; exit 1; }
command -v clang-format-19 >/dev/null ||
  { echo "clang-format-19 is missing: scripts/install_packages --clang installs it"; exit 1; }
if ! clang-format-19 --dry-run -Werror "${sources[@]}"; then
  echo "clang-format-19 -i puts them right"
  failed=1
fi
if grep -nHE '^.{121}' "${sources[@]}" "${others[@]}"; then
  echo "these lines have more than 120 characters"
  failed=1
fi
exit "$failed"
