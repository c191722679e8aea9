// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/tables/kept_memory.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace ntm::tables {

namespace {

// At the beginning of the file. The name is written last: a file without it holds nothing.
struct Header {
    std::uint64_t name;
    std::uint64_t fingerprint;
};
constexpr std::uint64_t name_of_ours = 0x4e54'4d20'6b65'7074;  // "NTM kept"

constexpr mode_t owner_alone = S_IRUSR | S_IWUSR;
constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, since Linux 5.14

std::string why() {
    return std::strerror(errno);
}

std::size_t page_size_of(int descriptor) noexcept {
    struct statfs system {};
    return fstatfs(descriptor, &system) == 0 ? static_cast<std::size_t>(system.f_bsize) : 4096;
}

}  // namespace

Result<KeptMemory, std::string> KeptMemory::open(
    const std::string& file, const KeptLayout& layout
) {
    auto made = open_locked(file);
    if (!made) {
        return made;
    }
    const bool is_new = lseek(made->descriptor_, 0, SEEK_END) == 0;
    std::string wrong = made->check_file();
    if (wrong.empty()) {
        wrong = made->take(layout);
    }
    if (wrong.empty()) {
        return made;
    }
    if (is_new) {
        unlink(file.c_str());
    }
    return Unexpected{file + ": " + wrong};
}

Result<KeptMemory, std::string> KeptMemory::open_locked(const std::string& file) {
    for (;;) {
        const int descriptor =
            ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_alone);
        if (descriptor < 0) {
            return Unexpected{"can not open " + file + ": " + why()};
        }
        KeptMemory made{descriptor};
        if (std::string held = made.lock(); !held.empty()) {
            return Unexpected{std::move(held.insert(0, ": ").insert(0, file))};
        }
        // A process that was refused removes its file while it has the lock: the name may be another's by
        // now, and only who has the lock on what it names may do anything about it.
        if (!made.is_removed()) {
            return made;
        }
    }
}

KeptMemory::~KeptMemory() {
    unmap();
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

std::string KeptMemory::lock() const {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? "another process holds it" : why();
    }
    return "";
}

bool KeptMemory::is_removed() const noexcept {
    struct stat status {};
    return fstat(descriptor_, &status) == 0 && status.st_nlink == 0;
}

std::string KeptMemory::check_file() const {
    struct stat status {};
    struct statfs system {};
    if (fstat(descriptor_, &status) != 0 || fstatfs(descriptor_, &system) != 0) {
        return why();
    }
    if (!S_ISREG(status.st_mode)) {
        return "this is no regular file";
    }
    if (status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return "it holds secrets and must be ours alone: chmod 600, or remove it";
    }
    if (system.f_type != TMPFS_MAGIC && system.f_type != HUGETLBFS_MAGIC) {
        return "it holds secrets and must not be on a disk: use tmpfs (/dev/shm, /run) or "
               "hugetlbfs";
    }
    return "";
}

std::string KeptMemory::take(const KeptLayout& layout) {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) {
        return why();
    }
    const std::size_t page = page_size_of(descriptor_);
    length_ = (header_size + layout.bytes() + page - 1) / page * page;
    const auto size = static_cast<off_t>(length_);
    if (status.st_size == size) {
        if (!map()) {
            return why();
        }
        if (has(layout.fingerprint())) {
            found_ = Found::left;
            return "";
        }
        unmap();
    }
    found_ = status.st_size == 0 ? Found::nothing : Found::other;
    // All of it is taken from the system here: a page that is not there later would kill the process.
    if (ftruncate(descriptor_, 0) != 0 || ftruncate(descriptor_, size) != 0 ||
        fallocate(descriptor_, 0, 0, size) != 0 || !map()) {
        return "no " + std::to_string(length_) + " bytes for it: " + why();
    }
    auto* const header = reinterpret_cast<Header*>(memory_);
    header->fingerprint = layout.fingerprint();
    keep_order();
    header->name = name_of_ours;
    return "";
}

bool KeptMemory::map() noexcept {
    void* const mapped = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) {
        return false;
    }
    memory_ = static_cast<std::byte*>(mapped);
    // Only wishes: without huge pages, or page by page when packets come, it works all the same.
    static_cast<void>(madvise(mapped, length_, MADV_HUGEPAGE));
    static_cast<void>(madvise(mapped, length_, populate_write));
    return true;
}

void KeptMemory::unmap() noexcept {
    if (memory_ != nullptr) {
        munmap(std::exchange(memory_, nullptr), length_);
    }
}

bool KeptMemory::has(std::uint64_t fingerprint) const noexcept {
    Header header{};
    std::memcpy(&header, memory_, sizeof header);
    return header.name == name_of_ours && header.fingerprint == fingerprint;
}

}  // namespace ntm::tables
