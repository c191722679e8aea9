// SPDX-License-Identifier: BSD-3-Clause
#include "client/node/resolver_state.hpp"
#include "common/base/byte_order.hpp"

#include <array>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <deque>

namespace ntm::client {

namespace {

constexpr auto patience = std::chrono::seconds{15};
constexpr std::size_t largest_query = 4096;
constexpr std::size_t most_unsent = 64;

class Session final : public std::enable_shared_from_this<Session> {
  public:
    Session(asio::ip::tcp::socket socket, std::shared_ptr<Resolver::State> resolver)
        : socket_{std::move(socket)},
          timer_{socket_.get_executor()},
          resolver_{std::move(resolver)} {}
    ~Session() { resolver_->session_ended(); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void read_length() {
        stay_patient();
        asio::async_read(
            socket_,
            asio::buffer(length_),
            [self = shared_from_this()](const asio::error_code& error, std::size_t /*got*/) {
                if (!error) {
                    self->read_query();
                } else {
                    self->end_reading();
                }
            }
        );
    }

  private:
    void stay_patient() {
        timer_.expires_after(patience);
        timer_.async_wait([weak = weak_from_this()](const asio::error_code& is_cancelled) {
            if (auto self = weak.lock(); self && !is_cancelled) {
                self->close();
            }
        });
    }
    void close() {
        asio::error_code ignored;
        socket_.close(ignored);
        timer_.cancel();
    }
    // The client has said all; what it waits for still goes out.
    void end_reading() {
        if (under_way_ == 0 && unsent_.empty()) {
            close();
        }
        is_read_ = true;
    }
    void read_query() {
        const std::size_t size = load<Be16>(length_.data()).to_host();
        if (size == 0 || size > largest_query || unsent_.size() >= most_unsent) {
            close();
            return;
        }
        query_.resize(size);
        asio::async_read(
            socket_,
            asio::buffer(query_),
            [self = shared_from_this()](const asio::error_code& error, std::size_t /*got*/) {
                if (error) {
                    self->close();
                    return;
                }
                ++self->under_way_;
                self->resolver_->handle(self->query_, true, [self](Bytes answer) {
                    --self->under_way_;
                    self->send(answer);
                });
                self->read_length();
            }
        );
    }
    void send(ByteView answer) {
        Bytes framed(2);
        store(framed.data(), Be16::from_host(static_cast<std::uint16_t>(answer.size())));
        append(framed, answer);
        unsent_.push_back(std::move(framed));
        if (unsent_.size() == 1) {
            write_next();
        }
    }
    void write_next() {
        asio::async_write(
            socket_,
            asio::buffer(unsent_.front()),
            [self = shared_from_this()](const asio::error_code& error, std::size_t /*sent*/) {
                self->unsent_.pop_front();
                const bool has_more = !self->unsent_.empty();
                if (error || (!has_more && self->is_read_ && self->under_way_ == 0)) {
                    self->close();
                } else if (has_more) {
                    self->write_next();
                }
            }
        );
    }

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    std::shared_ptr<Resolver::State> resolver_;
    std::array<std::uint8_t, 2> length_{};
    Bytes query_;
    std::deque<Bytes> unsent_;
    std::size_t under_way_ = 0;
    bool is_read_ = false;
};

}  // namespace

void serve_dns_session(asio::ip::tcp::socket socket, std::shared_ptr<Resolver::State> resolver) {
    std::make_shared<Session>(std::move(socket), std::move(resolver))->read_length();
}

}  // namespace ntm::client
