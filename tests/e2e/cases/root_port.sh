# Behind an ordinary root port, without a CXL host bridge: what cxl_pci does of itself
# shellcheck shell=sh
cxlemu_options=,mailbox-payload-size=2k
prepare() {
  head -c 20000 "$root/usr/bin/cxl" >firmware.bin
  if [ "$device" = cxlemu ]; then
    "$program" firmware pack --revision 2.0 --output package.fw firmware.bin >/dev/null
  else
    { cat firmware.bin && head -c 224 /dev/zero; } >package.fw
  fi
}
topology=root-port
guest() {
  run 'cxl list -M'
  run 'cxl list -M -i -H -A -I -F'
  run 'cat /sys/bus/cxl/devices/mem0/pmem/size /sys/bus/cxl/devices/mem0/ram/size'
  run 'cxl update-firmware mem0 -F /package.fw | grep -c firmware_version'
  wait_for '[ "$(cat /sys/class/firmware/mem0/status)" = idle ]'
  run 'cxl list -M -i -F | grep -E "slot|version"'
  run 'printf "%s" "a label" >/tmp/label; cxl write-labels mem0 -i /tmp/label -s 7'
  run 'cxl read-labels mem0 -s 7; echo'
  run 'cxl set-alert-config mem0 --life-used-threshold=30 --life-used-alert=on | grep life_used'
}
