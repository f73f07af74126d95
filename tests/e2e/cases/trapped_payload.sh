# The mailbox's payload by single accesses, without memory that QEMU maps
# shellcheck shell=sh
cxlemu_options=,map-payload=off
guest() {
  run 'cxl disable-memdev mem0'
  run 'for i in $(seq 1000 2023); do echo "a label no $i"; done >/tmp/labels; wc -c </tmp/labels'
  run 'cxl write-labels mem0 -i /tmp/labels -s 16384 && cxl read-labels mem0 -s 16384 -o /tmp/after'
  run 'cmp /tmp/labels /tmp/after && echo same'
  # One that is no multiple of the size of an access.
  run 'cxl read-labels mem0 -s 31 -O 3'
}
