/* Sends one command to a device through Linux and prints what comes back: for /dev/cxl/memN as a raw command, as
 * libcxlmi does it, for /dev/fwctl/fwctlN as an RPC. cxl_send DEVICE OPCODE [HEX DIGITS...] Exit status: 0 the device
 * answered Success, 1 another return code, 2 Linux refused it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/cxl_mem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* Linux hands on no more than the mailbox takes: QEMU's device has the least. */
enum { kLargest = 2048 };

/* include/uapi/fwctl/fwctl.h and cxl.h of Linux 6.15, which Debian 12 does not have. */
struct FwctlRpc {
  uint32_t size, scope, in_length, out_length;
  uint64_t in, out;
};
struct FwctlRequest {
  uint32_t opcode, flags, payload_size, reserved;
  uint8_t payload[kLargest];
};
struct FwctlResponse {
  uint32_t payload_size, return_code;
  uint8_t payload[kLargest];
};
enum { kFwctlRpc = _IO(0x9a, 1), kScopeOfEverything = 3 };

static int refused(const char* what) {
  printf("%s: %s\n", what, strerror(errno));
  return 2;
}

int main(int count, char** words) {
  if (count < 3) {
    fprintf(stderr, "usage: cxl_send DEVICE OPCODE [HEX DIGITS...]\n");
    return 2;
  }
  static struct FwctlRequest request;
  static struct FwctlResponse response;
  request.opcode = (uint32_t)strtoul(words[2], NULL, 16);
  for (int word = 3; word < count; ++word) {
    for (const char* digits = words[word]; digits[0] != 0 && digits[1] != 0; digits += 2) {
      const char byte[3] = {digits[0], digits[1], 0};
      if (request.payload_size == kLargest) {
        fprintf(stderr, "more than %d bytes\n", kLargest);
        return 2;
      }
      request.payload[request.payload_size++] = (uint8_t)strtoul(byte, NULL, 16);
    }
  }

  const int device = open(words[1], O_RDWR);
  if (device < 0) {
    return refused(words[1]);
  }
  if (strstr(words[1], "fwctl") != NULL) {
    struct FwctlRpc rpc = {sizeof rpc,      kScopeOfEverything,  16 + request.payload_size,
                           sizeof response, (uintptr_t)&request, (uintptr_t)&response};
    if (ioctl(device, kFwctlRpc, &rpc) != 0) {
      return refused("FWCTL_RPC");
    }
  } else {
    struct cxl_send_command command = {.id = CXL_MEM_COMMAND_ID_RAW, .raw.opcode = (uint16_t)request.opcode};
    command.in.size = request.payload_size;
    command.in.payload = (uintptr_t)request.payload;
    command.out.size = sizeof response.payload;
    command.out.payload = (uintptr_t)response.payload;
    if (ioctl(device, CXL_MEM_SEND_COMMAND, &command) != 0) {
      return refused("CXL_MEM_SEND_COMMAND");
    }
    response.return_code = command.retval;
    /* Linux leaves the size as it was where the device refused. */
    response.payload_size = command.retval == 0 ? (uint32_t)command.out.size : 0;
  }

  printf("return code %02Xh, %u bytes\n", response.return_code, response.payload_size);
  for (uint32_t at = 0; at < response.payload_size; ++at) {
    printf("%02x%s", response.payload[at], at % 32 == 31 || at + 1 == response.payload_size ? "\n" : " ");
  }
  return response.return_code == 0 ? 0 : 1;
}
