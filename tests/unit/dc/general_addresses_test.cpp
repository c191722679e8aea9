// SPDX-License-Identifier: BSD-3-Clause
#include "dc/general_addresses.hpp"

#include "dc/sqlite_store.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

using namespace std::chrono_literals;

PeerKey key(std::uint8_t number) {
    PeerKey key;
    key.bytes.fill(number);
    return key;
}

IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

class GeneralAddressesTest : public testing::Test {
  protected:
    GeneralAddressesTest() {
        static_cast<void>(store->load());
        restart();
    }
    // The DC ends and starts again.
    void restart() {
        ASSERT_TRUE(store->commit());
        addresses.emplace(blocks, *store);
        auto state = store->load();
        ASSERT_TRUE(state);
        for (GeneralNodeRecord& record : state->general_nodes) {
            addresses->adopt(std::move(record), now);
        }
    }
    const GeneralNodeRecord* take(
        const PeerKey& asker, const char* fqdn, const std::vector<IpAddress>& real
    ) {
        return addresses->take(asker, fqdn, real, now);
    }
    [[nodiscard]] std::size_t stored() {
        EXPECT_TRUE(store->commit());
        return store->load()->general_nodes.size();
    }

    std::optional<GeneralBlocks> blocks =
        GeneralBlocks{*Prefix::parse("198.18.64.0/29"), *Prefix::parse("fd00:a::1:0:0/112")};
    std::unique_ptr<SqliteStore> store = *SqliteStore::open(":memory:");
    std::optional<GeneralAddresses> addresses;
    Instant now{1000s};
    const PeerKey mn = key(1);
    const PeerKey other = key(2);
    const std::vector<IpAddress> dual{ip("198.51.100.80"), ip("2001:db8::80")};
};

TEST_F(GeneralAddressesTest, GivesAPairOutOfItsBlocks) {
    const auto* node = take(mn, "www.example.test", dual);
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(IpAddress{node->vipv4}.text(), "198.18.64.1");
    EXPECT_EQ(IpAddress{node->vipv6}.text(), "fd00:a::1:0:1");
    EXPECT_EQ(IpAddress{*node->real_ipv4}.text(), "198.51.100.80");
    EXPECT_EQ(IpAddress{*node->real_ipv6}.text(), "2001:db8::80");
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), node);
    EXPECT_EQ(addresses->find(mn, ip("fd00:a::1:0:1")), node);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.2")), nullptr);
    EXPECT_EQ(addresses->find(mn, ip("fd00:b::1:0:1")), nullptr);
    EXPECT_EQ(addresses->find(other, ip("198.18.64.1")), nullptr) << "it is mn's alone";
}

TEST_F(GeneralAddressesTest, MeansTheSameForAsLongAsItIsThere) {
    const auto* node = take(mn, "www.example.test", dual);
    EXPECT_EQ(take(mn, "www.example.test", {dual[1], ip("198.51.100.7"), dual[0]}), node)
        << "its place is among these";
    const auto* moved = take(mn, "www.example.test", {ip("198.51.100.7"), dual[1]});
    EXPECT_NE(moved, node);
    EXPECT_EQ(IpAddress{*node->real_ipv4}.text(), "198.51.100.80");
    EXPECT_NE(take(mn, "www.example.test", {dual[0]}), node) << "it has lost a family";
    EXPECT_NE(take(mn, "other.example.test", dual), node);
}

TEST_F(GeneralAddressesTest, NobodyUsesUpAnothersAddresses) {
    std::set<IpAddress> given;
    for (char name = 'a'; name < 'g'; ++name) {
        const auto* node = take(mn, std::string{name, '.', 't'}.c_str(), dual);
        ASSERT_NE(node, nullptr);
        given.insert(node->vipv4);
    }
    EXPECT_EQ(given.size(), 6U);
    EXPECT_EQ(take(mn, "g.t", dual), nullptr);
    EXPECT_NE(take(other, "g.t", dual), nullptr);
}

TEST_F(GeneralAddressesTest, RestsForADayAfterItsLastPath) {
    const auto* node = take(mn, "www.example.test", dual);
    addresses->begin_path(*node, PathId{7});
    EXPECT_EQ(addresses->find_of(PathId{7}), node);
    EXPECT_EQ(addresses->find_reached(mn, "www.example.test"), node);
    now += 48h;
    addresses->handle_timeout(now);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), node) << "while the path lives";
    addresses->end_path(PathId{7}, now);
    EXPECT_EQ(addresses->find_of(PathId{7}), nullptr);
    EXPECT_EQ(addresses->find_reached(mn, "www.example.test"), nullptr);
    EXPECT_EQ(addresses->next_timeout(), now + 24h);
    now += 24h - 1ns;
    addresses->handle_timeout(now);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), node);
    addresses->begin_path(*node, PathId{8});
    now += 24h;
    addresses->handle_timeout(now);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), node) << "it is in use again";
    addresses->end_path(PathId{8}, now);
    now += 24h;
    addresses->handle_timeout(now);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), nullptr);
    EXPECT_EQ(addresses->size(), 0U);
    EXPECT_EQ(stored(), 0U);
}

TEST_F(GeneralAddressesTest, TakesAFreeOneAsLateAsItCan) {
    static_cast<void>(take(mn, "a.t", dual));
    now += 24h;
    addresses->handle_timeout(now);
    EXPECT_EQ(IpAddress{take(mn, "b.t", dual)->vipv4}.text(), "198.18.64.2");
}

// F-10.
TEST_F(GeneralAddressesTest, AreTheSameAfterARestartAndRestAnew) {
    addresses->begin_path(*take(mn, "www.example.test", dual), PathId{7});
    static_cast<void>(take(mn, "rests.example.test", {dual[0]}));
    now += 23h;
    restart();
    const auto* node = addresses->find(mn, ip("198.18.64.1"));
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(addresses->find_of(PathId{7}), node);
    EXPECT_EQ(node->fqdn, "www.example.test");
    const auto* resting = addresses->find(mn, ip("198.18.64.2"));
    ASSERT_NE(resting, nullptr);
    EXPECT_FALSE(resting->real_ipv6);
    EXPECT_EQ(take(mn, "rests.example.test", {dual[0]}), resting);
    EXPECT_EQ(addresses->next_timeout(), now + 24h);
    EXPECT_EQ(IpAddress{take(mn, "new.t", dual)->vipv4}.text(), "198.18.64.3");
}

TEST_F(GeneralAddressesTest, GoWithTheirAsker) {
    addresses->begin_path(*take(mn, "a.t", dual), PathId{7});
    static_cast<void>(take(mn, "b.t", dual));
    static_cast<void>(take(other, "a.t", dual));
    addresses->forget(mn);
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), nullptr);
    EXPECT_EQ(addresses->find_of(PathId{7}), nullptr);
    EXPECT_EQ(addresses->size(), 1U);
    EXPECT_EQ(stored(), 1U);
}

TEST_F(GeneralAddressesTest, AreForgottenWhereTheBlocksAreOthers) {
    static_cast<void>(take(mn, "a.t", dual));
    blocks->ipv6 = *Prefix::parse("fd00:a::2:0:0/112");
    restart();
    EXPECT_EQ(addresses->size(), 0U);
    EXPECT_EQ(stored(), 0U);
    blocks.reset();
    restart();
    EXPECT_FALSE(addresses->is_configured());
    EXPECT_EQ(addresses->find(mn, ip("198.18.64.1")), nullptr);
}

}  // namespace
}  // namespace ntm::dc
