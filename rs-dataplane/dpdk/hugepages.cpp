// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/hugepages.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace ntm::dpdk {

namespace {

std::size_t read_number(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::size_t number = 0;
    in >> number;
    return in ? number : 0;
}

// Of all sizes together.
std::size_t free_megabytes() {
    std::size_t kilobytes = 0;
    for (const HugepageSize& size : hugepage_sizes()) {
        kilobytes += size.kilobytes * size.free;
    }
    return kilobytes / 1024;
}

std::size_t default_page_kilobytes() {
    std::ifstream in{"/proc/meminfo"};
    std::string word;
    while (in >> word) {
        std::size_t kilobytes = 0;
        if (word == "Hugepagesize:" && in >> kilobytes && kilobytes != 0) {
            return kilobytes;
        }
    }
    return HugepageStock{}.page_kilobytes;
}

std::vector<std::filesystem::path> hugepage_mounts() {
    std::vector<std::filesystem::path> folders;
    std::ifstream mounts{"/proc/mounts"};
    std::string line;
    while (std::getline(mounts, line)) {
        std::istringstream words{line};
        std::string device;
        std::string folder;
        std::string type;
        if (words >> device >> folder >> type && type == "hugetlbfs") {
            folders.emplace_back(folder);
        }
    }
    return folders;
}

// A file or folder, locked as EAL locks it, for as long as this lives.
class Locked {
  public:
    Locked(const std::filesystem::path& path, int flags, int operation)
        : descriptor_{::open(path.c_str(), flags | O_CLOEXEC)},
          is_held_{descriptor_ >= 0 && ::flock(descriptor_, operation) == 0} {}
    ~Locked() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    [[nodiscard]] bool is_held() const noexcept { return is_held_; }

  private:
    int descriptor_;
    bool is_held_;
};

}  // namespace

std::size_t free_dead_pages(const std::filesystem::path& folder, const std::string& file_prefix) {
    // EAL holds this lock while it makes files that it has not locked yet.
    const Locked whole{folder, O_RDONLY | O_DIRECTORY, LOCK_EX};
    if (!whole.is_held()) {
        return 0;
    }
    std::size_t freed = 0;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator{folder, failed}) {
        const std::string name = entry.path().filename();
        if (name.rfind(file_prefix + "map_", 0) != 0) {
            continue;
        }
        const Locked page{entry.path(), O_RDWR, LOCK_EX | LOCK_NB};
        if (page.is_held() && std::filesystem::remove(entry.path(), failed)) {
            ++freed;
        }
    }
    return freed;
}

void free_dead_pages(const std::string& file_prefix) {
    for (const std::filesystem::path& folder : hugepage_mounts()) {
        free_dead_pages(folder, file_prefix);
    }
}

std::vector<HugepageSize> hugepage_sizes() {
    std::vector<HugepageSize> sizes;
    std::error_code failed;
    const std::filesystem::path root{"/sys/kernel/mm/hugepages"};
    for (const auto& entry : std::filesystem::directory_iterator{root, failed}) {
        const std::string name = entry.path().filename();  // hugepages-2048kB
        constexpr std::string_view prefix = "hugepages-";
        HugepageSize size;
        if (name.rfind(prefix, 0) == 0) {
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), size.kilobytes);
        }
        size.pages = read_number(entry.path() / "nr_hugepages");
        size.free = read_number(entry.path() / "free_hugepages");
        sizes.push_back(size);
    }
    std::ranges::sort(sizes, {}, &HugepageSize::kilobytes);
    return sizes;
}

HugepageStock read_hugepage_stock() {
    return {
        default_page_kilobytes(),
        read_number("/proc/sys/vm/nr_hugepages"),
        free_megabytes(),
        !hugepage_mounts().empty()};
}

std::string hugepage_lack(const HugepageStock& stock, std::size_t needed) {
    if (stock.free_megabytes < needed) {
        const std::size_t kilobytes = (needed - stock.free_megabytes) * 1024;
        const std::size_t missing = (kilobytes + stock.page_kilobytes - 1) / stock.page_kilobytes;
        return std::to_string(missing) + " hugepages are missing (" +
               std::to_string(stock.free_megabytes) + " MiB are free, " + std::to_string(needed) +
               " MiB needed): echo " + std::to_string(stock.pages + missing) +
               " > /proc/sys/vm/nr_hugepages";
    }
    if (!stock.is_mounted) {
        return "no hugetlbfs is mounted for hugepages: mount -t hugetlbfs none /dev/hugepages";
    }
    return {};
}

}  // namespace ntm::dpdk
