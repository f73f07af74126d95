/* What a program sees of AF_MCTP: every call that the shim takes over, against a live lab.
 *
 *   af_mctp_check NET EID [--slow] [--gone] [--notified-by COMMAND]
 *
 * EID answers CCI messages (type 8). The rest talks to itself over the lab's local EID, so it needs nothing of the
 * device. --slow waits 6 s for a tag to expire. --gone sends a message of type 7Eh, upon which tests/af_mctp/fake_lab
 * goes away; nothing else understands it. --notified-by: the command makes EID log an informational event, the first of
 * its life. One line a check: PASS name, or FAIL name: why.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mctp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef AF_MCTP
#define AF_MCTP 45
#endif
#ifndef SOL_MCTP
#define SOL_MCTP 285
#endif
#ifndef SIOCMCTPALLOCTAG2
#define SIOCMCTPALLOCTAG2 (SIOCPROTOPRIVATE + 2)
#define SIOCMCTPDROPTAG2 (SIOCPROTOPRIVATE + 3)
struct mctp_ioc_tag_ctl2 {
  unsigned int net;
  mctp_eid_t peer_addr;
  mctp_eid_t local_addr;
  __u16 flags;
  __u8 tag;
};
#endif

enum {
  kLocalEid = 254,
  kUnknownEid = 200,
  kTypeCci = 8,
  kTypeGoAway = 0x7E,
  kTypeSelf = 0x7B, /* what this program says to itself */
  kTimeoutMs = 2000,
  kTags = 8,
  kMessageMax = 64 * 1024,
};

/* The fortified forms; what -D_FORTIFY_SOURCE makes of the plain ones. */
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room);
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags, struct sockaddr* address,
                       socklen_t* address_size);

static unsigned int net;
static uint8_t eid;
static const char* self;

/* --------------------------------------------------------------------------------------------------------- verdicts */

static char why[256];

__attribute__((format(printf, 1, 2))) static bool because(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, sizeof why, format, arguments);
  va_end(arguments);
  return false;
}

#define EXPECT(condition)                                                                              \
  do {                                                                                                 \
    if (!(condition)) return because("line %d: %s (errno %s)", __LINE__, #condition, strerror(errno)); \
  } while (0)

#define EXPECT_ERROR(call, wanted)                                                                               \
  do {                                                                                                           \
    errno = 0;                                                                                                   \
    const long result_ = (long)(call);                                                                           \
    if (result_ != -1 || errno != (wanted)) {                                                                    \
      return because("line %d: %s gave %ld, %s instead of %s", __LINE__, #call, result_, strerrorname_np(errno), \
                     strerrorname_np(wanted));                                                                   \
    }                                                                                                            \
  } while (0)

/* ---------------------------------------------------------------------------------------------------------- helpers */

static struct sockaddr_mctp address_of(uint8_t peer, uint8_t type, uint8_t tag) {
  struct sockaddr_mctp address;
  memset(&address, 0, sizeof address);
  address.smctp_family = AF_MCTP;
  address.smctp_network = net;
  address.smctp_addr.s_addr = peer;
  address.smctp_type = type;
  address.smctp_tag = tag;
  return address;
}

static int open_mctp(void) { return socket(AF_MCTP, SOCK_DGRAM, 0); }

static ssize_t send_to(int fd, struct sockaddr_mctp address, const void* body, size_t size) {
  return sendto(fd, body, size, 0, (struct sockaddr*)&address, sizeof address);
}

static int bind_to(int fd, unsigned int network, uint8_t local, uint8_t type) {
  struct sockaddr_mctp address = address_of(local, type, 0);
  address.smctp_network = network;
  return bind(fd, (struct sockaddr*)&address, sizeof address);
}

static int connect_to(int fd, uint8_t peer, uint8_t type) {
  struct sockaddr_mctp address = address_of(peer, type, 0);
  return connect(fd, (struct sockaddr*)&address, sizeof address);
}

static bool is_readable(int fd, int timeout_ms) {
  struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN) != 0;
}

static const uint8_t kIdentify[12] = {0x00, 0x5A, 0x00, 0x01, 0x00, 0, 0, 0, 0, 0, 0xCD, 0xAB};

static bool identify_is_good(const uint8_t* reply, ssize_t size) {
  EXPECT(size == 12 + 18);
  EXPECT((reply[0] & 0x0F) == 1); /* a response */
  EXPECT(reply[1] == 0x5A);       /* with our CCI tag */
  EXPECT(reply[3] == 0x01 && reply[4] == 0x00);
  EXPECT(reply[5] == 18 && reply[6] == 0 && (reply[7] & 0x1F) == 0);
  EXPECT(reply[8] == 0 && reply[9] == 0); /* Success */
  EXPECT(reply[12 + 0x10] >= 8 && reply[12 + 0x10] <= 20);
  return true;
}

static bool address_is_good(const struct sockaddr_mctp* from, socklen_t size) {
  EXPECT(size == sizeof *from);
  EXPECT(from->smctp_family == AF_MCTP && from->smctp_network == net && from->smctp_addr.s_addr == eid);
  EXPECT(from->smctp_type == kTypeCci && (from->smctp_tag & ~MCTP_TAG_MASK) == 0);
  EXPECT(from->__smctp_pad0 == 0 && from->__smctp_pad1 == 0);
  return true;
}

static bool identify(int fd) {
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == sizeof kIdentify);
  EXPECT(is_readable(fd, kTimeoutMs));
  uint8_t reply[1024];
  struct sockaddr_mctp from;
  memset(&from, 0xEE, sizeof from);
  socklen_t from_size = sizeof from;
  const ssize_t size = recvfrom(fd, reply, sizeof reply, 0, (struct sockaddr*)&from, &from_size);
  return identify_is_good(reply, size) && address_is_good(&from, from_size);
}

static bool identify_and_close(int fd) {
  EXPECT(fd >= 0);
  const bool good = identify(fd);
  close(fd);
  return good;
}

/* Two sockets: what `sender` sends to the local EID arrives at `receiver`. */
static bool open_self(int* sender, int* receiver) {
  *sender = open_mctp();
  *receiver = open_mctp();
  EXPECT(*sender >= 0 && *receiver >= 0);
  EXPECT(bind_to(*receiver, net, MCTP_ADDR_ANY, kTypeSelf) == 0);
  return true;
}

static bool close_both(int a, int b) {
  EXPECT(close(a) == 0 && close(b) == 0);
  return true;
}

static bool say(int sender, const char* text) {
  const struct sockaddr_mctp to = address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER);
  EXPECT(send_to(sender, to, text, strlen(text)) == (ssize_t)strlen(text));
  return true;
}

/* The daemon learns of a close() a little later than close() returns. */
static bool eventually(bool (*attempt)(void*), void* context) {
  for (int i = 0; i < 200; ++i) {
    if (attempt(context)) return true;
    usleep(10000);
  }
  return false;
}

/* ------------------------------------------------------------------------------------------------------ new sockets */

static bool socket_errors(void) {
  EXPECT_ERROR(socket(AF_MCTP, SOCK_DGRAM, 1), EPROTONOSUPPORT);
  EXPECT_ERROR(socket(AF_MCTP, SOCK_STREAM, 1), EPROTONOSUPPORT);
  EXPECT_ERROR(socket(AF_MCTP, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
  EXPECT_ERROR(socket(AF_MCTP, SOCK_RAW, 0), ESOCKTNOSUPPORT);
  EXPECT_ERROR(socket(AF_MCTP, SOCK_DGRAM | 0x100, 0), EINVAL);
  int pair[2];
  EXPECT_ERROR(socketpair(AF_MCTP, SOCK_DGRAM, 0, pair), EOPNOTSUPP);
  EXPECT_ERROR(socketpair(AF_MCTP, SOCK_STREAM, 0, pair), ESOCKTNOSUPPORT);
  return true;
}

static bool socket_flags(void) {
  const int plain = open_mctp();
  EXPECT(plain >= 0);
  EXPECT((fcntl(plain, F_GETFD) & FD_CLOEXEC) == 0 && (fcntl(plain, F_GETFL) & O_NONBLOCK) == 0);
  const int flagged = socket(AF_MCTP, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  EXPECT(flagged >= 0);
  EXPECT((fcntl(flagged, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(flagged, F_GETFL) & O_NONBLOCK) != 0);
  char byte;
  EXPECT_ERROR(recv(flagged, &byte, 1, 0), EAGAIN);
  return close_both(plain, flagged);
}

static bool other_descriptors_are_untouched(void) {
  int ends[2];
  char text[8];
  EXPECT(pipe(ends) == 0);
  EXPECT(write(ends[1], "pipe", 4) == 4 && read(ends[0], text, sizeof text) == 4);
  EXPECT(close_both(ends[0], ends[1]));
  EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  EXPECT(send(ends[0], "unix", 4, 0) == 4 && recv(ends[1], text, sizeof text, 0) == 4);
  EXPECT(close_both(ends[0], ends[1]));
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT(udp >= 0);
  EXPECT(close(udp) == 0);
  return true;
}

static bool bad_descriptors_are_ebadf(void) {
  char byte = 0;
  EXPECT_ERROR(send_to(-1, address_of(eid, kTypeCci, MCTP_TAG_OWNER), &byte, 1), EBADF);
  EXPECT_ERROR(recv(-1, &byte, 1, 0), EBADF);
  EXPECT_ERROR(close(-1), EBADF);
  EXPECT_ERROR(bind_to(-1, net, MCTP_ADDR_ANY, kTypeSelf), EBADF);
  const int fd = open_mctp();
  EXPECT(close(fd) == 0);
  EXPECT_ERROR(close(fd), EBADF);
  EXPECT_ERROR(recv(fd, &byte, 1, 0), EBADF);
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), &byte, 1), EBADF);
  return true;
}

/* ------------------------------------------------------------------------------------------------ request, response */

static bool identify_by_sendto(void) { return identify_and_close(open_mctp()); }

static bool identify_on_the_default_network(void) {
  const int fd = open_mctp();
  struct sockaddr_mctp address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  address.smctp_network = MCTP_NET_ANY;
  EXPECT(send_to(fd, address, kIdentify, sizeof kIdentify) == sizeof kIdentify);
  EXPECT(is_readable(fd, kTimeoutMs));
  uint8_t reply[64];
  struct sockaddr_mctp from;
  socklen_t from_size = sizeof from;
  EXPECT(recvfrom(fd, reply, sizeof reply, 0, (struct sockaddr*)&from, &from_size) == 30);
  EXPECT(from.smctp_network == net);
  return close(fd) == 0;
}

static bool identify_by_sendmsg_in_parts(void) {
  const int fd = open_mctp();
  struct sockaddr_mctp address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  struct iovec parts[3] = {{(void*)(uintptr_t)kIdentify, 5}, {NULL, 0}, {(void*)(uintptr_t)(kIdentify + 5), 7}};
  struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = parts, .msg_iovlen = 3};
  EXPECT(sendmsg(fd, &message, 0) == sizeof kIdentify);
  EXPECT(is_readable(fd, kTimeoutMs));

  uint8_t reply[64];
  char control[64];
  struct iovec room[2] = {{reply, 12}, {reply + 12, sizeof reply - 12}};
  message = (struct msghdr){.msg_name = &address,
                            .msg_namelen = sizeof address,
                            .msg_iov = room,
                            .msg_iovlen = 2,
                            .msg_control = control,
                            .msg_controllen = sizeof control,
                            .msg_flags = 0x7FFF};
  const ssize_t size = recvmsg(fd, &message, 0);
  EXPECT(identify_is_good(reply, size));
  EXPECT(message.msg_controllen == 0 && message.msg_flags == 0);
  EXPECT(address_is_good(&address, message.msg_namelen));
  return close(fd) == 0;
}

static bool identify_in_many_parts(void) {
  enum { kParts = 1024 };
  const int fd = open_mctp();
  static struct iovec parts[kParts + 1];
  static uint8_t bytes[kParts + 1];
  for (size_t i = 0; i < kParts + 1; ++i) parts[i] = (struct iovec){bytes + i, i < sizeof kIdentify ? 1 : 0};
  memcpy(bytes, kIdentify, sizeof kIdentify);
  struct sockaddr_mctp address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = parts, .msg_iovlen = kParts};
  EXPECT(sendmsg(fd, &message, 0) == sizeof kIdentify);
  EXPECT(is_readable(fd, kTimeoutMs));
  for (size_t i = 0; i < kParts; ++i) parts[i].iov_len = 1;
  EXPECT(identify_is_good(bytes, recvmsg(fd, &message, 0)));
  message.msg_iovlen = kParts + 1;
  EXPECT_ERROR(sendmsg(fd, &message, 0), EMSGSIZE);
  EXPECT_ERROR(recvmsg(fd, &message, MSG_DONTWAIT), EMSGSIZE);
  return close(fd) == 0;
}

static bool identify_by_every_way_to_read(void) {
  const int fd = open_mctp();
  for (int way = 0; way < 7; ++way) {
    uint8_t reply[64] = {0};
    struct iovec room[2] = {{reply, 7}, {reply + 7, sizeof reply - 7}};
    EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == 12);
    EXPECT(is_readable(fd, kTimeoutMs));
    ssize_t size = -1;
    if (way == 0) size = read(fd, reply, sizeof reply);
    if (way == 1) size = readv(fd, room, 2);
    if (way == 2) size = recv(fd, reply, sizeof reply, 0);
    if (way == 3) size = recvfrom(fd, reply, sizeof reply, 0, NULL, NULL);
    if (way == 4) size = __read_chk(fd, reply, sizeof reply, sizeof reply);
    if (way == 5) size = __recv_chk(fd, reply, sizeof reply, sizeof reply, 0);
    if (way == 6) size = __recvfrom_chk(fd, reply, sizeof reply, sizeof reply, 0, NULL, NULL);
    EXPECT(identify_is_good(reply, size));
  }
  return close(fd) == 0;
}

static bool nothing_is_read_into_nothing(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver) || !say(sender, "x")) return false;
  EXPECT(is_readable(receiver, kTimeoutMs));
  char byte;
  EXPECT(read(receiver, &byte, 0) == 0);
  EXPECT(readv(receiver, NULL, 0) == 0);
  volatile int negative = -1; /* the compiler knows better */
  EXPECT_ERROR(readv(receiver, NULL, negative), EINVAL);
  EXPECT(recv(receiver, &byte, 1, MSG_DONTWAIT) == 1);
  return close_both(sender, receiver);
}

/* ------------------------------------------------------------------------------------------------------ send errors */

static bool send_errors(void) {
  const int fd = open_mctp();
  char body[4] = {0};
  struct sockaddr_mctp address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);

  EXPECT_ERROR(send(fd, body, 4, 0), EDESTADDRREQ);
  EXPECT_ERROR(write(fd, body, 4), EDESTADDRREQ);
  struct iovec part = {body, 4};
  EXPECT_ERROR(writev(fd, &part, 1), EDESTADDRREQ);
  EXPECT(writev(fd, &part, 0) == 0);
  EXPECT_ERROR(sendto(fd, body, 4, 0, NULL, 0), EDESTADDRREQ);
  EXPECT_ERROR(sendto(fd, body, 4, 0, (struct sockaddr*)&address, 0), EINVAL);
  EXPECT_ERROR(sendto(fd, body, 4, 0, (struct sockaddr*)&address, sizeof address - 1), EINVAL);
  EXPECT_ERROR(sendto(fd, body, 4, 0, (struct sockaddr*)&address, 129), EINVAL);
  struct msghdr message = {.msg_name = &address, .msg_namelen = 0, .msg_iov = &part, .msg_iovlen = 1};
  EXPECT_ERROR(sendmsg(fd, &message, 0), EDESTADDRREQ);

  address.smctp_family = AF_INET;
  EXPECT_ERROR(send_to(fd, address, body, 4), EINVAL);
  address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  address.__smctp_pad0 = 1;
  EXPECT_ERROR(send_to(fd, address, body, 4), EINVAL);
  address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  address.__smctp_pad1 = 1;
  EXPECT_ERROR(send_to(fd, address, body, 4), EINVAL);
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, 0x20), body, 4), EINVAL);
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_PREALLOC | 1), body, 4), EINVAL);
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER | MCTP_TAG_PREALLOC | 5), body, 4), ENOENT);

  EXPECT_ERROR(send_to(fd, address_of(kUnknownEid, kTypeCci, MCTP_TAG_OWNER), body, 4), EHOSTUNREACH);
  EXPECT_ERROR(send_to(fd, address_of(MCTP_ADDR_NULL, kTypeCci, MCTP_TAG_OWNER), body, 4), EHOSTUNREACH);
  EXPECT_ERROR(send_to(fd, address_of(MCTP_ADDR_ANY, kTypeCci, MCTP_TAG_OWNER), body, 4), EHOSTUNREACH);
  address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  address.smctp_network = net + 1000;
  EXPECT_ERROR(send_to(fd, address, body, 4), EHOSTUNREACH);

  static char large[kMessageMax + 1];
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), large, sizeof large), EMSGSIZE);
  return identify_and_close(fd);
}

static bool unusual_send_flags_are_ignored(void) {
  const int fd = open_mctp();
  struct sockaddr_mctp address = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  EXPECT(sendto(fd, kIdentify, 12, MSG_OOB | MSG_MORE | MSG_DONTROUTE, (struct sockaddr*)&address, sizeof address) ==
         12);
  EXPECT(is_readable(fd, kTimeoutMs));
  uint8_t reply[64];
  EXPECT(identify_is_good(reply, recv(fd, reply, sizeof reply, 0)));
  return close(fd) == 0;
}

/* ---------------------------------------------------------------------------------------------------- receive flags */

static bool receive_flags(void) {
  const int fd = open_mctp();
  char byte;
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_WAITALL), EOPNOTSUPP);
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_OOB), EOPNOTSUPP);
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_NOSIGNAL), EOPNOTSUPP);
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_ERRQUEUE), EOPNOTSUPP);
  return close(fd) == 0;
}

static bool peek_leaves_the_message(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver) || !say(sender, "peek")) return false;
  EXPECT(is_readable(receiver, kTimeoutMs));
  char text[8] = {0};
  struct sockaddr_mctp from;
  socklen_t size = sizeof from;
  EXPECT(recvfrom(receiver, text, sizeof text, MSG_PEEK, (struct sockaddr*)&from, &size) == 4);
  EXPECT(from.smctp_addr.s_addr == kLocalEid && from.smctp_type == kTypeSelf && from.smctp_tag == MCTP_TAG_OWNER);
  EXPECT(recv(receiver, NULL, 0, MSG_PEEK | MSG_TRUNC) == 4);
  EXPECT(recv(receiver, text, sizeof text, 0) == 4 && memcmp(text, "peek", 4) == 0);
  EXPECT_ERROR(recv(receiver, text, sizeof text, MSG_DONTWAIT), EAGAIN);
  return close_both(sender, receiver);
}

static bool what_is_cut_off_is_gone(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  EXPECT(say(sender, "truncate") && say(sender, "truncate") && say(sender, "last"));
  EXPECT(is_readable(receiver, kTimeoutMs));
  char text[4];
  struct iovec part = {text, sizeof text};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  EXPECT(recvmsg(receiver, &message, 0) == 4 && message.msg_flags == MSG_TRUNC);
  EXPECT(memcmp(text, "trun", 4) == 0);
  EXPECT(is_readable(receiver, kTimeoutMs));
  EXPECT(recv(receiver, text, sizeof text, MSG_TRUNC) == 8);
  EXPECT(is_readable(receiver, kTimeoutMs));
  EXPECT(recvmsg(receiver, &message, 0) == 4 && message.msg_flags == 0 && memcmp(text, "last", 4) == 0);
  return close_both(sender, receiver);
}

static bool short_address_buffers(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver) || !say(sender, "a") || !say(sender, "b")) return false;
  EXPECT(is_readable(receiver, kTimeoutMs));
  struct sockaddr_mctp from;
  memset(&from, 0xEE, sizeof from);
  socklen_t size = 4;
  char byte;
  EXPECT(recvfrom(receiver, &byte, 1, 0, (struct sockaddr*)&from, &size) == 1);
  EXPECT(size == sizeof from && from.smctp_family == AF_MCTP && from.smctp_network == 0xEEEEEEEE);
  EXPECT(is_readable(receiver, kTimeoutMs));
  size = (socklen_t)-1;
  EXPECT_ERROR(recvfrom(receiver, &byte, 1, 0, (struct sockaddr*)&from, &size), EINVAL);
  return close_both(sender, receiver);
}

static bool empty_and_largest_messages(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  EXPECT(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), NULL, 0) == 0);
  EXPECT(is_readable(receiver, kTimeoutMs));
  static uint8_t out[kMessageMax], in[kMessageMax + 16];
  EXPECT(recv(receiver, in, sizeof in, 0) == 0);
  for (size_t i = 0; i < sizeof out; ++i) out[i] = (uint8_t)(i * 7 + i / 251);
  EXPECT(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), out, sizeof out) == (ssize_t)sizeof out);
  EXPECT(is_readable(receiver, kTimeoutMs));
  EXPECT(recv(receiver, in, sizeof in, 0) == (ssize_t)sizeof out && memcmp(in, out, sizeof out) == 0);
  return close_both(sender, receiver);
}

static double seconds_since(struct timespec start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

static bool receive_timeout(void) {
  const int fd = open_mctp();
  const struct timeval timeout = {.tv_sec = 0, .tv_usec = 100000};
  EXPECT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0);
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  char byte;
  EXPECT_ERROR(recv(fd, &byte, 1, 0), EAGAIN);
  EXPECT(seconds_since(start) > 0.09 && seconds_since(start) < 1.5);
  return close(fd) == 0;
}

/* ---------------------------------------------------------------------------------------------------------- waiting */

static bool poll_reports(void) {
  const int fd = open_mctp();
  struct pollfd entry = {.fd = fd, .events = POLLIN | POLLOUT, .revents = 0};
  EXPECT(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == 12);
  entry.events = POLLIN;
  EXPECT(poll(&entry, 1, kTimeoutMs) == 1 && entry.revents == POLLIN);
  const struct timespec timeout = {.tv_sec = 2, .tv_nsec = 0};
  EXPECT(ppoll(&entry, 1, &timeout, NULL) == 1 && entry.revents == POLLIN);
  return close(fd) == 0;
}

static bool select_reports(void) {
  const int fd = open_mctp();
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_SET(fd, &readable);
  FD_SET(fd, &writable);
  struct timeval timeout = {0, 0};
  EXPECT(select(fd + 1, &readable, &writable, NULL, &timeout) == 1 && FD_ISSET(fd, &writable));
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == 12);
  FD_ZERO(&readable);
  FD_SET(fd, &readable);
  timeout.tv_sec = 2;
  EXPECT(select(fd + 1, &readable, NULL, NULL, &timeout) == 1 && FD_ISSET(fd, &readable));
  return close(fd) == 0;
}

static bool epoll_reports(void) {
  const int fd = open_mctp();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.fd = fd}};
  EXPECT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  EXPECT(epoll_wait(epoll, &event, 1, 0) == 0);
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == 12);
  EXPECT(epoll_wait(epoll, &event, 1, kTimeoutMs) == 1 && event.data.fd == fd && (event.events & EPOLLIN) != 0);
  return close_both(fd, epoll);
}

/* ------------------------------------------------------------------------------------------------ several at a time */

static bool many_messages_at_once(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  struct sockaddr_mctp good = address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER);
  struct sockaddr_mctp bad = address_of(kUnknownEid, kTypeSelf, MCTP_TAG_OWNER);
  char texts[4][4] = {"one", "two", "six", "ten"};
  struct iovec parts[4];
  struct mmsghdr messages[4];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < 4; ++i) {
    parts[i] = (struct iovec){texts[i], 3};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = i < 3 ? &good : &bad, .msg_namelen = sizeof good, .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  EXPECT(sendmmsg(sender, messages, 4, 0) == 3);
  EXPECT(messages[0].msg_len == 3 && messages[2].msg_len == 3);
  EXPECT_ERROR(sendmmsg(sender, messages + 3, 1, 0), EHOSTUNREACH);
  EXPECT(sendmmsg(sender, messages, 0, 0) == 0);

  char room[4][8];
  struct sockaddr_mctp from[4];
  for (int i = 0; i < 4; ++i) {
    parts[i] = (struct iovec){room[i], sizeof room[i]};
    messages[i].msg_hdr =
        (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  EXPECT(is_readable(receiver, kTimeoutMs));
  usleep(20000);
  EXPECT(recvmmsg(receiver, messages, 4, MSG_WAITFORONE, NULL) == 3);
  EXPECT(messages[2].msg_len == 3 && memcmp(room[2], "six", 3) == 0 && from[2].smctp_addr.s_addr == kLocalEid);
  EXPECT_ERROR(recvmmsg(receiver, messages, 4, MSG_DONTWAIT, NULL), EAGAIN);
  struct timespec bad_timeout = {.tv_sec = 0, .tv_nsec = 2000000000};
  EXPECT_ERROR(recvmmsg(receiver, messages, 4, MSG_DONTWAIT, &bad_timeout), EINVAL);
  struct timespec over = {0, 0};
  EXPECT(say(sender, "a") && say(sender, "b") && is_readable(receiver, kTimeoutMs));
  EXPECT(recvmmsg(receiver, messages, 4, 0, &over) == 1);
  return close_both(sender, receiver);
}

/* ---------------------------------------------------------------------------------------------------------- options */

static bool options(void) {
  const int fd = open_mctp();
  int value = 77;
  socklen_t size = sizeof value;
  EXPECT(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &size) == 0 && value == AF_MCTP);
  EXPECT(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && value == SOCK_DGRAM);
  EXPECT(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &size) == 0 && value == 0);
  EXPECT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size) == 0 && value == 0);
  size = sizeof value;
  EXPECT(getsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, &size) == 0 && value == 0 && size == sizeof value);
  value = 5;
  EXPECT(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, sizeof value) == 0);
  EXPECT(getsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, &size) == 0 && value == 1);
  EXPECT_ERROR(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, 1), EINVAL);
  EXPECT_ERROR(setsockopt(fd, SOL_MCTP, 99, &value, sizeof value), ENOPROTOOPT);
  EXPECT_ERROR(setsockopt(fd, 1234, 1, &value, sizeof value), EINVAL);
  EXPECT_ERROR(getsockopt(fd, SOL_MCTP, 99, &value, &size), EINVAL);
  EXPECT_ERROR(getsockopt(fd, 1234, 1, &value, &size), EINVAL);
  size = 2;
  EXPECT_ERROR(getsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, &size), EINVAL);
  value = 1;
  EXPECT(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){65536}, sizeof(int)) == 0);

  struct sockaddr_storage name;
  size = sizeof name;
  EXPECT_ERROR(getsockname(fd, (struct sockaddr*)&name, &size), EOPNOTSUPP);
  EXPECT_ERROR(getpeername(fd, (struct sockaddr*)&name, &size), EOPNOTSUPP);
  EXPECT_ERROR(listen(fd, 1), EOPNOTSUPP);
  EXPECT_ERROR(accept(fd, NULL, NULL), EOPNOTSUPP);
  EXPECT_ERROR(accept4(fd, NULL, NULL, 0x40), EINVAL);
  EXPECT_ERROR(shutdown(fd, SHUT_RDWR), EOPNOTSUPP);
  return close(fd) == 0;
}

static bool extended_addresses(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  const int on = 1;
  EXPECT(setsockopt(receiver, SOL_MCTP, MCTP_OPT_ADDR_EXT, &on, sizeof on) == 0);
  EXPECT(setsockopt(sender, SOL_MCTP, MCTP_OPT_ADDR_EXT, &on, sizeof on) == 0);
  EXPECT(say(sender, "x"));
  EXPECT(is_readable(receiver, kTimeoutMs));
  struct sockaddr_mctp_ext address;
  memset(&address, 0xEE, sizeof address);
  socklen_t size = sizeof address;
  char byte;
  EXPECT(recvfrom(receiver, &byte, 1, 0, (struct sockaddr*)&address, &size) == 1 && size == sizeof address);
  EXPECT(address.smctp_ifindex > 0 && address.smctp_halen == 0 && address.__smctp_pad0[2] == 0);

  /* The answer goes the way that the message came. */
  address.smctp_base = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  EXPECT(sendto(sender, kIdentify, 12, 0, (struct sockaddr*)&address, sizeof address) == 12);
  EXPECT(is_readable(sender, kTimeoutMs));
  uint8_t reply[64];
  size = sizeof address;
  EXPECT(identify_is_good(reply, recvfrom(sender, reply, sizeof reply, 0, (struct sockaddr*)&address, &size)));
  address.smctp_base = address_of(eid, kTypeCci, MCTP_TAG_OWNER);
  address.__smctp_pad0[1] = 1;
  EXPECT_ERROR(sendto(sender, kIdentify, 12, 0, (struct sockaddr*)&address, sizeof address), EINVAL);
  address.__smctp_pad0[1] = 0;
  address.smctp_halen = 1;
  EXPECT_ERROR(sendto(sender, kIdentify, 12, 0, (struct sockaddr*)&address, sizeof address), EINVAL);
  address.smctp_halen = 0;
  address.smctp_ifindex = 123456;
  EXPECT_ERROR(sendto(sender, kIdentify, 12, 0, (struct sockaddr*)&address, sizeof address), ENOENT);
  return close_both(sender, receiver);
}

static bool ioctls(void) {
  const int fd = open_mctp();
  int value = 1;
  char byte;
  EXPECT(ioctl(fd, FIONBIO, &value) == 0);
  EXPECT_ERROR(recv(fd, &byte, 1, 0), EAGAIN);
  value = 0;
  EXPECT(ioctl(fd, FIONBIO, &value) == 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  EXPECT(ioctl(fd, FIOCLEX) == 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  EXPECT_ERROR(ioctl(fd, FIONREAD, &value), EINVAL);
  EXPECT_ERROR(ioctl(fd, SIOCMCTPALLOCTAG, NULL), EFAULT);
  return close(fd) == 0;
}

/* ------------------------------------------------------------------------------------------------------------- tags */

static int allocate(int fd, uint8_t peer) {
  struct mctp_ioc_tag_ctl2 control;
  memset(&control, 0, sizeof control);
  control.net = net;
  control.peer_addr = peer;
  return ioctl(fd, SIOCMCTPALLOCTAG2, &control) == 0 ? control.tag : -1;
}

static int drop(int fd, uint8_t peer, int tag) {
  struct mctp_ioc_tag_ctl2 control;
  memset(&control, 0, sizeof control);
  control.net = net;
  control.peer_addr = peer;
  control.tag = (uint8_t)tag;
  return ioctl(fd, SIOCMCTPDROPTAG2, &control);
}

static bool tag_ioctl_errors(void) {
  const int fd = open_mctp();
  struct mctp_ioc_tag_ctl2 control;
  memset(&control, 0, sizeof control);
  control.net = net;
  control.peer_addr = eid;
  control.tag = 1;
  EXPECT_ERROR(ioctl(fd, SIOCMCTPALLOCTAG2, &control), EINVAL);
  control.tag = 0;
  control.flags = 1;
  EXPECT_ERROR(ioctl(fd, SIOCMCTPALLOCTAG2, &control), EINVAL);
  control.flags = 0;
  control.local_addr = 12;
  EXPECT_ERROR(ioctl(fd, SIOCMCTPALLOCTAG2, &control), EINVAL);
  EXPECT_ERROR(drop(fd, eid, 3), EINVAL);
  EXPECT_ERROR(drop(fd, eid, MCTP_TAG_OWNER | MCTP_TAG_PREALLOC | 3), EINVAL);
  return close(fd) == 0;
}

static bool allocated_tags_stay(void) {
  const int fd = open_mctp();
  const int tag = allocate(fd, eid);
  EXPECT(tag >= 0 && (tag & ~MCTP_TAG_MASK) == (MCTP_TAG_OWNER | MCTP_TAG_PREALLOC));
  for (int i = 0; i < 3; ++i) {
    EXPECT(send_to(fd, address_of(eid, kTypeCci, (uint8_t)tag), kIdentify, sizeof kIdentify) == 12);
    EXPECT(is_readable(fd, kTimeoutMs));
    uint8_t reply[64];
    struct sockaddr_mctp from;
    socklen_t size = sizeof from;
    EXPECT(identify_is_good(reply, recvfrom(fd, reply, sizeof reply, 0, (struct sockaddr*)&from, &size)));
    EXPECT(from.smctp_tag == (tag & MCTP_TAG_MASK));
  }
  EXPECT(drop(fd, eid, tag) == 0);
  EXPECT_ERROR(drop(fd, eid, tag), EINVAL);
  EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, (uint8_t)tag), kIdentify, sizeof kIdentify), ENOENT);
  return close(fd) == 0;
}

static bool first_version_of_the_tag_ioctls(void) {
  if (net != 1) return true; /* it means network 1 */
  const int fd = open_mctp();
  struct mctp_ioc_tag_ctl control = {.peer_addr = eid, .tag = 0, .flags = 0};
  EXPECT(ioctl(fd, SIOCMCTPALLOCTAG, &control) == 0);
  EXPECT((control.tag & ~MCTP_TAG_MASK) == (MCTP_TAG_OWNER | MCTP_TAG_PREALLOC));
  EXPECT(send_to(fd, address_of(eid, kTypeCci, control.tag), kIdentify, sizeof kIdentify) == 12);
  EXPECT(is_readable(fd, kTimeoutMs));
  EXPECT(ioctl(fd, SIOCMCTPDROPTAG, &control) == 0);
  return close(fd) == 0;
}

static bool has_a_tag(void* fd) { return send_to(*(int*)fd, address_of(kLocalEid, 0x7A, MCTP_TAG_OWNER), "x", 1) == 1; }

static bool eight_requests_at_a_time(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  unsigned used = 0;
  for (int i = 0; i < kTags; ++i) {
    char text[2] = {(char)i, 0};
    EXPECT(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), text, 1) == 1);
  }
  EXPECT_ERROR(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1), EBUSY);
  /* The tags are those of the host, not of one socket. */
  const int third = open_mctp();
  EXPECT_ERROR(send_to(third, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1), EBUSY);
  EXPECT_ERROR(allocate(third, kLocalEid), EBUSY);
  EXPECT(identify(third));

  struct sockaddr_mctp from;
  for (int i = 0; i < kTags; ++i) {
    char byte;
    socklen_t size = sizeof from;
    EXPECT(is_readable(receiver, kTimeoutMs));
    EXPECT(recvfrom(receiver, &byte, 1, 0, (struct sockaddr*)&from, &size) == 1 && byte == i);
    EXPECT((from.smctp_tag & MCTP_TAG_OWNER) != 0 && (from.smctp_tag & MCTP_TAG_MASK) == i);
    used |= 1U << (from.smctp_tag & MCTP_TAG_MASK);
  }
  EXPECT(used == 0xFF);
  /* A response frees its tag: answer the last request. */
  from.smctp_tag &= (uint8_t)~MCTP_TAG_OWNER;
  EXPECT(sendto(receiver, "re", 2, 0, (struct sockaddr*)&from, sizeof from) == 2);
  EXPECT(is_readable(sender, kTimeoutMs));
  char text[4];
  struct sockaddr_mctp answered;
  socklen_t size = sizeof answered;
  EXPECT(recvfrom(sender, text, sizeof text, 0, (struct sockaddr*)&answered, &size) == 2);
  EXPECT(answered.smctp_tag == 7 && answered.smctp_type == kTypeSelf && answered.smctp_addr.s_addr == kLocalEid);
  EXPECT(send_to(third, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1) == 1);
  EXPECT_ERROR(send_to(third, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1), EBUSY);
  /* close() frees the rest. */
  EXPECT(close(sender) == 0 && close(third) == 0);
  int fourth = open_mctp();
  EXPECT(eventually(has_a_tag, &fourth));
  return close_both(fourth, receiver);
}

static bool eight_allocated_tags(void) {
  const int fd = open_mctp(), other = open_mctp();
  int tags[kTags];
  for (int i = 0; i < kTags; ++i) {
    tags[i] = allocate(fd, eid);
    EXPECT(tags[i] >= 0);
  }
  EXPECT_ERROR(allocate(fd, eid), EBUSY);
  EXPECT_ERROR(send_to(other, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, 12), EBUSY);
  EXPECT_ERROR(drop(other, eid, tags[0]), EINVAL);
  EXPECT(drop(fd, eid, tags[3]) == 0);
  EXPECT(identify(other));
  EXPECT((allocate(fd, eid) & MCTP_TAG_MASK) == (tags[3] & MCTP_TAG_MASK));
  return close_both(fd, other);
}

static bool tags_for_any_peer(void) {
  const int fd = open_mctp(), other = open_mctp();
  const int tag = allocate(fd, MCTP_ADDR_NULL);
  EXPECT(tag >= 0);
  /* It collides with every peer's. */
  for (int i = 0; i < kTags - 1; ++i) EXPECT(allocate(other, eid) >= 0);
  EXPECT_ERROR(allocate(other, eid), EBUSY);
  EXPECT(send_to(fd, address_of(eid, kTypeCci, (uint8_t)tag), kIdentify, sizeof kIdentify) == 12);
  EXPECT(is_readable(fd, kTimeoutMs));
  EXPECT(drop(fd, MCTP_ADDR_ANY, tag) == 0);
  return close_both(fd, other);
}

static bool unanswered_requests_expire(void) {
  int sender, receiver;
  if (!open_self(&sender, &receiver)) return false;
  for (int i = 0; i < kTags; ++i) {
    EXPECT(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1) == 1);
  }
  EXPECT_ERROR(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1), EBUSY);
  sleep(7);
  EXPECT(send_to(sender, address_of(kLocalEid, kTypeSelf, MCTP_TAG_OWNER), "x", 1) == 1);
  return close_both(sender, receiver);
}

/* ---------------------------------------------------------------------------------------------------- bind, connect */

static bool bind_errors(void) {
  const int fd = open_mctp();
  struct sockaddr_mctp address = address_of(MCTP_ADDR_ANY, kTypeSelf, 0);
  EXPECT_ERROR(bind(fd, (struct sockaddr*)&address, sizeof address - 1), EINVAL);
  EXPECT_ERROR(bind(fd, (struct sockaddr*)&address, 129), EINVAL);
  address.smctp_family = AF_UNIX;
  EXPECT_ERROR(bind(fd, (struct sockaddr*)&address, sizeof address), EAFNOSUPPORT);
  address = address_of(MCTP_ADDR_ANY, kTypeSelf, 0);
  address.__smctp_pad0 = 1;
  EXPECT_ERROR(bind(fd, (struct sockaddr*)&address, sizeof address), EINVAL);
  return close(fd) == 0;
}

static bool can_bind(void* fd) { return bind_to(*(int*)fd, net, MCTP_ADDR_ANY, kTypeSelf) == 0; }

static bool bind_conflicts(void) {
  const int first = open_mctp();
  int second = open_mctp();
  EXPECT(bind_to(first, net, MCTP_ADDR_ANY, kTypeSelf) == 0);
  EXPECT_ERROR(bind_to(first, net, MCTP_ADDR_ANY, kTypeSelf + 1), EADDRINUSE);
  EXPECT_ERROR(bind_to(second, net, MCTP_ADDR_ANY, kTypeSelf), EADDRINUSE);
  EXPECT_ERROR(bind_to(second, net, MCTP_ADDR_ANY, kTypeSelf | 0x80), EADDRINUSE); /* the IC bit does not count */
  const int third = open_mctp(), fourth = open_mctp(), fifth = open_mctp();
  EXPECT(bind_to(third, net, kLocalEid, kTypeSelf) == 0);
  EXPECT(bind_to(fourth, MCTP_NET_ANY, MCTP_ADDR_ANY, kTypeSelf) == 0);
  /* Any network with an address is the default network. */
  EXPECT_ERROR(bind_to(fifth, MCTP_NET_ANY, kLocalEid, kTypeSelf), EADDRINUSE);
  EXPECT(close(first) == 0 && close(fifth) == 0);
  EXPECT(eventually(can_bind, &second));
  return close_both(second, third) && close(fourth) == 0;
}

static bool receives(int fd, char wanted) {
  char byte = 0;
  EXPECT(is_readable(fd, kTimeoutMs));
  EXPECT(recv(fd, &byte, 1, MSG_DONTWAIT) == 1 && byte == wanted);
  return true;
}

static bool the_closest_bind_receives(void) {
  const int any = open_mctp(), network = open_mctp(), local = open_mctp(), sender = open_mctp();
  EXPECT(bind_to(any, MCTP_NET_ANY, MCTP_ADDR_ANY, kTypeSelf) == 0);
  EXPECT(say(sender, "1") && receives(any, '1'));
  EXPECT(say(sender, "2") && receives(any, '2'));
  EXPECT(bind_to(network, net, MCTP_ADDR_ANY, kTypeSelf) == 0);
  EXPECT(say(sender, "3") && receives(network, '3'));
  EXPECT(bind_to(local, net, kLocalEid, kTypeSelf) == 0);
  EXPECT(say(sender, "4") && receives(local, '4'));
  const int peer = open_mctp();
  EXPECT(connect_to(peer, kLocalEid, kTypeSelf) == 0);
  EXPECT(bind_to(peer, net, MCTP_ADDR_ANY, kTypeSelf) == 0);
  EXPECT(say(sender, "5") && receives(peer, '5'));
  EXPECT(!is_readable(any, 20) && !is_readable(network, 0) && !is_readable(local, 0) && !is_readable(sender, 0));
  return close_both(any, network) && close_both(local, sender) && close(peer) == 0;
}

static bool connect_rules(void) {
  const int fd = open_mctp();
  struct sockaddr_mctp address = address_of(eid, kTypeSelf, 0);
  struct {
    struct sockaddr_mctp address;
    char more[8];
  } longer = {.address = address};
  EXPECT_ERROR(connect(fd, (struct sockaddr*)&address, sizeof address - 1), EINVAL);
  EXPECT_ERROR(connect(fd, (struct sockaddr*)&longer, sizeof longer), EINVAL);
  address.smctp_family = AF_INET;
  EXPECT_ERROR(connect(fd, (struct sockaddr*)&address, sizeof address), EAFNOSUPPORT);
  address = address_of(eid, kTypeSelf, MCTP_TAG_OWNER);
  EXPECT_ERROR(connect(fd, (struct sockaddr*)&address, sizeof address), EINVAL);
  EXPECT_ERROR(connect_to(fd, eid, kTypeSelf | 0x80), EINVAL);
  EXPECT(connect_to(fd, eid, kTypeSelf) == 0);
  EXPECT_ERROR(connect_to(fd, eid, kTypeSelf), EADDRINUSE);
  EXPECT_ERROR(send(fd, "x", 1, 0), EDESTADDRREQ); /* connect() chooses whom to hear, not whom to tell */
  EXPECT_ERROR(bind_to(fd, net, MCTP_ADDR_ANY, kTypeSelf + 1), EINVAL);
  EXPECT_ERROR(bind_to(fd, net + 1, MCTP_ADDR_ANY, kTypeSelf), EINVAL);
  EXPECT(bind_to(fd, MCTP_NET_ANY, MCTP_ADDR_ANY, kTypeSelf) == 0);
  const int bound = open_mctp();
  EXPECT(bind_to(bound, net, MCTP_ADDR_ANY, kTypeSelf) == 0);
  EXPECT_ERROR(connect_to(bound, eid, kTypeSelf), EADDRINUSE);
  /* The connected socket hears only its peer. */
  const int sender = open_mctp();
  EXPECT(say(sender, "x") && receives(bound, 'x'));
  EXPECT(!is_readable(fd, 20));
  return close_both(fd, bound) && close(sender) == 0;
}

static bool bound_sockets_hear_nothing_unasked(void) {
  const int bound = open_mctp(), requester = open_mctp();
  EXPECT(bind_to(bound, net, MCTP_ADDR_ANY, kTypeCci) == 0);
  EXPECT(identify(requester));
  EXPECT(!is_readable(bound, 100));
  EXPECT(identify(bound));
  return close_both(bound, requester);
}

/* ---------------------------------------------------------------------------------------------------- notifications */

/* Makes the device log an event; what it does is the caller's of this program. */
static const char* event_command;

static bool log_an_event(void) {
  EXPECT(system(event_command) == 0);
  return true;
}

static bool cci_request(int fd, const uint8_t* request, size_t size) {
  uint8_t reply[64];
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), request, size) == (ssize_t)size);
  EXPECT(is_readable(fd, kTimeoutMs));
  EXPECT(recv(fd, reply, sizeof reply, 0) >= 12 && reply[8] == 0 && reply[9] == 0);
  return true;
}

/* Set MCTP Event Interrupt Policy: the informational log. */
static const uint8_t kSetPolicy[14] = {0x00, 0x01, 0, 0x05, 0x01, 2, 0, 0, 0, 0, 0, 0, 0x01, 0x00};
/* Clear Event Records of it, all that may be there one by one: the handle is filled in. */
static const uint8_t kClearRecord[20] = {0x00, 0x02, 0, 0x01, 0x01, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};

/* The next notification: a request of the device (TO=1) with a tag of its own. */
static bool receive_notification(int fd, uint8_t* body, struct sockaddr_mctp* from, int timeout_ms) {
  socklen_t size = sizeof *from;
  if (!is_readable(fd, timeout_ms)) return false;
  EXPECT(recvfrom(fd, body, 64, 0, (struct sockaddr*)from, &size) == 14);
  EXPECT(from->smctp_addr.s_addr == eid && from->smctp_type == kTypeCci);
  EXPECT((from->smctp_tag & MCTP_TAG_OWNER) != 0);
  EXPECT((body[0] & 0x0F) == 0 && body[3] == 0x06 && body[4] == 0x01 && body[5] == 2);
  EXPECT(body[12] == 0x01 && body[13] == 0x00);
  return true;
}

static bool notifications_come_until_they_are_answered(void) {
  const int bound = open_mctp(), requester = open_mctp(), unbound = open_mctp();
  EXPECT(bind_to(bound, net, MCTP_ADDR_ANY, kTypeCci) == 0);
  EXPECT(cci_request(requester, kSetPolicy, sizeof kSetPolicy));

  EXPECT(log_an_event());
  uint8_t body[64];
  struct sockaddr_mctp from;
  EXPECT(receive_notification(bound, body, &from, kTimeoutMs));
  const uint8_t message_tag = body[1], tag = from.smctp_tag;
  /* Answered: the same tag without TO. What was sent meanwhile has the same tags. */
  uint8_t response[12] = {0x01, message_tag, 0, 0x06, 0x01, 0, 0, 0, 0, 0, 0, 0};
  from.smctp_tag &= (uint8_t)~MCTP_TAG_OWNER;
  EXPECT(send_to(bound, from, response, sizeof response) == sizeof response);
  int more = 0;
  while (receive_notification(bound, body, &from, 100)) {
    EXPECT(body[1] == message_tag && from.smctp_tag == tag && ++more <= 10);
  }

  /* The log has to be emptied before the next one. */
  EXPECT(log_an_event());
  EXPECT(!is_readable(bound, 100));
  uint8_t clear[sizeof kClearRecord];
  memcpy(clear, kClearRecord, sizeof clear);
  for (uint8_t handle = 1; handle <= 2; ++handle) {
    clear[18] = handle;
    EXPECT(cci_request(requester, clear, sizeof clear));
  }
  EXPECT(log_an_event());
  EXPECT(receive_notification(bound, body, &from, kTimeoutMs));
  EXPECT(body[1] != message_tag);

  /* Not answered: at most ten times more. Sockets without bind() heard nothing of all this. */
  for (more = 0; receive_notification(bound, body, &from, 100); ++more) {
  }
  EXPECT(more == 10);
  EXPECT(!is_readable(unbound, 0) && !is_readable(requester, 0));
  return close_both(bound, requester) && close(unbound) == 0;
}

/* ------------------------------------------------------------------------------------------------ copies of sockets */

static bool duplicates(void) {
  const int fd = open_mctp();
  const int copies[] = {dup(fd), dup2(fd, 200), dup3(fd, 201, O_CLOEXEC), fcntl(fd, F_DUPFD, 300),
                        fcntl(fd, F_DUPFD_CLOEXEC, 310)};
  const int on = 1;
  for (size_t i = 0; i < sizeof copies / sizeof *copies; ++i) {
    EXPECT(copies[i] >= 0);
    EXPECT(identify(copies[i]));
  }
  EXPECT(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &on, sizeof on) == 0);
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT(getsockopt(copies[0], SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, &size) == 0 && value == 1);
  EXPECT(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &(int){0}, sizeof on) == 0);
  EXPECT(close(fd) == 0);
  EXPECT(identify(copies[1]));
  /* What a copy is put over is itself no more. */
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT(dup2(udp, copies[0]) == copies[0]);
  size = sizeof value;
  EXPECT(getsockopt(copies[0], SOL_SOCKET, SO_DOMAIN, &value, &size) == 0 && value == AF_INET);
  for (size_t i = 0; i < sizeof copies / sizeof *copies; ++i) EXPECT(close(copies[i]) == 0);
  return close(udp) == 0;
}

static bool closed_in_ranges(void) {
  const int fd = open_mctp();
  EXPECT(dup2(fd, 400) == 400 && dup2(fd, 401) == 401);
  EXPECT(close_range(400, 401, 0) == 0);
  int ends[2];
  EXPECT(pipe(ends) == 0 && dup2(ends[0], 400) == 400);
  EXPECT(write(ends[1], "x", 1) == 1);
  char byte;
  EXPECT(read(400, &byte, 1) == 1 && byte == 'x');
  EXPECT(close(400) == 0 && close_both(ends[0], ends[1]));
  return identify_and_close(fd);
}

static bool child_said_yes(pid_t child) {
  int status = 0;
  EXPECT(child > 0 && waitpid(child, &status, 0) == child);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return true;
}

static bool a_child_shares_the_socket(void) {
  const int fd = open_mctp();
  EXPECT(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, sizeof kIdentify) == 12);
  const pid_t child = fork();
  if (child == 0) {
    uint8_t reply[64];
    const bool good = is_readable(fd, kTimeoutMs) && identify_is_good(reply, recv(fd, reply, sizeof reply, 0));
    const int own = open_mctp();
    _exit(good && identify(fd) && identify(own) ? 0 : 1);
  }
  EXPECT(child_said_yes(child));
  return identify_and_close(fd);
}

static bool a_program_inherits_the_socket(void) {
  const int fd = open_mctp();
  const int on = 1;
  EXPECT(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &on, sizeof on) == 0);
  char numbers[3][16];
  snprintf(numbers[0], sizeof numbers[0], "%u", net);
  snprintf(numbers[1], sizeof numbers[1], "%u", eid);
  snprintf(numbers[2], sizeof numbers[2], "%d", fd);
  const pid_t child = fork();
  if (child == 0) {
    execl(self, self, numbers[0], numbers[1], "--inherited", numbers[2], (char*)NULL);
    _exit(99);
  }
  EXPECT(child_said_yes(child));
  EXPECT(setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &(int){0}, sizeof on) == 0);
  return identify_and_close(fd);
}

static int check_inherited(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  const bool known = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &size) == 0 && value == AF_MCTP;
  const bool kept = getsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &value, &size) == 0 && value == 1;
  setsockopt(fd, SOL_MCTP, MCTP_OPT_ADDR_EXT, &(int){0}, sizeof value);
  return known && kept && identify(fd) ? 0 : 1;
}

static bool a_vfork_child_closes_its_own(void) {
  const int fd = open_mctp();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const pid_t child = vfork();
#pragma GCC diagnostic pop
  if (child == 0) {
    close(fd);
    execl("/bin/true", "true", (char*)NULL);
    _exit(99);
  }
  EXPECT(child_said_yes(child));
  return identify_and_close(fd);
}

static bool a_socket_is_passed_on(void) {
  int ends[2];
  EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  int fd = open_mctp();
  char byte = 'x';
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec part = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  EXPECT(sendmsg(ends[0], &message, 0) == 1);
  EXPECT(close(fd) == 0);
  EXPECT(recvmsg(ends[1], &message, 0) == 1);
  header = CMSG_FIRSTHDR(&message);
  EXPECT(header != NULL);
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return close_both(ends[0], ends[1]) && identify_and_close(fd);
}

/* ---------------------------------------------------------------------------------------------------------- threads */

enum { kThreads = 4, kRounds = 300 };

static void* work(void* shared) {
  int own = open_mctp();
  bool good = own >= 0;
  for (int i = 0; good && i < kRounds; ++i) {
    good = identify(own);
    if (i % 50 == 0) {
      close(own);
      own = open_mctp();
    }
    const int copy = dup(*(int*)shared);
    good = good && copy >= 0;
    close(copy);
  }
  close(own);
  return good ? shared : NULL;
}

static bool threads(void) {
  pthread_t workers[kThreads];
  int fd = open_mctp();
  for (int i = 0; i < kThreads; ++i) EXPECT(pthread_create(&workers[i], NULL, work, &fd) == 0);
  bool good = true;
  for (int i = 0; i < kThreads; ++i) {
    void* result = NULL;
    pthread_join(workers[i], &result);
    good = good && result != NULL;
  }
  if (!good) return false;
  return identify_and_close(fd);
}

static bool many_round_trips(void) {
  const int fd = open_mctp();
  for (int i = 0; i < 2000; ++i) {
    if (!identify(fd)) return false;
  }
  return close(fd) == 0;
}

/* --------------------------------------------------------------------------------------------------- end of the lab */

static bool the_lab_goes_away(void) {
  const int fd = open_mctp();
  signal(SIGPIPE, SIG_DFL);
  EXPECT(send_to(fd, address_of(eid, kTypeGoAway, 0), "x", 1) == 1);
  struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
  EXPECT(poll(&entry, 1, kTimeoutMs) == 1 && (entry.revents & POLLHUP) != 0);
  char byte;
  EXPECT_ERROR(recv(fd, &byte, 1, 0), ENETDOWN);
  EXPECT_ERROR(recv(fd, &byte, 1, MSG_DONTWAIT), ENETDOWN);
  for (int i = 0; i < 2 * kTags; ++i) {
    EXPECT_ERROR(send_to(fd, address_of(eid, kTypeCci, MCTP_TAG_OWNER), kIdentify, 12), ENETDOWN);
  }
  EXPECT_ERROR(bind_to(fd, net, MCTP_ADDR_ANY, kTypeSelf), ENETDOWN);
  EXPECT_ERROR(allocate(fd, eid), ENETDOWN);
  EXPECT_ERROR(open_mctp(), EAFNOSUPPORT);
  return close(fd) == 0;
}

/* ------------------------------------------------------------------------------------------------------------- main */

static int failures;

/* In a child, so that what a failed check leaves open disturbs no other. */
static void run(const char* name, bool (*check)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    why[0] = '\0';
    const bool good = check();
    if (good) printf("PASS %s\n", name);
    if (!good) printf("FAIL %s: %s\n", name, why[0] != '\0' ? why : "false");
    fflush(stdout);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) status = -1;
  if (status != 0) ++failures;
  if (status != 0 && !WIFEXITED(status)) printf("FAIL %s: signal %d\n", name, WTERMSIG(status));
  fflush(stdout);
}

#define RUN(check) run(#check, check)

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: af_mctp_check NET EID [--slow] [--gone] [--notified-by COMMAND]\n");
    return 2;
  }
  self = argv[0];
  net = (unsigned int)strtoul(argv[1], NULL, 0);
  eid = (uint8_t)strtoul(argv[2], NULL, 0);
  if (argc == 5 && strcmp(argv[3], "--inherited") == 0) return check_inherited(atoi(argv[4]));

  RUN(socket_errors);
  RUN(socket_flags);
  RUN(other_descriptors_are_untouched);
  RUN(bad_descriptors_are_ebadf);
  RUN(identify_by_sendto);
  RUN(identify_on_the_default_network);
  RUN(identify_by_sendmsg_in_parts);
  RUN(identify_in_many_parts);
  RUN(identify_by_every_way_to_read);
  RUN(nothing_is_read_into_nothing);
  RUN(send_errors);
  RUN(unusual_send_flags_are_ignored);
  RUN(receive_flags);
  RUN(peek_leaves_the_message);
  RUN(what_is_cut_off_is_gone);
  RUN(short_address_buffers);
  RUN(empty_and_largest_messages);
  RUN(receive_timeout);
  RUN(poll_reports);
  RUN(select_reports);
  RUN(epoll_reports);
  RUN(many_messages_at_once);
  RUN(options);
  RUN(extended_addresses);
  RUN(ioctls);
  RUN(tag_ioctl_errors);
  RUN(allocated_tags_stay);
  RUN(first_version_of_the_tag_ioctls);
  RUN(eight_requests_at_a_time);
  RUN(eight_allocated_tags);
  RUN(tags_for_any_peer);
  RUN(bind_errors);
  RUN(bind_conflicts);
  RUN(the_closest_bind_receives);
  RUN(connect_rules);
  RUN(bound_sockets_hear_nothing_unasked);
  RUN(duplicates);
  RUN(closed_in_ranges);
  RUN(a_child_shares_the_socket);
  RUN(a_program_inherits_the_socket);
  RUN(a_vfork_child_closes_its_own);
  RUN(a_socket_is_passed_on);
  RUN(threads);
  RUN(many_round_trips);
  for (int i = 3; i < argc; ++i) {
    if (strcmp(argv[i], "--slow") == 0) RUN(unanswered_requests_expire);
    if (strcmp(argv[i], "--gone") == 0) RUN(the_lab_goes_away);
    if (strcmp(argv[i], "--notified-by") == 0 && i + 1 < argc) {
      event_command = argv[i + 1];
      RUN(notifications_come_until_they_are_answered);
    }
  }
  printf("%d failed\n", failures);
  return failures != 0 ? 1 : 0;
}
