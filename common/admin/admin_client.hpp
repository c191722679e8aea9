// SPDX-License-Identifier: BSD-3-Clause
// The client's end of an admin socket, for ntmctl and tests: one connection, one request at a time.
#pragma once

#include "common/admin/message.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <string>

namespace ntm::admin {

class AdminClient {
  public:
    // The error is a sentence: the daemon is not reachable.
    [[nodiscard]] static Result<AdminClient, std::string> connect(const std::string& path);
    ~AdminClient();
    AdminClient(AdminClient&& other) noexcept;
    AdminClient& operator=(AdminClient&&) = delete;
    AdminClient(const AdminClient&) = delete;
    AdminClient& operator=(const AdminClient&) = delete;

    // Waits for the answer; code "no_answer" if none comes in time or the daemon hangs up.
    [[nodiscard]] Answer ask(const Request& request, Duration patience = std::chrono::seconds{10});

  private:
    explicit AdminClient(int socket) noexcept : socket_{socket} {}
    int socket_;  // owned
};

}  // namespace ntm::admin
