#!/usr/bin/env bash
# cxlemu demo: every step of the story holds.
. "$(dirname "$0")/common.sh"

expect 0 demo
out_lacks "[FAIL]"
out_has "All of it is as it says."
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the demo left a lab behind"
echo passed
