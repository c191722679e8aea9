// SPDX-License-Identifier: BSD-3-Clause
// Network address translators as RFC 4787 names them, for IPv4 and UDP: a mapping is made by what
// goes out, lives for a while after the last packet out, and lets in only what it was made for.
#pragma once

#include "common/base/address.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <map>
#include <optional>
#include <set>

namespace ntm::simulation {

enum class NatKind : std::uint8_t {
    port_restricted,  // one outside port for an inside endpoint; lets in whom it has sent to
    symmetric,        // another outside port for every remote endpoint
};

class Nat {
  public:
    Nat(NatKind kind, IpAddress outside, Duration timeout)
        : kind_{kind}, outside_{outside}, timeout_{timeout} {}

    [[nodiscard]] const IpAddress& outside() const noexcept { return outside_; }
    // The source that the world sees.
    [[nodiscard]] Endpoint translate_out(
        const Endpoint& inside, const Endpoint& remote, RandomSource& random, Instant now
    );
    // The inside endpoint, if the packet may enter.
    [[nodiscard]] std::optional<Endpoint> translate_in(
        Port outside, const Endpoint& remote, Instant now
    ) const;
    // Forgets every mapping, as a NAT that was switched off and on does.
    void forget() { mappings_.clear(); }

  private:
    struct Key {
        Endpoint inside;
        Endpoint remote;  // unspecified where all remotes share the mapping
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Mapping {
        Port outside;
        std::map<Endpoint, Instant> opened;  // remote endpoint to the last packet sent there
    };
    void expire(Instant now);
    [[nodiscard]] Port free_port(RandomSource& random) const;

    NatKind kind_;
    IpAddress outside_;
    Duration timeout_;
    std::map<Key, Mapping> mappings_;
};

}  // namespace ntm::simulation
