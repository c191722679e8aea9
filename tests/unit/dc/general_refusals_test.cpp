// SPDX-License-Identifier: BSD-3-Clause
// What the DC refuses in paths to general nodes, and the bounds that it keeps.
#include "dc/general_desk.hpp"
#include "tests/unit/dc/general_lab.hpp"

namespace ntm::dc::test {
namespace {

class GeneralRefusalsTest : public GeneralLab {};

TEST_F(GeneralRefusalsTest, AreRefusedForWhatIsNoGeneralNode) {
    const v1::Signal unknown = world.ask_direction(mn, "nothing.example.test");
    EXPECT_EQ(unknown.status(), v1::STATUS_UNKNOWN_NAME) << unknown.text();
    world.zones["ntm.other.test"] = {"v=ntm1 k=abc"};
    world.hosts["cn.ntm.other.test"] = {ip("198.51.100.80")};
    const v1::Signal other = world.ask_direction(mn, "cn.ntm.other.test");
    EXPECT_EQ(other.status(), v1::STATUS_UNREACHABLE);
    EXPECT_NE(other.text().find("another DC"), std::string::npos) << other.text();
    for (const char* address : {"127.0.0.1", "224.0.0.1", "198.18.0.2", "fe80::1", "fd00:a::2"}) {
        const std::string name = "at" + std::to_string(world.hosts.size()) + ".example.test";
        world.hosts[name] = {ip(address)};
        EXPECT_EQ(world.ask_direction(mn, name).status(), v1::STATUS_UNREACHABLE) << address;
    }
    world.questions.clear();
    EXPECT_EQ(world.ask_direction(mn, "none.a.ntm.test").status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_EQ(world.ask_direction(mn, "a.ntm.test").status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_TRUE(world.questions.empty()) << "the DC's own zones are its own";
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(world.dc->context().general.size(), 0U);
}

TEST_F(GeneralRefusalsTest, AreNotThereUnlessConfigured) {
    world.settings.general_blocks.reset();
    ASSERT_TRUE(world.restart_dc());
    world.settle();
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_TRUE(world.questions.empty());
}

TEST_F(GeneralRefusalsTest, WaitForTheDnsWithinBounds) {
    world.is_dns_silent = true;
    std::vector<std::uint64_t> ids;
    for (std::size_t i = 0; i <= GeneralDesk::most_waiting; ++i) {
        ids.push_back(mn.signaling->send_request(
            world.dc_keys.public_key(),
            direction_request("n" + std::to_string(i) + ".example.test"),
            protocol::OnNewBoot::fail,
            world.now
        ));
    }
    world.settle();
    EXPECT_EQ(mn.answers.at(ids.back()).status(), v1::STATUS_BUSY) << "one too many";
    EXPECT_EQ(world.ask_direction(cn, "other.example.test").status(), v1::STATUS_BUSY)
        << "after the DNS was silent";
    world.pass(GeneralNames::patience);
    for (const std::uint64_t id : ids) {
        ASSERT_TRUE(mn.answers.contains(id));
        EXPECT_EQ(mn.answers.at(id).status(), v1::STATUS_BUSY);
    }
    world.is_dns_silent = false;
    EXPECT_EQ(reach().kind(), v1::ROUTE_GENERAL) << "nothing is held any more";
}

// A node takes its DC for silent after 3 s.
TEST_F(GeneralRefusalsTest, AnswerInTimeThoughTheDnsIsSilent) {
    world.is_dns_silent = true;
    const Instant asked = world.now;
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_BUSY);
    EXPECT_LE(world.now - asked, 2600ms);
}

// F-34.
TEST_F(GeneralRefusalsTest, CountAmongThePathsOfTheNode) {
    Settings settings = world.settings;
    settings.limits.paths_per_node = 1;
    world.dc->set_policy(settings);
    ASSERT_EQ(direct().kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_BUSY);
    EXPECT_EQ(world.dc->context().general.size(), 0U);
}

TEST_F(GeneralRefusalsTest, NeedARelayThatCanEndThem) {
    world.relays_have_napt = false;
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    const v1::Signal answer = world.ask_direction(mn, gn_name);
    EXPECT_EQ(answer.status(), v1::STATUS_NO_RELAY);
    EXPECT_EQ(
        answer.text(), "no relay with NAPT reaches both the node and www.example.test at the moment"
    );
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    world.relays_have_napt = true;
    ASSERT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_OK);
    EXPECT_EQ(reach().kind(), v1::ROUTE_GENERAL);
}

// A private network's host, perhaps, whose name other resolvers know better.
TEST_F(GeneralRefusalsTest, LeaveToOtherResolversWhereNoRelayForwardsTo) {
    v1::Status verdict = v1::STATUS_BAD_REQUEST;
    relay.respond = [&](const v1::Signal& request) -> std::optional<v1::Signal> {
        return relay_responses(request, verdict);
    };
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_UNKNOWN_NAME);
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    verdict = v1::STATUS_FULL;
    EXPECT_EQ(world.ask_direction(mn, gn_name).status(), v1::STATUS_NO_RELAY);
}

TEST_F(GeneralRefusalsTest, TakeNoAddressesOfNodes) {
    EXPECT_EQ(world.dc->context().settings.general_blocks->ipv4.text(), "198.18.64.0/24");
    world.settings.general_blocks->ipv4 = *Prefix::parse("198.18.0.0/24");
    EXPECT_FALSE(world.restart_dc()) << "mn and cn have addresses there";
}

TEST_F(GeneralRefusalsTest, LeaveOutAFamilyThatTheRelayHasNot) {
    v1::Signal request;
    v1::RsRegister& body = *request.mutable_rs_register();
    body.set_name("rs1");
    body.set_capacity_paths(1000);
    *body.add_addresses() = to_wire(endpoint("198.51.100.20:9770"));
    body.set_has_napt(true);
    ASSERT_EQ(world.ask(relay, std::move(request)).status(), v1::STATUS_OK);
    EXPECT_NE(reach().peer_vipv4(), "");
    EXPECT_EQ(reach().peer_vipv6(), "") << "a program is not to wait for it";
    world.hosts["six.example.test"] = {ip("2001:db8::81")};
    const v1::Signal answer = world.ask_direction(mn, "six.example.test");
    EXPECT_EQ(answer.status(), v1::STATUS_NO_RELAY);
    EXPECT_EQ(
        answer.text(), "no relay with NAPT reaches both the node and six.example.test at the moment"
    );
}

TEST_F(GeneralRefusalsTest, CountWhenAskedForByVirtualAddressToo) {
    const v1::RouteDirection route = reach();
    ASSERT_EQ(world.ask(mn, release(route, v1::RELEASE_IDLE)).status(), v1::STATUS_OK);
    Settings settings = world.settings;
    settings.limits.paths_per_node = 1;
    world.dc->set_policy(settings);
    ASSERT_EQ(direct().kind(), v1::ROUTE_RELAYED);
    EXPECT_EQ(ask_by_vip(mn, route.peer_vipv4()).status(), v1::STATUS_BUSY);
}

TEST_F(GeneralRefusalsTest, GiveNothingToARunThatIsOver) {
    world.is_dns_silent = true;
    mn.signaling->send_request(
        world.dc_keys.public_key(), direction_request(gn_name), protocol::OnNewBoot::fail, world.now
    );
    world.settle();
    mn.restart();
    ASSERT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_OK);
    dns::Answer at_last;
    at_last.kind = dns::Answer::Kind::exists;
    at_last.zone = "test";
    at_last.addresses = {ip("198.51.100.80")};
    for (const dns::RecordType type :
         {dns::RecordType::ns, dns::RecordType::a, dns::RecordType::aaaa}) {
        world.dc->handle_answer({1, {gn_name, type}}, at_last, world.now);
    }
    world.settle();
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    EXPECT_EQ(world.dc->context().general.size(), 0U);
    world.questions.clear();
    EXPECT_EQ(reach().kind(), v1::ROUTE_GENERAL);
    EXPECT_TRUE(world.questions.empty()) << "the answers were taken";
}

TEST_F(GeneralRefusalsTest, EndPathsThatAreNotConfiguredAnyMore) {
    const v1::RouteDirection route = reach();
    world.settings.general_blocks.reset();
    ASSERT_TRUE(world.restart_dc());
    EXPECT_TRUE(world.dc->context().paths.all().empty());
    forget_requests();
    register_all();
    world.settle();
    ASSERT_EQ(relay.releases().size(), 1U);
    EXPECT_EQ(relay.releases()[0].path_id(), route.path_id());
    EXPECT_EQ(mn.releases().size(), 1U);
}

}  // namespace
}  // namespace ntm::dc::test
