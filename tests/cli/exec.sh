#!/usr/bin/env bash
# cxlemu exec: other people's programs reach a lab, and end as they end.
. "$(dirname "$0")/common.sh"

expect 0 exec --help
out_has "usage: cxlemu exec [--lab NAME] [--] PROGRAM ARGS"
expect 2 exec
err_is "cxlemu: exec needs a program: cxlemu exec -- PROGRAM ARGS"
expect 2 exec --
expect 2 exec --lba x true
err_has "exec: --lba is no option here"
expect 3 exec true
err_has 'no lab "lab" is running'

start --name fabric --clock=auto "${one_device[@]}"
expect 3 exec true
err_has 'no lab "lab" is running, but: fabric'
expect 0 exec --lab fabric true
expect 7 exec --lab=fabric -- sh -c 'exit 7'
expect 137 exec --lab fabric sh -c 'kill -KILL $$'
expect 0 exec --lab fabric -- echo --lab -- x
out_is "--lab -- x"
expect 2 exec --lab fabric -- ./no-such-program
err_has "cannot run ./no-such-program"
export CXLEMU_LAB=fabric
expect 0 exec -- sh -c 'echo "$CXLEMU_MCTP_SOCKET"'
out_is "$CXLEMU_RUNTIME_DIR/fabric/mctp.sock"

# An unmodified AF_MCTP program, every call of it, against the device at 1:8.
expect 0 exec -- "$check_binary" 1 8
out_lacks FAIL
out_has "PASS identify_by_every_way_to_read"
out_has "PASS eight_requests_at_a_time"
out_has "0 failed"
# It leaves neither sockets nor tags behind.
sockets_are_gone() { cxlemu list --json | grep -q '"open": 0'; }
until_true sockets_are_gone
expect 0 list --json
out_has '"tags-in-use": 0'

expect 0 qmp quit
end 0

# A bound program is told of events until it answers, on either clock.
for clock in real auto; do
  start --name notified --clock=$clock "${one_device[@]}"
  # Outside of the shim: a program with AddressSanitizer does not start under it.
  event="env -u LD_PRELOAD '$cxlemu_binary' qmp --lab notified cxl-inject-general-media-event path=mem0 \
    log=informational flags=0 dpa=0 descriptor=0 type=0 transaction-type=0 >/dev/null"
  expect 0 exec --lab notified -- "$check_binary" 1 8 --notified-by "$event"
  out_has "PASS notifications_come_until_they_are_answered"
  out_has "0 failed"
  expect 0 qmp --lab notified quit
  end 0
done
echo passed
