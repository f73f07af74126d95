# cxl list -vvv: what Linux found out about a device with volatile and persistent memory
# shellcheck shell=sh
guest() {
  run 'cxl list -vvv'
  run 'lspci -n -d ::0502'
}
