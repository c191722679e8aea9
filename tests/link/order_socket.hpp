// SPDX-License-Identifier: BSD-3-Clause
// How a running emulator is spoken to: a datagram of words, one a line, to a unix socket, answered by one
// that begins with '+' and has what holds now as JSON, or begins with '-' and says what is wrong. No
// words: only a question.
#pragma once

#include "common/base/result.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ntm::link {

class OrderSocket {
  public:
    using Words = std::vector<std::string>;
    using Answer = Result<std::string, std::string>;

    // In the place of what an emulator before has left there. The error is a sentence.
    [[nodiscard]] static Result<OrderSocket, std::string> listen(const std::string& path);
    ~OrderSocket();
    OrderSocket(OrderSocket&& other) noexcept;
    OrderSocket(const OrderSocket&) = delete;
    OrderSocket& operator=(const OrderSocket&) = delete;

    // Answers one datagram, if there is one.
    void serve(const std::function<Answer(const Words&)>& handler);
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    // From another process.
    [[nodiscard]] static Answer ask(const std::string& path, std::span<const std::string> words);

  private:
    explicit OrderSocket(int descriptor) noexcept : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace ntm::link
