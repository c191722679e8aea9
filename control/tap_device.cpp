// SPDX-License-Identifier: BSD-3-Clause
#include "control/tap_device.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ntm::control {

Result<TapDevice, std::string> TapDevice::make(const std::string& name) {
    const int made = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (made < 0) {
        const std::string why = std::strerror(errno);
        return Unexpected{"can not open /dev/net/tun for the TAP " + name + ": " + why};
    }
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    if (ioctl(made, TUNSETIFF, &request) != 0) {
        const std::string why = errno == EBUSY ? "another program has it" : std::strerror(errno);
        ::close(made);
        return Unexpected{"can not make the TAP " + name + ": " + why};
    }
    const int index = static_cast<int>(if_nametoindex(request.ifr_name));
    return TapDevice{made, index, name};
}

TapDevice::TapDevice(TapDevice&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      index_{other.index_},
      name_{std::move(other.name_)} {}

TapDevice::~TapDevice() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

bool TapDevice::write(ByteView frame) {
    return ::write(descriptor_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

std::optional<ByteView> TapDevice::read() {
    const ssize_t length = ::read(descriptor_, frame_.data(), frame_.size());
    if (length <= 0) {
        return std::nullopt;
    }
    return ByteView{frame_}.first(static_cast<std::size_t>(length));
}

bool set_network_option(const std::string& key, const std::string& value) {
    std::ofstream file{"/proc/sys/net/" + key};
    file << value << std::flush;
    return file.good();
}

}  // namespace ntm::control
