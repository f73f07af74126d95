# Register for register beside QEMU's own cxl-type3, in one QEMU without a guest
# shellcheck shell=bash disable=SC2034
only=cxlemu
alone() { "$e2e_dir/registers" --print --program "$program"; }
