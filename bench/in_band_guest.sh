# The guest's part of bench/in_band, as a test of tests/e2e has one.
# shellcheck shell=sh
guest() {
  cd /sys/bus/cxl/devices || exit
  /in_band_client mem*
}
