// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/rs-dataplane/napt/model.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ntm::napt {

using std::chrono::seconds;

Filter Model::filter_of(const Path& path, Protocol protocol) const {
    const Filters& filters = path.is_exit ? plan_.exit_path_filters : plan_.path_filters;
    return filters[static_cast<std::size_t>(protocol)];
}

void Model::set_path(const Key& key, Mapping& mapping, Session& session, const Path& path) {
    session.path = path;
    session.path_since = ++paths_set_;
    if (filter_of(path, key.protocol) == Filter::endpoint_independent) {
        mapping.open_path = path.id;
    }
}

std::optional<PathId> Model::path_for_stranger(
    const Key& key, const Mapping& mapping, const Remote& from
) const {
    const Session* same_address = nullptr;
    bool is_open = false;
    for (const auto& [remote, session] : mapping.sessions) {
        const Filter filter = filter_of(session.path, key.protocol);
        is_open |= filter == Filter::endpoint_independent;
        if (filter != Filter::address_and_port_dependent && remote.address == from.address &&
            (same_address == nullptr || same_address->path_since < session.path_since)) {
            same_address = &session;
        }
    }
    if (key.protocol == Protocol::icmp) {
        return std::nullopt;
    }
    if (same_address != nullptr &&
        filter_of(same_address->path, key.protocol) == Filter::address_dependent) {
        return same_address->path.id;
    }
    return is_open ? std::optional{mapping.open_path} : std::nullopt;
}

std::size_t Model::sessions() const {
    std::size_t count = 0;
    for (const auto& [key, mapping] : mappings_) {
        count += mapping.sessions.size();
    }
    return count;
}

std::size_t Model::proven_of(Position subscriber) const {
    std::size_t count = 0;
    for (const auto& [key, mapping] : mappings_) {
        for (const auto& [remote, session] : mapping.sessions) {
            count += key.subscriber == subscriber && session.tcp.is_proven() ? 1 : 0;
        }
    }
    return count;
}

std::size_t Model::unproven_of(std::optional<Position> subscriber) const {
    std::size_t count = 0;
    for (const auto& [key, mapping] : mappings_) {
        const bool is_his = !subscriber || key.subscriber == *subscriber;
        for (const auto& [remote, session] : mapping.sessions) {
            count += is_his && !session.tcp.is_proven() ? 1 : 0;
        }
    }
    return count;
}

void Model::end_oldest_unproven(std::optional<Position> subscriber) {
    auto its = mappings_.end();
    const Remote* remote = nullptr;
    std::uint64_t begun = UINT64_MAX;
    for (auto at = mappings_.begin(); at != mappings_.end(); ++at) {
        const bool is_his = !subscriber || at->first.subscriber == *subscriber;
        for (const auto& [from, session] : at->second.sessions) {
            if (is_his && !session.tcp.is_proven() && session.begun < begun) {
                its = at;
                remote = &from;
                begun = session.begun;
            }
        }
    }
    its->second.sessions.erase(Remote{*remote});
    if (its->second.sessions.empty()) {
        end(its, now_);
    }
}

std::size_t Model::mappings_of(Position subscriber) const {
    return static_cast<std::size_t>(std::ranges::count_if(mappings_, [&](const auto& entry) {
        return entry.first.subscriber == subscriber;
    }));
}

Model::BlockKey Model::block_of(PublicPort port) const {
    return {port.address, (port.port - std::size_t{plan_.ipv4.first_port}) / plan_.ipv4.block_size};
}

std::optional<DropReason> Model::refusal(const Key& key, bool is_proven) {
    const Limits& limits = subscribers_.at(key.subscriber).limits;
    const bool is_full = sessions() == plan_.sessions;
    if (is_full && unproven_of(std::nullopt) == 0) {
        return DropReason::napt_no_memory;
    }
    if (proven_of(key.subscriber) == limits.sessions) {
        return DropReason::napt_session_quota;
    }
    const std::size_t his = unproven_of(key.subscriber);
    if (is_full || (!is_proven && his >= limits.sessions)) {
        end_oldest_unproven(his != 0 ? std::optional{key.subscriber} : std::nullopt);
    }
    if (mappings_.contains(key)) {
        return std::nullopt;
    }
    if (!is_proven) {
        return DropReason::napt_no_session;
    }
    if (mappings_.size() == plan_.mappings) {
        return DropReason::napt_no_memory;
    }
    if (mappings_of(key.subscriber) == limits.ports) {
        return DropReason::napt_port_quota;
    }
    return could_have_port(key) ? std::nullopt : std::optional{DropReason::napt_no_ports};
}

std::optional<DropReason> Model::refusal(
    const Key& key, Session& session, Side from, const TcpSegment& segment
) {
    if (key.protocol != Protocol::tcp) {
        refresh(key, session, from == Side::inside ? TcpTimer::established : TcpTimer::goes_on);
        return std::nullopt;
    }
    TcpTracking after = session.tcp;
    const TcpTimer timer = after.pass(from, segment);
    const bool is_one_more = after.is_proven() && !session.tcp.is_proven();
    if (is_one_more &&
        proven_of(key.subscriber) == subscribers_.at(key.subscriber).limits.sessions) {
        return DropReason::napt_session_quota;
    }
    session.tcp = after;
    refresh(key, session, timer);
    return std::nullopt;
}

bool Model::could_have_port(const Key& key) const {
    const Subscriber& subscriber = subscribers_.at(key.subscriber);
    bool holds_any = false;
    bool has_port = false;
    bool has_block = false;
    bool has_block_anywhere = false;
    for (std::size_t address = 0; address < plan_.ipv4.addresses; ++address) {
        for (std::size_t number = 0; number < plan_.ipv4.blocks_each; ++number) {
            const auto at = blocks_.find({static_cast<PublicAddress>(address), number});
            const Block block = at == blocks_.end() ? Block{} : at->second;
            if (block.holder == key.subscriber) {
                holds_any = true;
                const auto used = std::ranges::count_if(block.ports, [&](const auto& port) {
                    return port.first == key.protocol;
                });
                has_port |= static_cast<std::size_t>(used) < plan_.ipv4.block_size;
            } else if (block.holder == nowhere && block.rests_until <= now_) {
                has_block_anywhere = true;
                has_block |= subscriber.address == address;
            }
        }
    }
    return has_port || has_block || (!holds_any && has_block_anywhere);
}

void Model::expect_port_is_free(const Key& key, PublicPort port) {
    Subscriber& subscriber = subscribers_.at(key.subscriber);
    Block& block = blocks_[block_of(port)];
    EXPECT_TRUE(block.holder == key.subscriber || block.holder == nowhere) << "another's block";
    EXPECT_TRUE(block.holder == key.subscriber || block.rests_until <= now_) << "it rests";
    EXPECT_TRUE(block.ports.emplace(key.protocol, port.port).second) << "another mapping's port";
    block.holder = key.subscriber;
    if (mappings_of(key.subscriber) > 0) {
        EXPECT_EQ(subscriber.address, port.address) << "not paired";
    }
    subscriber.address = port.address;
}

void Model::begin(
    const Key& key, const Remote& to, const Path& path, const TcpTracking& tcp, PublicPort port
) {
    if (!mappings_.contains(key)) {
        expect_port_is_free(key, port);
        mappings_[key].port = port;
    }
    Mapping& mapping = mappings_[key];
    EXPECT_EQ(mapping.port, port) << "mapping is endpoint-independent";
    Session& session = mapping.sessions[to];
    session.begun = ++sessions_begun_;
    set_path(key, mapping, session, path);
    session.tcp = tcp;
    refresh(key, session, TcpTimer::transitory);
}

void Model::refresh(const Key& key, Session& session, TcpTimer timer) const {
    if (timer == TcpTimer::goes_on) {
        return;
    }
    const std::map<Protocol, seconds> times{
        {Protocol::udp, plan_.times.udp},
        {Protocol::icmp, plan_.times.icmp},
        {Protocol::tcp,
         timer == TcpTimer::transitory ? plan_.times.tcp_transitory : plan_.times.tcp_established}};
    session.expires =
        Instant{std::chrono::ceil<seconds>(now_.since_origin())} + times.at(key.protocol);
}

void Model::sent(
    const Inside& from,
    const Remote& to,
    const Path& path,
    const TcpSegment& segment,
    const Result<PublicPort, DropReason>& got
) {
    const Key key{from.subscriber, from.port, from.protocol};
    const bool is_tcp = from.protocol == Protocol::tcp;
    const auto at = mappings_.find(key);
    const bool is_mapped = at != mappings_.end();
    if (is_mapped && at->second.sessions.contains(to)) {
        Session& session = at->second.sessions[to];
        if (session.path.id != path.id) {
            set_path(key, at->second, session, path);
        }
        if (const auto reason = refusal(key, session, Side::inside, segment)) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error(), *reason);
            return;
        }
        ASSERT_TRUE(got);
        EXPECT_EQ(*got, at->second.port);
        return;
    }
    TcpTracking tcp{Side::inside, segment};
    if (is_tcp && !TcpTracking::opens(segment)) {
        if (!is_mapped || !path_for_stranger(key, at->second, to) ||
            !(segment.has_rst || (segment.has_syn && segment.has_ack))) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error(), DropReason::napt_no_session);
            return;
        }
        if (segment.has_rst) {
            ASSERT_TRUE(got);
            EXPECT_EQ(*got, at->second.port);
            return;
        }
        const std::uint32_t before = segment.acknowledgement - 1;
        tcp = TcpTracking{Side::outside, {.sequence = before, .has_syn = true}};
        tcp.pass(Side::inside, segment);
    }
    if (const auto reason = refusal(key, tcp.is_proven())) {
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error(), *reason);
        return;
    }
    ASSERT_TRUE(got) << describe(got.error()).name;
    begin(key, to, path, tcp, *got);
}

Model::Mappings::iterator Model::owner_of(PublicPort port, Protocol protocol) {
    return std::ranges::find_if(mappings_, [&](const auto& entry) {
        return entry.first.protocol == protocol && entry.second.port == port;
    });
}

void Model::received(
    PublicPort to,
    const Inside& of,
    const Remote& from,
    const TcpSegment& segment,
    const Result<InsideEndpoint, DropReason>& got
) {
    const bool is_tcp = of.protocol == Protocol::tcp;
    const auto at = owner_of(to, of.protocol);
    if (at == mappings_.end()) {
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error(), DropReason::napt_no_mapping);
        return;
    }
    auto& [key, mapping] = *at;
    std::optional<PathId> path;
    const auto session = mapping.sessions.find(from);
    if (session != mapping.sessions.end()) {
        if (is_tcp && segment.has_rst && session->second.tcp.is_off_window(segment)) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error(), DropReason::napt_reset_off_window);
            return;
        }
        path = session->second.path.id;
        if (const auto reason = refusal(key, session->second, Side::outside, segment)) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error(), *reason);
            return;
        }
    } else if (is_tcp && !TcpTracking::opens(segment)) {
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error(), DropReason::napt_no_session);
        return;
    } else {
        path = path_for_stranger(key, mapping, from);
    }
    ASSERT_EQ(got.has_value(), path.has_value());
    if (!got) {
        EXPECT_EQ(got.error(), is_tcp ? DropReason::napt_syn_filtered : DropReason::napt_filtered);
        return;
    }
    EXPECT_EQ(got->subscriber, key.subscriber);
    EXPECT_EQ(got->port, key.port);
    EXPECT_EQ(got->path, *path);
}

void Model::found(
    PublicPort to, const Inside& of, const Remote& from, const std::optional<InsideEndpoint>& got
) const {
    const auto at = std::ranges::find_if(mappings_, [&](const auto& entry) {
        return entry.first.protocol == of.protocol && entry.second.port == to;
    });
    const bool is_there = at != mappings_.end() && at->second.sessions.contains(from);
    ASSERT_EQ(got.has_value(), is_there);
    if (is_there) {
        EXPECT_EQ(got->subscriber, at->first.subscriber);
        EXPECT_EQ(got->port, at->first.port);
    }
}

void Model::counted(const Bindings::Usage& got) const {
    EXPECT_EQ(got.subscribers, subscribers_.size());
    EXPECT_EQ(got.mappings, mappings_.size());
    EXPECT_EQ(got.sessions, sessions());
    std::size_t proven = 0;
    for (const auto& [position, subscriber] : subscribers_) {
        proven += proven_of(position);
    }
    EXPECT_EQ(got.sessions - got.unproven, proven);
    EXPECT_EQ(got.blocks, static_cast<std::size_t>(std::ranges::count_if(blocks_, [](auto& block) {
                  return block.second.holder != nowhere;
              })));
}

Model::Mappings::iterator Model::end(Mappings::iterator mapping, Instant now) {
    const auto& [key, its] = *mapping;
    Block& block = blocks_.at(block_of(its.port));
    block.ports.erase({key.protocol, its.port.port});
    if (block.ports.empty()) {
        block.holder = nowhere;
        block.rests_until = now + plan_.ipv4.rest;
    }
    return mappings_.erase(mapping);
}

void Model::remove(Position subscriber, Instant now) {
    for (auto at = mappings_.begin(); at != mappings_.end();) {
        at = at->first.subscriber == subscriber ? end(at, now) : std::next(at);
    }
    subscribers_.erase(subscriber);
}

void Model::set_time(Instant now) {
    now_ = now;
    for (auto at = mappings_.begin(); at != mappings_.end();) {
        std::erase_if(at->second.sessions, [&](const auto& entry) {
            return entry.second.expires <= now;
        });
        at = at->second.sessions.empty() ? end(at, now) : std::next(at);
    }
}

}  // namespace ntm::napt
