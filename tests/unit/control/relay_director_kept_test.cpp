// SPDX-License-Identifier: BSD-3-Clause
// A director that goes on with what the process before has left: the same paths, legs, keys and subscribers
// under the same boot id, and nothing for a DC to do. F-14.
#include "control/kept_state.hpp"
#include "tests/unit/control/director_world.hpp"
#include "tests/unit/rs-dataplane/napt/kept_store.hpp"

#include <memory>

namespace ntm::control {

namespace {

using Commands = std::vector<DirectorCommand>;

class DirectorKept : public DirectorWorld {
  protected:
    DirectorKept() { restart(); }
    void TearDown() override { director.reset(); }  // it has keys that lie in what is kept
    // Killed, and started again.
    void restart() {
        KeptState& next = *kept.emplace_back(std::make_unique<KeptState>(memory, parts));
        auto left = next.adopt(subscribers);
        DirectorSettings settings = settings_for(
            capacity,
            DirectorSettings::Napt{
                {*IpAddress::parse("198.51.100.21"), *IpAddress::parse("2001:db8:4::21")},
                {},
                subscribers}
        );
        if (!left) {
            next.begin(settings.boot_id, settings.token_key);
        }
        settings.kept = &next;
        settings.process = left ? left->run.processes : 1;
        was_left = left.has_value();
        begin(std::move(settings));
        director->go_on(std::move(left), now);
    }
    [[nodiscard]] tables::RelayPath in_table(std::uint64_t id) const {
        return to_table(*director->paths().find(PathId{id}));
    }

    static constexpr std::uint32_t subscribers = 2;
    tables::KeptLayout layout;
    KeptState::Parts parts = KeptState::lay_out(capacity, layout);
    napt::KeptStore memory{layout.bytes()};
    std::vector<std::unique_ptr<KeptState>> kept;  // of each process: it outlives all keys
    bool was_left = false;
};

TEST_F(DirectorKept, InstallsAllAgainAsItWas) {
    EXPECT_FALSE(was_left);
    EXPECT_EQ(commands(), Commands{CloseLeftSubscribers{}});
    make_open_path();
    ASSERT_EQ(direct(dc_a, ending(8, 1)).status(), v1::STATUS_OK);
    ask({.path = 8}, mn_at, relay4);
    const tables::RelayPath bound = in_table(8);
    ASSERT_TRUE(bound.legs[0].is_bound);
    bound.end->keys->sealing.next_counter = 5;

    restart();
    EXPECT_TRUE(was_left);
    const Commands got = commands();
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got.back(), DirectorCommand{CloseLeftSubscribers{}});
    std::size_t opened = got.size();
    for (std::size_t i = 0; i + 1 < got.size(); ++i) {
        if (const auto* const open = std::get_if<OpenSubscriber>(&got[i])) {
            EXPECT_EQ(open->number, bound.end->subscriber);
            EXPECT_EQ(open->vipv4, IpAddress::parse("198.18.0.1")->ipv4());
            EXPECT_EQ(open->most_ports, 1000U);
            opened = i;
            continue;
        }
        const tables::RelayPath& path = std::get<InstallPath>(got[i]).path;
        EXPECT_EQ(path.legs, path.id == PathId{7} ? open_path().legs : bound.legs);
        if (path.end) {
            EXPECT_LT(opened, i) << "the subscriber before his path";
            EXPECT_EQ(path.end->general_nodes, bound.end->general_nodes);
            EXPECT_EQ(path.end->keys->sealing.next_counter, 5 + KeptEndKeys::left_out);
        }
    }
}

TEST_F(DirectorKept, GoesOnWithWhatTheNodesAndTheDcsSay) {
    ASSERT_EQ(direct(dc_a, ending(8, 1)).status(), v1::STATUS_OK);
    ask({.path = 8}, mn_at, relay4);
    restart();
    commands();
    EXPECT_TRUE(ask({.path = 8}, mn_at, relay4).bound());
    EXPECT_EQ(ask({.path = 8}, mn_at, relay4).boot_id(), relay_boot);
    // The DC directs all that it has again, since the relay asks who it is: a repeat.
    EXPECT_EQ(direct(dc_a, ending(8, 1)).status(), v1::STATUS_OK);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_EQ(direct(dc_b, ending(8, 1)).status(), v1::STATUS_PATH_ID_TAKEN);
    EXPECT_EQ(release(dc_a, 8, 2), v1::STATUS_OK);
    EXPECT_EQ(commands(), (Commands{RemovePath{PathId{8}}, CloseSubscriber{0}}));
    restart();
    EXPECT_EQ(director->paths().size(), 0U);
}

// An answer that the DC has kept for the process before is not one to a request of this one.
TEST_F(DirectorKept, ItsRequestsAreNotThoseOfTheProcessBefore) {
    EXPECT_EQ(dc_a.registrations.size(), 1U) << "the same ids as in the fixture's: a repeat";
    restart();
    EXPECT_EQ(dc_a.registrations.size(), 2U);
    restart();
    EXPECT_EQ(dc_a.registrations.size(), 3U);
}

TEST_F(DirectorKept, AMoveIsLeftToo) {
    make_open_path();
    now += std::chrono::seconds{1};
    const v1::TunnelResponse response = ask({.nonce = "nonce-02"}, mn_moved, relay4);
    ask({.nonce = "nonce-03", .token = response.token()}, mn_moved, relay4);
    const tables::RelayPath moved = in_table(7);
    ASSERT_TRUE(moved.legs[0].previous_remote);
    restart();
    EXPECT_EQ(in_table(7), moved);
    now += old_source_accepted;
    director->handle_timeout(now);
    EXPECT_FALSE(in_table(7).legs[0].previous_remote);
    restart();
    EXPECT_FALSE(in_table(7).legs[0].previous_remote);
}

}  // namespace

}  // namespace ntm::control
