// SPDX-License-Identifier: BSD-3-Clause
// Thousands of nodes in one process: their brains as they are in ntm-node, on one real UDP socket, against
// a real DC and real relays. Each node is behind a NAT of its own, which is made up here: inside it has one
// address, outside, where packets go, it has one of 10.128.0.0/10, or after a move one of 10.192.0.0/10.
// The host takes packets for all of these (`ip route add local 10.128.0.0/9 dev lo`).
#pragma once

#include "client/node/tunnel_manager.hpp"
#include "client/node/udp_sockets.hpp"
#include "common/base/result.hpp"
#include "common/crypto/system_random.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace ntm::swarm {

// The key that a node of that number always has.
[[nodiscard]] crypto::KeyPair key_of(std::uint64_t number);
[[nodiscard]] std::string name_of(std::uint64_t number, const std::string& zone);

class Swarm {
  public:
    static constexpr std::uint32_t most_nodes = 1 << 16;
    struct Plan {
        crypto::PublicKey dc_key;
        Endpoint dc;
        std::string zone;
        std::uint32_t count = 0;  // at most most_nodes
    };
    // The error is a sentence.
    [[nodiscard]] static Result<std::unique_ptr<Swarm>, std::string> create(Plan plan);

    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    // Their first messages take a while to make, in which no time passes for them: all leave together.
    void start_all();
    // Without a goodbye: a new boot id, and no memory of paths.
    void restart(std::size_t number);
    // The network that it was in is gone, the other one is there.
    void move(std::size_t number);
    // A program of the node asks for the name of another one.
    void ask(std::size_t number, std::size_t other);

    [[nodiscard]] bool is_registered(std::size_t number) const;
    // What came of its last question; nothing as long as it waits.
    [[nodiscard]] std::optional<client::DnsOutcome> answer(std::size_t number) const;
    // All its paths, at least one, are ready, and bound at the address that it has now.
    [[nodiscard]] bool has_good_paths(std::size_t number) const;

    // Serves what has come and what is due; waits for it no longer than until then. The nodes with which
    // something has happened, perhaps more than once, until the next turn.
    [[nodiscard]] const std::vector<std::size_t>& turn(Instant until);
    [[nodiscard]] Instant now() const;

  private:
    struct Node {
        std::unique_ptr<client::TunnelManager> manager;
        std::uint32_t place = 0;  // 0 or 1: which of its two networks it is in
        Instant due = Instant::never();
        std::optional<client::DnsOutcome> answer;
    };

    Swarm(Plan plan, client::UdpSockets sockets);
    [[nodiscard]] std::unique_ptr<client::TunnelManager> make_brain(std::size_t number);
    void tell_address(std::size_t number);
    void settle(std::size_t number);
    void receive();
    void handle_timeouts();
    void wait(Instant until) const;

    Plan plan_;
    crypto::SystemRandom random_;
    client::UdpSockets sockets_;
    std::vector<Node> nodes_;
    using Due = std::pair<Instant, std::size_t>;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::vector<std::size_t> touched_;
    Duration stood_still_{0};
    bool has_more_ = false;  // at the socket, perhaps
};

}  // namespace ntm::swarm
