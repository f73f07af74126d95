# cxl set-partition: another division of the partitionable capacity, from the next cold reset on
# shellcheck shell=sh
host_cold_reset() { device_qmp cxlemu-reset kind=cold; }
memory=volatile=256M,persistent=256M,partitionable=1G
guest() {
  run 'cxl list -m mem0 -I'
  run 'cxl disable-memdev mem0'
  run 'cxl set-partition mem0 --type=ram --size=768M'
  run 'cxl set-partition mem0 --type=ram --size=300M'
  pci=$(pci_of mem0)
  run "echo $pci >/sys/bus/pci/drivers/cxl_pci/unbind"
  run 'host cold_reset'
  run "echo $pci >/sys/bus/pci/drivers/cxl_pci/bind"
  settled mem0
  run 'cxl list -m mem0 -I'
}
