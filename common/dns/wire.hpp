// SPDX-License-Identifier: BSD-3-Clause
// What all who speak DNS here need to know of its messages on the wire. Only the .cpp files of
// those who take messages apart or make them include ldns itself.
#pragma once

#include "common/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>

struct ldns_struct_pkt;
struct ldns_struct_rdf;

namespace ntm::dns {

inline constexpr std::size_t head_size = 12;
inline constexpr std::uint8_t flag_is_answer = 0x80;  // in byte 2

// The end of the first question; nothing if there is none, it does not end, or is compressed.
// `wire` has a head.
[[nodiscard]] std::optional<std::size_t> question_end(ByteView wire);
// Whether `answer` answers the query `query` as far as head and question tell: an answer, the same
// id, the same question to the letter.
[[nodiscard]] bool is_answer_to(ByteView answer, ByteView query);

// With a dot at the end.
[[nodiscard]] std::string text_of(const ldns_struct_rdf* name);
// Nothing if it can not be written.
[[nodiscard]] Bytes wire_of(const ldns_struct_pkt* packet);

}  // namespace ntm::dns
