// SPDX-License-Identifier: BSD-3-Clause
// For tests of Bindings that go on with what an earlier process has left.
#pragma once

#include "tests/unit/rs-dataplane/napt/bindings_fixture.hpp"
#include "tests/unit/rs-dataplane/napt/kept_store.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace ntm::napt {

inline Bindings::Plan tiny_plan() {
    Bindings::Plan plan;
    plan.subscribers = 4;
    plan.mappings = 16;
    plan.sessions = 24;
    plan.ipv4 = {.addresses = 2, .first_port = 1024, .blocks_each = 4, .block_size = 64};
    plan.ipv6 = {.addresses = 1, .first_port = 1024, .blocks_each = 4, .block_size = 64};
    return plan;
}

// What is plain to the outside of Bindings.
struct Seen {
    struct Flow {
        PublicPort port;
        std::uint32_t expires;
        PathId path;
        Filter filter;
        TcpState state;
        friend bool operator==(const Flow&, const Flow&) = default;
    };
    std::map<TupleWords, Flow> flows;  // by inside tuple
    std::map<std::uint32_t, Ipv4Address> subscribers;
    std::set<std::pair<Position, std::uint16_t>> blocks;

    friend bool operator==(const Seen&, const Seen&) = default;
};

inline Seen look_at(const Bindings& bindings) {
    Seen seen;
    for (Position at = 0; at < bindings.sessions().reach(); ++at) {
        const Session& session = bindings.sessions()[at];
        if (!session.is_live()) {
            continue;
        }
        EXPECT_EQ(bindings.find(session.inside()), session.public_port);
        EXPECT_TRUE(bindings.find(session.outside()));
        seen.flows[session.inside().words()] = {
            session.public_port,
            session.expires,
            session.path,
            session.filter,
            session.tcp.state()};
    }
    bindings.for_each_subscriber([&](Position at, const Subscriber& one) {
        seen.subscribers[one.number] = one.ipv4;
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            bindings.blocks_of(at, family, [&](const PublicPorts::Block& block) {
                return seen.blocks.emplace(at, block.first.port).second;
            });
        }
    });
    return seen;
}

// Two lives of the same Bindings: the first writes into `store`, each later one is made of a copy of it.
class AdoptBindings : public testing::Test {
  protected:
    explicit AdoptBindings(const Bindings::Plan& wanted = tiny_plan()) : plan{wanted} {
        tables::KeptLayout layout;
        parts = Bindings::lay_out(plan, layout);
        store = std::make_unique<KeptStore>(layout.bytes());
        copied = std::make_unique<KeptStore>(layout.bytes());
        first = Bindings::make(plan, random, parts.in(*store));
        EXPECT_EQ(first->adopt(now), Adoption{});
    }

    Position add(std::uint32_t number) {
        const auto last = static_cast<std::uint8_t>(number);
        return first->add_subscriber({{10, 0, 0, last}}, {}, {}, 0, number).value();
    }
    PublicPort send(
        const Inside& from,
        const Remote& to,
        const Path& path = path_to_gn,
        TcpSegment segment = syn
    ) {
        const auto wanted = first->lookup(World::inside_tuple(from, to));
        return first->outbound(wanted, path, segment, now).value();
    }
    // Of what lies in the store; `adoption` says what came of it.
    [[nodiscard]] std::unique_ptr<Bindings> adopted() {
        copied->copy(*store);
        return adopt_copy();
    }
    [[nodiscard]] std::unique_ptr<Bindings> adopt_copy() {
        auto made = Bindings::make(plan, other_random, parts.in(*copied));
        adoption = made->adopt(now);
        return made;
    }

    Bindings::Plan plan;
    Instant now{std::chrono::seconds{1000}};
    SeededRandom random{1};
    SeededRandom other_random{2};
    KeptBindingsParts parts;
    std::unique_ptr<KeptStore> store;
    std::unique_ptr<KeptStore> copied;
    std::unique_ptr<Bindings> first;
    Adoption adoption;
};

}  // namespace ntm::napt
