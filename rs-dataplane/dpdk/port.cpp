// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/port.hpp"

#include "rs-dataplane/dpdk/netdev.hpp"

#include <cerrno>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

namespace ntm::dpdk {

namespace {

// A DPDK device to be made or found, and the number of queue pairs it shall have.
struct DeviceArguments {
    std::string text;  // for rte_dev_probe
    std::string name;
    std::uint16_t queues = 1;
};

std::string name_in(const std::string& text) {
    return text.substr(0, text.find(','));
}

std::vector<DeviceArguments> devices_of(const PortConfig& config, std::size_t number) {
    std::vector<DeviceArguments> devices;
    const std::string id = std::to_string(number);
    switch (config.kind) {
        case PortKind::af_xdp:
            // One device for each queue. Busy polling is off: it would be a system call for each
            // look into an empty queue.
            for (std::uint16_t queue = 0; queue < config.queues; ++queue) {
                const std::string name = "net_af_xdp" + id + "q" + std::to_string(queue);
                devices.push_back(
                    {name + ",iface=" + config.device + ",start_queue=" + std::to_string(queue) +
                         ",queue_count=1,busy_budget=0",
                     name,
                     1}
                );
            }
            return devices;
        case PortKind::af_packet: {
            const std::string name = "net_af_packet" + id;
            return {
                {name + ",iface=" + config.device + ",qpairs=" + std::to_string(config.queues),
                 name,
                 config.queues}};
        }
        case PortKind::pci:
        case PortKind::vdev:
            break;
    }
    return {{config.device, name_in(config.device), config.queues}};
}

Result<Nothing, std::string> prepare_netdev(
    const PortConfig& config, std::vector<std::string>& warnings
) {
    if (config.kind != PortKind::af_xdp && config.kind != PortKind::af_packet) {
        return Nothing{};
    }
    auto up = bring_up(config.device);
    if (!up) {
        return up;
    }
    const bool sees_frames = config.kind == PortKind::af_packet;
    for (std::string& complaint : keep_kernel_off(config.device, sees_frames)) {
        warnings.push_back(std::move(complaint));
    }
    return Nothing{};
}

Result<std::uint16_t, std::string> probe(const DeviceArguments& arguments) {
    std::uint16_t device = 0;
    // A PCI device that EAL was told of is there already.
    if (rte_eth_dev_get_port_by_name(arguments.name.c_str(), &device) == 0) {
        return device;
    }
    const int failed = rte_dev_probe(arguments.text.c_str());
    if (failed < 0) {
        return Unexpected{"DPDK can not open " + arguments.text + ": " + rte_strerror(-failed)};
    }
    if (rte_eth_dev_get_port_by_name(arguments.name.c_str(), &device) != 0) {
        return Unexpected{"DPDK has no network device of the name " + arguments.name};
    }
    return device;
}

rte_eth_conf configuration_for(const rte_eth_dev_info& info, std::uint16_t queues) {
    rte_eth_conf configuration{};
    constexpr std::uint64_t checksums =
        RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
    configuration.rxmode.offloads = info.rx_offload_capa & checksums;
    configuration.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
    if (queues > 1 && info.flow_type_rss_offloads != 0) {
        configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        configuration.rx_adv_conf.rss_conf.rss_hf =
            info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
    }
    return configuration;
}

// 0 or a negative errno.
int set_up_queues(std::uint16_t device, std::uint16_t queues, rte_mempool* buffers) {
    std::uint16_t rx_size = ring_size;
    std::uint16_t tx_size = ring_size;
    int failed = rte_eth_dev_adjust_nb_rx_tx_desc(device, &rx_size, &tx_size);
    const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(device));
    for (std::uint16_t queue = 0; queue < queues && failed == 0; ++queue) {
        failed = rte_eth_rx_queue_setup(device, queue, rx_size, socket, nullptr, buffers);
        if (failed == 0) {
            failed = rte_eth_tx_queue_setup(device, queue, tx_size, socket, nullptr);
        }
    }
    return failed;
}

// What a port can not do because its driver has no such thing is no failure.
bool is_unsupported(int result) {
    return result == -ENOTSUP || result == -ENOSYS;
}

Result<Nothing, std::string> start(
    std::uint16_t device,
    const DeviceArguments& arguments,
    const PortOpening& opening,
    std::optional<std::uint16_t> mtu
) {
    const auto failure = [&arguments](const char* what, int result) {
        return Unexpected{arguments.name + ": " + what + ": " + rte_strerror(-result)};
    };
    rte_eth_dev_info info{};
    if (const int result = rte_eth_dev_info_get(device, &info); result != 0) {
        return failure("no information about the device", result);
    }
    if (arguments.queues > info.max_rx_queues || arguments.queues > info.max_tx_queues) {
        return Unexpected{
            arguments.name + ": " + std::to_string(arguments.queues) +
            " queues wanted, the device has " +
            std::to_string(std::min(info.max_rx_queues, info.max_tx_queues))};
    }
    const rte_eth_conf configuration = configuration_for(info, arguments.queues);
    int result = rte_eth_dev_configure(device, arguments.queues, arguments.queues, &configuration);
    if (result != 0) {
        return failure("can not be configured", result);
    }
    if (mtu && (result = rte_eth_dev_set_mtu(device, *mtu)) != 0 && !is_unsupported(result)) {
        return failure("does not take the MTU", result);
    }
    if ((result = set_up_queues(device, arguments.queues, opening.buffers)) != 0) {
        return failure("queues can not be set up", result);
    }
    if ((result = rte_eth_dev_start(device)) != 0) {
        return failure("does not start", result);
    }
    // Neighbour discovery and routers' announcements come by multicast.
    result = rte_eth_allmulticast_enable(device);
    if (result != 0 && !is_unsupported(result)) {
        opening.warnings->push_back(arguments.name + ": multicast is not all received");
    }
    return Nothing{};
}

Result<MacAddress, std::string> mac_of(std::uint16_t device, const std::string& name) {
    rte_ether_addr raw{};
    if (rte_eth_macaddr_get(device, &raw) != 0) {
        return Unexpected{name + ": no MAC address"};
    }
    return load<MacAddress>(raw.addr_bytes);
}

}  // namespace

Result<Port, std::string> Port::open(const PortConfig& config, const PortOpening& opening) {
    auto ready = prepare_netdev(config, *opening.warnings);
    if (!ready) {
        return Unexpected{ready.error()};
    }
    Port port;
    port.name_ = config.device;
    const std::vector<int> others = packet_sockets();
    for (const DeviceArguments& arguments : devices_of(config, opening.number)) {
        auto device = probe(arguments);
        if (!device) {
            port.close();
            return Unexpected{device.error()};
        }
        port.devices_.push_back(*device);
        auto started = start(*device, arguments, opening, config.mtu);
        if (!started) {
            port.close();
            return Unexpected{started.error()};
        }
        for (std::uint16_t queue = 0; queue < arguments.queues; ++queue) {
            port.pairs_.push_back({*device, queue});
        }
    }
    port.losses_ = QueueLosses::since(others);
    auto mac = mac_of(port.devices_.front(), port.name_);
    if (!mac) {
        port.close();
        return Unexpected{mac.error()};
    }
    port.mac_ = *mac;
    return port;
}

relay::PortView Port::view() const {
    relay::PortView view;
    view.name = name_;
    view.mac = mac_;
    view.is_up = true;
    for (const std::uint16_t device : devices_) {
        rte_eth_dev_info info{};
        if (rte_eth_dev_info_get(device, &info) == 0) {
            view.driver = info.driver_name;
        }
        rte_eth_link link{};
        view.is_up = view.is_up && rte_eth_link_get_nowait(device, &link) == 0 &&
                     link.link_status == RTE_ETH_LINK_UP;
        rte_eth_dev_get_mtu(device, &view.mtu);
        rte_eth_stats stats{};
        if (rte_eth_stats_get(device, &stats) == 0) {
            view.received += stats.ipackets;
            view.transmitted += stats.opackets;
            view.transmitted_bytes += stats.obytes;
            view.missed += stats.imissed;
            view.errors += stats.ierrors;
            view.no_buffer += stats.rx_nombuf;
            view.tx_errors += stats.oerrors;
        }
    }
    view.missed += losses_.count();
    return view;
}

void Port::close() noexcept {
    for (const std::uint16_t device : devices_) {
        rte_eth_dev_stop(device);
        rte_eth_dev_close(device);
    }
    devices_.clear();
    pairs_.clear();
    losses_ = {};
}

}  // namespace ntm::dpdk
