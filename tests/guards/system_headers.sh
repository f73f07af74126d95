#!/usr/bin/env bash
# Only os/ and client/ make system calls.
set -euo pipefail
cd "$1/src"
folders=(base wire text memory mctp cci pci af_mctp component decode machine options qmp app)
ls -d "${folders[@]}" >/dev/null
pattern='#[[:space:]]*include[[:space:]]*<((sys|linux|netinet|arpa|net|systemd)/|[a-z_0-9]+\.h>'
pattern+='|thread>|mutex>|condition_variable>|future>|fstream>|iostream>)'
# libmd is a library, not the system.
found=$(grep -rnE "$pattern" --exclude="*_test.cpp" "${folders[@]}" | grep -v 'base/sha256.cpp' || true)
[[ -z "$found" ]] || { echo "$found"; echo "system headers belong to os/ and client/"; exit 1; }
