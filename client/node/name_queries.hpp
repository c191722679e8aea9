// SPDX-License-Identifier: BSD-3-Clause
// DNS queries that wait: for addresses until the path is ready, for the existence of a name until
// the DC has spoken of it; each is answered with failure after 4.5 s (docs/protocol.md section 4.2).
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ntm::client {

enum class DnsWish : std::uint8_t {
    addresses,  // types A and AAAA
    existence,  // any other type: a node has no such record, but is there such a name?
};

class NameQueries {
  public:
    static constexpr Duration patience = std::chrono::milliseconds{4500};

    void add(std::uint64_t query, std::string fqdn, DnsWish wish, Instant now) {
        waiting_.push_back({query, std::move(fqdn), wish, now + patience});
    }
    [[nodiscard]] bool has(const std::string& fqdn) const {
        return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& at) {
            return at.fqdn == fqdn;
        });
    }
    // Those for this name, which stop waiting.
    [[nodiscard]] std::vector<std::uint64_t> take(const std::string& fqdn) {
        return take_if([&](const Waiting& at) { return at.fqdn == fqdn; });
    }
    // Of those, the ones that ask for its existence alone.
    [[nodiscard]] std::vector<std::uint64_t> take_for_existence(const std::string& fqdn) {
        return take_if([&](const Waiting& at) {
            return at.fqdn == fqdn && at.wish == DnsWish::existence;
        });
    }
    [[nodiscard]] std::vector<std::uint64_t> take_expired(Instant now) {
        return take_if([now](const Waiting& at) { return now >= at.until; });
    }
    [[nodiscard]] Instant next_timeout() const noexcept {
        return waiting_.empty() ? Instant::never() : waiting_.front().until;
    }

  private:
    struct Waiting {
        std::uint64_t query = 0;
        std::string fqdn;
        DnsWish wish = DnsWish::addresses;
        Instant until;
    };
    template <typename Predicate>
    [[nodiscard]] std::vector<std::uint64_t> take_if(Predicate is_wanted) {
        std::vector<std::uint64_t> taken;
        for (const Waiting& at : waiting_) {
            if (is_wanted(at)) {
                taken.push_back(at.query);
            }
        }
        std::erase_if(waiting_, is_wanted);
        return taken;
    }
    std::vector<Waiting> waiting_;  // in the order in which they came, so the first expires first
};

}  // namespace ntm::client
