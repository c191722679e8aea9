// SPDX-License-Identifier: BSD-3-Clause
// The admin socket of a daemon, on its Asio loop: JSON lines in and out (message.hpp). Handlers run
// on the loop's thread. A client has one request in work at a time; one that sends too much, reads
// too slowly or stays silent is let go, and so is one whose answer does not come; a crowd is told so.
#pragma once

#include "common/admin/handlers.hpp"
#include "common/base/time.hpp"

#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace ntm::admin {

struct AdminLimits {
    std::size_t clients = 64;
    Duration silence = std::chrono::seconds{60};      // between answers
    Duration slow_reader = std::chrono::seconds{10};  // to take one answer
};

class AdminServer {
  public:
    // The error is a sentence. The loop outlives the server.
    [[nodiscard]] static Result<std::unique_ptr<AdminServer>, std::string> create(
        asio::io_context& loop, const std::string& path, const AdminLimits& limits = {}
    );
    ~AdminServer();  // hangs up on all and removes the socket
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    // Unknown nouns and verbs are answered with the list of known ones.
    void handle(const std::string& noun, const std::string& verb, Handler handler);
    void handle_later(const std::string& noun, const std::string& verb, LaterHandler handler);

    [[nodiscard]] std::size_t client_count() const noexcept;

  private:
    class State;
    explicit AdminServer(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

}  // namespace ntm::admin
