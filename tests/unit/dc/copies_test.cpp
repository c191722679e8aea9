// SPDX-License-Identifier: BSD-3-Clause
// F-36: two hosts with one key. Name, addresses and paths are of the one that started last, whatever
// the other does, and the DC says so at a limited rate.
#include "tests/unit/dc/lab.hpp"

namespace ntm::dc::test {
namespace {

class CopiesTest : public Lab {
  protected:
    [[nodiscard]] std::vector<std::string> complaints() { return lines_with("copy of its key"); }
};

TEST_F(CopiesTest, LeaveThePathWithTheOneThatStartedLast) {
    register_all();
    static_cast<void>(direct());
    Peer& copy = world.add_copy(mn, "192.0.2.77:9770");
    ASSERT_EQ(world.register_node(copy, mn_name, {"10.7.0.2/24"}).status(), v1::STATUS_OK);
    world.pass(1s);
    const std::uint32_t revision = world.only_path().record.revision;
    EXPECT_EQ(world.only_path().record.end(Role::initiator).boot_id, copy.boot_id());
    for (int minute = 0; minute < 3; ++minute) {
        EXPECT_EQ(world.register_node(mn, mn_name, {"10.0.0.2/24"}).status(), v1::STATUS_INTERNAL)
            << "no answer";
        EXPECT_EQ(world.register_node(copy, mn_name, {"10.7.0.2/24"}).status(), v1::STATUS_OK);
        world.pass(30s);
    }
    const Node* node = world.dc->context().registry.find_node(mn.key());
    EXPECT_EQ(node->record.outside, copy.outside);
    EXPECT_EQ(node->record.boot_id, copy.boot_id());
    EXPECT_EQ(world.only_path().record.revision, revision);
    const auto lines = complaints();
    ASSERT_GE(lines.size(), 2U);
    EXPECT_LE(lines.size(), 4U) << "one a minute";
    EXPECT_NE(lines[0].find(mn_name), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find(mn.outside.text()), std::string::npos) << lines[0];
}

TEST_F(CopiesTest, OfARelayLeaveItToTheOneThatStartedLast) {
    register_all();
    Peer& copy = world.add_copy(relay, "198.51.100.77:9770");
    world.relays.clear();
    ASSERT_EQ(world.register_relay(copy, "rs1").status(), v1::STATUS_OK);
    world.relays.clear();
    EXPECT_EQ(world.register_relay(relay, "rs1").status(), v1::STATUS_INTERNAL) << "no answer";
    EXPECT_EQ(world.dc->context().registry.find_relay(relay.key())->record.boot_id, copy.boot_id());
    EXPECT_EQ(complaints().size(), 1U);
}

}  // namespace
}  // namespace ntm::dc::test
