# RAS errors that QMP injects reach the RAS and AER registers
# shellcheck shell=sh
cxlemu_options=,ras-unmasked=on
host_correctable() { device_qmp cxl-inject-correctable-error type=mem-data-ecc; }
host_uncorrectable() {
  errors='[{"type":"mem-data-parity","header":[1,2,3]}]'
  if [ "$device" = cxlemu ]; then
    "$program" qmp cxl-inject-uncorrectable-errors path=m0 "errors=$errors"
  else
    arguments='{"path":"/machine/peripheral/m0","errors":'"$errors"'}'
    qemu_qmp '{"execute":"cxl-inject-uncorrectable-errors","arguments":'"$arguments"'}'
  fi
}
# registers: AER's correctable and uncorrectable status, and those of the RAS capability.
registers() {
  printf 'AER: %s %s  ' "$(setpci -s "$pci" ECAP0001+10.L)" "$(setpci -s "$pci" ECAP0001+4.L)"
  printf 'RAS: %s %s header %s\n' "$(devmem $((ras + 12)))" "$(devmem "$ras")" "$(devmem $((ras + 24)))"
}
guest() {
  pci=$(pci_of mem0)
  # Component registers stand in BAR 0, the array of their capabilities at 1000h; RAS is the one with ID 2.
  base=$(($(head -1 "/sys/bus/pci/devices/$pci/resource" | cut -d ' ' -f 1) + 4096))
  ras=0
  for entry in 1 2 3 4 5 6 7 8; do
    header=$(devmem $((base + 4 * entry)))
    [ $((header & 65535)) -ne 2 ] || ras=$((base + (header >> 20)))
  done
  registers
  run 'host correctable'
  registers
  run 'host uncorrectable'
  registers
  # Written back, the bits are cleared.
  run 'devmem $((ras + 12)) 32 2; devmem $ras 32 16'
  registers
}
