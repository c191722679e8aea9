// SPDX-License-Identifier: BSD-3-Clause
#include "dc/store_mark.hpp"

#include "dc/stored_row.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ntm::dc {

namespace {

constexpr std::size_t number_size = 8;
using Content = std::array<std::uint8_t, number_size + RowDigest::size>;

Content content_of(std::uint64_t changes) {
    Content content{};
    for (std::size_t i = 0; i < number_size; ++i) {
        content[i] = static_cast<std::uint8_t>(changes >> (8 * (number_size - 1 - i)));
    }
    RowDigest digest{"mark"};
    digest.add(ByteView{content}.first(number_size));
    std::ranges::copy(digest.value(), content.begin() + number_size);
    return content;
}

std::uint64_t number_in(const Content& content) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < number_size; ++i) {
        number = number << 8 | content[i];
    }
    return number;
}

}  // namespace

Result<StoreMark, std::string> StoreMark::open(const std::string& file) {
    StoreMark mark;
    mark.descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (mark.descriptor_ < 0) {
        return Unexpected{file + ": " + std::strerror(errno)};
    }
    Content content{};
    std::array<std::uint8_t, 1> more{};
    const ssize_t size = ::pread(mark.descriptor_, content.data(), content.size(), 0);
    if (size < 0) {
        return Unexpected{file + ": can not be read: " + std::strerror(errno)};
    }
    // A host that crashes may leave the file without what was written to it.
    const bool is_blank = std::ranges::all_of(content, [](std::uint8_t byte) { return byte == 0; });
    if (size == 0 || is_blank) {
        return mark;
    }
    const bool is_whole = size == static_cast<ssize_t>(content.size()) &&
                          ::pread(mark.descriptor_, more.data(), 1, content.size()) == 0;
    if (!is_whole || content != content_of(number_in(content))) {
        return Unexpected{
            file +
            ": damaged: it says how many changes the store beside it has; if that is the "
            "one last in use, remove this file and start again"};
    }
    mark.found_ = number_in(content);
    return mark;
}

StoreMark::StoreMark(StoreMark&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, found_{other.found_} {}

StoreMark::~StoreMark() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

// Should it fail, the mark only says less than it could.
void StoreMark::set(std::uint64_t changes) noexcept {
    if (descriptor_ >= 0) {
        const Content content = content_of(changes);
        static_cast<void>(!::pwrite(descriptor_, content.data(), content.size(), 0));
    }
}

}  // namespace ntm::dc
