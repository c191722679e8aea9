// SPDX-License-Identifier: BSD-3-Clause
#include "common/dns/upstream.hpp"

#include "common/base/byte_order.hpp"
#include "common/dns/asio_endpoint.hpp"
#include "common/dns/wire.hpp"

#include <algorithm>
#include <array>
#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <memory>

#include <sys/socket.h>

namespace ntm::dns {

namespace {

// By the usual patience, within the 5 s after which a usual client repeats its query.
constexpr std::size_t most_tries = 3;
constexpr auto tcp_patience = std::chrono::seconds{5};
constexpr std::size_t largest_answer = 65535;

template <typename Socket, typename Protocol>
void open(Socket& socket, const Protocol& protocol, std::uint32_t mark, asio::error_code& error) {
    socket.open(protocol, error);
    if (!error && mark != 0 &&
        ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0) {
        error = {errno, asio::system_category()};
    }
}

// What both transports share: the id that the servers see, and the one end of it all.
class Exchange {
  public:
    Exchange(UpstreamQuery query, RandomSource& random, OnUpstreamAnswer on_answer)
        : query_{std::move(query)}, random_{random}, on_answer_{std::move(on_answer)} {
        std::copy_n(query_.wire.begin(), client_id_.size(), client_id_.begin());
    }

  protected:
    ~Exchange() = default;
    // The next server to ask, with the query under a new id; nothing when all have been tried.
    [[nodiscard]] std::optional<Endpoint> next_server() {
        if (tries_ == most_tries) {
            return std::nullopt;
        }
        random_.fill(MutableByteView{query_.wire}.first(client_id_.size()));
        return query_.servers[tries_++ % query_.servers.size()];
    }
    void finish(std::optional<Bytes> answer) {
        if (answer) {
            std::copy(client_id_.begin(), client_id_.end(), answer->begin());
        }
        if (auto on_answer = std::exchange(on_answer_, nullptr)) {
            on_answer(std::move(answer));
        }
    }
    UpstreamQuery query_;

  private:
    RandomSource& random_;
    OnUpstreamAnswer on_answer_;
    std::array<std::uint8_t, 2> client_id_{};
    std::size_t tries_ = 0;
};

class UdpExchange final : public Exchange, public std::enable_shared_from_this<UdpExchange> {
  public:
    UdpExchange(
        asio::io_context& loop,
        UpstreamQuery query,
        RandomSource& random,
        OnUpstreamAnswer on_answer
    )
        : Exchange{std::move(query), random, std::move(on_answer)}, loop_{loop}, timer_{loop} {}

    void ask() {
        const auto server = next_server();
        if (!server) {
            finish(std::nullopt);
            return;
        }
        // A new socket has a new source port; a connected one takes only this server's answers.
        auto socket = std::make_shared<asio::ip::udp::socket>(loop_);
        const auto remote = asio_endpoint<asio::ip::udp>(*server);
        asio::error_code error;
        open(*socket, remote.protocol(), query_.mark, error);
        if (!error) {
            socket->connect(remote, error);
        }
        if (!error) {
            socket->send(asio::buffer(query_.wire), 0, error);
        }
        if (error) {
            ask();
            return;
        }
        wait_for_answer(socket);
        timer_.expires_after(query_.patience);
        timer_.async_wait([self = shared_from_this(), socket](const asio::error_code& is_over) {
            if (!is_over) {
                asio::error_code ignored;
                socket->close(ignored);
                self->ask();
            }
        });
    }

  private:
    void wait_for_answer(const std::shared_ptr<asio::ip::udp::socket>& socket) {
        auto buffer = std::make_shared<Bytes>(largest_answer);
        socket->async_receive(
            asio::buffer(*buffer),
            [self = shared_from_this(),
             socket,
             buffer](const asio::error_code& error, std::size_t length) {
                if (error == asio::error::operation_aborted || !socket->is_open()) {
                    return;
                }
                if (error) {
                    // Refused by ICMP: no need to wait.
                    self->timer_.cancel();
                    self->ask();
                    return;
                }
                buffer->resize(length);
                if (!is_answer_to(*buffer, self->query_.wire)) {
                    // Somebody guesses; the true answer is still to come.
                    self->wait_for_answer(socket);
                    return;
                }
                self->timer_.cancel();
                self->finish(std::move(*buffer));
            }
        );
    }
    asio::io_context& loop_;
    asio::steady_timer timer_;
};

class TcpExchange final : public Exchange, public std::enable_shared_from_this<TcpExchange> {
  public:
    TcpExchange(
        asio::io_context& loop,
        UpstreamQuery query,
        RandomSource& random,
        OnUpstreamAnswer on_answer
    )
        : Exchange{std::move(query), random, std::move(on_answer)}, socket_{loop}, timer_{loop} {}

    void ask() {
        timer_.cancel();
        asio::error_code ignored;
        socket_.close(ignored);
        const auto server = next_server();
        if (!server) {
            finish(std::nullopt);
            return;
        }
        timer_.expires_after(tcp_patience);
        timer_.async_wait([self = shared_from_this()](const asio::error_code& is_over) {
            if (!is_over) {
                asio::error_code closing;
                self->socket_.close(closing);
            }
        });
        const auto remote = asio_endpoint<asio::ip::tcp>(*server);
        asio::error_code error;
        open(socket_, remote.protocol(), query_.mark, error);
        if (error) {
            ask();
            return;
        }
        socket_.async_connect(remote, [self = shared_from_this()](const asio::error_code& failed) {
            self->connected(failed);
        });
    }

  private:
    void connected(const asio::error_code& error) {
        if (error) {
            ask();
            return;
        }
        store(length_.data(), Be16::from_host(static_cast<std::uint16_t>(query_.wire.size())));
        const std::array<asio::const_buffer, 2> parts{
            asio::buffer(length_), asio::buffer(query_.wire)};
        asio::async_write(
            socket_,
            parts,
            [self = shared_from_this()](const asio::error_code& failed, std::size_t /*sent*/) {
                self->read_length(failed);
            }
        );
    }
    void read_length(const asio::error_code& error) {
        if (error) {
            ask();
            return;
        }
        asio::async_read(
            socket_,
            asio::buffer(length_),
            [self = shared_from_this()](const asio::error_code& failed, std::size_t /*got*/) {
                self->read_answer(failed);
            }
        );
    }
    void read_answer(const asio::error_code& error) {
        if (error) {
            ask();
            return;
        }
        answer_.resize(load<Be16>(length_.data()).to_host());
        asio::async_read(
            socket_,
            asio::buffer(answer_),
            [self = shared_from_this()](const asio::error_code& failed, std::size_t /*got*/) {
                if (failed || !is_answer_to(self->answer_, self->query_.wire)) {
                    self->ask();
                    return;
                }
                self->timer_.cancel();
                self->finish(std::move(self->answer_));
            }
        );
    }

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    std::array<std::uint8_t, 2> length_{};
    Bytes answer_;
};

}  // namespace

void ask_upstream(
    asio::io_context& loop, UpstreamQuery query, RandomSource& random, OnUpstreamAnswer on_answer
) {
    if (query.is_tcp) {
        std::make_shared<TcpExchange>(loop, std::move(query), random, std::move(on_answer))->ask();
        return;
    }
    std::make_shared<UdpExchange>(loop, std::move(query), random, std::move(on_answer))->ask();
}

}  // namespace ntm::dns
