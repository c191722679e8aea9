// SPDX-License-Identifier: BSD-3-Clause
// What nodes and relays say of a path's revision, where the DC's store is from before and where
// they say what can not be.
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

constexpr std::uint32_t absurd = 0xffff'fff0;

// Answers every Direction with the revision said to be held.
std::optional<v1::Signal> claim_absurd(const v1::Signal& request) {
    v1::Signal answer;
    if (request.has_relay_directions()) {
        answer = relay_responses(request, v1::STATUS_STALE);
        for (v1::RelayResponse& response : *answer.mutable_relay_responses()->mutable_responses()) {
            response.set_revision(absurd);
        }
        return answer;
    }
    answer = route_response(request);
    answer.set_status(v1::STATUS_STALE);
    answer.mutable_route_response()->set_revision(absurd);
    return answer;
}

class RevisionsTest : public Lab {};

TEST_F(RevisionsTest, GoesBeyondARevisionThatANodeHoldsAtOnce) {
    register_all();
    cn.respond = [](const v1::Signal& request) {
        v1::Signal answer = route_response(request);
        if (request.has_route_direction() && request.route_direction().revision() < 7) {
            answer.set_status(v1::STATUS_STALE);
            answer.mutable_route_response()->set_revision(7);
        }
        return answer;
    };
    static_cast<void>(direct());
    world.settle();
    EXPECT_EQ(world.only_path().record.revision, 8U);
    ASSERT_EQ(cn.routes().size(), 2U);
    EXPECT_EQ(cn.routes()[1].revision(), 8U);
    EXPECT_EQ(mn.routes().back().revision(), 8U);
}

TEST_F(RevisionsTest, DoesNotClimbForAStaleAnswerThatHoldsNoLaterRevision) {
    register_all();
    cn.respond = [](const v1::Signal& request) {
        v1::Signal answer = route_response(request);
        answer.set_status(v1::STATUS_STALE);
        return answer;
    };
    static_cast<void>(direct());
    world.settle();
    EXPECT_EQ(world.only_path().record.revision, 1U);
}

TEST_F(RevisionsTest, TakesAPathForOverThatANodeHasReleased) {
    register_all();
    cn.respond = [](const v1::Signal& request) {
        v1::Signal answer = route_response(request);
        answer.set_status(v1::STATUS_STALE);
        answer.mutable_route_response()->set_is_released(true);
        return answer;
    };
    static_cast<void>(direct());
    world.settle();
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(mn.releases().size(), 1U);
    EXPECT_EQ(relay.releases().size(), 1U);
    EXPECT_TRUE(cn.releases().empty());
    static_cast<void>(direct());
    world.settle();
    EXPECT_EQ(lines_with("has released path").size(), 1U);
}

TEST_F(RevisionsTest, GoesBeyondARevisionThatTheRelayHolds) {
    register_all();
    relay.respond = [](const v1::Signal& request) {
        const auto& asked = request.relay_directions().directions(0);
        v1::Signal answer =
            relay_responses(request, asked.revision() <= 7 ? v1::STATUS_STALE : v1::STATUS_OK);
        answer.mutable_relay_responses()->mutable_responses(0)->set_revision(
            std::max(asked.revision(), 7U)
        );
        return answer;
    };
    EXPECT_EQ(direct().revision(), 8U);
}

TEST_F(RevisionsTest, EndsAPathOfWhichANodeClaimsAnAbsurdRevision) {
    register_all();
    cn.respond = claim_absurd;
    static_cast<void>(direct());
    world.settle();
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    ASSERT_EQ(mn.releases().size(), 1U);
    EXPECT_EQ(mn.releases()[0].revision(), 2U);
    const auto lines = lines_with("claims revision");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find(cn_name), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find(std::to_string(absurd)), std::string::npos) << lines[0];
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(direct());
        world.settle();
    }
    EXPECT_TRUE(lines_with("claims revision").empty()) << "at once again";
    world.pass(5s);
    static_cast<void>(direct());
    world.settle();
    EXPECT_EQ(lines_with("claims revision").size(), 1U);
}

TEST_F(RevisionsTest, DrawsAnotherPathIdWhereTheRelayClaimsAnAbsurdRevision) {
    register_all();
    std::uint64_t claimed = 0;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        if (claimed == 0) {
            claimed = request.relay_directions().directions(0).path_id();
            return claim_absurd(request);
        }
        return relay_responses(request, v1::STATUS_OK);
    };
    const v1::RouteDirection route = direct();
    EXPECT_NE(route.path_id(), claimed);
    EXPECT_EQ(route.revision(), 1U);
    EXPECT_EQ(lines_with("relay rs1 claims revision").size(), 1U);
}

TEST_F(RevisionsTest, LogsNoLineForEachPathThatTheRelayRefuses) {
    register_all();
    relay.respond = [](const v1::Signal& request) {
        return relay_responses(request, v1::STATUS_NO_RELAY);
    };
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_NO_RELAY);
    }
    EXPECT_EQ(lines_with("relay rs1 refused").size(), 1U);
}

TEST_F(RevisionsTest, RefusesAfterThreeAbsurdRevisionsOfTheRelay) {
    register_all();
    relay.respond = claim_absurd;
    EXPECT_EQ(world.ask_direction(mn, cn_name).status(), v1::STATUS_NO_RELAY);
    EXPECT_EQ(relay.directions().size(), 4U);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
}

}  // namespace
}  // namespace ntm::dc::test
