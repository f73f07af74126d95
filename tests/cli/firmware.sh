#!/usr/bin/env bash
# Firmware by the command line: packages, transfers by both CCIs, activation, refusals.
source "$(dirname "$0")/common.sh"

head -c 20000 "$cxlemu_binary" >payload
expect 0 firmware pack --revision 2.0 --output new.fw payload
out_has 'revision 2.0'
expect 0 firmware inspect new.fw
out_has '2.0'
expect 2 firmware pack --revision 12345678901234567 --output long.fw payload
expect 3 cci mem0 transfer-fw new.fw

start --clock=auto "${one_device[@]}"

# ---- in parts by each CCI, and read back by the other
for via in mailbox mctp; do
  expect 0 cci mem0 transfer-fw new.fw --via "$via"
  out_has 'to slot 2'
  expect 0 cci mem0 get-fw-info
  out_has 'slot_2_fw_revision          2.0'
done
expect 0 qmp cxlemu-query-firmware path=mem0
out_has '"bytes": 20224'

# ---- staged until a reset, and shown by 4000h
expect 0 cci mem0 activate-fw action=on-the-next-reset slot=2
expect 0 qmp cxlemu-reset path=mem0 kind=conventional
expect 0 cci mem0 identify-memory-device
out_has 'fw_revision                              2.0'

# ---- a corrupt package is refused and changes nothing
cp new.fw corrupt.fw
printf 'X' | dd of=corrupt.fw bs=1 seek=5000 conv=notrunc status=none
expect 1 cci mem0 transfer-fw corrupt.fw slot=1
out_has 'FW Verification Failed (0ah)'
expect 1 firmware inspect corrupt.fw
expect 0 cci mem0 get-fw-info
out_has 'slot_1_fw_revision          cxlemu-1.0'

# ---- an activation that fails rolls back
expect 0 cci mem0 transfer-fw new.fw slot=1
expect 0 qmp cxlemu-set path=mem0 activation-failure=rolled-back
expect 1 cci mem0 activate-fw action=online slot=1
out_has 'Activation Failed, FW Rolled Back (0ch)'
expect 0 cci mem0 get-fw-info
out_has 'fw_slot_info                0x02'
