#!/usr/bin/env bash
# cxlemu list: the table and --json.
. "$(dirname "$0")/common.sh"

expect 3 list
expect 3 list --lab '../etc'
err_has 'cannot name a lab'
expect 2 list --jsn
expect 0 list --help

start --clock=virtual --name one -object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=1G \
  -object memory-backend-ram,id=l1,size=256k -device cxl-type3,id=mem0,volatile-memdev=m0,mctp=none \
  -device cxl-type3,id=mem1,persistent-memdev=m1,lsa=l1,mctp=3:20,event-log-size=2
export CXLEMU_LAB=one
expect 0 list
out_is 'lab "one", clock virtual, device time 0.000 s
DEVICE  TYPE       VOLATILE  PERSISTENT  LSA      MCTP  PACKETS IN/OUT  EVENTS  STATE
mem0    cxl-type3  256 MiB   -           -        -     -               0       ready
mem1    cxl-type3  -         1 GiB       256 KiB  3:20  0/0             0       ready'

expect 0 qmp cxlemu-advance-clock by=1500ms
expect 0 qmp cxlemu-set path=mem1 opcode=sanitize background-duration=10s
expect 0 cci mem1 sanitize --via mctp
expect 0 qmp cxlemu-advance-clock by=2500ms
for _ in 1 2 3; do
  expect 0 qmp cxl-inject-general-media-event path=mem1 log=failure flags=0 dpa=0 descriptor=0 type=0 transaction-type=0
done
expect 0 list
out_has 'device time 4.000 s'
out_has '3:20  1/1             2+'
out_has '4400h 25 % on mctp'

expect 0 list --json
out_has '"name": "one"'
out_has '"clock": "virtual"'
out_has '"time": 4000000000'
out_has '"endpoint": null'
out_has '"media": "disabled"'
out_has '"lost": 1'

# An operation goes on through the reset that locks: it was started over MCTP.
expect 0 qmp cxlemu-advance-clock by=10s
expect 0 cci mem1 set-passphrase passphrase_type=user-passphrase new_passphrase=secret
expect 0 qmp cxlemu-reset path=mem1 kind=hot
expect 0 list
out_has '3:20  1/1             0       locked'
expect 0 cci mem1 unlock current_passphrase=secret
expect 0 list
out_has 'ready'

# The option goes before the environment.
expect 3 list --lab two
err_has 'no lab "two" is running, but: one'
expect 0 qmp quit
end 0

# A device with two endpoints and both mailboxes: every CCI has its name, and what the second endpoint is at is its own.
unset CXLEMU_LAB
start --clock=virtual -object memory-backend-ram,id=m0,size=256M \
  -device cxl-type3,id=mem0,volatile-memdev=m0,mctp=1:8+1:9,secondary-mailbox=on
expect 0 list
out_has 'mem0    cxl-type3  256 MiB   -           -    1:8+1:9  0/0             0       ready'
expect 0 cci mem0 identify --via mctp1
out_has 'Identify by mctp1: Success'
expect 0 cci mem0 get-event-records --via secondary-mailbox
out_has 'Get Event Records by secondary-mailbox: Success'
expect 1 cci mem0 get-health-info --via secondary-mailbox
out_has 'Unsupported Mailbox or CCI (15h)'
expect 1 cci mem0 identify --via mctp2
err_has 'mem0 has no CCI "mctp2"; it has mailbox, secondary-mailbox, mctp, mctp1'
expect 0 cci mem0 sanitize --via mctp1
expect 0 list
out_has '4400h 0 % on mctp1'
expect 0 qmp cxlemu-query-background path=mem0
out_has '"mctp1"'
expect 0 qmp cxlemu-query-events path=mem0 via=mctp1 log=fatal
expect 1 qmp cxlemu-query-events path=mem0 via=usb
err_has 'mem0 has no CCI "usb"; it has mailbox, secondary-mailbox, mctp, mctp1'
expect 0 qmp quit
end 0
echo passed
