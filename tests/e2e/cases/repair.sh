# Repairs by EDAC: post package repair and memory sparing, until there are no spares
# shellcheck shell=sh
kernel=built
cxlemu_options=,sparing-completes-at-once=on,soft-ppr-spares=1,row-spares=2
# in_repair TYPE: goes to the directory of a kind of repair.
in_repair() {
  edac=/sys/bus/edac/devices/cxl_mem0
  cd "$edac/$(cd "$edac" && grep -lx "$1" mem_repair*/repair_type | cut -d / -f 1)" || exit
  run 'pwd; ls'
}
guest() {
  trace_on
  in_repair ppr
  run 'cat repair_safe_when_in_use min_dpa max_dpa persist_mode'
  run 'echo 0x2000 >dpa && echo 0x1 >nibble_mask && echo 1 >repair'
  run 'echo 0x4000 >dpa && echo 1 >repair'
  run 'echo 0x20000000 >dpa'
  trace
  in_repair row-sparing
  # A rank that the device does not have.
  run 'echo 2 >rank && echo 1 >repair'
  run 'echo 1 >rank && echo 3 >bank_group && echo 1 >bank && echo 7 >row && cat rank bank_group bank row'
  run 'echo 1 >repair'
  trace
  run 'echo 8 >row && echo 1 >repair'
  run 'echo 9 >row && echo 1 >repair'
  trace
  in_repair cacheline-sparing
  run 'echo 5 >column && echo 1 >repair'
  trace
}
