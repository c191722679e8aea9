// SPDX-License-Identifier: BSD-3-Clause
// A node with a direct path, and its peer, which Requests and answers.
#pragma once

#include "tests/unit/client/node/node_world.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ntm::client::testing {

inline const Bytes to_peer = inner_packet("198.18.0.1", "198.18.0.2");
inline const PathId path_id{FakeDc::path_number};
inline const Endpoint peer_at{Ipv4Address{{192, 0, 2, 50}}, Port{9770}};
inline const Endpoint third{Ipv4Address{{192, 0, 2, 77}}, Port{9770}};
inline const Endpoint elsewhere{Ipv4Address{{192, 0, 2, 99}}, Port{1234}};

struct Direct : NodeWorld {
    explicit Direct(bool is_proven) {
        start();
        dc_directs(dc.direct_direction({{peer_at, is_proven}}));
        run_for(milliseconds{30});
    }
    void directs(std::uint32_t revision, const std::vector<PeerCandidate>& candidates) {
        v1::RouteDirection direction = dc.direct_direction(candidates);
        direction.set_revision(revision);
        dc_directs(direction);
        run_for(milliseconds{30});
    }
    [[nodiscard]] std::vector<v1::TunnelRequest> requests(std::optional<Endpoint> to = {}) {
        std::vector<v1::TunnelRequest> found;
        for (const auto& [when, datagram] : sent) {
            const bool is_there = !to || datagram.remote == *to;
            if (is_there && datagram.payload[0] == 0x11 && (datagram.payload[1] & 0x04) == 0) {
                found.push_back(protocol::open_leg(secret(0x22), datagram.payload)->request());
            }
        }
        return found;
    }
    [[nodiscard]] std::optional<v1::TunnelResponse> last_response() {
        for (auto at = sent.rbegin(); at != sent.rend(); ++at) {
            const Bytes& payload = at->second.payload;
            if (payload[0] == 0x11 && (payload[1] & 0x04) != 0) {
                return protocol::open_leg(secret(0x22), payload)->response();
            }
        }
        return std::nullopt;
    }
    void receive(const v1::Leg& leg, Role role, const Endpoint& from) {
        receive(protocol::seal_leg(secret(0x22), path_id, role, leg, random), from);
    }
    void receive(Bytes payload, const Endpoint& from) {
        node->handle_datagram({here, from, std::move(payload)}, now);
        drain();
    }
    // The own addresses that Requests have gone out from.
    [[nodiscard]] std::set<IpAddress> asked_from() {
        std::set<IpAddress> found;
        for (const auto& [when, datagram] : sent) {
            if (datagram.payload[0] == 0x11 && (datagram.payload[1] & 0x04) == 0) {
                found.insert(datagram.local.address);
            }
        }
        return found;
    }
    void peer_requests(const Endpoint& from, const std::string& token = "") {
        v1::Leg leg;
        leg.mutable_request()->set_nonce("peernonc");
        leg.mutable_request()->set_token(token);
        protocol::pad_tunnel_request(*leg.mutable_request());
        run_for(milliseconds{1});
        receive(leg, Role::responder, from);
    }
    void peer_responds(const std::string& nonce, bool is_bound, const std::string& token) {
        v1::Leg leg;
        leg.mutable_response()->set_nonce(nonce);
        leg.mutable_response()->set_bound(is_bound);
        leg.mutable_response()->set_token(token);
        receive(leg, Role::initiator, peer_at);
    }

    Endpoint here = testing::at("192.168.1.2:9770");  // where packets come in
};

}  // namespace ntm::client::testing
