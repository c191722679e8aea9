// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/netdev.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <net/if.h>
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

bool write_setting(const std::string& file, const char* value) {
    std::ofstream out{file};
    out << value << std::flush;
    return static_cast<bool>(out);
}

}  // namespace

bool has_netdev(const std::string& name) {
    return if_nametoindex(name.c_str()) != 0;
}

Result<Nothing, std::string> bring_up(const std::string& name) {
    if (name.size() >= IFNAMSIZ || !has_netdev(name)) {
        return Unexpected{"there is no network device " + name};
    }
    const int failed = set_flags(name, IFF_UP);
    if (failed != 0) {
        return Unexpected{"network device " + name + " can not be set up: " + strerror(failed)};
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
