// SPDX-License-Identifier: BSD-3-Clause
// Questions over loopback to resolvers that the test plays itself.
#include "dc/name_lookup.hpp"

#include "common/crypto/system_random.hpp"
#include "common/dns/asio_endpoint.hpp"
#include "common/dns/wire.hpp"

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <gtest/gtest.h>
#include <ldns/ldns.h>

namespace ntm::dc {
namespace {

using asio::ip::tcp;
using asio::ip::udp;

constexpr auto patience = std::chrono::seconds{10};

// The query with an address record behind it.
Bytes reply_to(const Bytes& query) {
    ldns_pkt* packet = nullptr;
    EXPECT_EQ(ldns_wire2pkt(&packet, query.data(), query.size()), LDNS_STATUS_OK);
    ldns_pkt_set_qr(packet, true);
    ldns_rr* record = nullptr;
    const char* text = "www.example.test. 60 IN A 198.51.100.80";
    EXPECT_EQ(ldns_rr_new_frm_str(&record, text, 0, nullptr, nullptr), LDNS_STATUS_OK);
    ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, record);
    Bytes wire = dns::wire_of(packet);
    ldns_pkt_free(packet);
    return wire;
}

class NameLookupTest : public testing::Test {
  protected:
    struct Query {
        Bytes wire;
        udp::endpoint from;
    };

    void ask(std::vector<Endpoint> resolvers) {
        lookup.emplace(
            loop,
            std::move(resolvers),
            random,
            [this](const NameQuestion& asked, const dns::Answer& given) {
                EXPECT_EQ(asked.inquiry, 7U);
                answers.push_back(given);
                loop.stop();
            }
        );
        lookup->ask({{7, {"www.example.test", dns::RecordType::a}}});
    }
    [[nodiscard]] Endpoint resolver() const {
        return {*IpAddress::parse("127.0.0.1"), Port{socket.local_endpoint().port()}};
    }
    // What the resolver is asked.
    [[nodiscard]] Query take_query() {
        Query query{Bytes(1500), {}};
        query.wire.resize(socket.receive_from(asio::buffer(query.wire), query.from));
        return query;
    }
    void run() {
        loop.restart();
        loop.run_for(patience);
    }
    [[nodiscard]] dns::Answer only_answer() const {
        EXPECT_EQ(answers.size(), 1U);
        return answers.empty() ? dns::Answer{} : answers.front();
    }

    asio::io_context loop;
    crypto::SystemRandom random;
    udp::socket socket{loop, udp::endpoint{asio::ip::address_v4::loopback(), 0}};
    std::vector<dns::Answer> answers;
    std::optional<NameLookup> lookup;
};

TEST_F(NameLookupTest, TakesTheResolversAnswerAndNoGuess) {
    ask({resolver()});
    const Query query = take_query();
    EXPECT_NE(query.from.port(), resolver().port.number);
    Bytes wrong_id = reply_to(query.wire);
    wrong_id[0] ^= 1;
    Bytes wrong_question = reply_to(query.wire);
    wrong_question[dns::head_size + 1] ^= 1;
    udp::socket stranger{loop, udp::endpoint{asio::ip::address_v4::loopback(), 0}};
    stranger.send_to(asio::buffer(reply_to(query.wire)), query.from);
    for (const Bytes& guess : {wrong_id, wrong_question}) {
        socket.send_to(asio::buffer(guess), query.from);
    }
    loop.poll();
    EXPECT_TRUE(answers.empty());
    socket.send_to(asio::buffer(reply_to(query.wire)), query.from);
    run();
    ASSERT_EQ(only_answer().addresses.size(), 1U);
    EXPECT_EQ(only_answer().addresses[0].text(), "198.51.100.80");
}

TEST_F(NameLookupTest, AsksTheNextResolverUnderAnotherIdWhereOneIsNotThere) {
    udp::socket gone{loop, udp::endpoint{asio::ip::address_v4::loopback(), 0}};
    const Endpoint nobody{*IpAddress::parse("127.0.0.1"), Port{gone.local_endpoint().port()}};
    gone.close();
    ask({nobody, resolver()});
    socket.async_wait(udp::socket::wait_read, [this](const asio::error_code& error) {
        ASSERT_FALSE(error);
        const Query query = take_query();
        socket.send_to(asio::buffer(reply_to(query.wire)), query.from);
    });
    run();
    EXPECT_EQ(only_answer().addresses.size(), 1U);
}

TEST_F(NameLookupTest, AsksByTcpForWhatDoesNotFit) {
    ask({resolver()});
    tcp::acceptor acceptor{loop, dns::asio_endpoint<tcp>(resolver())};
    const Query query = take_query();
    Bytes truncated = reply_to(query.wire);
    truncated[2] |= 0x02;
    socket.send_to(asio::buffer(truncated), query.from);
    tcp::socket session{loop};
    std::array<std::uint8_t, 2> length{};
    Bytes asked;
    acceptor.async_accept(session, [&](const asio::error_code& error) {
        ASSERT_FALSE(error);
        asio::read(session, asio::buffer(length));
        asked.resize(load<Be16>(length.data()).to_host());
        asio::read(session, asio::buffer(asked));
        const Bytes reply = reply_to(asked);
        store(length.data(), Be16::from_host(static_cast<std::uint16_t>(reply.size())));
        asio::write(session, asio::buffer(length));
        asio::write(session, asio::buffer(reply));
    });
    run();
    EXPECT_EQ(only_answer().addresses.size(), 1U);
}

TEST_F(NameLookupTest, SaysWhenNobodyAnswers) {
    ask({*Endpoint::parse("127.0.0.1:1")});
    EXPECT_TRUE(answers.empty()) << "later, never at once";
    run();
    EXPECT_EQ(only_answer().kind, dns::Answer::Kind::failure);
}

}  // namespace
}  // namespace ntm::dc
