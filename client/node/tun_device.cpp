// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/tun_device.hpp"

#include "client/node/exit_rules.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ntm::client {

namespace {

// Above any MTU that a Route Direction may bring.
constexpr std::size_t largest_packet = 9216;

// The kernel would give the device a link-local address and solicit routers on it.
void forbid_link_local(const std::string& name) {
    const std::string file = "/proc/sys/net/ipv6/conf/" + name + "/addr_gen_mode";
    if (std::FILE* setting = std::fopen(file.c_str(), "we")) {
        std::fputs("1\n", setting);
        std::fclose(setting);
    }
}

// The device's own share of the kernel's settings.
class KernelLink final : public LinkSettings {
  public:
    KernelLink(Netlink& netlink, std::uint32_t index) noexcept : netlink_{netlink}, index_{index} {}
    Done bring_up(std::uint16_t mtu) override { return netlink_.set_link(index_, mtu, true); }
    Done add_address(const InterfaceAddress& address) override {
        return netlink_.add_address(index_, address);
    }
    Done remove_address(const InterfaceAddress& address) override {
        return netlink_.remove_address(index_, address);
    }
    Done add_route(const Prefix& prefix) override { return netlink_.add_route(index_, prefix); }
    Done remove_route(const Prefix& prefix) override {
        return netlink_.remove_route(index_, prefix);
    }
    Done add_exit(const IpAddress& vip) override {
        // First what only one node can have: the rules of another are not touched.
        Done done = netlink_.add_default_route(index_, exit_table, vip);
        if (!done) {
            return done;
        }
        for (const PolicyRule& rule : exit_rules(vip)) {
            done = netlink_.add_rule(rule);
            if (!done) {
                static_cast<void>(remove_exit(vip));
                return done;
            }
        }
        return done;
    }
    Done remove_exit(const IpAddress& vip) override {
        Done done{Nothing{}};
        for (const PolicyRule& rule : exit_rules(vip)) {
            auto removed = netlink_.remove_rule(rule);
            if (!removed) {
                done = std::move(removed);
            }
        }
        auto removed = netlink_.remove_default_route(index_, exit_table, vip);
        return removed ? done : removed;
    }

  private:
    Netlink& netlink_;
    std::uint32_t index_;
};

}  // namespace

Result<TunDevice, std::string> TunDevice::create(const std::string& name) {
    ifreq request{};
    if (name.empty() || name.size() >= sizeof(request.ifr_name)) {
        return Unexpected{"\"" + name + "\" is no name for an interface"};
    }
    const int descriptor = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return Unexpected{std::string{"/dev/net/tun: "} + std::strerror(errno)};
    }
    std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (::ioctl(descriptor, TUNSETIFF, &request) < 0) {
        const std::string why =
            std::strerror(errno) + std::string{errno == EPERM ? " (ntm-node runs as root)" : ""};
        ::close(descriptor);
        return Unexpected{"can not make the TUN device " + name + ": " + why};
    }
    auto netlink = Netlink::open();
    if (!netlink) {
        ::close(descriptor);
        return Unexpected{netlink.error()};
    }
    forbid_link_local(name);
    remove_left_exit_rules(*netlink);
    return TunDevice{descriptor, ::if_nametoindex(name.c_str()), *std::move(netlink)};
}

TunDevice::~TunDevice() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

TunDevice::TunDevice(TunDevice&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      index_{other.index_},
      netlink_{std::move(other.netlink_)},
      network_{std::move(other.network_)} {}

std::vector<std::string> TunDevice::configure(const VirtualNetwork& wanted, Instant now) {
    KernelLink link{netlink_, index_};
    return network_.configure(wanted, link, now);
}

Result<std::optional<Bytes>, std::string> TunDevice::read() {
    std::array<std::uint8_t, largest_packet> buffer;
    const ssize_t length = ::read(descriptor_, buffer.data(), buffer.size());
    if (length > 0) {
        return std::optional{Bytes{buffer.begin(), buffer.begin() + length}};
    }
    if (length == 0 || errno == EAGAIN || errno == EINTR) {
        return std::optional<Bytes>{};
    }
    return Unexpected{std::string{std::strerror(errno)}};
}

void TunDevice::write(ByteView packet) noexcept {
    // What the device does not take is lost, as on any link: its senders repeat it.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, packet.data(), packet.size());
}

}  // namespace ntm::client
