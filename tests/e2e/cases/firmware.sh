# cxl update-firmware: progress, the slot that the next reset activates, the new version after it, and a refused file
# shellcheck shell=sh
also_behind=switch
cxlemu_options=,mailbox-payload-size=2k,fw-transfer-duration=200ms
prepare() {
  head -c 20000 "$root/usr/bin/cxl" >firmware.bin
  if [ "$device" = cxlemu ]; then
    "$program" firmware pack --revision 2.0 --output package.fw firmware.bin >/dev/null
  else
    { cat firmware.bin && head -c 224 /dev/zero; } >package.fw
  fi
}
# What is left of a transfer depends on how fast the guest runs.
update() { run "cxl update-firmware mem0 -F $1 | grep -v remaining_size"; }
idle() { wait_for '[ "$(cat /sys/class/firmware/mem0/status)" = idle ]'; }
guest() {
  run 'cxl list -m mem0 -F'
  run 'wc -c </package.fw'
  update /package.fw
  steps=0 last=99999999
  while cxl list -m mem0 -F | grep -q '"fw_update_in_progress":true'; do
    left=$(cat /sys/class/firmware/mem0/remaining_size)
    [ "$left" -le "$last" ] || echo "left: $left, after $last"
    [ "$left" -ge "$last" ] || steps=$((steps + 1))
    last=$left
  done
  run '[ $steps -gt 1 ] && cat /sys/class/firmware/mem0/remaining_size /sys/class/firmware/mem0/status'
  run 'cxl list -m mem0 -F'
  reset_pci mem0 cxl_bus
  run 'cxl list -m mem0 -F'
  # What it is called stands in Identify, which Linux reads when it binds.
  pci=$(pci_of mem0)
  run "echo $pci >/sys/bus/pci/drivers/cxl_pci/unbind && echo $pci >/sys/bus/pci/drivers/cxl_pci/bind"
  settled mem0
  run 'cat /sys/bus/cxl/devices/mem0/firmware_version'
  run 'cxl update-firmware mem0 -F /package.fw --wait'
  # No package. With --wait, cxl 81 waits for ever for a transfer that has failed.
  update /firmware.bin
  idle
  run "cut -d : -f 2 /sys/class/firmware/mem0/error"
  run 'cxl list -m mem0 -F | grep slot_'
  # Cancelled between two parts.
  update /package.fw
  run 'cxl update-firmware mem0 --cancel | grep -v remaining_size'
  idle
  run "cut -d : -f 2 /sys/class/firmware/mem0/error"
  run 'cxl list -m mem0 -F | grep slot_'
}
