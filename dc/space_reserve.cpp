// SPDX-License-Identifier: BSD-3-Clause
#include "dc/space_reserve.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ntm::dc {

bool SpaceReserve::take() {
    if (is_held_ || file_.empty()) {
        return true;
    }
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return false;
    }
    is_held_ = ::posix_fallocate(descriptor, 0, size) == 0;
    ::close(descriptor);
    if (!is_held_) {
        ::unlink(file_.c_str());
    }
    return is_held_;
}

bool SpaceReserve::give_back() noexcept {
    return std::exchange(is_held_, false) && ::unlink(file_.c_str()) == 0;
}

}  // namespace ntm::dc
