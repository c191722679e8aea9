// SPDX-License-Identifier: BSD-3-Clause
// What ntmctl is answered by a DC.
#include "dc/admin.hpp"

#include "tests/unit/dc/lab.hpp"

#include <algorithm>

namespace ntm::dc::test {
namespace {

using admin::Json;

class AdminTest : public Lab {
  protected:
    [[nodiscard]] admin::Answer ask(
        const std::string& noun, const std::string& verb, const Json& args
    ) {
        const auto settle = []() -> std::optional<std::string> {
            return std::nullopt;
        };
        const auto verbs = make_admin_verbs(
            {*world.dc, [this] { return world.now; }, settle, world.now, {}, intake}
        );
        const auto found = std::ranges::find_if(verbs, [&](const AdminVerb& candidate) {
            return candidate.noun == noun && candidate.verb == verb;
        });
        return found->handle(args);
    }
    Intake intake;
    // A second path beside that of mn and cn.
    void direct_third() {
        Peer& third = world.add_node("third.a.ntm.test", "192.0.2.3:9770");
        static_cast<void>(world.register_node(third, "third.a.ntm.test", {"10.2.0.2/24"}));
        ASSERT_EQ(world.ask_direction(third, cn_name).status(), v1::STATUS_OK);
    }
};

TEST_F(AdminTest, CountsWhatTheIntakeLost) {
    for (std::size_t i = 0; i <= Intake::capacity; ++i) {
        intake.add(Arrival::cookie_ask, {}, world.now);
    }
    const auto answer = ask("status", "show", {});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("counters").at("cookies_given_up"), 1);
    EXPECT_EQ(answer->at("counters").at("handshakes_given_up"), 0);
}

TEST_F(AdminTest, ShowsAPathByItsId) {
    register_all();
    const std::string id = PathId{direct().path_id()}.text();
    direct_third();
    const auto answer = ask("path", "show", {{"path_id", id}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->at("total"), 2);
    ASSERT_EQ(answer->at("paths").size(), 1U);
    EXPECT_EQ(answer->at("paths")[0].at("path_id"), id);
    EXPECT_EQ(answer->at("paths")[0].at("initiator"), mn_name);
    EXPECT_EQ(answer->at("paths")[0].at("kind"), "relayed");
    EXPECT_EQ(answer->at("paths")[0].at("reason_when_chosen"), "both ends are behind NATs");
}

TEST_F(AdminTest, ShowsAsManyPathsAsAskedFor) {
    register_all();
    static_cast<void>(direct());
    direct_third();
    const auto all = ask("path", "show", Json::object());
    ASSERT_TRUE(all);
    EXPECT_EQ(all->at("paths").size(), 2U);
    const auto one = ask("path", "show", {{"limit", 1}});
    ASSERT_TRUE(one);
    EXPECT_EQ(one->at("paths").size(), 1U);
    EXPECT_EQ(one->at("total"), 2);
}

TEST_F(AdminTest, ShowsNodesAndRelaysUnderTheirNames) {
    const auto nodes = ask("node", "show", Json::object());
    const auto relays = ask("relay", "show", Json::object());
    ASSERT_TRUE(nodes && relays);
    ASSERT_EQ(nodes->at("nodes").size(), 2U);
    ASSERT_EQ(relays->at("relays").size(), 1U);
    EXPECT_EQ(relays->at("relays")[0].at("name"), "rs1");
}

TEST_F(AdminTest, OfANodeThatWasNeverSeenItShowsNoRunAndNoPlace) {
    const auto before = ask("node", "show", Json::object());
    ASSERT_TRUE(before);
    for (const char* key : {"boot_id", "last_heard_seconds", "outside"}) {
        EXPECT_TRUE(before->at("nodes")[0].at(key).is_null()) << key;
    }
    register_all();
    const auto after = ask("node", "show", Json::object());
    ASSERT_TRUE(after);
    for (const char* key : {"boot_id", "last_heard_seconds", "outside"}) {
        EXPECT_FALSE(after->at("nodes")[0].at(key).is_null()) << key;
    }
}

TEST_F(AdminTest, AnOrderIsAnsweredWithWhatItHasDone) {
    SeededRandom random{77};
    const std::string key = crypto::KeyPair::generate(random).public_key().text();
    const auto added = ask("node", "add", {{"fqdn", "New.a.ntm.test."}, {"key", key}});
    ASSERT_TRUE(added) << added.error().message;
    const auto nodes = ask("node", "show", Json::object());
    const auto shown = std::ranges::find_if(nodes->at("nodes"), [&](const Json& node) {
        return node.at("fqdn") == "new.a.ntm.test";
    });
    ASSERT_NE(shown, nodes->at("nodes").end());
    const Json expected{
        {"added", "new.a.ntm.test"}, {"vipv4", shown->at("vipv4")}, {"vipv6", shown->at("vipv6")}};
    EXPECT_EQ(*added, expected);
    EXPECT_FALSE(ask("node", "add", {{"fqdn", "new.a.ntm.test"}, {"key", key}}));
    const auto removed = ask("node", "remove", {{"fqdn", "new.a.ntm.test"}});
    ASSERT_TRUE(removed);
    EXPECT_EQ(*removed, (Json{{"removed", "new.a.ntm.test"}}));
    const auto relay_added = ask("relay", "add", {{"name", "rs2"}, {"key", key}});
    ASSERT_TRUE(relay_added);
    EXPECT_EQ(*relay_added, (Json{{"added", "rs2"}}));
    const auto relay_removed = ask("relay", "remove", {{"name", "rs2"}});
    ASSERT_TRUE(relay_removed);
    EXPECT_EQ(*relay_removed, (Json{{"removed", "rs2"}}));
}

TEST_F(AdminTest, AnUnknownPathIsAnError) {
    register_all();
    static_cast<void>(direct());
    for (const char* id : {"1", "cn.b.ntm.test"}) {
        const auto answer = ask("path", "show", {{"path_id", id}});
        ASSERT_FALSE(answer) << id;
        EXPECT_EQ(answer.error().code, "unknown_path");
    }
}

}  // namespace
}  // namespace ntm::dc::test
