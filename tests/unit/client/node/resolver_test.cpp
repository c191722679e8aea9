// SPDX-License-Identifier: BSD-3-Clause
// The stub resolver over loopback, between a client and a server that the test plays itself.
#include "client/node/resolver.hpp"

#include "common/base/byte_order.hpp"
#include "common/crypto/system_random.hpp"
#include "common/dns/asio_endpoint.hpp"
#include "tests/unit/client/node/dns_wire.hpp"

#include <algorithm>
#include <array>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <set>

#include <gtest/gtest.h>

namespace ntm::client::testing {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
const Ipv4Address loopback{{127, 0, 0, 1}};

class ResolverTest : public ::testing::Test {
  protected:
    ResolverTest() {
        server_.open(udp::v4());
        server_.bind({asio::ip::address_v4::loopback(), 0});
        client_.open(udp::v4());
        client_.bind({asio::ip::address_v4::loopback(), 0});
        listener_.open(tcp::v4());
        listener_.bind({asio::ip::address_v4::loopback(), server_.local_endpoint().port()});
        listener_.listen();
        Resolver::Settings settings;
        settings.listen = {loopback, Port{0}};
        settings.upstream = {{loopback, Port{server_.local_endpoint().port()}}};
        settings.is_for_brain = [](const std::string& name, DnsWish wish) {
            return name.ends_with("ntm.test.") || name.ends_with("NTM.test.") ||
                   (name == "gn.example.test." && wish == DnsWish::addresses);
        };
        settings.on_query = [this](std::uint64_t query, const std::string& name, DnsWish wish) {
            asked_.emplace_back(query, name);
            wishes_.push_back(wish);
        };
        resolver_ = *Resolver::create(loop_, std::move(settings), random_);
    }
    void ask(const Bytes& wire) {
        client_.send_to(asio::buffer(wire), dns::asio_endpoint<udp>(resolver_->endpoint()));
    }
    [[nodiscard]] tcp::socket connect() {
        tcp::socket client{loop_};
        client.connect(dns::asio_endpoint<tcp>(resolver_->endpoint()));
        return client;
    }
    static Bytes framed(const Bytes& wire) {
        Bytes framed;
        append_number(framed, static_cast<std::uint16_t>(wire.size()));
        append(framed, wire);
        return framed;
    }
    // The stub's connection to the server.
    [[nodiscard]] tcp::socket accept() {
        std::optional<tcp::socket> upstream;
        listener_.async_accept([&](const asio::error_code& error, tcp::socket socket) {
            if (!error) {
                upstream.emplace(std::move(socket));
            }
        });
        run_until([&] { return upstream.has_value(); });
        return upstream ? *std::move(upstream) : tcp::socket{loop_};
    }
    [[nodiscard]] Bytes read(tcp::socket& from, std::size_t size) {
        Bytes bytes(size);
        bool is_read = false;
        asio::async_read(
            from,
            asio::buffer(bytes),
            [&](const asio::error_code& error, std::size_t) { is_read = !error; }
        );
        run_until([&] { return is_read; });
        return bytes;
    }
    // Runs the loop until `socket` has a datagram.
    [[nodiscard]] Bytes receive(udp::socket& socket, udp::endpoint* from = nullptr) {
        Bytes buffer(65535);
        std::optional<std::size_t> got;
        udp::endpoint source;
        socket.async_receive_from(
            asio::buffer(buffer),
            source,
            [&](const asio::error_code& error, std::size_t length) {
                if (!error) {
                    got = length;
                }
            }
        );
        run_until([&] { return got.has_value(); });
        buffer.resize(got.value_or(0));
        if (from != nullptr) {
            *from = source;
        }
        return buffer;
    }
    void run_until(const std::function<bool()>& is_true) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!is_true() && std::chrono::steady_clock::now() < end) {
            loop_.restart();
            loop_.run_one_for(std::chrono::milliseconds{50});
        }
        ASSERT_TRUE(is_true());
    }
    [[nodiscard]] static int rcode(const Bytes& answer) { return answer.at(3) & 0x0f; }
    [[nodiscard]] static int records(const Bytes& answer) {
        return load<Be16>(answer.data() + 6).to_host();
    }

    asio::io_context loop_;
    crypto::SystemRandom random_;
    udp::socket server_{loop_};
    udp::socket client_{loop_};
    tcp::acceptor listener_{loop_};
    std::unique_ptr<Resolver> resolver_;
    std::vector<std::pair<std::uint64_t, std::string>> asked_;
    std::vector<DnsWish> wishes_;  // of the same queries
};

TEST_F(ResolverTest, a_query_under_the_zones_waits_for_the_brain) {
    ask(dns_query(5, "Cn.b.NTM.test", 1));
    run_until([&] { return !asked_.empty(); });
    EXPECT_EQ(asked_[0].second, "Cn.b.NTM.test.");
    EXPECT_EQ(client_.available(), 0U);
    resolver_->answer(
        {asked_[0].first, DnsOutcome::addresses, Ipv4Address{{198, 18, 0, 2}}, std::nullopt}
    );
    const Bytes answer = receive(client_);
    EXPECT_EQ(answer[1], 5);
    EXPECT_EQ(rcode(answer), 0);
    EXPECT_EQ(records(answer), 1);
}

TEST_F(ResolverTest, a_family_that_the_peer_lacks_has_no_records) {
    ask(dns_query(5, "cn.b.ntm.test", 28));
    run_until([&] { return !asked_.empty(); });
    resolver_->answer(
        {asked_[0].first, DnsOutcome::addresses, Ipv4Address{{198, 18, 0, 2}}, std::nullopt}
    );
    const Bytes answer = receive(client_);
    EXPECT_EQ(rcode(answer), 0);
    EXPECT_EQ(records(answer), 0);
}

TEST_F(ResolverTest, failures_and_unknown_names_have_their_codes) {
    ask(dns_query(5, "cn.b.ntm.test", 1));
    ask(dns_query(6, "no.b.ntm.test", 1));
    run_until([&] { return asked_.size() == 2; });
    resolver_->answer({asked_[0].first, DnsOutcome::failed, {}, {}});
    EXPECT_EQ(rcode(receive(client_)), 2);
    resolver_->answer({asked_[1].first, DnsOutcome::no_such_name, {}, {}});
    EXPECT_EQ(rcode(receive(client_)), 3);
}

TEST_F(ResolverTest, of_another_type_under_the_zones_the_brain_says_whether_the_name_exists) {
    constexpr std::uint16_t mail_exchange = 15;
    ask(dns_query(5, "cn.b.ntm.test", 1));
    for (std::uint16_t id = 6; id <= 8; ++id) {
        ask(dns_query(id, "cn.b.ntm.test", mail_exchange));
    }
    run_until([&] { return asked_.size() == 4; });
    EXPECT_EQ(wishes_[0], DnsWish::addresses);
    EXPECT_EQ(std::count(wishes_.begin(), wishes_.end(), DnsWish::existence), 3);

    const IpAddress vipv4 = Ipv4Address{{198, 18, 0, 2}};
    const IpAddress vipv6 = *IpAddress::parse("fd00:a::2");
    resolver_->answer({asked_[1].first, DnsOutcome::addresses, vipv4, vipv6});
    const Bytes exists = receive(client_);
    EXPECT_EQ(rcode(exists), 0);
    EXPECT_EQ(records(exists), 0);
    resolver_->answer({asked_[2].first, DnsOutcome::no_such_name, {}, {}});
    EXPECT_EQ(rcode(receive(client_)), 3);
    resolver_->answer({asked_[3].first, DnsOutcome::failed, {}, {}});
    EXPECT_EQ(rcode(receive(client_)), 2);
}

TEST_F(ResolverTest, other_names_pass_through_byte_for_byte_but_for_the_id) {
    const Bytes query = with_edns(dns_query(0x0505, "wWw.example.test", 99), 4096);
    ask(query);
    udp::endpoint stub;
    Bytes passed = receive(server_, &stub);
    ASSERT_EQ(passed.size(), query.size());
    EXPECT_TRUE(std::equal(query.begin() + 2, query.end(), passed.begin() + 2));
    passed[2] |= 0x80;
    passed.push_back(0xee);  // whatever a server says comes through
    server_.send_to(asio::buffer(passed), stub);
    const Bytes answer = receive(client_);
    EXPECT_EQ(load<Be16>(answer.data()).to_host(), 0x0505);
    EXPECT_TRUE(std::equal(passed.begin() + 2, passed.end(), answer.begin() + 2));
}

TEST_F(ResolverTest, what_the_brain_gives_back_passes_through) {
    const Bytes query = dns_query(5, "gn.example.test", 1);
    ask(query);
    run_until([&] { return !asked_.empty(); });
    resolver_->answer({asked_[0].first, DnsOutcome::not_ours, {}, {}});
    const Bytes passed = receive(server_);
    EXPECT_TRUE(std::equal(query.begin() + 2, query.end(), passed.begin() + 2));
}

TEST_F(ResolverTest, of_a_general_node_other_types_than_addresses_pass_through_at_once) {
    constexpr std::uint16_t mail_exchange = 15;
    ask(dns_query(5, "gn.example.test", mail_exchange));
    EXPECT_FALSE(receive(server_).empty());
    EXPECT_TRUE(asked_.empty());
}

// Their hints of addresses would lead past the relay.
TEST_F(ResolverTest, of_a_general_node_no_service_bindings_are_told) {
    constexpr std::uint16_t svcb = 64;
    constexpr std::uint16_t https = 65;
    for (const std::uint16_t type : {svcb, https}) {
        for (const char* name : {"gn.example.test", "_8443._https.gn.example.test"}) {
            ask(dns_query(5, name, type));
            const Bytes answer = receive(client_);
            EXPECT_EQ(rcode(answer), 0) << name << " " << type;
            EXPECT_EQ(records(answer), 0) << name << " " << type;
        }
    }
    EXPECT_TRUE(asked_.empty());
    EXPECT_EQ(server_.available(), 0U);
    EXPECT_EQ(resolver_->counters().passed, 0U);
}

TEST_F(ResolverTest, service_bindings_of_names_that_are_nobodys_pass_through) {
    constexpr std::uint16_t https = 65;
    for (const char* name : {"www.example.test", "_8443._https.www.example.test", "_dns"}) {
        ask(dns_query(5, name, https));
        EXPECT_FALSE(receive(server_).empty()) << name;
    }
}

TEST_F(ResolverTest, of_service_bindings_under_the_zones_the_brain_says_whether_the_name_exists) {
    constexpr std::uint16_t https = 65;
    ask(dns_query(5, "cn.b.ntm.test", https));
    run_until([&] { return !asked_.empty(); });
    EXPECT_EQ(wishes_[0], DnsWish::existence);
    const IpAddress vipv4 = Ipv4Address{{198, 18, 0, 2}};
    resolver_->answer({asked_[0].first, DnsOutcome::addresses, vipv4, {}});
    const Bytes exists = receive(client_);
    EXPECT_EQ(rcode(exists), 0);
    EXPECT_EQ(records(exists), 0);
}

TEST_F(ResolverTest, ids_and_ports_towards_servers_are_drawn_anew) {
    std::set<int> ids;
    std::set<int> ports;
    for (int i = 0; i < 8; ++i) {
        ask(dns_query(7, "www.example.test", 1));
        udp::endpoint stub;
        ids.insert(load<Be16>(receive(server_, &stub).data()).to_host());
        ports.insert(stub.port());
    }
    EXPECT_GE(ids.size(), 7U);
    EXPECT_EQ(ports.size(), 8U);
}

TEST_F(ResolverTest, an_answer_with_a_wrong_id_or_question_is_not_passed_on) {
    ask(dns_query(7, "www.example.test", 1));
    udp::endpoint stub;
    Bytes answer = receive(server_, &stub);
    answer[2] |= 0x80;
    Bytes wrong = answer;
    wrong[1] ^= 1;
    server_.send_to(asio::buffer(wrong), stub);
    wrong = answer;
    wrong[14] ^= 0x20;
    server_.send_to(asio::buffer(wrong), stub);
    answer.push_back(0x77);
    server_.send_to(asio::buffer(answer), stub);
    EXPECT_EQ(receive(client_).back(), 0x77);
    EXPECT_EQ(client_.available(), 0U);
}

TEST_F(ResolverTest, silence_of_the_servers_is_a_server_failure) {
    ask(dns_query(7, "www.example.test", 1));
    const Bytes answer = receive(client_);
    EXPECT_EQ(rcode(answer), 2);
    EXPECT_EQ(answer[1], 7);
    EXPECT_EQ(resolver_->counters().failed, 1U);
}

TEST_F(ResolverTest, a_malformed_query_gets_a_format_error) {
    Bytes query = dns_query(7, "www.example.test", 1);
    query.pop_back();
    ask(query);
    EXPECT_EQ(rcode(receive(client_)), 1);
    EXPECT_EQ(resolver_->counters().malformed, 1U);
}

TEST_F(ResolverTest, an_answer_too_big_for_the_client_sends_it_to_tcp) {
    ask(dns_query(7, "www.example.test", 16));
    udp::endpoint stub;
    Bytes answer = receive(server_, &stub);
    answer[2] |= 0x80;
    answer.resize(700);
    server_.send_to(asio::buffer(answer), stub);
    const Bytes cut = receive(client_);
    EXPECT_LE(cut.size(), 512U);
    EXPECT_EQ(cut[2] & 0x02, 0x02);
}

TEST_F(ResolverTest, many_queries_may_wait_but_not_all_there_are) {
    for (int i = 0; i < 1100; ++i) {
        ask(dns_query(static_cast<std::uint16_t>(i), "cn.b.ntm.test", 1));
        if (i % 50 == 0) {
            loop_.restart();
            loop_.poll();
        }
    }
    EXPECT_EQ(rcode(receive(client_)), 2);
    EXPECT_EQ(asked_.size(), 1024U);
    EXPECT_GT(resolver_->counters().refused, 0U);
}

TEST_F(ResolverTest, tcp_serves_the_same_and_queries_may_follow_one_another) {
    tcp::socket client = connect();
    for (const char* name : {"cn.b.ntm.test", "xn.b.ntm.test"}) {
        asio::write(client, asio::buffer(framed(dns_query(7, name, 1))));
    }
    run_until([&] { return asked_.size() == 2; });
    for (const auto& [number, name] : asked_) {
        resolver_->answer({number, DnsOutcome::no_such_name, {}, {}});
    }
    const Bytes answers = read(client, 66);  // two of 31 bytes, each behind its length
    EXPECT_EQ(load<Be16>(answers.data()).to_host(), 31);
    EXPECT_EQ(answers[5] & 0x0f, 3);
}

TEST_F(ResolverTest, a_tcp_query_for_another_name_goes_on_by_tcp) {
    tcp::socket client = connect();
    const Bytes query = framed(dns_query(0x0909, "www.example.test", 16));
    asio::write(client, asio::buffer(query));
    tcp::socket upstream = accept();
    Bytes passed = read(upstream, query.size());
    passed[4] |= 0x80;
    asio::write(upstream, asio::buffer(passed));
    const Bytes answer = read(client, query.size());
    EXPECT_EQ(load<Be16>(answer.data() + 2).to_host(), 0x0909);
    EXPECT_TRUE(std::equal(passed.begin() + 4, passed.end(), answer.begin() + 4));
}

TEST_F(ResolverTest, a_tcp_query_that_the_brain_gives_back_goes_on_by_tcp) {
    tcp::socket client = connect();
    const Bytes query = framed(dns_query(0x0909, "gn.example.test", 1));
    asio::write(client, asio::buffer(query));
    run_until([&] { return !asked_.empty(); });
    resolver_->answer({asked_[0].first, DnsOutcome::not_ours, {}, {}});
    tcp::socket upstream = accept();
    const Bytes passed = read(upstream, query.size());
    EXPECT_TRUE(std::equal(query.begin() + 4, query.end(), passed.begin() + 4));
}

}  // namespace
}  // namespace ntm::client::testing
