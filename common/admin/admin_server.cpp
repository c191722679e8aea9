// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/admin_server.hpp"

#include "common/admin/unix_socket.hpp"

#include <asio/buffer.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <set>
#include <utility>

#include <unistd.h>

namespace ntm::admin {

namespace {

using Socket = asio::local::stream_protocol::socket;

std::chrono::steady_clock::duration of_clock(Duration duration) {
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration);
}

}  // namespace

class AdminServer::State final : public std::enable_shared_from_this<AdminServer::State> {
  public:
    State(asio::io_context& loop, int listening, std::string path, const AdminLimits& limits)
        : limits_{limits},
          path_{std::move(path)},
          acceptor_{loop, asio::local::stream_protocol{}, listening},
          pause_{loop} {}

    void start() { accept(); }
    void stop();
    [[nodiscard]] Handlers& handlers() noexcept { return handlers_; }
    [[nodiscard]] std::size_t client_count() const noexcept { return clients_.size(); }

  private:
    class Client;

    void accept();
    void admit(Socket socket);

    AdminLimits limits_;
    std::string path_;
    asio::local::stream_protocol::acceptor acceptor_;
    asio::steady_timer pause_;  // before accepting again when descriptors ran out
    Handlers handlers_;
    std::set<std::shared_ptr<Client>> clients_;
};

// One connection: reads a line, answers it, reads the next.
class AdminServer::State::Client final : public std::enable_shared_from_this<Client> {
  public:
    Client(State& server, Socket socket)
        : server_{server}, socket_{std::move(socket)}, deadline_{socket_.get_executor()} {}

    void read();
    // Sends an answer; the connection ends behind it if it `is_last`.
    void write(std::string line, bool is_last);
    void close();

  private:
    void handle_line(std::size_t length);
    void limit(Duration duration);

    State&
        server_;  // outlives its clients: it closes them all, and handlers check is_closed_ first
    Socket socket_;
    asio::steady_timer deadline_;
    std::string input_;
    std::string output_;
    bool is_closed_ = false;
};

void AdminServer::State::Client::read() {
    limit(server_.limits_.silence);
    auto buffer = asio::dynamic_buffer(input_, max_request_size);
    asio::async_read_until(
        socket_,
        buffer,
        '\n',
        [self = shared_from_this()](const asio::error_code& error, std::size_t length) {
            if (self->is_closed_) {
                return;
            }
            // not_found: the buffer is full, and there is no end of line in it.
            if (error == asio::error::not_found) {
                const std::string most = std::to_string(max_request_size);
                const AdminError too_long{
                    "too_long", "a request has at most " + most + " bytes", ""};
                self->write(answer_line(Unexpected{too_long}), true);
                return;
            }
            if (error) {
                self->close();
                return;
            }
            self->handle_line(length);
        }
    );
}

void AdminServer::State::Client::handle_line(std::size_t length) {
    const std::string line = input_.substr(0, length - 1);
    input_.erase(0, length);
    server_.handlers_.answer(line, [client = weak_from_this()](const Answer& answer) {
        const auto self = client.lock();
        if (self && !self->is_closed_) {
            self->write(answer_line(answer), false);
        }
    });
}

void AdminServer::State::Client::write(std::string line, bool is_last) {
    output_ = std::move(line);
    limit(server_.limits_.slow_reader);
    asio::async_write(
        socket_,
        asio::buffer(output_),
        [self = shared_from_this(), is_last](const asio::error_code& error, std::size_t) {
            if (self->is_closed_) {
                return;
            }
            if (error || is_last) {
                self->close();
                return;
            }
            self->read();
        }
    );
}

void AdminServer::State::Client::limit(Duration duration) {
    deadline_.expires_after(of_clock(duration));
    deadline_.async_wait([self = shared_from_this()](const asio::error_code& error) {
        if (!error && !self->is_closed_) {
            self->close();
        }
    });
}

void AdminServer::State::Client::close() {
    is_closed_ = true;
    asio::error_code ignored;
    deadline_.cancel();
    socket_.close(ignored);
    server_.clients_.erase(shared_from_this());
}

void AdminServer::State::accept() {
    acceptor_.async_accept([self =
                                shared_from_this()](const asio::error_code& error, Socket socket) {
        if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) {
            return;
        }
        if (!error) {
            self->admit(std::move(socket));
            self->accept();
            return;
        }
        self->pause_.expires_after(std::chrono::milliseconds{100});
        self->pause_.async_wait([self](const asio::error_code& stopped) {
            if (!stopped) {
                self->accept();
            }
        });
    });
}

void AdminServer::State::admit(Socket socket) {
    if (clients_.size() >= limits_.clients) {
        const AdminError crowded{"busy", "too many clients of this socket", "try again later"};
        const std::string line = answer_line(Unexpected{crowded});
        asio::error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(line), ignored);
        return;
    }
    const auto client = std::make_shared<Client>(*this, std::move(socket));
    clients_.insert(client);
    client->read();
}

void AdminServer::State::stop() {
    asio::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    unlink(path_.c_str());
    const auto clients = clients_;
    for (const auto& client : clients) {
        client->close();
    }
}

AdminServer::AdminServer(std::shared_ptr<State> state) noexcept : state_{std::move(state)} {}

AdminServer::~AdminServer() {
    state_->stop();
}

Result<std::unique_ptr<AdminServer>, std::string> AdminServer::create(
    asio::io_context& loop, const std::string& path, const AdminLimits& limits
) {
    const auto listening = listen_at(path);
    if (!listening) {
        return Unexpected{listening.error()};
    }
    auto state = std::make_shared<State>(loop, *listening, path, limits);
    state->start();
    return std::unique_ptr<AdminServer>{new AdminServer{std::move(state)}};
}

void AdminServer::handle(const std::string& noun, const std::string& verb, Handler handler) {
    state_->handlers().add(noun, verb, std::move(handler));
}

void AdminServer::handle_later(
    const std::string& noun, const std::string& verb, LaterHandler handler
) {
    state_->handlers().add_later(noun, verb, std::move(handler));
}

std::size_t AdminServer::client_count() const noexcept {
    return state_->client_count();
}

}  // namespace ntm::admin
