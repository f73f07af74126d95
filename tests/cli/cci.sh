#!/usr/bin/env bash
# cxlemu cci: every command, every way to give and to print, and what the exit status means.
. "$(dirname "$0")/common.sh"

# ---- without a lab
expect 0 cci mem0
out_has "OPCODE  COMMAND"
mapfile -t commands < <(awk 'NR > 1 { print $2 }' out)
[[ ${#commands[@]} -ge 20 ]] || fail "only ${#commands[@]} commands"
expect 3 cci mem0 identify
err_has 'no lab "lab" is running'
expect 2 cci
expect 2 cci mem0 identify --frm

start --clock=auto "${one_device[@]}"

# ---- every command once
head -c 300 "$cxlemu_binary" >payload
expect 0 firmware pack --revision 2.0 --output new.fw payload
declare -A fields=([transfer-fw]=new.fw [activate-fw]="action=online slot=2"
  [get-feature]=feature_identifier=patrol-scrub
  [set-feature]="feature_identifier=patrol-scrub configured_patrol_scrub_cycle_hours=12"
  [set-response-message-limit]=response_message_limit=10
  [get-log-capabilities]=log_identifier=vendor-debug [clear-log]=log_identifier=component-state-dump
  [populate-log]=log_identifier=component-state-dump
  [get-supported-logs-sub-list]=maximum_number_of_supported_log_entries=1 [set-timestamp]=timestamp=1
  [get-poison-list]=physical_address_length_64b=64 [get-scan-media-capabilities]=physical_address_length_64b=64
  [set-sld-qos-control]="egress_moderate_percentage=10 egress_severe_percentage=25"
  [scan-media]=physical_address_length_64b=64 [media-operations]="media_operation_class=1")
# What a device refuses that is not locked, is frozen, or has no security protocol.
declare -A status=([unlock]=1 [set-partition-info]=1 [passphrase-secure-erase]=1 [security-send]=1)
for command in "${commands[@]}"; do
  expect "${status[$command]:-0}" cci mem0 "$command" ${fields[$command]:-}
  [[ "$(head -1 out)" == *" by "*": "* ]] || fail "$command: first line"
done
expect 0 cci mem0 security-receive
out_is "Security Receive by mailbox: Success
00000000  00 00 00 00 00 00 00 01  00                       |.........|"
expect 0 cci mem0 sanitize
out_is "Sanitize by mailbox: Background Command Started (01h)"

# ---- how an answer is printed
expect 0 cci mem0 get-health-info
out_is "Get Health Info by mailbox: Success
  health_status                     0x00
  media_status                      0 (Normal)
  additional_status                 0x00
  life_used                         1
  device_temperature                40
  dirty_shutdown_count              0
  corrected_volatile_error_count    0
  corrected_persistent_error_count  0"
expect 0 cci mem0 get-health-info --raw
out_is "000000012800000000000000000000000000"
expect 0 cci mem0 get-health-info --json
out_has '"command": "get-health-info"'
out_has '"device_temperature": 40'
out_has '"return-code-name": "Success"'
expect 0 cci mem0 0x4200
out_has "device_temperature"
expect 0 cci mem0 "Get Health Info" --raw
expect 0 cci mem0 get-log
out_has "4400h   Sanitize"
expect 0 cci mem0 get-supported-logs --json
out_has '"log_identifier": "0da9c0b5-bf41-4b78-8f79-96b1623b3f17"'

# ---- logs by their names; Get Log with nothing but a name reads the whole of it
expect 0 cci mem0 clear-log log_identifier=vendor-debug
expect 1 cci mem0 0xc000
expect 0 cci mem0 get-log log_identifier=vendor-debug
out_has "mailbox c000h: Unsupported (03h)"
expect 0 cci mem0 get-log log_identifier=vendor-debug --via mctp --json
out_has '"lines": ['
expect 0 cci mem0 get-log log_identifier=component-state-dump
out_has "component_state_dump_format_uuid         566fb059-93dd-44cf-af0f-1079d37e2523"
out_has '"device": "mem0"'
expect 0 cci mem0 get-log log_identifier=ddr5-ecs
out_has "component_identifier         FRU2"
expect 0 cci mem0 get-log log_identifier=media-test-capability offset=0 length=1 --raw
out_is "00"
expect 1 cci mem0 get-log log_identifier=00000000-0000-0000-0000-000000000000
out_is "Get Log by mailbox: Invalid Log (17h)"

# ---- features by their names, with the fields of their data
expect 0 cci mem0 get-supported-features
out_has "number_of_supported_feature_entries  10"
expect 0 cci mem0 set-feature feature_identifier=patrol-scrub configured_patrol_scrub_cycle_hours=6 \
  device_patrol_scrub_flags=1
expect 0 cci mem0 get-feature feature_identifier=patrol-scrub
out_is "Get Feature by mailbox: Success
  device_patrol_scrub_capabilities     0x01
  configured_patrol_scrub_cycle_hours  6
  smallest_patrol_scrub_cycle_hours    1
  device_patrol_scrub_flags            0x01"
expect 0 cci mem0 get-feature feature_identifier=96dad7d6-fde8-482b-a733-75774e06db8a selection=default-value --json
out_has '"configured_patrol_scrub_cycle_hours": 12'
expect 0 cci mem0 get-feature feature_identifier=patrol-scrub offset=1 count=1 --raw
out_is "06"
expect 0 cci mem0 set-feature feature_identifier=ddr5-ecs ddr5_ecs_log_capabilities=1 \
  ecs_configurations=3,0xb,4 --via mctp
expect 0 cci mem0 get-feature feature_identifier=ddr5-ecs
out_has "    ecs_configurations  0x000b"
expect 0 cci mem0 set-feature feature_identifier=patrol-scrub version=1 data=hex:0c00
expect 2 cci mem0 set-feature feature_identifier=patrol-scrub hours=1
err_has 'the command has no field "hours" (it has configured_patrol_scrub_cycle_hours, device_patrol_scrub_flags)'
expect 2 cci mem0 get-feature feature_identifier=patrol-skrub
err_has 'feature_identifier: "patrol-skrub" is no UUID, and no feature has that name; did you mean "patrol-scrub"?'
expect 0 cci mem0 perform-maintenance maintenance_operation_class=ppr dpa=0x2000
expect 0 cci mem0 perform-maintenance maintenance_operation_class=memory-sparing \
  maintenance_operation_subclass=1 bank=1 --wait
out_has "Perform Maintenance ended at 100 %: Success"
expect 1 cci mem0 perform-maintenance maintenance_operation_class=memory-sparing channel=9
out_is "Perform Maintenance by mailbox: Invalid Physical Address (0fh)"

# ---- by which CCI
expect 0 cci mem0 get-health-info --via mctp
out_has "Get Health Info by mctp: Success"
expect 1 cci mem0 identify --via mailbox
out_is "Identify by mailbox: Unsupported Mailbox or CCI (15h)"
expect 2 cci mem0 identify --via tunnel
expect 0 cci /machine/peripheral/mem0 identify

# ---- payloads, fields and files. The Sanitize from above ends at once on this clock.
until_true cxlemu cci mem0 set-lsa offset=0 data=hex:00ff --via mctp >/dev/null
expect 0 cci mem0 set-lsa offset=2 data=text
expect 0 cci mem0 get-lsa offset=0 length=7 --raw
out_is "00ff7465787400"
expect 0 cci mem0 get-lsa --payload "01000000 03000000" --raw
out_is "ff7465"
expect 1 cci mem0 get-lsa --payload 01000000
out_is "Get LSA by mailbox: Invalid Payload Length (16h)"
expect 1 cci mem0 0x1234 --payload 00
out_is "1234h by mailbox: Unsupported (03h)"
expect 1 cci mem0 0xc000
head -c 3000 /dev/urandom >data.bin
expect 0 cci mem0 set-lsa offset=100 data=@data.bin --via mctp
expect 0 cci mem0 get-lsa --output lsa.bin
out_is "Get LSA by mailbox: Success"
[[ "$(stat -c %s lsa.bin)" -eq 4096 ]] || fail "the whole area has $(stat -c %s lsa.bin) bytes"
cmp -s <(tail -c +101 lsa.bin | head -c 3000) data.bin || fail "labels are not what was written"
expect 0 cci mem0 get-lsa --via mctp --output lsa2.bin
cmp -s lsa.bin lsa2.bin || fail "labels differ by CCI"
expect 1 cci mem0 get-lsa --output /nonexistent/lsa.bin
err_has "/nonexistent/"
# What is given as bytes goes out as it is, whole: over MCTP it is longer than a message may be.
expect 1 cci mem0 set-lsa --via mctp --payload "$(printf '%04000d' 0)"
out_is "Set LSA by mctp: Invalid Payload Length (16h)"

# ---- wrong command lines
expect 2 cci mem0 idntify
err_has 'no command "idntify"; did you mean "identify"?'
expect 2 cci mem0 get-lsa ofset=1
err_has 'the command has no field "ofset"; did you mean "offset"?'
expect 2 cci mem0 get-lsa offset
err_has '"offset": write it as field=value'
expect 2 cci mem0 get-lsa offset=4G
err_has "offset: 4294967296 does not fit into 4 bytes"
expect 2 cci mem0 get-lsa --payload 0
err_has '--payload "0": not hexadecimal'
expect 2 cci mem0 set-lsa data=@missing.bin
err_has "missing.bin"
expect 2 cci mem0 0x1234 a=1
err_has "opcode 1234h has no fields known here; give --payload HEX"
expect 1 cci mem1 identify
err_has 'no device "mem1"; did you mean "mem0"?'
expect 3 cci --lab other mem0 identify
err_has 'no lab "other" is running, but: lab'

# ---- long work
expect 0 cci mem0 sanitize --wait
out_is "Sanitize by mailbox: Background Command Started (01h)
Sanitize ended at 100 %: Success"
expect 0 cci /machine/peripheral/mem0 sanitize --wait --via mctp --json
out_has '"return-code-name": "Background Command Started"'
out_has '"percent": 100'
expect 0 cci mem0 get-lsa --raw
out_is "$(printf '%08192d' 0)"
expect 0 qmp quit
end 0

# ---- long work that does not succeed, on a clock that stands still
start --clock=virtual "${one_device[@]}"
sanitize_runs() { cxlemu list | grep -q '4400h'; }
sanitize() {
  cxlemu cci mem0 sanitize --wait "$@" >sanitize.out 2>sanitize.err &
  waiting=$!
  started+=("$waiting")
  until_true sanitize_runs
}
sanitize_ends() {
  wait "$waiting"
  local status=$?
  cp sanitize.out out
  cp sanitize.err err
  [[ $status -eq $1 ]] || fail "cci sanitize --wait: exit status $status, not $1"
}
sanitize --via mctp
expect 1 cci mem0 sanitize --via mctp
out_is "Sanitize by mctp: Busy (06h)"
expect 0 cci mem0 request-abort-background-operation --via mctp
sanitize_ends 1
out_has "Sanitize ended at 0 %: Aborted"
err_has "device time stands still (--clock=virtual)"
expect 1 cci mem0 get-lsa offset=0 length=1
out_is "Get LSA by mailbox: Media Disabled (07h)"
sanitize
expect 0 qmp cxlemu-reset path=mem0 kind=conventional
sanitize_ends 1
err_has "Sanitize: a reset ended it, or another operation has followed; its result is lost"
sanitize
expect 0 qmp cxlemu-advance-clock by=10s
sanitize_ends 0
out_has "Sanitize ended at 100 %: Success"
expect 0 qmp quit
end 0

# ---- a device without labels, and with the smallest messages
start --clock=auto -object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M \
  -object memory-backend-ram,id=l1,size=1k -device cxl-type3,id=none,volatile-memdev=m0 \
  -device cxl-type3,id=small,persistent-memdev=m1,lsa=l1,message-limit=8,mailbox-payload-size=256
expect 0 cci none get-lsa
out_is "Get LSA by mailbox: Success"
expect 0 cci none get-lsa --json
out_has '"command": "get-lsa"'
out_has '"opcode": 16642'
head -c 1024 /dev/urandom >data.bin
for via in mailbox mctp; do
  expect 0 cci small set-lsa data=@data.bin --via "$via"
  expect 0 cci small get-lsa --via "$via" --output lsa.bin
  cmp -s lsa.bin data.bin || fail "labels are not what was written by $via"
  expect 0 cci small get-log --via "$via"
  out_has "4103h   Set LSA"
done
expect 0 qmp quit
end 0
# ---- vendor commands of a table: by name, with a running lab
expect 2 cci mem0 get-fan-speed
start --clock=auto "$source_dir/examples/vendor-commands.toml"
expect 0 cci mem0
out_has "c000h   get-fan-speed"
expect 0 cci mem0 get-fan-speed --raw
out_is "d007"
expect 0 cci mem0 "Set Fan Speed" --payload b80b --via mctp
out_is "Set Fan Speed by mctp: Success"
expect 0 cci mem0 0xc000
out_is "Get Fan Speed by mailbox: Success
00000000  b8 0b                                             |..|"
expect 1 cci mem0 set-fan-speed --payload 00
out_is "Set Fan Speed by mailbox: Invalid Payload Length (16h)"
expect 0 cci mem0 loopback --payload 0102
out_has "Loopback by mctp: Success"
expect 1 cci mem0 enter-manufacturing-mode
out_is "Enter Manufacturing Mode by mailbox: Invalid Security State (13h)"
expect 0 cci mem0 get-log
out_has "c001h   Set Fan Speed                       0x0002 (Immediate Configuration Change)"
expect 2 cci mem0 get-fan-sped
err_has 'did you mean "get-fan-speed"?'
expect 0 qmp quit
end 0
echo passed
