# Behind an ordinary root port, without a CXL host bridge: what cxl_pci does of itself
# shellcheck shell=sh
topology=root-port
guest() {
  run 'cxl list -M'
  run 'cxl list -M -i -H -A -I -F'
  run 'cat /sys/bus/cxl/devices/mem0/pmem/size /sys/bus/cxl/devices/mem0/ram/size'
}
