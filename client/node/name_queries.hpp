// SPDX-License-Identifier: BSD-3-Clause
// DNS queries that wait: for addresses until the path is ready, for the existence of a name until
// the DC has spoken of it; each is answered with failure after 4.5 s. One for a name outside of the
// zones waits 1 s for the DC's word, as another resolver may know it (docs/protocol.md section 4.2).
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ntm::client {

enum class DnsWish : std::uint8_t {
    addresses,  // types A and AAAA
    existence,  // any other type: a node has no such record, but is there such a name?
};

struct NameQuery {
    std::uint64_t number = 0;
    std::string fqdn;
    DnsWish wish = DnsWish::addresses;
    bool may_be_foreign = false;  // the DC has not said that the name is its own to answer
};

class NameQueries {
  public:
    static constexpr Duration patience = std::chrono::milliseconds{4500};
    static constexpr Duration patience_with_dc = std::chrono::seconds{1};

    void add(NameQuery query, Instant now) { waiting_.push_back({std::move(query), now}); }
    [[nodiscard]] bool has(const std::string& fqdn) const {
        return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& at) {
            return at.query.fqdn == fqdn;
        });
    }
    // The DC knows this name.
    void note_known(const std::string& fqdn) {
        for (Waiting& at : waiting_) {
            at.query.may_be_foreign = at.query.may_be_foreign && at.query.fqdn != fqdn;
        }
    }
    // Those for this name, which stop waiting.
    [[nodiscard]] std::vector<NameQuery> take(const std::string& fqdn) {
        return take_if([&](const Waiting& at) { return at.query.fqdn == fqdn; });
    }
    // Of those, the ones that ask for its existence alone.
    [[nodiscard]] std::vector<NameQuery> take_for_existence(const std::string& fqdn) {
        return take_if([&](const Waiting& at) {
            return at.query.fqdn == fqdn && at.query.wish == DnsWish::existence;
        });
    }
    [[nodiscard]] std::vector<NameQuery> take_expired(Instant now) {
        return take_if([now](const Waiting& at) { return now >= at.until(); });
    }
    [[nodiscard]] Instant next_timeout() const noexcept {
        Instant next = Instant::never();
        for (const Waiting& at : waiting_) {
            next = std::min(next, at.until());
        }
        return next;
    }

  private:
    struct Waiting {
        NameQuery query;
        Instant since;
        [[nodiscard]] Instant until() const noexcept {
            return since + (query.may_be_foreign ? patience_with_dc : patience);
        }
    };
    template <typename Predicate>
    [[nodiscard]] std::vector<NameQuery> take_if(Predicate is_wanted) {
        std::vector<NameQuery> taken;
        for (const Waiting& at : waiting_) {
            if (is_wanted(at)) {
                taken.push_back(at.query);
            }
        }
        std::erase_if(waiting_, is_wanted);
        return taken;
    }
    std::vector<Waiting> waiting_;  // in the order in which they came
};

}  // namespace ntm::client
