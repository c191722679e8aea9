// SPDX-License-Identifier: BSD-3-Clause
// Asks resolvers a query that somebody else has made. It goes byte for byte as it came but for its
// id, which is drawn anew for each try, as is the source port; the answer comes back likewise. What
// comes from another server, or with another id or question, is no answer.
// One object for each query; it lives until it has called back.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace ntm::dns {

// The answer with the id of the query; nothing if no server has given one.
using OnUpstreamAnswer = std::function<void(std::optional<Bytes>)>;

struct UpstreamQuery {
    Bytes wire;
    bool is_tcp = false;
    std::vector<Endpoint> servers;                        // asked in turn, three tries in all
    Duration patience = std::chrono::milliseconds{1500};  // with each try by UDP
    std::uint32_t mark = 0;                               // SO_MARK of what is sent; zero: none
};

void ask_upstream(
    asio::io_context& loop, UpstreamQuery query, RandomSource& random, OnUpstreamAnswer on_answer
);

}  // namespace ntm::dns
