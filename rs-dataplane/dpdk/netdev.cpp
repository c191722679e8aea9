// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/netdev.hpp"

#include "common/base/address.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::dpdk {

namespace {

// Sets these flags of an interface; 0 or errno.
int set_flags(const std::string& name, short flags) {
    const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0) {
        return errno;
    }
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
    int failed = ioctl(socket_fd, SIOCGIFFLAGS, &request) == 0 ? 0 : errno;
    if (failed == 0) {
        request.ifr_flags = static_cast<short>(request.ifr_flags | flags);
        failed = ioctl(socket_fd, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
    }
    close(socket_fd);
    return failed;
}

// The error is errno.
Result<std::optional<IpAddress>, int> ipv4_address_of(const std::string& name) {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) {
        return Unexpected{errno};
    }
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all{first, &freeifaddrs};
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
        if (is_label_of(each->ifa_name, name) && each->ifa_addr != nullptr &&
            each->ifa_addr->sa_family == AF_INET) {
            sockaddr_in address{};
            std::memcpy(&address, each->ifa_addr, sizeof address);
            return std::optional{IpAddress{Ipv4Address::from_host(ntohl(address.sin_addr.s_addr))}};
        }
    }
    return std::optional<IpAddress>{};
}

// The bridge, bond, VLAN or the like that it is part of.
std::optional<std::string> upper_of(const std::string& name) {
    constexpr std::string_view prefix = "upper_";
    std::error_code failed;
    for (const auto& entry :
         std::filesystem::directory_iterator{"/sys/class/net/" + name, failed}) {
        const std::string file = entry.path().filename().string();
        if (file.starts_with(prefix)) {
            return file.substr(prefix.size());
        }
    }
    return std::nullopt;
}

bool write_setting(const std::string& file, const char* value) {
    std::ofstream out{file};
    out << value << std::flush;
    return static_cast<bool>(out);
}

}  // namespace

bool is_label_of(std::string_view label, std::string_view interface) noexcept {
    return label.substr(0, label.find(':')) == interface;
}

std::string netdev_obstacle(const std::string& name) {
    if (if_nametoindex(name.c_str()) == 0) {
        return "there is no interface " + name + ": ip link show";
    }
    const auto address = ipv4_address_of(name);
    if (!address) {
        return "the addresses of " + name + " can not be read: " + strerror(address.error());
    }
    if (*address) {
        return "the interface " + name + " has the address " + (*address)->text() +
               ", at which this host would not be reached any more: if it need not be, ip address "
               "flush dev " +
               name;
    }
    if (const auto upper = upper_of(name)) {
        return "the interface " + name + " is part of " + *upper +
               ", which would not be reached any more: if it need not be, take it out";
    }
    return {};
}

Result<Nothing, std::string> bring_up(const std::string& name) {
    if (std::string obstacle = netdev_obstacle(name); !obstacle.empty()) {
        return Unexpected{std::move(obstacle)};
    }
    const int failed = set_flags(name, IFF_UP);
    if (failed != 0) {
        return Unexpected{
            "network device " + name + " can not be set up: " + strerror(failed) +
            (failed == EPERM ? " (ntm-relay runs as root)" : "")};
    }
    return Nothing{};
}

std::vector<std::string> keep_kernel_off(const std::string& name, bool sees_frames) {
    std::vector<std::string> complaints;
    const std::string ipv6 = "/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6";
    if (std::ifstream{ipv6} && !write_setting(ipv6, "1")) {
        complaints.push_back("the kernel's IPv6 stays on at " + name + ": can not write " + ipv6);
    }
    if (!sees_frames) {
        return complaints;
    }
    const std::string filter = "/proc/sys/net/ipv4/conf/" + name + "/rp_filter";
    if (!write_setting(filter, "1")) {
        complaints.push_back("the kernel takes packets at " + name + ": can not write " + filter);
    }
    const int failed = set_flags(name, IFF_NOARP);
    if (failed != 0) {
        complaints.push_back("the kernel answers ARP at " + name + ": " + strerror(failed));
    }
    return complaints;
}

}  // namespace ntm::dpdk
