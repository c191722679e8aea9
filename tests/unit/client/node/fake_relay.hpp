// SPDX-License-Identifier: BSD-3-Clause
// A relay as a node sees it.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/random.hpp"
#include "common/crypto/token_mint.hpp"
#include "common/protocol/sealed.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace ntm::client::testing {

void write_address(const Endpoint& endpoint, v1::Address& to);

// The other side of LEG and COOKIE. `map_source` stands for a NAT in front of it.
struct FakeRelay {
    explicit FakeRelay(RandomSource& source);
    struct Leg {
        std::optional<Endpoint> bound;
        Instant bound_at;
        std::optional<Endpoint> bound_before;  // still taken for 2 s
        bool is_peer_bound = true;
    };
    // What to send back, if anything.
    [[nodiscard]] std::optional<Bytes> handle(const Datagram& from_node, Instant now);
    // An RS-S holds its paths again at once, an RS-N forgets those that end there.
    void restart();
    // As RS-N: the path ends here.
    void hold_end(PathId path_id, const Secret32& path_secret);

    RandomSource& random;
    std::unique_ptr<crypto::TokenMint> mint;
    BootId boot_id{0x1111};
    bool is_up = true;
    std::map<PathId, Secret32> leg_secrets;
    std::set<PathId> ends;        // of those, the paths that end here
    bool answers_probes = false;  // on them
    std::map<PathId, std::optional<Endpoint>> proven;
    std::map<PathId, Leg> legs;
    struct Forwarded {
        Instant at;
        Bytes payload;
        bool was_bound = false;
    };
    std::vector<Forwarded> forwarded;  // DATA and END, as they came
    unsigned cookies = 0;
    unsigned requests = 0;
    unsigned requests_with_token = 0;

  private:
    [[nodiscard]] Bytes answer_cookie(std::uint64_t nonce, const Endpoint& source, Instant now);
    [[nodiscard]] std::optional<Bytes> answer_request(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    );
    [[nodiscard]] std::optional<Bytes> answer_probe(PathId path_id, ByteView datagram);
};

}  // namespace ntm::client::testing
