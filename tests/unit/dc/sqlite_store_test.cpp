// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite_store.hpp"

#include "dc/sqlite.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ntm::dc {
namespace {

// A folder that goes with the test.
class SqliteStoreTest : public testing::Test {
  protected:
    SqliteStoreTest() {
        std::string pattern = testing::TempDir() + "ntm_store_XXXXXX";
        folder_ = mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string file() const { return folder_ + "/dc.sqlite"; }
    [[nodiscard]] std::unique_ptr<SqliteStore> open() const {
        auto opened = SqliteStore::open(file());
        EXPECT_TRUE(opened.has_value()) << opened.error().text;
        return opened ? *std::move(opened) : nullptr;
    }
    [[nodiscard]] std::string refusal() const {
        const auto opened = SqliteStore::open(file());
        return opened ? "" : opened.error().text;
    }

    // One record in each table.
    void fill() const;

    std::string folder_;
};

PeerKey key(std::uint8_t number) {
    PeerKey key;
    key.bytes.fill(number);
    return key;
}

NodeRecord node_record() {
    NodeRecord node;
    node.key = key(1);
    node.fqdn = "mn.a.ntm.test";
    node.vipv4 = Ipv4Address::from_host(0xc6120001);
    node.vipv6 = IpAddress::parse("fd00:a::1")->ipv6();
    node.boot_id = BootId{0xfedcba9876543210};
    node.registration_id = 17;
    node.outside = Endpoint::parse("192.0.2.1:40000");
    node.addresses = {*InterfaceAddress::parse("10.0.0.2/24")};
    node.port = Port{9770};
    node.suites = {crypto::Suite::chacha20_poly1305};
    return node;
}

PathRecord path_record() {
    PathRecord path;
    path.id = PathId{0xffeeddccbbaa9988};
    path.revision = 0xfffffffe;
    path.kind = RouteKind::direct;
    path.reason = RouteReason::reachable;
    path.relay = key(3);
    path.relay_revision = 7;
    path.path_secret.mutable_view()[0] = 0x42;
    path.suite = crypto::Suite::chacha20_poly1305;
    path.is_directed = true;
    path.is_direct_allowed = false;
    path.created_unix_seconds = 1'700'000'000;
    path.ends[0] = {key(1), BootId{1}, {}, {{*Endpoint::parse("192.0.2.2:1"), true}}};
    path.ends[1] = {key(2), BootId{2}, {}, {}};
    path.ends[1].leg_secret.mutable_view()[31] = 0x17;
    return path;
}

GeneralNodeRecord general_node_record() {
    GeneralNodeRecord node;
    node.asker = key(1);
    node.vipv4 = Ipv4Address::from_host(0xc6124001);
    node.vipv6 = IpAddress::parse("fd00:a::1:0:1")->ipv6();
    node.fqdn = "www.example.test";
    node.real_ipv6 = IpAddress::parse("2001:db8::80")->ipv6();
    node.path = PathId{0xffeeddccbbaa9988};
    return node;
}

void SqliteStoreTest::fill() const {
    auto store = open();
    store->put_node(node_record());
    store->put_relay({key(3), "rs1", BootId{9}, {*Endpoint::parse("[2001:db8::1]:1")}, 65536});
    store->put_path(path_record());
    store->put_release({key(2), PathId{5}, 6, v1::RELEASE_EXPIRED});
    store->put_general_node(general_node_record());
    store->put_next_address_number(99);
    ASSERT_TRUE(store->commit());
}

TEST_F(SqliteStoreTest, BringsBackEveryFieldAfterAReopen) {
    fill();
    const auto state = open()->load();
    ASSERT_TRUE(state) << state.error().text;
    ASSERT_EQ(state->nodes.size(), 1U);
    const NodeRecord& node = state->nodes[0];
    EXPECT_EQ(node.key, key(1));
    EXPECT_EQ(node.fqdn, "mn.a.ntm.test");
    EXPECT_EQ(node.vipv4, node_record().vipv4);
    EXPECT_EQ(node.vipv6, node_record().vipv6);
    EXPECT_EQ(node.boot_id, node_record().boot_id);
    EXPECT_EQ(node.registration_id, 17U);
    EXPECT_EQ(node.outside, node_record().outside);
    EXPECT_EQ(node.addresses, node_record().addresses);
    EXPECT_EQ(node.port, Port{9770});
    EXPECT_EQ(node.suites, node_record().suites);
    ASSERT_EQ(state->relays.size(), 1U);
    EXPECT_EQ(state->relays[0].name, "rs1");
    EXPECT_EQ(state->relays[0].boot_id, BootId{9});
    EXPECT_EQ(state->relays[0].capacity_paths, 65536U);
    ASSERT_EQ(state->paths.size(), 1U);
    const PathRecord& path = state->paths[0];
    const PathRecord expected = path_record();
    EXPECT_EQ(path.id, expected.id);
    EXPECT_EQ(path.revision, expected.revision);
    EXPECT_EQ(path.kind, expected.kind);
    EXPECT_EQ(path.reason, expected.reason);
    EXPECT_EQ(path.relay, expected.relay);
    EXPECT_EQ(path.relay_revision, 7U);
    EXPECT_EQ(path.path_secret, expected.path_secret);
    EXPECT_EQ(path.suite, expected.suite);
    EXPECT_TRUE(path.is_directed);
    EXPECT_FALSE(path.is_direct_allowed);
    EXPECT_EQ(path.created_unix_seconds, expected.created_unix_seconds);
    EXPECT_EQ(path.ends[0].candidates, expected.ends[0].candidates);
    EXPECT_EQ(path.ends[1].node, key(2));
    EXPECT_EQ(path.ends[1].boot_id, BootId{2});
    EXPECT_EQ(path.ends[1].leg_secret, expected.ends[1].leg_secret);
    ASSERT_EQ(state->releases.size(), 1U);
    EXPECT_EQ(state->releases[0].revision, 6U);
    EXPECT_EQ(state->releases[0].reason, v1::RELEASE_EXPIRED);
    ASSERT_EQ(state->general_nodes.size(), 1U);
    const GeneralNodeRecord& general = state->general_nodes[0];
    EXPECT_EQ(general.asker, key(1));
    EXPECT_EQ(general.vipv4, general_node_record().vipv4);
    EXPECT_EQ(general.vipv6, general_node_record().vipv6);
    EXPECT_EQ(general.fqdn, "www.example.test");
    EXPECT_EQ(general.real_ipv4, std::nullopt);
    EXPECT_EQ(general.real_ipv6, general_node_record().real_ipv6);
    EXPECT_EQ(general.path, general_node_record().path);
    EXPECT_EQ(state->next_address_number, 99U);
}

TEST_F(SqliteStoreTest, ForgetsWhatWasRemovedAndWhatWasNotCommitted) {
    {
        auto store = open();
        store->put_node(node_record());
        store->put_path(path_record());
        store->put_release({key(2), PathId{5}, 6, v1::RELEASE_IDLE});
        store->put_general_node(general_node_record());
        ASSERT_TRUE(store->commit());
        store->remove_general_node(key(1), general_node_record().vipv4);
        store->remove_path(path_record().id);
        store->remove_release(key(2), PathId{5});
        ASSERT_TRUE(store->commit());
        store->remove_node(key(1));
    }
    const auto state = open()->load();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->nodes.size(), 1U);
    EXPECT_TRUE(state->paths.empty());
    EXPECT_TRUE(state->releases.empty());
    EXPECT_TRUE(state->general_nodes.empty());
}

TEST_F(SqliteStoreTest, BeginsALaterTermAtEachStart) {
    EXPECT_EQ(*open()->advance_term(), 1U);
    EXPECT_EQ(*open()->advance_term(), 2U);
}

TEST_F(SqliteStoreTest, LetsOnlyTheOwnerReadTheSecrets) {
    auto store = open();
    store->put_path(path_record());
    ASSERT_TRUE(store->commit());
    for (const auto& entry : std::filesystem::directory_iterator{folder_}) {
        struct stat status {};
        ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
    }
}

TEST_F(SqliteStoreTest, IsClosedToASecondProcess) {
    const auto store = open();
    EXPECT_NE(refusal().find("already running"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
    std::ofstream{file()} << std::string(4096, 'x');
    EXPECT_NE(refusal().find("damaged or not a store"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfAnotherProgram) {
    auto database = Database::open(file());
    database->run("CREATE TABLE other (x)");
    ASSERT_FALSE(database->failure());
    { const Database closed{std::move(*database)}; }
    EXPECT_NE(refusal().find("another program"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, RefusesALaterVersion) {
    static_cast<void>(open());
    {
        auto database = Database::open(file());
        database->run("PRAGMA user_version = 4");
    }
    EXPECT_NE(refusal().find("has version 4"), std::string::npos) << refusal();
}

// F-29.
TEST_F(SqliteStoreTest, RefusesADamagedFile) {
    {
        auto store = open();
        for (std::uint64_t i = 1; i < 2000; ++i) {
            PathRecord path = path_record();
            path.id = PathId{i};
            store->put_path(path);
        }
        ASSERT_TRUE(store->commit());
    }
    const auto size = std::filesystem::file_size(file());
    std::fstream damaged{file(), std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(static_cast<std::streamoff>(size / 2));
    damaged << std::string(8192, '\xff');
    damaged.close();
    EXPECT_NE(refusal().find("damaged"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, NamesTheColumnOfAValueThatCanNotBe) {
    {
        auto store = open();
        store->put_node(node_record());
        ASSERT_TRUE(store->commit());
    }
    {
        auto database = Database::open(file());
        database->run("UPDATE nodes SET outside = 'nowhere'");
        ASSERT_FALSE(database->failure());
    }
    EXPECT_NE(refusal().find("nodes.outside"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, SeesThatARowIsNotWhatWasWritten) {
    fill();
    for (const char* change :
         {"UPDATE nodes SET vipv4 = '198.18.0.9'",
          "UPDATE paths SET suite = 1",
          "UPDATE counters SET value = 1 WHERE name = 'next_address_number'",
          "UPDATE general_nodes SET real_ipv6 = '2001:db8::81'",
          "UPDATE releases SET digest = NULL"}) {
        const std::string copy = folder_ + "/copy.sqlite";
        std::filesystem::copy_file(file(), copy, std::filesystem::copy_options::overwrite_existing);
        auto database = Database::open(copy);
        database->run(change);
        ASSERT_FALSE(database->failure());
        { const Database closed{std::move(*database)}; }
        const auto opened = SqliteStore::open(copy);
        ASSERT_FALSE(opened) << change;
        EXPECT_NE(opened.error().text.find("is not what was written"), std::string::npos)
            << opened.error().text;
    }
}

TEST_F(SqliteStoreTest, RefusesAnOldCopyUntilItsMarkIsRemoved) {
    fill();
    std::filesystem::copy_file(file(), folder_ + "/backup");
    {
        auto store = open();
        store->put_next_address_number(100);
        ASSERT_TRUE(store->commit());
    }
    std::filesystem::rename(folder_ + "/backup", file());
    EXPECT_NE(refusal().find("1 of the 2 changes"), std::string::npos) << refusal();
    std::filesystem::remove(file());
    EXPECT_NE(refusal().find("0 of the 2 changes"), std::string::npos) << refusal();
    std::filesystem::remove(file() + ".mark");
    EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteStoreTest, RefusesADamagedMark) {
    fill();
    std::fstream{file() + ".mark", std::ios::in | std::ios::out | std::ios::binary} << "x";
    EXPECT_NE(refusal().find(".mark: damaged"), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, RefusesAMarkThatCanNotBeRead) {
    fill();
    std::filesystem::remove(file() + ".mark");
    ASSERT_EQ(mkfifo((file() + ".mark").c_str(), 0600), 0);  // opens, but has no place to read from
    EXPECT_NE(refusal().find(".mark: can not be read: "), std::string::npos) << refusal();
}

TEST_F(SqliteStoreTest, TakesAStoreFromBeforeDigests) {
    fill();
    {
        auto database = Database::open(file());
        for (const char* table : {"counters", "nodes", "relays", "paths", "releases"}) {
            database->run(("ALTER TABLE " + std::string{table} + " DROP COLUMN digest").c_str());
        }
        database->run("DROP TABLE general_nodes");
        database->run("DELETE FROM counters WHERE name = 'changes'");
        database->run("PRAGMA user_version = 1");
        ASSERT_FALSE(database->failure()) << *database->failure();
    }
    std::filesystem::remove(file() + ".mark");
    {
        auto store = open();
        ASSERT_NE(store, nullptr);
        EXPECT_EQ(store->load()->next_address_number, 99U);
    }
    auto store = open();
    ASSERT_NE(store, nullptr);
    const auto state = store->load();
    ASSERT_TRUE(state) << state.error().text;
    ASSERT_EQ(state->nodes.size(), 1U);
    EXPECT_EQ(state->nodes[0].vipv4, node_record().vipv4);
    ASSERT_EQ(state->paths.size(), 1U);
    EXPECT_EQ(state->paths[0].path_secret, path_record().path_secret);
}

TEST_F(SqliteStoreTest, TakesAStoreFromBeforeGeneralNodes) {
    fill();
    {
        auto database = Database::open(file());
        database->run("DROP TABLE general_nodes");
        database->run("PRAGMA user_version = 2");
        ASSERT_FALSE(database->failure()) << *database->failure();
    }
    {
        auto store = open();
        ASSERT_NE(store, nullptr);
        EXPECT_TRUE(store->load()->general_nodes.empty());
        store->put_general_node(general_node_record());
        ASSERT_TRUE(store->commit());
    }
    const auto state = open()->load();
    ASSERT_TRUE(state) << state.error().text;
    EXPECT_EQ(state->paths.size(), 1U);
    EXPECT_EQ(state->general_nodes.size(), 1U);
}

TEST_F(SqliteStoreTest, SaysThatTheFolderIsMissing) {
    folder_ += "/none";
    EXPECT_NE(refusal().find("does the folder exist"), std::string::npos) << refusal();
}

// F-28.
TEST_F(SqliteStoreTest, SaysThatTheDiskIsFull) {
    auto database = Database::open(file());
    database->run("CREATE TABLE big (x BLOB)");
    database->run("PRAGMA max_page_count = 8");
    database->run("INSERT INTO big VALUES (zeroblob(100000))");
    ASSERT_TRUE(database->failure());
    EXPECT_NE(database->failure()->find("disk is full"), std::string::npos) << *database->failure();
}

}  // namespace
}  // namespace ntm::dc
