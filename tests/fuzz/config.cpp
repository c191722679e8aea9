// SPDX-License-Identifier: BSD-3-Clause
// The configuration files of all three programs. The first byte says whose the rest is. Promises: a
// file is taken, with all that its program needs, or every problem has its place in it; and it is
// read again as it was read before.
#include "client/node/config.hpp"

#include "control/config.hpp"
#include "dc/config.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace ntm::fuzz {

namespace {

constexpr std::uint8_t is_dc = 'd';
constexpr std::uint8_t is_node = 'n';

// The programs read files: one in memory, written anew each time.
class File {
  public:
    [[nodiscard]] const std::string& hold(ByteView bytes) {
        demand(ftruncate(descriptor_, 0) == 0, "the file is emptied");
        const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), 0);
        demand(written == static_cast<ssize_t>(bytes.size()), "the file is written");
        return path_;
    }

  private:
    int descriptor_ = memfd_create("config", MFD_CLOEXEC);
    std::string path_ = "/proc/self/fd/" + std::to_string(descriptor_);
};

void check_needs(const control::RelayConfig& config) {
    demand(!config.name.empty() && !config.key_file.empty(), "a relay has a name and a key");
    demand(!config.admin_socket.empty() && !config.dcs.empty(), "and is asked and directed");
    demand(!config.ports.empty() && !config.own_addresses().empty(), "and has ports and addresses");
    demand(config.listen_port.number != 0 && config.workers != 0, "and takes packets");
    for (const control::DcConfig& dc : config.dcs) {
        demand(!dc.name.empty() && !dc.addresses.empty(), "a DC has a name and addresses");
    }
    for (const control::PortConfig& port : config.ports) {
        demand(!port.device.empty() && !port.tap.empty(), "a port has a device and a TAP");
        demand(port.queues != 0 && port.gateways.size() <= 2, "and queues, and few gateways");
    }
}

void check_needs(const dc::DcConfig& config) {
    demand(!config.key_file.empty() && !config.store.empty(), "a DC has a key and a store");
    demand(!config.settings.zones.empty() && !config.settings.suites.empty(), "and zones");
    demand(config.settings.blocks.ipv4.address.is_ipv4(), "and virtual IPv4 addresses");
    demand(config.settings.blocks.ipv6.address.is_ipv6(), "and virtual IPv6 addresses");
    demand(config.port.number != 0 && config.settings.inner_mtu >= 1280, "and takes packets");
}

void check_needs(const client::NodeConfig& config) {
    demand(!config.fqdn.empty() && !config.zones.empty(), "a node has a name in a zone");
    demand(!config.key_file.empty() && !config.dc_addresses.empty(), "and a key and a DC");
    demand(!config.tun_name.empty() && !config.suites.empty(), "and a TUN and suites");
    demand(config.port.number != 0, "and takes packets");
    demand(!config.resolver || !config.resolver->upstream.empty(), "a stub has an upstream");
}

template <typename Config>
void check(
    ByteView bytes,
    Result<Config, config::ConfigError> (*read)(const std::string& file, config::KeyFiles files)
) {
    static File file;
    const std::string& path = file.hold(bytes);
    const auto config = read(path, config::KeyFiles::not_looked_at);
    const auto again = read(path, config::KeyFiles::not_looked_at);
    demand(config.has_value() == again.has_value(), "a file is read alike each time");
    if (config) {
        check_needs(*config);
        check_needs(*again);
        return;
    }
    demand(config.error().text() == again.error().text(), "and refused alike");
    demand(!config.error().problems.empty(), "a refusal has a reason");
    const auto lines = static_cast<std::size_t>(std::ranges::count(bytes, '\n')) +
                       static_cast<std::size_t>(std::ranges::count(bytes, '\r')) + 1;
    for (const config::Problem& problem : config.error().problems) {
        demand(problem.line >= 1 && problem.line <= lines + 1, "each reason has its line");
        demand(problem.column >= 1 && problem.column <= bytes.size() + 1, "and its column");
        demand(!problem.what.empty(), "and its text");
    }
}

}  // namespace

void set_up() {}

void run(ByteView bytes) {
    Input input{bytes};
    switch (input.byte()) {
        case is_dc:
            return check(input.rest(), dc::read_config);
        case is_node:
            return check(input.rest(), client::read_config);
        default:
            return check(input.rest(), control::read_relay_config);
    }
}

}  // namespace ntm::fuzz
