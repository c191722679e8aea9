// SPDX-License-Identifier: BSD-3-Clause
// Inside of Resolver: what happens to one query, whichever transport brought it.
#pragma once

#include "client/node/resolver.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <utility>
#include <vector>

namespace ntm::client {

// Gives an answer back to whoever asked; may be called once.
using DnsReply = std::function<void(Bytes)>;

class Resolver::State final : public std::enable_shared_from_this<State> {
  public:
    State(asio::io_context& loop, Settings settings, RandomSource& random);

    [[nodiscard]] Result<Nothing, std::string> listen();
    void close();
    void answer(const DnsAnswer& answer);
    void set_upstream(std::vector<Endpoint> upstream) { settings_.upstream = std::move(upstream); }
    [[nodiscard]] const ResolverCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] Endpoint endpoint() const;

    // `wire` came by TCP or UDP; `reply` takes the answer, which by UDP is cut to fit.
    void handle(ByteView wire, bool is_tcp, DnsReply reply);
    void session_ended() noexcept { --sessions_; }

  private:
    struct Held {
        DnsQuery query;
        bool is_tcp = false;
        DnsReply reply;
    };
    void receive();
    void accept();
    [[nodiscard]] bool is_past_brain(const DnsQuery& query) const;
    void hold(DnsQuery query, DnsWish wish, bool is_tcp, DnsReply reply);
    void pass_on(DnsQuery query, bool is_tcp, DnsReply reply);

    asio::io_context& loop_;
    Settings settings_;
    RandomSource& random_;
    asio::ip::udp::socket udp_;
    asio::ip::tcp::acceptor tcp_;
    asio::steady_timer accept_pause_;
    asio::ip::udp::endpoint client_;
    Bytes buffer_;
    std::map<std::uint64_t, Held> held_;
    std::uint64_t next_query_ = 1;
    std::size_t passed_on_ = 0;  // under way
    std::size_t sessions_ = 0;
    ResolverCounters counters_;
};

// One TCP client: queries one after another, each answer behind its length. Lives as long as its
// connection.
void serve_dns_session(asio::ip::tcp::socket socket, std::shared_ptr<Resolver::State> resolver);

}  // namespace ntm::client
