# Unbound from its driver and bound again, and Function Level Reset: everything is set up anew
# shellcheck shell=sh
guest() {
  pci=$(pci_of mem0)
  run "echo $pci >/sys/bus/pci/drivers/cxl_pci/unbind"
  run 'cxl list -M -i'
  run "echo $pci >/sys/bus/pci/drivers/cxl_pci/bind"
  settled mem0
  run 'cxl list -M -u'
  run 'cxl disable-memdev mem0 && cxl list -M -u -i'
  run 'cxl enable-memdev mem0 && cxl list -E -M -u'
  run "cat /sys/bus/pci/devices/$pci/reset_method"
  reset_pci mem0 flr
  run 'cxl list -M -H -u'
}
