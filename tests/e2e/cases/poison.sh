# Poison: injected, listed and cleared, each with its trace event
# shellcheck shell=sh
also_behind=switch
guest() {
  trace_on
  run 'cd /sys/kernel/debug/cxl/mem0 && ls'
  run 'echo 0x1000 >inject_poison'
  run 'echo 0x10000040 >inject_poison'
  trace
  run 'cxl list -m mem0 -L -u'
  trace >/dev/null
  run 'echo 1 >/sys/bus/cxl/devices/mem0/trigger_poison_list'
  trace
  run 'echo 0x1000 >clear_poison'
  trace
  run 'echo 1 >/sys/bus/cxl/devices/mem0/trigger_poison_list'
  trace
  run 'echo 0x10000040 >clear_poison'
  run 'cxl list -m mem0 -L -u'
  # Not a multiple of 64, and behind the end.
  run 'echo 0x1001 >inject_poison'
  run 'echo 0x20000000 >inject_poison'
}
