#include "client/mctp_shim/descriptors.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "client/mctp_shim/lab_connection.hpp"

namespace cxlemu::shim {
namespace {

// LIMIT: descriptors below 2^20, the kernel's own default for the largest limit that a process can set itself.
constexpr std::size_t kChunkEntries = 1024;
constexpr std::size_t kChunks = 1024;
// LIMIT: daemons that one process has talked to in its life.
constexpr std::size_t kPagesMax = 64;

/// Connection in the low half, number of the page in the high half; 0: not ours.
using Entry = std::atomic<std::uint64_t>;

struct MappedPage {
  enum class State : std::uint32_t { free, being_filled, ready };
  std::atomic<State> state = State::free;
  dev_t device = 0;
  ino_t inode = 0;
  lab::RoutePage* page = nullptr;
};

enum class LoadState : std::uint32_t { unloaded, loading, loaded };

// All of it constinit: nothing may be initialised after the first call, which comes before any constructor of ours.
constinit RealCalls real_calls{};
constinit std::atomic<LoadState> load_state = LoadState::unloaded;
constinit thread_local bool is_loading_here = false;
constinit std::array<std::atomic<Entry*>, kChunks> chunks{};
constinit std::array<MappedPage, kPagesMax> pages{};
/// Whose table this is: another process that runs in our memory is the child of a vfork().
constinit std::atomic<pid_t> table_owner = 0;

template <typename Function>
void load(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void load_real_calls() {
#define CXLEMU_LOAD(name) load(real_calls.name, #name)
  CXLEMU_LOAD(socket);
  CXLEMU_LOAD(socketpair);
  CXLEMU_LOAD(bind);
  CXLEMU_LOAD(connect);
  CXLEMU_LOAD(listen);
  CXLEMU_LOAD(accept);
  CXLEMU_LOAD(accept4);
  CXLEMU_LOAD(shutdown);
  CXLEMU_LOAD(getsockname);
  CXLEMU_LOAD(getpeername);
  CXLEMU_LOAD(setsockopt);
  CXLEMU_LOAD(getsockopt);
  CXLEMU_LOAD(send);
  CXLEMU_LOAD(sendto);
  CXLEMU_LOAD(sendmsg);
  CXLEMU_LOAD(sendmmsg);
  CXLEMU_LOAD(recv);
  CXLEMU_LOAD(recvfrom);
  CXLEMU_LOAD(recvmsg);
  CXLEMU_LOAD(recvmmsg);
  CXLEMU_LOAD(read);
  CXLEMU_LOAD(readv);
  CXLEMU_LOAD(write);
  CXLEMU_LOAD(writev);
  CXLEMU_LOAD(ioctl);
  CXLEMU_LOAD(fcntl);
  CXLEMU_LOAD(fcntl64);
  CXLEMU_LOAD(dup);
  CXLEMU_LOAD(dup2);
  CXLEMU_LOAD(dup3);
  CXLEMU_LOAD(close);
  CXLEMU_LOAD(close_range);
  CXLEMU_LOAD(closefrom);
#undef CXLEMU_LOAD
  load(real_calls.read_chk, "__read_chk");
  load(real_calls.recv_chk, "__recv_chk");
  load(real_calls.recvfrom_chk, "__recvfrom_chk");
}

void become_owner() { table_owner.store(getpid(), std::memory_order_relaxed); }

bool is_vfork_child() { return table_owner.load(std::memory_order_relaxed) != getpid(); }

void load_slowly() {
  // dlsym() or our own set-up called back: what is loaded so far has to do.
  if (is_loading_here) return;
  LoadState expected = LoadState::unloaded;
  if (!load_state.compare_exchange_strong(expected, LoadState::loading)) {
    while (load_state.load(std::memory_order_acquire) != LoadState::loaded) sched_yield();
    return;
  }
  is_loading_here = true;
  const int saved_errno = errno;
  load_real_calls();
  become_owner();
  // A fork() behind libc's back (clone(), _Fork()) is taken for a vfork(): such a child knows the sockets that it had.
  pthread_atfork(nullptr, nullptr, become_owner);
  adopt_inherited_sockets();
  errno = saved_errno;
  is_loading_here = false;
  load_state.store(LoadState::loaded, std::memory_order_release);
}

/// Before main(), while there is one thread; real() is for those that call earlier still.
[[gnu::constructor]] void load_early() { load_slowly(); }

Entry* find_entry(int fd) {
  const auto number = static_cast<std::size_t>(fd);
  if (fd < 0 || number >= kChunks * kChunkEntries) return nullptr;
  Entry* chunk = chunks[number / kChunkEntries].load(std::memory_order_acquire);
  return chunk ? &chunk[number % kChunkEntries] : nullptr;
}

Entry* make_entry(int fd) {
  const auto number = static_cast<std::size_t>(fd);
  if (fd < 0 || number >= kChunks * kChunkEntries) return nullptr;
  if (Entry* entry = find_entry(fd)) return entry;
  void* memory =
      mmap(nullptr, kChunkEntries * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Entry* none = nullptr;
  if (!chunks[number / kChunkEntries].compare_exchange_strong(none, static_cast<Entry*>(memory))) {
    munmap(memory, kChunkEntries * sizeof(Entry));
  }
  return find_entry(fd);
}

}  // namespace

const RealCalls& real() {
  if (load_state.load(std::memory_order_acquire) != LoadState::loaded) load_slowly();
  return real_calls;
}

SocketRef find(int fd) {
  if (load_state.load(std::memory_order_acquire) != LoadState::loaded) load_slowly();
  const Entry* entry = find_entry(fd);
  const std::uint64_t value = entry ? entry->load(std::memory_order_acquire) : 0;
  if (value == 0) return {};
  const auto index = static_cast<std::uint32_t>(value >> 32);
  return {.page = mapped_page(index),
          .page_index = index,
          .connection = lab::ConnectionId{static_cast<std::uint32_t>(value)}};
}

bool remember(int fd, const SocketRef& socket) {
  Entry* entry = make_entry(fd);
  if (!entry) return false;
  entry->store(std::uint64_t{socket.page_index} << 32 | socket.connection.value, std::memory_order_release);
  return true;
}

void copy(int from, int to) {
  if (from == to || is_vfork_child()) return;
  if (const SocketRef socket = find(from)) {
    remember(to, socket);
  } else {
    forget(to);
  }
}

void forget(int fd) {
  Entry* entry = find_entry(fd);
  if (!entry || entry->load(std::memory_order_relaxed) == 0 || is_vfork_child()) return;
  entry->store(0, std::memory_order_release);
}

void forget_range(unsigned first, unsigned last) {
  if (is_vfork_child()) return;
  for (std::size_t i = first / kChunkEntries; i < kChunks && i <= last / kChunkEntries; ++i) {
    Entry* chunk = chunks[i].load(std::memory_order_acquire);
    if (!chunk) continue;
    for (std::size_t j = 0; j < kChunkEntries; ++j) {
      const std::size_t fd = i * kChunkEntries + j;
      if (fd >= first && fd <= last) chunk[j].store(0, std::memory_order_release);
    }
  }
}

lab::RoutePage* mapped_page(std::uint32_t index) {
  if (index >= kPagesMax) return nullptr;
  const MappedPage& mapped = pages[index];
  return mapped.state.load(std::memory_order_acquire) == MappedPage::State::ready ? mapped.page : nullptr;
}

int map_page(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return -errno;
  if (status.st_size < static_cast<off_t>(sizeof(lab::RoutePage))) return -EPROTO;
  // The same file is the same daemon: while it is mapped here, its inode cannot be given to another.
  for (std::uint32_t i = 0; i < kPagesMax; ++i) {
    if (mapped_page(i) && pages[i].device == status.st_dev && pages[i].inode == status.st_ino) {
      return static_cast<int>(i);
    }
  }
  void* memory = mmap(nullptr, sizeof(lab::RoutePage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -errno;
  for (std::uint32_t i = 0; i < kPagesMax; ++i) {
    auto expected = MappedPage::State::free;
    if (!pages[i].state.compare_exchange_strong(expected, MappedPage::State::being_filled)) continue;
    pages[i].device = status.st_dev;
    pages[i].inode = status.st_ino;
    pages[i].page = static_cast<lab::RoutePage*>(memory);
    pages[i].state.store(MappedPage::State::ready, std::memory_order_release);
    return static_cast<int>(i);
  }
  munmap(memory, sizeof(lab::RoutePage));
  return -ENOBUFS;
}

}  // namespace cxlemu::shim
