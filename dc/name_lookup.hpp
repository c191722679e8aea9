// SPDX-License-Identifier: BSD-3-Clause
// Carries the coordinator's questions about names to the configured resolvers, by UDP and, where an
// answer does not fit, by TCP.
#pragma once

#include "common/base/random.hpp"
#include "dc/general_names.hpp"

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace ntm::dc {

class NameLookup {
  public:
    using OnAnswer = std::function<void(const NameQuestion&, const dns::Answer&)>;

    // `resolvers` has one or more; they are asked in turn. All given here outlives the loop's run.
    NameLookup(
        asio::io_context& loop,
        std::vector<Endpoint> resolvers,
        RandomSource& random,
        OnAnswer on_answer
    )
        : loop_{loop},
          resolvers_{std::move(resolvers)},
          random_{random},
          on_answer_{std::move(on_answer)} {}

    // Each is answered once, later, by a failure if no resolver answers.
    void ask(const std::vector<NameQuestion>& questions);

  private:
    enum class Transport : std::uint8_t { udp, tcp };
    void send(const NameQuestion& question, Transport transport);
    void give(const NameQuestion& question, dns::Answer answer);

    asio::io_context& loop_;
    std::vector<Endpoint> resolvers_;
    RandomSource& random_;
    OnAnswer on_answer_;
};

}  // namespace ntm::dc
