#!/usr/bin/env bash
# cxlemu describe, and the program's own command line. That the pages are those that are committed is a guard's to say.
. "$(dirname "$0")/common.sh"

for page in markdown qmp options; do
  expect 0 describe "--$page"
  [[ "$(head -c 200 out)" == *"# "* ]] || fail "--$page is no page"
done
expect 0 describe --lua
out_has 'DissectorTable.get("mctp.type")'
expect 0 describe --dictionary
out_has 'sanitize="\x00'
expect 2 describe
expect 2 describe --markdown --lua
expect 2 describe --pages

expect 0 --help
out_has "exit status: 0 done, 1 the device or lab refused, 2 wrong command line, 3 no lab"
expect 0 --version
[[ "$(<out)" =~ ^cxlemu\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "no version"
expect 2
expect 2 lst
for command in list cci qmp exec run describe demo; do expect 0 "$command" --help; done

# Output that cannot be written is no success.
if [[ -w /dev/full ]]; then
  "$cxlemu_binary" describe --markdown >/dev/full 2>err && fail "a full disk is a success"
  err_is "cxlemu: cannot write to standard output"
fi
echo passed
