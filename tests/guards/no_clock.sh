#!/usr/bin/env bash
# Time comes from the Timeline: nobody but os/ and client/ reads a clock or sleeps.
set -euo pipefail
cd "$1/src"
pattern='_clock::now\(|clock_gettime|gettimeofday|\btime\((nullptr|NULL|0)\)|sleep_until|\busleep\(|\bnanosleep\(|this_thread'
if grep -rnE "$pattern" base wire mctp cci memory component machine control app; then
  echo "clocks belong to os/ and client/"
  exit 1
fi
# Tests of the IO-less folders move time by hand.
if grep -rnE "$pattern" --include='*_test.cpp' ../tests/conformance ../tests/conversations; then
  echo "no test sleeps"
  exit 1
fi
