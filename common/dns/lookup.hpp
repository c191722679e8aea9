// SPDX-License-Identifier: BSD-3-Clause
// One question to a resolver and what its answer says, in plain terms: brains ask and are told in
// these, and only the functions at the end know the wire.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/time.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace ntm::dns {

enum class RecordType : std::uint8_t { a, aaaa, ns, txt };

struct Question {
    std::string name;  // no dot at the end
    RecordType type = RecordType::a;
    friend auto operator<=>(const Question&, const Question&) = default;
};

struct Answer {
    enum class Kind : std::uint8_t {
        exists,  // the name does, with or without records of the type
        no_such_name,
        failure,  // the resolver could not tell, or did not answer
    };
    Kind kind = Kind::failure;
    std::vector<IpAddress> addresses;  // A, AAAA: also of the name that this one is an alias of
    std::vector<std::string> texts;    // TXT of the very name, one for each record
    bool has_name_servers = false;     // NS of the very name: it is a zone's
    // The zone that an answer without records comes from, in lower case without the dot at the end;
    // empty: not told.
    std::string zone;
    Duration ttl{0};  // of what it says, also if that is nothing (RFC 2308)
};

// A query to a resolver, with id 0; nothing if the name can not be asked for.
[[nodiscard]] Bytes make_query(const Question& question);
[[nodiscard]] Answer read_answer(ByteView wire, const Question& question);
// It did not fit, and is to be asked for by TCP.
[[nodiscard]] bool is_truncated(ByteView wire);

}  // namespace ntm::dns
