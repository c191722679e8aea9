// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/resolver.hpp"

#include "client/node/resolver_state.hpp"
#include "common/dns/asio_endpoint.hpp"
#include "common/dns/upstream.hpp"

#include <chrono>

namespace ntm::client {

namespace {

constexpr std::size_t largest_query = 4096;
constexpr std::size_t most_held = 1024;
constexpr std::size_t most_passed_on = 512;
constexpr std::size_t most_sessions = 64;

// Of the type asked for: none is the answer too (RFC 2308 section 2.2).
std::vector<IpAddress> records_for(DnsQuery::Kind kind, const DnsAnswer& answer) {
    std::vector<IpAddress> records;
    if (kind == DnsQuery::Kind::address_v4 && answer.vipv4) {
        records.push_back(*answer.vipv4);
    } else if (kind == DnsQuery::Kind::address_v6 && answer.vipv6) {
        records.push_back(*answer.vipv6);
    }
    return records;
}

DnsWish wish_of(DnsQuery::Kind kind) noexcept {
    const bool is_for_addresses =
        kind == DnsQuery::Kind::address_v4 || kind == DnsQuery::Kind::address_v6;
    return is_for_addresses ? DnsWish::addresses : DnsWish::existence;
}

// Whose service it is: the name without _PORT._SCHEME in front (RFC 9460 section 2.3).
std::string host_of(std::string name) {
    while (name.starts_with('_') && name.find('.') != std::string::npos) {
        name.erase(0, name.find('.') + 1);
    }
    return name;
}

}  // namespace

Result<std::unique_ptr<Resolver>, std::string> Resolver::create(
    asio::io_context& loop, Settings settings, RandomSource& random
) {
    auto state = std::make_shared<State>(loop, std::move(settings), random);
    const auto listening = state->listen();
    if (!listening) {
        return Unexpected{listening.error()};
    }
    return std::unique_ptr<Resolver>{new Resolver{std::move(state)}};
}

Resolver::Resolver(std::shared_ptr<State> state) noexcept : state_{std::move(state)} {}

Resolver::~Resolver() {
    state_->close();
}

void Resolver::answer(const DnsAnswer& answer) {
    state_->answer(answer);
}

void Resolver::set_upstream(std::vector<Endpoint> upstream) {
    state_->set_upstream(std::move(upstream));
}

const ResolverCounters& Resolver::counters() const noexcept {
    return state_->counters();
}

Endpoint Resolver::endpoint() const {
    return state_->endpoint();
}

Resolver::State::State(asio::io_context& loop, Settings settings, RandomSource& random)
    : loop_{loop},
      settings_{std::move(settings)},
      random_{random},
      udp_{loop},
      tcp_{loop},
      accept_pause_{loop},
      buffer_(largest_query) {}

Result<Nothing, std::string> Resolver::State::listen() {
    const auto udp_at = dns::asio_endpoint<asio::ip::udp>(settings_.listen);
    asio::error_code error;
    udp_.open(udp_at.protocol(), error);
    if (!error) {
        udp_.bind(udp_at, error);
    }
    auto tcp_at = dns::asio_endpoint<asio::ip::tcp>(settings_.listen);
    if (!error) {
        tcp_at.port(udp_.local_endpoint(error).port());
    }
    if (!error) {
        tcp_.open(tcp_at.protocol(), error);
    }
    if (!error) {
        tcp_.set_option(asio::socket_base::reuse_address{true}, error);
        tcp_.bind(tcp_at, error);
    }
    if (!error) {
        tcp_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return Unexpected{
            "the resolver can not listen at " + settings_.listen.text() + ": " + error.message()};
    }
    receive();
    accept();
    return Nothing{};
}

void Resolver::State::close() {
    asio::error_code ignored;
    udp_.close(ignored);
    tcp_.close(ignored);
    accept_pause_.cancel();
    held_.clear();
}

Endpoint Resolver::State::endpoint() const {
    asio::error_code ignored;
    return {settings_.listen.address, Port{udp_.local_endpoint(ignored).port()}};
}

void Resolver::State::receive() {
    udp_.async_receive_from(
        asio::buffer(buffer_),
        client_,
        [self = shared_from_this()](const asio::error_code& error, std::size_t length) {
            if (!self->udp_.is_open()) {
                return;
            }
            if (!error) {
                const auto reply = [self, to = self->client_](Bytes answer) {
                    asio::error_code ignored;
                    self->udp_.send_to(asio::buffer(answer), to, 0, ignored);
                };
                self->handle(ByteView{self->buffer_}.first(length), false, reply);
            }
            self->receive();
        }
    );
}

void Resolver::State::accept() {
    tcp_.async_accept([self = shared_from_this(
                       )](const asio::error_code& error, asio::ip::tcp::socket socket) {
        if (!self->tcp_.is_open()) {
            return;
        }
        if (error) {
            // Out of descriptors, most likely: others have to end first.
            self->accept_pause_.expires_after(std::chrono::milliseconds{100});
            self->accept_pause_.async_wait([self](const asio::error_code& is_cancelled) {
                if (!is_cancelled) {
                    self->accept();
                }
            });
            return;
        }
        if (self->sessions_ < most_sessions) {
            ++self->sessions_;
            serve_dns_session(std::move(socket), self);
        } else {
            ++self->counters_.refused;
        }
        self->accept();
    });
}

void Resolver::State::handle(ByteView wire, bool is_tcp, DnsReply reply) {
    ++counters_.queries;
    ParsedQuery parsed = parse_query(wire);
    if (!parsed.query) {
        ++counters_.malformed;
        if (!parsed.refusal.empty()) {
            reply(std::move(parsed.refusal));
        }
        return;
    }
    DnsQuery& query = *parsed.query;
    const DnsWish wish = wish_of(query.kind());
    const bool is_for_brain =
        query.kind() != DnsQuery::Kind::foreign && settings_.is_for_brain(query.name(), wish);
    if (is_for_brain) {
        hold(std::move(query), wish, is_tcp, std::move(reply));
    } else if (is_past_brain(query)) {
        reply(query.answer(DnsRcode::no_error, {}));
    } else {
        pass_on(std::move(query), is_tcp, std::move(reply));
    }
}

// The hints of such a record would lead a program past the relay; without one it asks for addresses.
bool Resolver::State::is_past_brain(const DnsQuery& query) const {
    return query.kind() == DnsQuery::Kind::service &&
           settings_.is_for_brain(host_of(query.name()), DnsWish::addresses);
}

void Resolver::State::hold(DnsQuery query, DnsWish wish, bool is_tcp, DnsReply reply) {
    if (held_.size() >= most_held) {
        ++counters_.refused;
        reply(query.answer(DnsRcode::server_failure, {}));
        return;
    }
    ++counters_.held;
    const std::uint64_t number = next_query_++;
    const std::string name = query.name();
    held_.emplace(number, Held{std::move(query), is_tcp, std::move(reply)});
    settings_.on_query(number, name, wish);
}

void Resolver::State::answer(const DnsAnswer& answer) {
    auto held = held_.extract(answer.query);
    if (held.empty()) {
        return;
    }
    auto& [query, is_tcp, reply] = held.mapped();
    switch (answer.outcome) {
        case DnsOutcome::addresses:
            reply(query.answer(DnsRcode::no_error, records_for(query.kind(), answer)));
            return;
        case DnsOutcome::no_such_name:
            reply(query.answer(DnsRcode::no_such_name, {}));
            return;
        case DnsOutcome::failed:
            ++counters_.failed;
            reply(query.answer(DnsRcode::server_failure, {}));
            return;
        case DnsOutcome::not_ours:
            pass_on(std::move(query), is_tcp, std::move(reply));
            return;
    }
}

void Resolver::State::pass_on(DnsQuery query, bool is_tcp, DnsReply reply) {
    if (settings_.upstream.empty() || passed_on_ >= most_passed_on) {
        ++counters_.refused;
        reply(query.answer(DnsRcode::server_failure, {}));
        return;
    }
    ++counters_.passed;
    ++passed_on_;
    dns::UpstreamQuery upstream{query.wire(), is_tcp, settings_.upstream};
    upstream.mark = settings_.mark;
    auto shared = std::make_shared<DnsQuery>(std::move(query));
    dns::ask_upstream(
        loop_,
        std::move(upstream),
        random_,
        [self = shared_from_this(), shared, is_tcp, reply = std::move(reply)](
            std::optional<Bytes> answer
        ) {
            --self->passed_on_;
            if (!answer) {
                ++self->counters_.failed;
                reply(shared->answer(DnsRcode::server_failure, {}));
            } else if (!is_tcp && answer->size() > shared->udp_size()) {
                reply(shared->truncated_answer());
            } else {
                reply(std::move(*answer));
            }
        }
    );
}

}  // namespace ntm::client
