// SPDX-License-Identifier: BSD-3-Clause
// The nodes whose paths end in this relay, and the numbers by which workers know them: the smallest
// that is free, from a node's first path here to its last.
#pragma once

#include "common/base/address.hpp"
#include "common/crypto/x25519.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

namespace ntm::control {

// As its DC directs it.
struct Subscriber {
    std::string fqdn;
    crypto::PublicKey key;
    Ipv4Address vipv4;                // all zero if it has none
    Ipv6Address vipv6;                // likewise
    std::uint32_t most_ports = 0;     // 0: as the relay has it
    std::uint32_t most_sessions = 0;  // likewise
};

class Subscribers {
  public:
    explicit Subscribers(std::uint32_t capacity) : capacity_{capacity} {}

    struct Joined {
        tables::SubscriberNumber number = 0;
        bool is_first = false;
    };
    // One path more. A subscriber is known by its DC and its VIPs. Nothing if there are as many as there
    // may be, and this is none of them.
    [[nodiscard]] std::optional<Joined> join(
        const crypto::PublicKey& dc, const Subscriber& subscriber
    );
    // As join(), with the number that he had in the process before: nobody else has it, nor he another.
    void rejoin(
        tables::SubscriberNumber number, const crypto::PublicKey& dc, const Subscriber& subscriber
    );
    // Behind the last of these: all other numbers are free.
    void free_the_rest();
    // One path less of a number that join() gave; whether it was the last.
    [[nodiscard]] bool leave(tables::SubscriberNumber number);
    [[nodiscard]] std::size_t size() const noexcept { return numbers_.size(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    // How often there was no number for another one.
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

    struct Member {
        tables::SubscriberNumber number = 0;
        crypto::PublicKey dc;
        std::string_view fqdn;  // as the last path that joined had it
        Ipv4Address vipv4;
        Ipv6Address vipv6;
        std::size_t paths = 0;
    };
    // By number.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const Place& place : places_) {
            if (place.paths != 0) {
                const auto& [name, number] = *place.owner;
                visit(Member{number, name.dc, place.fqdn, name.vipv4, name.vipv6, place.paths});
            }
        }
    }

  private:
    struct Name {
        crypto::PublicKey dc;
        Ipv4Address vipv4;
        Ipv6Address vipv6;
        friend auto operator<=>(const Name&, const Name&) = default;
    };
    using Numbers = std::map<Name, tables::SubscriberNumber>;
    struct Place {
        Numbers::iterator owner;
        std::size_t paths = 0;
        std::string fqdn{};
    };

    [[nodiscard]] tables::SubscriberNumber free_number();

    std::uint32_t capacity_;
    std::uint64_t refused_ = 0;
    Numbers numbers_;
    std::vector<Place> places_;  // by number
    std::priority_queue<
        tables::SubscriberNumber,
        std::vector<tables::SubscriberNumber>,
        std::greater<>>
        free_;
};

}  // namespace ntm::control
