# Features by fwctl: listed, read and set; those that Linux uses itself are kept from others
# shellcheck shell=sh
kernel=built
rpc() { run "cxl_send /dev/fwctl/fwctl0 $*"; }
guest() {
  run 'ls /dev/fwctl'
  # How many there are, and what they are.
  rpc 0500 00000000 00000000
  rpc 0500 00100000 00000000
  # Device Settings of our own, c0de5a17-7c1e-4e6b-9b0e-5f2d6a3b8c41: read, set, and read again.
  settings=c0de5a177c1e4e6b9b0e5f2d6a3b8c41
  rpc 0501 $settings 0000 2000 00
  rpc 0502 $settings 00000000 0000 01 000000000000000000 32000000 41737365742031 \
    000000000000000000000000000000000000000000
  rpc 0501 $settings 0000 2000 00
  # Of the default value, and out of bounds.
  rpc 0501 $settings 0000 2000 01
  rpc 0501 $settings 2100 2000 00
  # Patrol scrub may be read, but is set by Linux alone.
  rpc 0501 96dad7d6fde8482ba73375774e06db8a 0000 0400 00
  rpc 0502 96dad7d6fde8482ba73375774e06db8a 00000000 0000 01 000000000000000000 0601
}
