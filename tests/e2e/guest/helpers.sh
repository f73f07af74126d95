# shellcheck shell=sh
# What the guest's part of a test calls. Sourced by busybox sh in the guest; all that is printed is transcript.

# run COMMAND: shows a command line and what it says, as a terminal does, and its exit status where that is not 0.
run() {
  printf '$ %s\n' "$1"
  eval "$1"
  status=$?
  [ $status -eq 0 ] || echo "(exit status $status)"
}

# host NAME WORD...: the test's function host_NAME runs outside of the guest; what it prints is transcript, too.
host() {
  echo "@host $*"
  read -r _ </dev/ttyS1
}

# wait_for COMMAND: until it succeeds; after 20 s the test ends.
wait_for() {
  left=200
  until eval "$1"; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "(20 s are over, and still not: $1)"; exit 1; }
    sleep 0.1
  done
}

# load_drivers: the order is that of a machine whose udev finds the host bridge before its devices.
load_drivers() {
  # The built kernel has no modules.
  [ -d "/lib/modules/$(uname -r)" ] || { settled mem0; return; }
  modprobe -a cxl_acpi cxl_pmem cxl_mem encrypted-keys
  # Several devices would be probed at the same time; this way memN is the Nth on the bus.
  echo 0 >/sys/bus/pci/drivers_autoprobe
  modprobe cxl_pci
  number=0
  for pci in $(grep -lx 0x050210 /sys/bus/pci/devices/*/class | sort); do
    pci=$(basename "$(dirname "$pci")")
    echo "$pci" >/sys/bus/pci/drivers/cxl_pci/bind
    settled mem$number
    number=$((number + 1))
  done
  echo 1 >/sys/bus/pci/drivers_autoprobe
}

# settled MEMDEV: waits until Linux has it, with all that belongs to it. Without a CXL host bridge no driver takes it.
settled() {
  wait_for "[ -e /sys/bus/cxl/devices/$1 ]"
  [ -e /sys/bus/cxl/devices/root0 ] || return 0
  wait_for "[ -e /sys/bus/cxl/devices/$1/driver ]"
  # The link is there from the beginning of the probe, in which the endpoint comes; a second bind waits for its end.
  { echo "$1" >/sys/bus/cxl/drivers/cxl_mem/bind; } 2>/dev/null || :
}

# pci_of MEMDEV: its PCI address.
pci_of() { basename "$(realpath "/sys/bus/cxl/devices/$1/..")"; }

# kernel_complaints: what Linux logged about CXL at level warning and above, and every trace of a fault of its own;
# without process numbers and the places in its code.
kernel_complaints() {
  dmesg -r | sed -nE 's/^<([0-9]+)>\[ *[0-9.]+\] /\1 /p' | while read -r level line; do
    # The upper bits are the facility.
    case $((level % 8)):$line in
      [0-4]:*cxl* | [0-4]:*CXL* | [0-4]:*mem0* | [0-4]:nvdimm*) echo "kernel: $line" ;;
      ?:*BUG:* | ?:*WARNING:* | ?:*Oops* | ?:*'Call Trace'*) echo "kernel: $line" ;;
    esac
  done | sed -E 's/\+0x[0-9a-f]+\/0x[0-9a-f]+//g; s/(cxl_send)[(\/][0-9]+\)?/\1/; s/PID: [0-9]+ //'
}

# reset_pci MEMDEV METHOD: resets its function; flr, or cxl_bus, a Secondary Bus Reset and so a Conventional one.
reset_pci() {
  address=$(pci_of "$1")
  run "echo $2 >/sys/bus/pci/devices/$address/reset_method && echo 1 >/sys/bus/pci/devices/$address/reset"
}

# trace_on: from now on, trace events of CXL are kept. trace_lines: shows them without their times, task and processor.
# trace: the same, and they are gone.
trace_on() { echo 1 >/sys/kernel/tracing/events/cxl/enable; }
trace_lines() {
  sed -nE '/^#/!s/^.* [0-9.]+: (cxl_[a-z_]+: )/\1/;s/ time=[0-9]{19} / time=(of day) /;/^cxl/p' \
    /sys/kernel/tracing/trace
}
trace() {
  trace_lines
  : >/sys/kernel/tracing/trace
}
