// SPDX-License-Identifier: BSD-3-Clause
// A DC as a node sees it: a bare Signaling, which answers as it is told to.
#pragma once

#include "client/node/route_direction.hpp"
#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "common/protocol/signaling.hpp"

#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace ntm::client::testing {

class FakeDc {
  public:
    FakeDc(RandomSource& random, const crypto::PublicKey& node);
    FakeDc(const FakeDc&) = delete;
    FakeDc& operator=(const FakeDc&) = delete;

    [[nodiscard]] const crypto::PublicKey& public_key() const { return key_.public_key(); }
    // A Direction for the peer, in an initiator's role.
    [[nodiscard]] v1::RouteDirection relayed_direction(std::uint32_t revision = 1) const;
    [[nodiscard]] v1::RouteDirection direct_direction(const std::vector<PeerCandidate>& candidates
    ) const;
    // For a general node with an IPv4 address.
    [[nodiscard]] v1::RouteDirection general_direction(std::uint32_t revision = 1) const;

    // For all general nodes.
    [[nodiscard]] v1::RouteDirection exit_direction(std::uint32_t revision = 1) const;

    // A request to the node; what it answers is kept.
    std::uint64_t send(v1::Signal message, Instant now);
    void handle_datagram(const Datagram& datagram, Instant now);
    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);
    [[nodiscard]] std::vector<Datagram> take_datagrams();

    // A DC that is down hears nothing, and its clock stands.
    bool is_up = true;
    v1::RegistrationResponse grant;
    // So many Registrations are answered STATUS_BUSY.
    unsigned busy_answers = 0;
    std::function<v1::Signal(const v1::DirectionRequest&)> on_direction_request;

    std::vector<v1::Signal> requests;  // from the node
    std::vector<std::pair<Instant, v1::DirectionRequest>> direction_requests;
    std::map<std::uint64_t, v1::Signal> answers;

    static constexpr std::uint64_t path_number = 0x0102030405060708;
    static constexpr BootId node_boot{0xabc};

  private:
    void take_events(Instant now);
    void answer(const protocol::RequestReceived& request, Instant now);

    crypto::KeyPair key_;
    crypto::PublicKey node_;
    crypto::KeyPair peer_key_;  // or the relay's, where it is the peer
    protocol::Signaling signaling_;
};

}  // namespace ntm::client::testing
