# Raw commands: Linux hands them on, as libcxlmi sends them, and returns what the device answered
# shellcheck shell=sh
kernel=built
raw() { run "cxl_send /dev/cxl/mem0 $*"; }
guest() {
  # What Linux keeps to itself needs this.
  run 'echo Y >/sys/kernel/debug/cxl/mbox/raw_allow_all'
  raw 0001
  raw 4000 '| cut -c 1-47'
  raw 0400
  raw 0300 '| head -1'
  # Get Health Info, Get Alert Configuration, and one that there is not.
  raw 4200
  raw 4201
  raw 5100
  # Return codes: a log that there is not, an input too short, out of range.
  raw 0401 000102030405060708090a0b0c0d0e0f 00000000 10000000
  raw 0401 0da9
  raw 4102 ffffffff 10000000
  # Set and read back a label.
  raw 4103 00000000 00000000 6c6162656c
  raw 4102 00000000 08000000
  # A background operation: Linux does not wait for one that it did not start by itself.
  raw 4400
}
