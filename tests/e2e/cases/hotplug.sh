# Plugged in and pulled out while the machine runs
# shellcheck shell=sh
cold_plugged=
host_plug() { qemu_qmp "{\"execute\": \"device_add\", \"arguments\": $(device_words m0 rp0)}"; }
host_unplug() {
  qemu_qmp '{"execute": "device_del", "arguments": {"id": "m0"}}'
  qemu_event DEVICE_DELETED
}
guest() {
  run 'cxl list -M -i'
  for time in first second; do
    run "host plug # for the $time time"
    settled mem0
    run 'cxl list -E -M -u'
    run 'host unplug'
    wait_for "[ ! -e /sys/bus/cxl/devices/mem0 ]"
    run 'cxl list -M -i'
  done
}
