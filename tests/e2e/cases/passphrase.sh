# Passphrases of persistent memory, through libnvdimm and the kernel's keyring
# shellcheck shell=sh
guest() {
  run 'cd /sys/bus/nd/devices/nmem0 && cat cxl/provider cxl/id security frozen'
  run 'keyctl add user nvdimm-master 0123456789abcdef0123456789abcdef @u >/dev/null'
  # The key that libnvdimm looks for by itself has this name.
  name=nvdimm:$(cat cxl/id)
  first=$(keyctl add encrypted "$name" 'new enc32 user:nvdimm-master 32' @u)
  second=$(keyctl add encrypted nvdimm:second 'new enc32 user:nvdimm-master 32' @u)
  wrong=$(keyctl add encrypted nvdimm:wrong 'new enc32 user:nvdimm-master 32' @u)
  run 'echo "update 0 $first" >security; cat security'
  run 'echo "update $first $second" >security; cat security'
  run 'echo "update $wrong $first" >security; cat security'
  run 'echo "update $second $first" >security; cat security'
  # A Conventional Reset locks; what Linux cannot unlock when it binds, it does not use.
  run 'kept=$(keyctl pipe $first) && keyctl unlink $first @u'
  run 'cxl disable-memdev mem0'
  reset_pci mem0 cxl_bus
  run 'cxl enable-memdev mem0'
  settled mem0
  run 'cd /sys/bus/nd/devices/nmem0 && cat security'
  run 'cxl disable-memdev mem0'
  run 'first=$(keyctl add encrypted $name "load $kept" @u)'
  run 'cxl enable-memdev mem0'
  settled mem0
  run 'cd /sys/bus/nd/devices/nmem0 && cat security'
  run 'echo "erase $first" >security; cat security'
  run 'echo "update 0 $first" >security; cat security'
  run 'echo "disable $first" >security; cat security'
  run 'echo "master_update 0 $second" >security; cat security'
  run 'echo "update 0 $first" >security; cat security'
  run 'echo "master_erase $second" >security; cat security'
  run 'echo "update 0 $first" >security; cat security'
  run 'echo freeze >security; cat security frozen'
  run 'echo "disable $first" >security; cat security frozen'
}
