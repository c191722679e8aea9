// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/system_random.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/random.h>

namespace ntm::crypto {

void SystemRandom::fill(MutableByteView bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = getrandom(bytes.data() + done, bytes.size() - done, 0);
        detail::require(count > 0 || errno == EINTR, "getrandom");
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
}

void BufferedRandom::fill(MutableByteView bytes) {
    while (!bytes.empty()) {
        if (left_ == 0) {
            source_.fill(drawn_);
            left_ = drawn_.size();
        }
        const std::size_t count = std::min(left_, bytes.size());
        std::copy_n(drawn_.end() - static_cast<std::ptrdiff_t>(left_), count, bytes.begin());
        left_ -= count;
        bytes = bytes.subspan(count);
    }
}

}  // namespace ntm::crypto
