/* The guest's part of bench/in_band: measures memory devices through Linux, in turns.
 *   in_band_client MEMDEV...       mem0 mem1 ...
 * Prints "WHAT MEMDEV NUMBER", a measurement a line: times in nanoseconds, rates in bytes a second, each the median. A
 * slice of one device follows a slice of the next, so that whatever else the machine does meets all of them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/cxl_mem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
  kLargestPayload = 1 << 20,
  kMostDevices = 8,
  kTurns = 40,
  kCommandsOfASlice = 50,
  kReadsOfASlice = 50,
  kLabelTurns = 12,
  kFirmwareTurns = 3,
  kCopyTurns = 20,
};

struct Device {
  const char* name;
  int ioctls;
  uint32_t payload_size;
  uint32_t label_size;
  volatile uint32_t* trapped; /* Memory Device Status, which changes nothing when it is read */
};

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void end(const char* device, const char* what) {
  printf("error %s %s: %s\n", device, what, strerror(errno));
  exit(1);
}

static int compare(const void* left, const void* right) {
  const uint64_t a = *(const uint64_t*)left, b = *(const uint64_t*)right;
  return (a > b) - (a < b);
}

static uint64_t median(uint64_t* times, int count) {
  qsort(times, (size_t)count, sizeof *times, compare);
  return times[count / 2];
}

static void print(const char* what, const struct Device* device, uint64_t number) {
  printf("%s %s %llu\n", what, device->name, (unsigned long long)number);
  fflush(stdout);
}

/* text_of PATH: what stands in a file of sysfs. */
static const char* text_of(const char* path) {
  static char text[256];
  const int file = open(path, O_RDONLY);
  if (file < 0) {
    end(path, "open");
  }
  const ssize_t size = read(file, text, sizeof text - 1);
  text[size < 0 ? 0 : size] = 0;
  close(file);
  return text;
}

static void put(const char* path, const char* text) {
  const int file = open(path, O_WRONLY);
  if (file < 0 || write(file, text, strlen(text)) < 0) {
    end(path, "write");
  }
  close(file);
}

static const char* path_of(const char* format, const struct Device* device) {
  static char path[256];
  snprintf(path, sizeof path, format, device->name);
  return path;
}

/* send_command: ends where Linux or the device refuses. */
static void send_command(const struct Device* device, uint32_t id, void* in, uint32_t in_size, void* out,
                         uint32_t out_size) {
  struct cxl_send_command command = {.id = id};
  command.in.size = in_size;
  command.in.payload = (uintptr_t)in;
  command.out.size = out_size;
  command.out.payload = (uintptr_t)out;
  if (ioctl(device->ioctls, CXL_MEM_SEND_COMMAND, &command) != 0 || command.retval != 0) {
    printf("error %s command %u: %s, return code %02Xh\n", device->name, id, strerror(errno), command.retval);
    exit(1);
  }
}

static void open_device(struct Device* device, const char* name) {
  device->name = name;
  device->ioctls = open(path_of("/dev/cxl/%s", device), O_RDWR);
  if (device->ioctls < 0) {
    end(name, "open");
  }
  device->payload_size = (uint32_t)strtoul(text_of(path_of("/sys/bus/cxl/devices/%s/payload_max", device)), NULL, 0);
  device->label_size =
      (uint32_t)strtoul(text_of(path_of("/sys/bus/cxl/devices/%s/label_storage_size", device)), NULL, 0);

  /* BAR 2 has the device registers (CXL r3.2 8.2.9): an array of capabilities, each with 16 bytes. */
  const int bar = open(path_of("/sys/bus/cxl/devices/%s/../resource2", device), O_RDWR | O_SYNC);
  const off_t size = lseek(bar, 0, SEEK_END);
  volatile uint32_t* registers = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, bar, 0);
  if (registers == MAP_FAILED) {
    end(name, "mmap of BAR 2");
  }
  const uint32_t count = registers[1] & 0xFFFF;
  for (uint32_t at = 1; at <= count; ++at) {
    if ((registers[4 * at] & 0xFFFF) == 0x4000) {
      device->trapped = registers + registers[4 * at + 1] / 4;
    }
  }
  print("payload_size", device, device->payload_size);
}

static void measure_reads(const struct Device* devices, int count) {
  static uint64_t times[kMostDevices][kTurns * kReadsOfASlice];
  for (int turn = 0; turn < kTurns; ++turn) {
    for (int i = 0; i < count; ++i) {
      for (int read = 0; read < kReadsOfASlice; ++read) {
        const uint64_t start = now();
        (void)*devices[i].trapped;
        times[i][turn * kReadsOfASlice + read] = now() - start;
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    print("register_read", &devices[i], median(times[i], kTurns * kReadsOfASlice));
  }
}

static void measure_commands(const struct Device* devices, int count, const char* what, uint32_t id,
                             uint32_t out_size) {
  static uint64_t times[kMostDevices][kTurns * kCommandsOfASlice];
  static uint8_t out[256];
  for (int turn = 0; turn < kTurns; ++turn) {
    for (int i = 0; i < count; ++i) {
      for (int command = 0; command < kCommandsOfASlice; ++command) {
        const uint64_t start = now();
        send_command(&devices[i], id, NULL, 0, out, out_size);
        times[i][turn * kCommandsOfASlice + command] = now() - start;
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    print(what, &devices[i], median(times[i], kTurns * kCommandsOfASlice));
  }
}

/* transfer_labels: all of the first SIZE bytes in commands of the largest payload; how long it took. */
static uint64_t transfer_labels(const struct Device* device, int writes, uint32_t size) {
  static uint8_t data[kLargestPayload];
  /* Set LSA has an offset and four reserved bytes before its data. */
  const uint32_t most = writes ? device->payload_size - 8 : device->payload_size;
  const uint64_t start = now();
  for (uint32_t offset = 0; offset < size;) {
    const uint32_t part = size - offset < most ? size - offset : most;
    if (writes) {
      memcpy(data, &offset, sizeof offset);
      send_command(device, CXL_MEM_COMMAND_ID_SET_LSA, data, 8 + part, NULL, 0);
    } else {
      uint32_t in[2] = {offset, part};
      send_command(device, CXL_MEM_COMMAND_ID_GET_LSA, in, sizeof in, data, part);
    }
    offset += part;
  }
  return now() - start;
}

/* A slice is the whole area, or one payload where already that takes longer than 20 ms. */
static void measure_labels(const struct Device* devices, int count) {
  static uint64_t rates[2][kMostDevices][kLabelTurns];
  uint32_t sizes[kMostDevices];
  for (int i = 0; i < count; ++i) {
    sizes[i] = transfer_labels(&devices[i], 0, devices[i].payload_size) > 20000000 ? devices[i].payload_size
                                                                                   : devices[i].label_size;
  }
  for (int turn = 0; turn < kLabelTurns; ++turn) {
    for (int i = 0; i < count; ++i) {
      for (int writes = 0; writes < 2; ++writes) {
        rates[writes][i][turn] = (uint64_t)sizes[i] * 1000000000 / transfer_labels(&devices[i], writes, sizes[i]);
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    print("get_lsa", &devices[i], median(rates[0][i], kLabelTurns));
    print("set_lsa", &devices[i], median(rates[1][i], kLabelTurns));
  }
}

/* What this guest copies from its kernel to a program, without any device: no device is read faster than that. */
static void measure_copy(void) {
  static uint8_t data[kLargestPayload];
  uint64_t rates[kCopyTurns];
  const int file = open("/tmp/copied", O_RDWR | O_CREAT, 0600);
  if (file < 0 || write(file, data, sizeof data) != sizeof data) {
    end("/tmp/copied", "write");
  }
  for (int turn = 0; turn < kCopyTurns; ++turn) {
    const uint64_t start = now();
    if (pread(file, data, sizeof data, 0) != sizeof data) {
      end("/tmp/copied", "read");
    }
    rates[turn] = (uint64_t)sizeof data * 1000000000 / (now() - start);
  }
  close(file);
  printf("copy mem0 %llu\n", (unsigned long long)median(rates, kCopyTurns));
}

/* The package is /MEMDEV.fw. The time is that of Linux's uploading: its preparation, transfer and activation. */
static void measure_firmware(const struct Device* devices, int count) {
  for (int i = 0; i < count; ++i) {
    const int package = open(path_of("/%s.fw", &devices[i]), O_RDONLY);
    static char data[32 << 20];
    const ssize_t size = package < 0 ? -1 : read(package, data, sizeof data);
    if (size <= 0) {
      end(devices[i].name, "firmware package");
    }
    close(package);
    uint64_t rates[kFirmwareTurns], took = 0;
    int turns = 0;
    /* Once, where it takes seconds. */
    while (turns < kFirmwareTurns && took < 2000000000) {
      put(path_of("/sys/class/firmware/%s/loading", &devices[i]), "1");
      const int sink = open(path_of("/sys/class/firmware/%s/data", &devices[i]), O_WRONLY);
      for (ssize_t at = 0; at < size;) {
        const ssize_t written = write(sink, data + at, (size_t)(size - at));
        if (written <= 0) {
          end(devices[i].name, "firmware data");
        }
        at += written;
      }
      close(sink);
      const uint64_t start = now();
      put(path_of("/sys/class/firmware/%s/loading", &devices[i]), "0");
      while (strncmp(text_of(path_of("/sys/class/firmware/%s/status", &devices[i])), "idle", 4) != 0) {
        usleep(500);
      }
      took = now() - start;
      rates[turns++] = (uint64_t)size * 1000000000 / took;
      const char* error = text_of(path_of("/sys/class/firmware/%s/error", &devices[i]));
      if (error[0] != 0 && error[0] != '\n') {
        printf("error %s firmware: %s\n", devices[i].name, error);
        exit(1);
      }
    }
    print("firmware_size", &devices[i], (uint64_t)size);
    print("firmware", &devices[i], median(rates, turns));
  }
}

int main(int count, char** words) {
  static struct Device devices[kMostDevices];
  const int device_count = count - 1;
  if (device_count < 1 || device_count > kMostDevices) {
    fprintf(stderr, "usage: in_band_client MEMDEV... (at most %d)\n", kMostDevices);
    return 2;
  }
  for (int i = 0; i < device_count; ++i) {
    open_device(&devices[i], words[i + 1]);
  }
  measure_copy();
  measure_reads(devices, device_count);
  measure_commands(devices, device_count, "get_alert_configuration", CXL_MEM_COMMAND_ID_GET_ALERT_CONFIG, 16);
  measure_commands(devices, device_count, "identify", CXL_MEM_COMMAND_ID_IDENTIFY, 69);
  /* Not the first device: QEMU's has no such command. */
  measure_commands(devices + 1, device_count - 1, "get_health_info", CXL_MEM_COMMAND_ID_GET_HEALTH_INFO, 18);
  measure_labels(devices, device_count);
  measure_firmware(devices, device_count);
  return 0;
}
