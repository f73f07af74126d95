#!/usr/bin/env bash
# Every header includes what it uses: each is compiled by itself.
set -euo pipefail
compiler=$2
cd "$1/src"
find . -name '*.hpp' ! -name testing.hpp ! -name test_support.hpp ! -name '*_fixture.hpp' -print0 |
  xargs -0 -P "$(nproc)" -I{} "$compiler" -std=c++23 -fsyntax-only -w -x c++ -I. {}
