# Interrupts by MSI-X
# shellcheck shell=sh
cxlemu_options=,interrupts=msi-x,sanitize-duration=3s
host_event() {
  device_qmp cxl-inject-general-media-event log=fatal flags=1 sub-type=0 dpa=0 descriptor=0 type=0 transaction-type=0
}
guest() {
  run 'lspci -vs "$(pci_of mem0)" 2>/dev/null | grep MSI'
  trace_on
  run 'host event'
  wait_for '[ -n "$(trace_lines)" ]'
  run 'trace | cut -d " " -f 1-5'
  started=$(date +%s)
  run 'cd /sys/bus/cxl/devices/mem0/security && echo 1 >sanitize && cat state'
  run 'cxl wait-sanitize mem0; cat state'
  # Without the interrupt Linux looks after 1, 11 and 21 seconds.
  run '[ $(($(date +%s) - started)) -lt 9 ]'
}
