// SPDX-License-Identifier: BSD-3-Clause
// A peer's key that has become another is noticed once, also after a restart (docs/protocol.md section 8).
#include "client/node/known_peers.hpp"

#include "client/node/known_peers_file.hpp"
#include "tests/unit/client/node/node_world.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ntm::client::testing {
namespace {

crypto::PublicKey key_of(std::uint8_t fill) {
    crypto::PublicKey key;
    key.bytes.fill(fill);
    return key;
}

TEST(KnownPeers, notices_another_key_once) {
    KnownPeers peers;
    EXPECT_FALSE(peers.meet("cn.b.ntm.test", key_of(1)));
    EXPECT_FALSE(peers.meet("cn.b.ntm.test", key_of(1)));
    EXPECT_FALSE(peers.key_before("cn.b.ntm.test"));
    EXPECT_EQ(peers.meet("cn.b.ntm.test", key_of(2)), key_of(1));
    EXPECT_FALSE(peers.meet("cn.b.ntm.test", key_of(2)));
    EXPECT_EQ(peers.key_before("cn.b.ntm.test"), key_of(1));
    EXPECT_FALSE(peers.meet("xn.b.ntm.test", key_of(3)));
}

TEST(KnownPeers, has_news_for_the_next_run_where_something_has_changed) {
    KnownPeers peers{
        {{"a.ntm.test", key_of(1)}, {"b.ntm.test", key_of(2)}, {"a.ntm.test", key_of(4)}}};
    EXPECT_FALSE(peers.take_news());
    EXPECT_FALSE(peers.key_before("a.ntm.test")) << "of an earlier run";
    EXPECT_FALSE(peers.meet("a.ntm.test", key_of(4)));
    EXPECT_FALSE(peers.take_news());
    EXPECT_EQ(peers.meet("b.ntm.test", key_of(3)), key_of(2));
    const std::vector<KnownPeer> all{{"a.ntm.test", key_of(4)}, {"b.ntm.test", key_of(3)}};
    EXPECT_EQ(peers.take_news(), all);
    EXPECT_FALSE(peers.take_news());
}

TEST(KnownPeers, forgets_who_was_met_first_beyond_its_capacity) {
    KnownPeers peers;
    for (std::size_t i = 0; i <= KnownPeers::capacity; ++i) {
        static_cast<void>(peers.meet(std::to_string(i), key_of(1)));
    }
    EXPECT_EQ(peers.take_news()->size(), KnownPeers::capacity);
    EXPECT_FALSE(peers.meet("0", key_of(2)));
    EXPECT_EQ(peers.meet("5", key_of(2)), key_of(1));
}

class KnownPeersFile : public ::testing::Test {
  protected:
    void TearDown() override {
        std::remove(file_.c_str());
        std::remove((file_ + ".new").c_str());
    }
    void put(const std::string& text) const { std::ofstream{file_} << text; }

    const std::string file_ = ::testing::TempDir() + "known-peers-" + std::to_string(getpid());
};

TEST_F(KnownPeersFile, is_read_as_it_was_written) {
    EXPECT_TRUE(read_known_peers(file_)->empty()) << "there is none yet";
    EXPECT_TRUE(read_known_peers("")->empty());
    const std::vector<KnownPeer> all{{"a.ntm.test", key_of(4)}, {"b.ntm.test", key_of(3)}};
    ASSERT_TRUE(write_known_peers(file_, {{"c.ntm.test", key_of(1)}}));
    ASSERT_TRUE(write_known_peers(file_, all));
    EXPECT_EQ(*read_known_peers(file_), all);
}

TEST_F(KnownPeersFile, says_what_is_wrong_with_it) {
    for (const char* line : {"a.ntm.test", "a.ntm.test abc", "", "a.ntm.test abc def"}) {
        put("b.ntm.test " + key_of(1).text() + "\n" + line + "\n");
        const auto read = read_known_peers(file_);
        ASSERT_FALSE(read) << line;
        EXPECT_EQ(read.error(), file_ + ": line 2 is not a name and a key");
    }
    EXPECT_FALSE(write_known_peers("/nowhere/at/all", {}));
}

TEST(KnownPeersAtANode, a_direction_with_another_key_is_told_and_shown) {
    NodeWorld world;
    world.start();
    world.make_path();
    const crypto::PublicKey first = world.path()->peer_key;
    EXPECT_EQ(
        world.node->take_known_peers(), (std::vector<KnownPeer>{{world.path()->peer_fqdn, first}})
    );
    EXPECT_FALSE(world.path()->peer_key_before);
    for (const std::uint32_t revision : {2U, 3U}) {
        v1::RouteDirection direction = world.dc.relayed_direction(revision);
        direction.set_peer_static_key(as_text(key_of(9).bytes));
        world.dc_directs(direction);
        world.run_for(seconds{1});
    }
    EXPECT_TRUE(world.path()->is_ready);
    EXPECT_EQ(world.path()->peer_key, key_of(9));
    EXPECT_EQ(world.path()->peer_key_before, first);
    EXPECT_EQ(
        std::ranges::count_if(
            world.log,
            [](const std::string& line) {
                return line.find("is another than before") != std::string::npos;
            }
        ),
        1
    );
}

}  // namespace
}  // namespace ntm::client::testing
