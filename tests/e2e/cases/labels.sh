# Labels: written, read and zeroed by cxl, and as Linux finds them
# shellcheck shell=sh
also_behind=switch
guest() {
  # nvdimm owns the label storage area of a device that it uses.
  run 'cxl disable-memdev mem0'
  run 'cxl zero-labels mem0'
  run 'cxl read-labels mem0 -o /tmp/before'
  run 'wc -c </tmp/before; tr -d "\000" </tmp/before | wc -c'
  # All of it, and no two blocks of 16 bytes are the same.
  run 'for i in $(seq 100000 116383); do echo "label no $i"; done >/tmp/labels; wc -c </tmp/labels'
  run 'cxl write-labels mem0 -i /tmp/labels'
  run 'cxl read-labels mem0 -o /tmp/after; cmp /tmp/labels /tmp/after && echo same'
  run 'printf "%s" "in the middle" >/tmp/part; cxl write-labels mem0 -i /tmp/part -s 13 -O 5000'
  run 'cxl read-labels mem0 -s 45 -O 4984; echo'
  run 'cxl zero-labels mem0 -s 4096 -O 4096'
  run 'cxl read-labels mem0 -o /tmp/after; cmp /tmp/labels /tmp/after | head -1'
  run 'tail -c +8193 /tmp/labels >/tmp/a; tail -c +8193 /tmp/after | cmp /tmp/a - && echo same'
  run 'cxl read-labels mem0 -s 32 -O 262128'
}
