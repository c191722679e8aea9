// SPDX-License-Identifier: BSD-3-Clause
// Asks the system's resolvers what is not the stub's to answer. The query goes byte for byte as it
// came but for its id, which is drawn anew, as is the source port; the answer comes back likewise.
// One object for each query; it lives until it has called back.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/random.hpp"

#include <asio/io_context.hpp>
#include <functional>
#include <optional>
#include <vector>

namespace ntm::client {

// The answer with the client's id; nothing if no server has given one.
using OnUpstreamAnswer = std::function<void(std::optional<Bytes>)>;

struct UpstreamQuery {
    Bytes wire;
    bool is_tcp = false;
    std::vector<Endpoint> servers;  // asked in turn
};

void ask_upstream(
    asio::io_context& loop, UpstreamQuery query, RandomSource& random, OnUpstreamAnswer on_answer
);

}  // namespace ntm::client
