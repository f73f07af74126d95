#!/usr/bin/env bash
# Time comes from the Timeline: nobody but os/ and client/ reads a clock or sleeps.
set -euo pipefail
cd "$1/src"
folders=(base wire text memory mctp cci pci af_mctp component decode machine options qmp app
  ../tests/conformance ../tests/conversations)
ls -d "${folders[@]}" >/dev/null
pattern='(_clock|[A-Z][A-Za-z]*)::now\(|clock_gettime|gettimeofday|\b(std::|::)?(time|clock)\((nullptr|NULL|0|&|\))'
pattern+='|sleep_until|\b(u|nano)?sleep\(|this_thread'
found=$(grep -rnE "$pattern" "${folders[@]}" || true)
[[ -z "$found" ]] || { echo "$found"; echo "clocks belong to os/ and client/"; exit 1; }
