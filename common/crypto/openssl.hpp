// SPDX-License-Identifier: BSD-3-Clause
// What the wrappers of this folder share. Included by its .cpp files only.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace ntm::crypto::detail {

// OpenSSL calls that fail only without memory or with a broken library: going on would send
// plaintext or weak keys, so the process ends.
inline void require(bool is_done, const char* what) noexcept {
    if (!is_done) {
        std::fprintf(stderr, "OpenSSL failed at: %s\n", what);
        std::abort();
    }
}

}  // namespace ntm::crypto::detail
