# Alert configuration: read and set by cxl
# shellcheck shell=sh
also_behind=switch
guest() {
  run 'cxl list -m mem0 -A'
  run 'cxl set-alert-config mem0 --life-used-threshold=30 --life-used-alert=on'
  run 'cxl set-alert-config mem0 -O 24 --over-temperature-alert=on -U 15 --under-temperature-alert=on >/dev/null'
  run 'cxl set-alert-config mem0 -V 5 --volatile-mem-err-alert=on -P 6 --pmem-err-alert=on >/dev/null'
  run 'cxl list -m mem0 -A'
  run 'cxl set-alert-config mem0 --life-used-alert=off >/dev/null'
  run 'cxl list -m mem0 -A | grep life_used'
  # The warning has to come before the critical alert.
  run 'cxl set-alert-config mem0 --life-used-threshold=95 --life-used-alert=on >/dev/null'
}
