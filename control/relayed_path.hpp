// SPDX-License-Identifier: BSD-3-Clause
// A path as the director holds it, and the rule by which a Tunnel Request binds one of its legs
// (docs/protocol.md section 5).
#pragma once

#include "common/base/address.hpp"
#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "control/subscribers.hpp"
#include "rs-dataplane/tables/kept_records.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ntm::control {

// How long DATA from a moved leg's old source is taken.
inline constexpr Duration old_source_accepted = std::chrono::seconds{2};

// The four outer addresses and ports of a leg.
struct OuterPair {
    Endpoint remote;  // the node
    Endpoint local;   // the address and port of ours that it asked
    friend bool operator==(const OuterPair&, const OuterPair&) = default;
};

struct Leg {
    struct Binding {
        OuterPair outer;
        Instant since;
    };
    struct Previous {
        OuterPair outer;
        Instant until;
    };
    // Of the last Request answered with bound = true, to answer it again when the peer is bound.
    struct LastRequest {
        std::string nonce;
        std::size_t size = 0;
    };

    Secret32 secret;
    std::optional<Endpoint> proven;
    std::optional<Binding> binding;
    std::optional<Previous> previous;
    std::optional<LastRequest> last_request;
    tables::NextHopIndex next_hop = tables::no_next_hop;

    [[nodiscard]] bool is_bound() const noexcept { return binding.has_value(); }
};

// RS-N: the path's responder is this relay. Its initiator's leg has the path secret as its own, and
// there is no other leg.
struct RelayEnd {
    Subscriber subscriber;
    tables::SubscriberNumber number = 0;
    std::shared_ptr<tables::EndKeys> keys;
    std::vector<tables::PathEnd::GeneralNode> general_nodes;
    std::array<tables::NextHopIndex, 2> exit_hops{tables::no_next_hop, tables::no_next_hop};

    // For all general nodes.
    [[nodiscard]] bool is_exit() const noexcept { return general_nodes.empty(); }
};

struct RelayedPath {
    PathId id;
    crypto::PublicKey dc;  // that made it
    std::uint32_t revision = 0;
    std::array<Leg, 2> legs;        // by Role
    std::unique_ptr<RelayEnd> end;  // RS-N
    Instant directed;               // first
    Instant expires;
    tables::KeptPlace kept_at = tables::nowhere_kept;  // for the process that comes after this one

    [[nodiscard]] Leg& leg(Role role) noexcept { return legs[static_cast<std::size_t>(role)]; }
    [[nodiscard]] const Leg& leg(Role role) const noexcept {
        return legs[static_cast<std::size_t>(role)];
    }
    [[nodiscard]] bool has_leg(Role role) const noexcept { return !end || role == Role::initiator; }
    // Whether DATA can go on to, and come from, the end of that role.
    [[nodiscard]] bool is_reached(Role role) const noexcept {
        return !has_leg(role) || leg(role).is_bound();
    }
    [[nodiscard]] bool is_open() const noexcept {
        return is_reached(Role::initiator) && is_reached(Role::responder);
    }
};

enum class Verdict : std::uint8_t {
    is_bound_already,  // to this very source: nothing changes
    binds,
    needs_token,  // binds nothing: the Response brings a token
};

// What an authentic Request that came over `outer` does to the leg. `token_issued`: when the token
// that it carries was given to its source, if it carries one that is valid for it.
[[nodiscard]] Verdict judge_request(
    const Leg& leg, const OuterPair& outer, std::optional<Instant> token_issued
) noexcept;

// Binds the leg at `now`; the source that it had is remembered for old_source_accepted.
void bind(Leg& leg, const OuterPair& outer, Instant now);

// The path as the relay table takes it.
[[nodiscard]] tables::RelayPath to_table(const RelayedPath& path);

}  // namespace ntm::control
