// SPDX-License-Identifier: BSD-3-Clause
// The stub resolver: UDP and TCP on one address. Queries for names under the node's zones, and for the
// addresses of general nodes, go to the brain and wait for its answer: for addresses, or, where another
// type is asked for, whether the name exists. Service bindings of names whose addresses are the brain's
// are answered with none. All else, and what the brain gives back, is passed through to the system's
// resolvers untouched (docs/protocol.md section 4.2).
#pragma once

#include "client/node/dns_message.hpp"
#include "client/node/tunnel_manager.hpp"
#include "common/base/address.hpp"
#include "common/base/random.hpp"
#include "common/base/result.hpp"

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ntm::client {

struct ResolverCounters {
    std::uint64_t queries = 0;
    std::uint64_t malformed = 0;
    std::uint64_t held = 0;     // asked of the brain
    std::uint64_t passed = 0;   // asked of the system's resolvers
    std::uint64_t failed = 0;   // answered with SERVFAIL
    std::uint64_t refused = 0;  // too many at a time
};

class Resolver {
  public:
    struct Settings {
        Endpoint listen;
        std::vector<Endpoint> upstream;
        std::uint32_t mark = 0;  // of what is asked of them (dns::UpstreamQuery)
        std::function<bool(const std::string& name, DnsWish wish)> is_for_brain;
        // Such a query; its answer comes by answer() with the same number.
        std::function<void(std::uint64_t query, const std::string& name, DnsWish wish)> on_query;
    };

    // The error is a sentence. `loop` and `random` outlive the resolver.
    [[nodiscard]] static Result<std::unique_ptr<Resolver>, std::string> create(
        asio::io_context& loop, Settings settings, RandomSource& random
    );
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    void answer(const DnsAnswer& answer);
    // For queries that come from here on.
    void set_upstream(std::vector<Endpoint> upstream);
    [[nodiscard]] const ResolverCounters& counters() const noexcept;
    // Where it listens, with the port that was given if 0 was asked for.
    [[nodiscard]] Endpoint endpoint() const;

    class State;

  private:
    explicit Resolver(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

}  // namespace ntm::client
