# Event records that QMP injects arrive as trace events
# shellcheck shell=sh
also_behind=switch
host_general_media() {
  device_qmp cxl-inject-general-media-event log=informational flags=1 sub-type=0 dpa=0x1000 descriptor=3 type=2 \
    transaction-type=192 channel=3 rank=17 device=33 component-id=iamDIMM0
}
host_dram() {
  device_qmp cxl-inject-dram-event log=warning flags=1 sub-type=0 dpa=0x2001 descriptor=1 type=0 transaction-type=2 \
    channel=4 rank=5 nibble-mask=0xabc bank-group=2 bank=1 row=17 column=9 correction-mask='[1,2,3,4]'
}
host_module() {
  device_qmp cxl-inject-memory-module-event log=fatal flags=1 sub-type=0 type=3 health-status=1 media-status=2 \
    additional-status=0x21 life-used=77 temperature=-20 dirty-shutdown-count=4 corrected-volatile-error-count=11 \
    corrected-persistent-error-count=12
}
host_flood() {
  n=0
  while [ $n -lt 20 ]; do
    device_qmp cxl-inject-general-media-event log=failure flags=1 sub-type=0 dpa=$((n * 64)) descriptor=3 type=2 \
      transaction-type=2 >/dev/null
    n=$((n + 1))
  done
}
guest() {
  trace_on
  for event in general_media dram module; do
    host $event
    wait_for '[ -n "$(trace_lines)" ]'
    trace
  done
  host flood
  wait_for '[ "$(trace_lines | wc -l)" -ge 20 ]'
  run 'trace | sed -E "s/.*(cxl_[a-z_]+:).* (log=[A-Za-z]+).* (dpa=[0-9a-f]+).*/\1 \2 \3/" | sort'
}
