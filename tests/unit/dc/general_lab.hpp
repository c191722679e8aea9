// SPDX-License-Identifier: BSD-3-Clause
// The usual cast with general nodes configured: a host and its zone that the DNS knows.
#pragma once

#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {

class GeneralLab : public StoredLab {
  protected:
    static constexpr const char* gn_name = "www.example.test";

    GeneralLab() {
        world.settings.general_blocks =
            GeneralBlocks{*Prefix::parse("198.18.64.0/24"), *Prefix::parse("fd00:a::1:0:0/112")};
        EXPECT_TRUE(world.restart_dc());
        world.hosts[gn_name] = {ip("198.51.100.80"), ip("2001:db8::80")};
        world.zones["example.test"] = {"v=spf1 -all"};
        register_all();
    }
    static IpAddress ip(const char* text) { return *IpAddress::parse(text); }
    static std::string text(const std::string& field) {
        const auto address = IpAddress::from_bytes(as_bytes(field));
        return address ? address->text() : "";
    }
    v1::RouteDirection reach(const std::string& name = gn_name) {
        const v1::Signal answer = world.ask_direction(mn, name);
        EXPECT_EQ(answer.status(), v1::STATUS_OK) << answer.text();
        return answer.direction_response().route();
    }
    v1::Signal ask_by_vip(Peer& asker, const std::string& vip) {
        v1::Signal request;
        request.mutable_direction_request()->set_vip(vip);
        return world.ask(asker, std::move(request));
    }
    // mn's last Route Direction.
    [[nodiscard]] v1::RouteDirection told() const {
        const auto routes = mn.routes();
        EXPECT_FALSE(routes.empty());
        return routes.empty() ? v1::RouteDirection{} : routes.back();
    }
    [[nodiscard]] v1::RelayDirection ordered() const {
        const auto directions = relay.directions();
        EXPECT_FALSE(directions.empty());
        return directions.empty() ? v1::RelayDirection{} : directions.back();
    }
};

}  // namespace ntm::dc::test
