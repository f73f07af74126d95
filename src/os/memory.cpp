#include "os/memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "os/system.hpp"

namespace cxlemu::os {
namespace {

Result<void> check_size(std::uint64_t size) {
  if (size == 0) return failure("memory of 0 bytes cannot be made; give a size");
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    return failure(fmt::format("memory of {} bytes cannot be made: no file is that large", size));
  }
  return {};
}

Result<void> check_range(std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
  if (offset > size || length > size - offset) {
    return failure(fmt::format("cannot discard {} bytes at {:#x}: the memory has {} bytes", length, offset, size));
  }
  return {};
}

Result<Mapping> map(std::uint64_t size, int flags, int descriptor) {
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  if (address == MAP_FAILED) return system_failure(errno, "cannot map {} bytes of memory", size);
  return Mapping({static_cast<std::byte*>(address), size});
}

// The zeros come by a hole; by stores where the file system has no holes.
void discard_in_file(int descriptor, MutableBytes bytes, std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const int result = retry([&] {
    return ::fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(length));
  });
  if (result < 0) std::memset(bytes.data() + offset, 0, length);
}

}  // namespace

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<SharedMemory> SharedMemory::create(const std::string& name, std::uint64_t size) {
  TRY_VOID(check_size(size));
  OwnedDescriptor descriptor(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!descriptor) return system_failure(errno, "cannot make shared memory {}", name);
  if (retry([&] { return ::ftruncate(descriptor.get(), static_cast<off_t>(size)); }) < 0) {
    return system_failure(errno, "cannot make shared memory {} of {} bytes", name, size);
  }
  if (::fcntl(descriptor.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
    return system_failure(errno, "cannot seal shared memory {}", name);
  }
  auto mapping = TRY(map(size, MAP_SHARED | MAP_NORESERVE, descriptor.get()));
  return SharedMemory(std::move(descriptor), std::move(mapping));
}

Result<void> SharedMemory::discard(std::uint64_t offset, std::uint64_t length) {
  TRY_VOID(check_range(size(), offset, length));
  discard_in_file(descriptor(), bytes(), offset, length);
  return {};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, std::uint64_t size, Sharing sharing) {
  TRY_VOID(check_size(size));
  OwnedDescriptor descriptor(retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }));
  if (!descriptor) return system_failure(errno, "cannot open {}", path.native());
  struct stat status{};
  if (::fstat(descriptor.get(), &status) < 0) return system_failure(errno, "cannot look at {}", path.native());
  if (!S_ISREG(status.st_mode)) return failure(fmt::format("{} is not a regular file", path.native()));
  // An empty file is what a process leaves that is killed before the next call.
  const bool is_new = status.st_size == 0;
  if (!is_new && static_cast<std::uint64_t>(status.st_size) != size) {
    return failure(fmt::format("{} holds {} bytes, but {} were asked for; give its own size, or another file",
                               path.native(), status.st_size, size));
  }
  if (is_new && retry([&] { return ::ftruncate(descriptor.get(), static_cast<off_t>(size)); }) < 0) {
    return system_failure(errno, "cannot give {} a size of {} bytes", path.native(), size);
  }
  const int flags = sharing == Sharing::shared ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
  auto mapping = TRY(map(size, flags, descriptor.get()));
  return MappedFile(std::move(descriptor), std::move(mapping), is_new, sharing);
}

Result<void> MappedFile::discard(std::uint64_t offset, std::uint64_t length) {
  TRY_VOID(check_range(size(), offset, length));
  if (sharing_ == Sharing::shared) {
    discard_in_file(descriptor(), bytes(), offset, length);
  } else {
    std::ranges::fill(bytes().subspan(offset, length), std::byte{0});
  }
  return {};
}

Result<void> MappedFile::read(std::uint64_t offset, MutableBytes to) const {
  TRY_VOID(check_range(size(), offset, to.size()));
  if (sharing_ == Sharing::copied) {
    std::ranges::copy(bytes().subspan(offset, to.size()), to.begin());
    return {};
  }
  while (!to.empty()) {
    const auto got = retry([&] { return ::pread(descriptor(), to.data(), to.size(), static_cast<off_t>(offset)); });
    if (got < 0) return system_failure(errno, "cannot read at {:#x}", offset);
    if (got == 0) return failure("the file is shorter than it was");
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<void> MappedFile::write(std::uint64_t offset, Bytes from) {
  TRY_VOID(check_range(size(), offset, from.size()));
  if (sharing_ == Sharing::copied) {
    std::ranges::copy(from, bytes().begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  while (!from.empty()) {
    const auto put =
        retry([&] { return ::pwrite(descriptor(), from.data(), from.size(), static_cast<off_t>(offset)); });
    if (put < 0) return system_failure(errno, "cannot write at {:#x}", offset);
    offset += static_cast<std::uint64_t>(put);
    from = from.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<AnonymousMemory> AnonymousMemory::create(std::uint64_t size) {
  TRY_VOID(check_size(size));
  return AnonymousMemory(TRY(map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1)));
}

// madvise() takes whole pages: the parts of pages at both ends are cleared by stores.
Result<void> AnonymousMemory::discard(std::uint64_t offset, std::uint64_t length) {
  TRY_VOID(check_range(size(), offset, length));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t end = offset + length;
  const std::uint64_t first_page = std::min((offset + page - 1) / page * page, end);
  const std::uint64_t last_page = std::max(end / page * page, first_page);
  auto* base = bytes().data();
  std::memset(base + offset, 0, first_page - offset);
  std::memset(base + last_page, 0, end - last_page);
  if (last_page > first_page && ::madvise(base + first_page, last_page - first_page, MADV_DONTNEED) < 0) {
    std::memset(base + first_page, 0, last_page - first_page);
  }
  return {};
}

}  // namespace cxlemu::os
