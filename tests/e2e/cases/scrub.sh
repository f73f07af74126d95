# Patrol scrub and error check scrub by EDAC
# shellcheck shell=sh
kernel=built
show() { run "cd /sys/bus/edac/devices/cxl_mem0 && grep -s . $1/*"; }
guest() {
  run 'ls /sys/bus/edac/devices/ /sys/bus/edac/devices/cxl_mem0'
  show scrub0
  run 'echo 1 >scrub0/enable_background && cat scrub0/enable_background'
  run 'echo 21600 >scrub0/current_cycle_duration && cat scrub0/current_cycle_duration'
  # Less than the smallest that the device can do.
  run 'echo 1 >scrub0/current_cycle_duration; cat scrub0/current_cycle_duration'
  run 'echo 0 >scrub0/enable_background && cat scrub0/enable_background'
  show ecs_fru0
  run 'echo 1 >ecs_fru0/mode && cat ecs_fru0/mode'
  run 'echo 1024 >ecs_fru0/threshold && cat ecs_fru0/threshold'
  run 'echo 1000 >ecs_fru0/threshold; cat ecs_fru0/threshold'
}
