// SPDX-License-Identifier: BSD-3-Clause
// C-12.
#include "control/nat_records/record_text.hpp"

#include "control/nat_records/syslog.hpp"
#include "tests/unit/control/nat_records/world.hpp"

#include <gtest/gtest.h>

namespace ntm::control {
namespace {

using namespace test;

constexpr const char* of_him =
    R"("tenancy":7,"subscriber":"mn1.example.test",)"
    R"("key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",)"
    R"("dc":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",)"
    R"("vipv4":"198.18.0.1","vipv6":"fd00:6e74:6d::1","run":"1122334455667788"})";

TEST(RecordText, TellsOfABlockAndNotWhereItsSessionsLeadTo) {
    EXPECT_EQ(
        record_text(record(Change::ends, block4(), later(90), ten_o_clock), run),
        std::string{R"({"at":"2026-11-30T10:01:30.000000Z","event":"block_given_back",)"} +
            R"("since":"2026-11-30T10:00:00.000000Z","address":"198.51.100.20",)" +
            R"("first_port":32768,"last_port":33023,)" + of_him
    );
}

TEST(RecordText, TellsOfASessionAndWhereItLeadsTo) {
    EXPECT_EQ(
        record_text(record(Change::begins, session6(), ten_o_clock), run),
        std::string{R"({"at":"2026-11-30T10:00:00.000000Z","event":"session_opened",)"} +
            R"("address":"2001:db8:1::20","port":40961,"protocol":"udp",)" +
            R"("inside":"[fd00:6e74:6d::1]:5001","remote":"[2001:db8:2::80]:53",)" + of_him
    );
}

TEST(RecordText, TellsOfARealAddress) {
    EXPECT_EQ(
        record_text(
            record(Change::goes_on, RealAddress{at("192.0.2.1:4000")}, later(1), ten_o_clock), run
        ),
        std::string{R"({"at":"2026-11-30T10:00:01.000000Z","event":"address_kept",)"} +
            R"("since":"2026-11-30T10:00:00.000000Z","real":"192.0.2.1:4000",)" + of_him
    );
}

TEST(RecordText, EachProcessIsARunOfItsOwn) {
    EXPECT_EQ(name_of_run(BootId{0x1122334455667788}, 1), "1122334455667788");
    EXPECT_EQ(name_of_run(BootId{0x1122334455667788}, 3), "1122334455667788-3");
}

TEST(RecordText, TellsWhatIsOfNobody) {
    EXPECT_EQ(
        record_text({ten_o_clock, Change::begins, {}, nullptr, RecordsLost{3}}, run),
        R"({"at":"2026-11-30T10:00:00.000000Z","event":"records_lost","count":3,)"
        R"("run":"1122334455667788"})"
    );
    EXPECT_EQ(
        record_text({ten_o_clock, Change::begins, {}, nullptr, RunBegan{}}, run),
        R"({"at":"2026-11-30T10:00:00.000000Z","event":"run_began","run":"1122334455667788"})"
    );
}

TEST(RecordText, TellsOfASubscriberWhoHasAllThatHeMayHave) {
    const Shortage ports{napt::Scarce::subscriber_ports, Family::ipv4, 1024, {}, 0};
    EXPECT_EQ(
        record_text(record(Change::begins, ports, ten_o_clock), run),
        std::string{R"({"at":"2026-11-30T10:00:00.000000Z","event":"shortage",)"} +
            R"("of":"subscriber_ports","limit":1024,)" + of_him
    );
    const Shortage sessions{napt::Scarce::subscriber_sessions, Family::ipv6, 9, {}, 0};
    EXPECT_EQ(
        record_text(record(Change::begins, sessions, ten_o_clock), run),
        std::string{R"({"at":"2026-11-30T10:00:00.000000Z","event":"shortage",)"} +
            R"("of":"subscriber_sessions","limit":9,)" + of_him
    );
}

TEST(RecordText, TellsOfWhatTheRelayHasNoMoreOf) {
    const auto text = [](const Shortage& shortage) {
        return record_text({ten_o_clock, Change::begins, {}, nullptr, shortage}, run);
    };
    const std::string begin = R"({"at":"2026-11-30T10:00:00.000000Z","event":"shortage","of":)";
    const std::string end = R"(,"run":"1122334455667788"})";
    EXPECT_EQ(
        text({napt::Scarce::address_ports, Family::ipv4, 0, ip("198.51.100.20"), 6}),
        begin + R"("address_ports","address":"198.51.100.20","protocol":"tcp")" + end
    );
    EXPECT_EQ(
        text({napt::Scarce::addresses, Family::ipv6, 0, {}, 0}),
        begin + R"("addresses","family":"ipv6")" + end
    );
    const auto expect_limit = [&](napt::Scarce of, std::uint32_t limit, const std::string& name) {
        const std::string told = '"' + name + R"(","limit":)" + std::to_string(limit);
        EXPECT_EQ(text({of, Family::ipv4, limit, {}, 0}), begin + told + end);
    };
    expect_limit(napt::Scarce::mappings, 64, "mappings");
    expect_limit(napt::Scarce::sessions, 65, "sessions");
    expect_limit(napt::Scarce::subscribers, 66, "subscribers");
    expect_limit(napt::Scarce::fragments, 67, "fragments");
}

TEST(RecordText, OfASubscriberWithoutAnIpv6AddressHasNone) {
    Tenant of_one_family = tenant(7);
    of_one_family.vipv6 = {};
    const NatRecord made{
        ten_o_clock,
        Change::begins,
        ten_o_clock,
        std::make_shared<const Tenant>(of_one_family),
        block4()};
    EXPECT_FALSE(record_json(made, run).contains("vipv6"));
    EXPECT_TRUE(record_json(made, run).contains("vipv4"));
}

// RFC 5424 section 6.
TEST(Syslog, IsAHeaderWithTheRecordBehindIt) {
    const NatRecord made = record(Change::begins, block4(), ten_o_clock, ten_o_clock);
    EXPECT_EQ(
        syslog_message(made, "rs1", R"({"a":1})"),
        R"(<134>1 2026-11-30T10:00:00.000000Z rs1 ntm-relay - block_taken - @cee: {"a":1})"
    );
}

TEST(Syslog, WarnsOfWhatIsScarceOrLost) {
    for (const What& what : {What{Shortage{}}, What{RecordsLost{3}}}) {
        EXPECT_EQ(
            syslog_message(record(Change::begins, what, ten_o_clock), "rs1", "{}").substr(0, 6),
            "<132>1"
        );
    }
}

}  // namespace
}  // namespace ntm::control
