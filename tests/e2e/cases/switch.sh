# Two devices behind the ports of a switch
# shellcheck shell=sh
topology=switch
devices=2
guest() {
  run 'cxl list -P -E -M -T'
  run 'for d in /sys/bus/cxl/devices/mem?; do cat $d/serial; done'
}
