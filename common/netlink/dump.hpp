// SPDX-License-Identifier: BSD-3-Clause
// Reads a whole table of the kernel by rtnetlink: the answers to one dump request.
//
// While a table is dumped it may change; the kernel then marks the dump as interrupted
// (NLM_F_DUMP_INTR), and what it says may be neither the old table nor the new one. Such a dump is
// thrown away and asked for again, each time on a new socket, so that nothing is left of the last.
#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ntm::netlink {

// The datagrams of a dump in their order; each holds whole netlink messages. Errors are sentences.
using Dump = Result<std::vector<Bytes>, std::string>;

// All of one kind (RTM_GETLINK, RTM_GETROUTE, ...) and family, AF_UNSPEC for all of them.
[[nodiscard]] Dump dump(std::uint16_t type, std::uint8_t family);

inline constexpr int most_tries = 8;

// The same with a kernel of the caller's own: asks it, and gives what receives its answers one by
// one.
using NextAnswer = std::function<Result<Bytes, std::string>()>;
using AskKernel = std::function<Result<NextAnswer, std::string>()>;
[[nodiscard]] Dump dump_from(const AskKernel& ask);

}  // namespace ntm::netlink
