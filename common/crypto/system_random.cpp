// SPDX-License-Identifier: BSD-3-Clause
#include "common/crypto/system_random.hpp"

#include "common/crypto/openssl.hpp"

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

}  // namespace ntm::crypto
