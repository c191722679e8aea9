// SPDX-License-Identifier: BSD-3-Clause
// Who had a port: from what a ledger told, through files, to the answer.
#include "control/nat_records/who_had.hpp"

#include "control/nat_records/nat_ledger.hpp"
#include "control/nat_records/record_text.hpp"
#include "tests/unit/control/nat_records/folder.hpp"
#include "tests/unit/control/nat_records/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace test;
using admin::Json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PathId first_path{1};
constexpr PathId second_path{2};
constexpr const char* second_run = "2233445566778899";

class WhoHadTest : public ::testing::Test {
  protected:
    // A run of the relay begins.
    void start(const std::string& called, int second) {
        run_ = called;
        ledger_ = {{ip("198.51.100.20")}, 256};
        put({later(second), Change::begins, {}, nullptr, RunBegan{}});
    }
    void put(const NatRecord& record) { text_ += record_text(record, run_) + "\n"; }
    // What the ledger has told goes to the file.
    void write() {
        for (const NatRecord& record : ledger_.take_records()) {
            put(record);
        }
    }
    void next_file() {
        write();
        folder_.write("nat-" + std::to_string(++files_) + ".jsonl", text_);
        text_.clear();
    }
    void set(
        PathId id, const std::string& real, int second, const std::string& fqdn = "mn1.example.test"
    ) {
        ledger_.set_path({id, 0, tenant(0, fqdn), at(real)}, later(second));
    }
    // A run in which mn1 is at one place from second 1, and has a block from second 10 on.
    void start_with_mn1(const std::string& called = run, napt::Tenancy tenancy = 7) {
        start(called, 0);
        ledger_.open(0, tenancy);
        set(first_path, "192.0.2.1:4000", 1);
        take(tenancy, 10);
    }
    // Who has the same number after him: where he is from `second` on, and a block from `taken` on.
    void mn2_comes(napt::Tenancy tenancy, int second, int taken) {
        ledger_.open(0, tenancy);
        set(second_path, "192.0.2.9:4000", second, "mn2.example.test");
        take(tenancy, taken);
    }
    void take(napt::Tenancy tenancy, int second) {
        tell(napt::Event::Kind::block_taken, tenancy, second);
    }
    void give_back(napt::Tenancy tenancy, int second) {
        tell(napt::Event::Kind::block_given_back, tenancy, second);
    }
    void tell(napt::Event::Kind kind, napt::Tenancy tenancy, int second) {
        napt::Event event;
        event.kind = kind;
        event.tenancy = tenancy;
        event.public_port = {0, 32768};
        ledger_.take(event, later(second));
    }

    [[nodiscard]] Json ask(int second, std::uint16_t port = 32900) {
        return who_had(folder_.path(), {ip("198.51.100.20"), port, later(second)}).value();
    }
    // Names, each with the real addresses.
    [[nodiscard]] std::vector<std::string> names(const Json& answer) {
        std::vector<std::string> names;
        for (const Json& holder : answer.at("holders")) {
            std::string text = holder.at("subscriber");
            for (const Json& real : holder.at("real_addresses")) {
                text += " " + real.at("address").get<std::string>();
            }
            names.push_back(text);
        }
        return names;
    }

    Folder folder_;
    NatLedger ledger_{{ip("198.51.100.20")}, 256};
    std::string run_ = run;
    std::string text_;
    int files_ = 0;
};

TEST_F(WhoHadTest, NamesTheHolderWithAllThatIsKnownOfHim) {
    start_with_mn1();
    give_back(7, 100);
    next_file();
    const Json answer = ask(50);
    const Json expected{
        {{"subscriber", "mn1.example.test"},
         {"key", key(1).text()},
         {"vipv4", "198.18.0.1"},
         {"vipv6", "fd00:6e74:6d::1"},
         {"dc", key(2).text()},
         {"first_port", 32768},
         {"last_port", 33023},
         {"since", later(10).text()},
         {"until", later(100).text()},
         {"until_is_exact", true},
         {"real_addresses",
          {{{"address", "192.0.2.1:4000"}, {"since", later(1).text()}, {"until", nullptr}}}}}};
    EXPECT_EQ(answer.at("holders").dump(), expected.dump());
    EXPECT_EQ(answer.at("records_from"), later(0).text());
    EXPECT_EQ(answer.at("records_to"), later(100).text());
}

TEST_F(WhoHadTest, EachHadItInHisOwnTime) {
    start_with_mn1();
    give_back(7, 100);
    ledger_.close(0, Instant{}, later(150));
    mn2_comes(8, 200, 230);
    next_file();
    EXPECT_THAT(names(ask(9)), IsEmpty());
    EXPECT_THAT(names(ask(10)), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_THAT(names(ask(100)), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_THAT(names(ask(101)), IsEmpty());
    EXPECT_THAT(names(ask(230)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
    EXPECT_THAT(names(ask(9999)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
    EXPECT_THAT(names(ask(9999, 32767)), IsEmpty());
    EXPECT_THAT(names(ask(9999, 32768)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
    EXPECT_THAT(names(ask(9999, 33023)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
    EXPECT_THAT(names(ask(9999, 33024)), IsEmpty());
}

TEST_F(WhoHadTest, RealAddressesAreThoseOfTheTimeAcrossMoves) {
    start_with_mn1();
    set(first_path, "[2001:db8::7]:4001", 20);
    set(second_path, "192.0.2.2:4002", 30);
    next_file();
    EXPECT_THAT(names(ask(15)), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_THAT(names(ask(25)), ElementsAre("mn1.example.test [2001:db8::7]:4001"));
    EXPECT_THAT(names(ask(31)), ElementsAre("mn1.example.test 192.0.2.2:4002 [2001:db8::7]:4001"));
}

TEST_F(WhoHadTest, TheKeyIsThatOfTheTime) {
    start_with_mn1();
    Tenant other = tenant(0);
    other.key = key(9);
    ledger_.set_path({first_path, 0, other, at("192.0.2.1:4000")}, later(50));
    give_back(7, 90);
    next_file();
    EXPECT_EQ(ask(49).at("holders").at(0).at("key"), key(1).text());
    EXPECT_EQ(ask(51).at("holders").at(0).at("key"), key(9).text());
}

TEST_F(WhoHadTest, AFileAloneTellsWhatWasSoWhenItBegan) {
    start_with_mn1();
    next_file();
    ledger_.begin_walk();
    ledger_.go_on_walking(100, later(1000));
    next_file();
    std::filesystem::remove(folder_.path() / "nat-1.jsonl");
    EXPECT_THAT(names(ask(500)), ElementsAre("mn1.example.test 192.0.2.1:4000"));
}

// It is found in the folder, and is gone when it is opened: as a link to nothing.
TEST_F(WhoHadTest, BehindAFileThatGoesMeanwhileOnlyWhatFollowsCounts) {
    start(run, 0);
    ledger_.open(0, 7);
    set(first_path, "192.0.2.1:4000", 1);
    take(7, 10);
    next_file();
    give_back(7, 90);
    next_file();
    ledger_.begin_walk();
    ledger_.go_on_walking(100, later(200));
    next_file();
    const std::filesystem::path second = folder_.path() / "nat-2.jsonl";
    std::filesystem::remove(second);
    std::filesystem::create_symlink("gone", second);
    const Json answer = ask(300);
    EXPECT_THAT(names(answer), IsEmpty()) << "what ended it went with the file";
    EXPECT_EQ(answer.at("records_from"), later(200).text());
}

TEST_F(WhoHadTest, FilesThatAllGoMeanwhileAreNoAnswer) {
    std::filesystem::create_symlink("gone", folder_.path() / "nat-1.jsonl");
    const auto answer = who_had(folder_.path(), {ip("198.51.100.20"), 32900, later(0)});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().find("went while they were read"), std::string::npos);
}

TEST_F(WhoHadTest, AFileThatCanNotBeReadIsNoAnswer) {
    start(run, 0);
    next_file();
    std::filesystem::create_directory(folder_.path() / "nat-2.jsonl");
    const auto answer = who_had(folder_.path(), {ip("198.51.100.20"), 32900, later(0)});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().find("can not read"), std::string::npos);
}

TEST_F(WhoHadTest, ARunEndsWhatItLeftOpen) {
    start_with_mn1();
    next_file();
    start(second_run, 100);
    ledger_.open(0, 7);
    set(first_path, "192.0.2.9:4000", 101, "mn2.example.test");
    take(7, 300);
    next_file();
    EXPECT_THAT(names(ask(200)), IsEmpty());
    EXPECT_THAT(names(ask(400)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
    const Json before = ask(99);
    EXPECT_THAT(names(before), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_EQ(before.at("holders").at(0).at("until"), later(100).text());
    EXPECT_EQ(before.at("holders").at(0).at("until_is_exact"), false);
}

// The number of his time is another's in the next process, which goes on under the same boot id.
TEST_F(WhoHadTest, AProcessThatGoesOnMixesNobodyUp) {
    start_with_mn1(name_of_run(BootId{5}, 1), 1);
    next_file();
    start(name_of_run(BootId{5}, 2), 100);
    mn2_comes(1, 101, 300);
    next_file();
    EXPECT_THAT(names(ask(99)), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_THAT(names(ask(200)), IsEmpty());
    EXPECT_THAT(names(ask(400)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
}

TEST_F(WhoHadTest, WhoGaveBackUnseenHadItUntilTheNextOne) {
    start_with_mn1();
    write();
    give_back(7, 100);
    ledger_.close(0, Instant{}, later(150));
    static_cast<void>(ledger_.take_records());
    mn2_comes(8, 200, 230);
    next_file();
    const Json before = ask(220).at("holders");
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(before.at(0).at("subscriber"), "mn1.example.test");
    EXPECT_EQ(before.at(0).at("until"), later(230).text());
    EXPECT_EQ(before.at(0).at("until_is_exact"), false);
    EXPECT_THAT(names(ask(231)), ElementsAre("mn2.example.test 192.0.2.9:4000"));
}

TEST_F(WhoHadTest, SaysWhatIsMissing) {
    start_with_mn1();
    write();
    put({later(20), Change::begins, {}, nullptr, RecordsLost{3}});
    text_ +=
        R"({"at":"2026-11-30T10:00:30.000000Z","event":"block_taken","address":"198.51.100.20)";
    text_ += R"(","first)"
             "\n";
    next_file();
    const Json answer = ask(15);
    EXPECT_THAT(names(answer), ElementsAre("mn1.example.test 192.0.2.1:4000"));
    EXPECT_EQ(answer.at("lost"), 3);
    EXPECT_EQ(answer.at("unreadable"), 1);
}

TEST_F(WhoHadTest, NoRecordsAreNoAnswer) {
    const auto answer = who_had(folder_.path(), {ip("198.51.100.20"), 32900, later(0)});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), "no NAT records in " + folder_.path().string());
}

TEST(WhoHad, IsAskedWithAnAddressAPortAndATime) {
    const auto good = WhoHad::parse("2001:db8:1::20", "65535", "2026-11-30T19:00:00+09:00");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->address, ip("2001:db8:1::20"));
    EXPECT_EQ(good->port, 65535);
    EXPECT_EQ(good->at, ten_o_clock);
    const std::string time = ten_o_clock.text();
    EXPECT_EQ(WhoHad::parse("198.51.100", "1", time).error(), "\"198.51.100\" is no address");
    for (const char* port : {"", "0", "65536", "-1", "80x"}) {
        EXPECT_FALSE(WhoHad::parse("198.51.100.20", port, time)) << port;
    }
    EXPECT_FALSE(WhoHad::parse("198.51.100.20", "1", "yesterday"));
}

}  // namespace
}  // namespace ntm::control
