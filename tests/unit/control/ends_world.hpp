// SPDX-License-Identifier: BSD-3-Clause
// A director with NAPT, and paths that end in its relay.
#pragma once

#include "tests/unit/control/director_world.hpp"

#include <gmock/gmock.h>

namespace ntm::control {

class Ends : public DirectorWorld {
  protected:
    Ends()
        : DirectorWorld{
              capacity,
              DirectorSettings::Napt{
                  {*IpAddress::parse("198.51.100.21"), *IpAddress::parse("2001:db8:4::21")},
                  {*Prefix::parse("10.7.0.0/16")},
                  most_subscribers}} {}
    static constexpr std::uint32_t most_subscribers = 2;

    static v1::RelayDirection with_secret(v1::RelayDirection direction, char letter) {
        direction.mutable_end()->set_path_secret(std::string(32, letter));
        return direction;
    }
    static v1::RelayDirection of_subscriber(v1::RelayDirection direction, const char* vipv4) {
        direction.mutable_end()->set_subscriber_vipv4(bytes_of(vipv4));
        return direction;
    }
    v1::RelayResponse direct_to(const char* real_ip) {
        v1::RelayDirection direction = ending(7, 1);
        direction.mutable_end()->mutable_general_nodes()->RemoveLast();
        direction.mutable_end()->mutable_general_nodes(0)->set_real_ip(bytes_of(real_ip));
        return direct(dc_a, direction);
    }
    [[nodiscard]] std::shared_ptr<tables::EndKeys> keys_of(std::uint64_t id) const {
        return director->paths().find(PathId{id})->end->keys;
    }
    [[nodiscard]] tables::RelayPath ended(std::uint64_t id, tables::SubscriberNumber subscriber = 0)
        const {
        tables::RelayPath path = unbound(id);
        path.end = {
            subscriber,
            keys_of(id),
            {{*IpAddress::parse("198.18.64.1"), *IpAddress::parse("203.0.113.80"), next_hop_ipv4},
             {*IpAddress::parse("fd00:a::64:1"), *IpAddress::parse("2001:db8:5::80"), hop6}}};
        return path;
    }
    static v1::RelayDirection exiting(std::uint64_t id, std::uint32_t revision) {
        v1::RelayDirection made = ending(id, revision);
        made.mutable_end()->clear_general_nodes();
        return made;
    }
    [[nodiscard]] tables::RelayPath exit(std::uint64_t id) const {
        tables::RelayPath path = unbound(id);
        path.end = {0, keys_of(id), {}, {next_hop_ipv4, hop6}};
        return path;
    }
    [[nodiscard]] tables::RelayPath bound(std::uint64_t id) const {
        tables::RelayPath path = ended(id);
        path.legs[0] = {true, mn_at, relay4, std::nullopt, {}, next_hop_ipv4};
        return path;
    }
    static OpenSubscriber opening(
        tables::SubscriberNumber number, const char* vipv4, napt::Tenancy tenancy
    ) {
        return {
            number,
            IpAddress::parse(vipv4)->ipv4(),
            IpAddress::parse("fd00:a::1")->ipv6(),
            1000,
            5000,
            tenancy};
    }
    // Path 7, bound from mn_at.
    void make_bound_path() {
        ASSERT_EQ(direct(dc_a, ending(7, 1)).status(), v1::STATUS_OK);
        ask({}, mn_at, relay4);
        commands();
    }
    void move_leg() {
        pass(std::chrono::seconds{1});
        const v1::TunnelResponse hint = ask({}, mn_moved, relay4);
        pass(std::chrono::milliseconds{40});
        ASSERT_TRUE(ask({.token = hint.token()}, mn_moved, relay4).bound());
    }

    static v1::End probe(const std::string& nonce = "nonce-01", std::size_t pad = 0) {
        v1::End message;
        message.mutable_probe()->set_nonce(nonce);
        message.mutable_probe()->set_pad(std::string(pad, '\0'));
        return message;
    }
    Bytes sealed_end(const v1::End& message, Role role = Role::initiator) {
        return protocol::seal_end(secret_of(Role::initiator), PathId{7}, role, message, random);
    }
};

}  // namespace ntm::control
