#!/usr/bin/env bash
# cxlemu doctor: what is there and what is not, with programs and kernel configurations made for it.
. "$(dirname "$0")/common.sh"

# make_qemu VERSION DEVICES...
make_qemu() {
  local version=$1
  shift
  {
    echo '#!/bin/sh'
    echo 'case "$*" in'
    echo "  --version) echo 'QEMU emulator version $version (of a test)' ;;"
    echo "  '-device help') printf 'name \"%s\", bus PCI\\n' $* ;;"
    echo '  *) exit 1 ;;'
    echo 'esac'
  } >qemu
  chmod +x qemu
}

make_config() { for option in "$@"; do echo "CONFIG_$option"; done >kernel.config; }
everything=(CXL_BUS=m CXL_PCI=m PCI_MSI=y PCI_MMCONFIG=y CXL_ACPI=m CXL_PORT=m CXL_MEM=m PCIEASPM=y MEMORY_FAILURE=y
  TRACING=y HOTPLUG_PCI_PCIE=y LIBNVDIMM=m CXL_PMEM=m KEYS=y ENCRYPTED_KEYS=m CXL_REGION=y DEBUG_FS=y
  CXL_MEM_RAW_COMMANDS=y CXL_FEATURES=y FWCTL=m EDAC=y CXL_EDAC_MEM_FEATURES=y CXL_EDAC_SCRUB=y CXL_EDAC_ECS=y
  CXL_EDAC_MEM_REPAIR=y)
programs=$space/programs
mkdir "$programs"
printf '#!/bin/sh\necho 81\n' >"$programs/cxl"
printf '#!/bin/sh\necho D-Bus Message Bus Daemon 1.14\n' >"$programs/dbus-daemon"
chmod +x "$programs"/*
PATH=$programs:$PATH

# ---- everything is there
make_qemu 10.1.0 vfio-user-pci pxb-cxl cxl-rp
make_config "${everything[@]}"
expect 0 doctor --qemu ./qemu --kernel-config kernel.config
out_lacks '[missing]'
out_has 'QEMU emulator version 10.1.0 (of a test)'
out_has 'Linux in a guest, configured as in kernel.config'
[[ -z "$(ls "$CXLEMU_RUNTIME_DIR")" ]] || fail "the doctor left something behind"

# ---- QEMU: too old, without the device, not there
make_qemu 10.0.9 vfio-user-pci
expect 1 doctor --qemu ./qemu --kernel-config kernel.config
out_has 'it is 10.0; vfio-user-pci came with QEMU 10.1'
make_qemu 11.1.3 vfio-user-pci-of-another-kind pxb-cxl cxl-rp
expect 1 doctor --qemu ./qemu --kernel-config kernel.config
out_has '[missing] device vfio-user-pci, '
out_has '[ok]      device cxl-rp, '
expect 1 doctor --qemu ./nothing --kernel-config kernel.config
out_has './nothing does not run'
printf '#!/bin/sh\necho version without numbers\n' >qemu
expect 1 doctor --qemu ./qemu --kernel-config kernel.config
out_has './qemu does not run'

# ---- the kernel: options that are missing, or only look as if they were there
make_qemu 10.1.0 vfio-user-pci pxb-cxl cxl-rp
make_config "${everything[@]/CXL_MEM_RAW_COMMANDS=y/CXL_MEM_RAW_COMMANDS is not set}"
expect 1 doctor --qemu ./qemu --kernel-config kernel.config
out_has 'build it with CONFIG_CXL_MEM_RAW_COMMANDS'
[[ $(grep -c 'missing' out) -eq 1 ]] || fail "more than one thing is missing"
make_config "${everything[@]/#CXL_BUS=m/XCXL_BUS=m}"
expect 1 doctor --qemu ./qemu --kernel-config kernel.config
out_has 'build it with CONFIG_CXL_BUS'
expect 1 doctor --qemu ./qemu --kernel-config nowhere.config
out_has 'nowhere.config'

# ---- for machines
expect 1 doctor --qemu ./qemu --kernel-config nowhere.config --json
out_has '{"way":"Linux in a guest","what":"kernel configuration","there":false,"remedy":"'
out_has '"what":"shim","there":true,"seen":"/'

# ---- no place for labs
CXLEMU_RUNTIME_DIR=$space/qemu/below expect 1 doctor --qemu ./qemu
out_has '[missing] directory for the sockets of labs'
echo passed
