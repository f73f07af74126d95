# cxlemu ends under a running machine: Linux says so, goes on, and uses a new device after it is plugged in anew
# shellcheck shell=sh
only=cxlemu
host_end() { kill -KILL "$lab_process" && wait "$lab_process" 2>/dev/null; }
host_start() { start_lab; }
host_unplug() {
  qemu_qmp '{"execute": "device_del", "arguments": {"id": "m0"}}'
  qemu_event DEVICE_DELETED
}
host_plug() { qemu_qmp "{\"execute\": \"device_add\", \"arguments\": $(device_words m0 rp0)}"; }
guest() {
  run 'host end'
  run 'cxl list -m mem0 -F'
  run 'host start'
  run 'host unplug'
  wait_for "[ ! -e /sys/bus/cxl/devices/mem0 ]"
  run 'host plug'
  settled mem0
  run 'cxl list -m mem0 -H'
}
