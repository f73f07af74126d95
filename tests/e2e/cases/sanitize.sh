# Sanitize and secure erase through sysfs: what was written is gone
# shellcheck shell=sh
also_behind=switch
cxlemu_options=,sanitize-duration=3s
guest() {
  run 'cd /sys/bus/cxl/devices/mem0/security && ls && cat state'
  run 'cxl disable-memdev mem0 && echo "a label" >/tmp/label && cxl write-labels mem0 -i /tmp/label -s 8'
  # Linux sanitizes what is enabled and has no committed decoder.
  run 'cxl enable-memdev mem0'
  settled mem0
  run 'echo 0x1000 >/sys/kernel/debug/cxl/mem0/inject_poison'
  started=$(date +%s)
  run 'echo 1 >sanitize; cat state'
  # Meanwhile the media is not to be had.
  run 'echo 1 >sanitize'
  run 'cxl wait-sanitize mem0; cat state'
  # Without the interrupt Linux looks after 1, 11 and 21 seconds.
  run '[ $(($(date +%s) - started)) -lt 9 ]'
  run 'cxl list -m mem0 -L | grep -c offset'
  run 'cxl disable-memdev mem0; cxl read-labels mem0 -s 8 2>/dev/null | hexdump -C'
  run 'cxl write-labels mem0 -i /tmp/label -s 8; cxl enable-memdev mem0'
  settled mem0
  run 'echo 1 >erase; cat state'
  run 'cxl disable-memdev mem0; cxl read-labels mem0 -s 8 2>/dev/null | hexdump -C'
}
