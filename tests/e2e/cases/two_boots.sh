# The machine is started again with the same lab: what is persistent is there, the client is served again
# shellcheck shell=sh
only=cxlemu
boots=2
cxlemu_options=,injects-persistent-poison=on
guest() {
  run 'echo "boot $boot"'
  run 'cxl disable-memdev mem0'
  run 'cxl read-labels mem0 -s 32 2>/dev/null | hexdump -C'
  run 'echo "a label" >/tmp/label && cxl write-labels mem0 -i /tmp/label -s 8'
  run 'cxl enable-memdev mem0'
  settled mem0
  run 'cxl list -m mem0 -L | grep offset'
  run 'echo 0x10001000 >/sys/kernel/debug/cxl/mem0/inject_poison'
  run 'cxl create-region -m -d decoder0.0 -t ram -s 256M mem0 >/dev/null'
  run 'cxl list -R | grep decode_state'
}
