#!/usr/bin/env bash
# cxlemu qmp: arguments as words, answers as JSON.
. "$(dirname "$0")/common.sh"

expect 2 qmp
expect 3 qmp query-version
err_has 'no lab "lab" is running'
start --clock=auto "${one_device[@]}"

expect 0 qmp query-version
out_is '{
  "qemu": {
    "micro": 0,
    "minor": 1,
    "major": 0
  },
  "package": "cxlemu"
}'
expect 0 qmp query-commands
grep -oE '"(cxl|query|quit)[a-z-]*"' out | tr -d '"' | sort >listed
sed -nE 's/^## (.*)/\1/p' <(cxlemu describe --qmp) | sort >described
diff listed described || fail "query-commands and docs/qmp.md differ"

# ---- words of every kind
expect 0 qmp cxlemu-send-command path=mem0 opcode=get-health-info via=mctp
out_has '"via": "mctp"'
expect 0 qmp cxlemu-send-command path=mem0 opcode=0x4102 payload=0000000001000000
out_has '"payload": "00"'
expect 0 qmp cxlemu-set path=mem0 opcode=get-timestamp return-code=busy call=2
expect 0 qmp cxlemu-set path=mem0 clear=true
expect 0 qmp cxl-inject-dram-event path=mem0 log=fatal flags=0x0 dpa=0x1000 descriptor=1 type=0 transaction-type=0 \
  'correction-mask=[1,2]' is-comp-id-pldm=on component-id=1234
expect 0 qmp cxl-inject-memory-module-event path=mem0 log=warning flags=0 type=3 health-status=0 media-status=0 \
  additional-status=0 life-used=1 temperature=-40 dirty-shutdown-count=0 corrected-volatile-error-count=0 \
  corrected-persistent-error-count=0
expect 0 cci mem0 get-event-records event_log=warning
out_has "device_temperature                -40"
out_has "device_health_information"
expect 0 cci mem0 get-event-records event_log=fatal --json
out_has '"component_identifier": "31323334000000000000000000000000"'
expect 0 qmp cxlemu-write-media path=mem0 dpa=255M data=5a length=1M
expect 0 qmp cxlemu-read-media path=mem0 dpa=255M length=1M
[[ "$(tr -d '\n' <out | grep -oE '5a' | wc -l)" -eq 1048576 ]] || fail "1 MiB of media did not come back"

# ---- device time cannot be moved past its end, and the lab goes on there
expect 0 qmp cxlemu-advance-clock by=4611680000s
expect 1 qmp cxlemu-advance-clock by=6100s
err_is "cxlemu: device time ends after 146 years"
expect 0 cci mem0 identify
expect 0 list

# ---- refusals
expect 1 qmp cxlemu-rest path=mem0
err_is 'cxlemu: The command cxlemu-rest has not been found; did you mean "cxlemu-reset"?'
expect 1 qmp cxlemu-reset path=mem0
err_is 'cxlemu: parameter "kind" is missing'
expect 1 qmp cxlemu-reset path=mem0 knd=flr
err_is 'cxlemu: parameter "knd" is unexpected; did you mean "kind"?'
expect 1 qmp cxlemu-set path=mem0 clear=perhaps
err_is 'cxlemu: parameter "clear" must be true or false'
expect 1 qmp cxlemu-read-media path=mem0 dpa=0 length=1048577
err_is 'cxlemu: parameter "length" is at most 1 MiB'
expect 1 qmp cxl-inject-dram-event path=mem0 log=fatal flags=x dpa=0 descriptor=1 type=0 transaction-type=0
err_is 'cxlemu: parameter "flags" must be a number of 24 bits'
expect 1 qmp qmp_capabilities
err_is 'cxlemu: Capabilities negotiation is already complete, command ignored'
expect 2 qmp cxlemu-reset mem0
err_is 'cxlemu: "mem0": write it as name=value'
expect 3 qmp --lab other quit

expect 0 qmp quit
out_is "{}"
end 0
expect 3 qmp quit

# ---- real time is not moved
start --clock=real "${one_device[@]}"
expect 1 qmp cxlemu-advance-clock by=1s
err_is "cxlemu: device time follows the real clock; start the lab with --clock=virtual or --clock=auto"
expect 0 cci mem0 sanitize --wait
expect 0 qmp quit
end 0
echo passed
