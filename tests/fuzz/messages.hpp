// SPDX-License-Identifier: BSD-3-Clause
// Protobuf messages out of an input: any bytes that parse, or a well-formed one with some bytes turned.
#pragma once

#include "tests/fuzz/target.hpp"

#include <optional>
#include <string>

#include <google/protobuf/stubs/logging.h>

namespace ntm::fuzz {

// Bytes that do not parse are nothing to tell of.
inline void silence_parser() {
    google::protobuf::SetLogHandler(nullptr);
}

template <typename Message>
[[nodiscard]] std::optional<Message> parse_message(ByteView bytes) {
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return std::nullopt;
    }
    return message;
}

template <typename Message>
[[nodiscard]] std::optional<Message> read_message(Input& input) {
    return parse_message<Message>(input.take(input.byte()));
}

// Up to three bytes, and perhaps cut. Nothing if it does not parse any more.
template <typename Message>
[[nodiscard]] std::optional<Message> turn_message(const Message& whole, Input& input) {
    std::string bytes = whole.SerializeAsString();
    const std::uint8_t form = input.byte();
    for (unsigned i = 0; i < form % 4U && !bytes.empty(); ++i) {
        const std::size_t at = input.word() % bytes.size();
        bytes[at] = static_cast<char>(input.byte());
    }
    if ((form & 0x80) != 0 && !bytes.empty()) {
        bytes.resize(input.word() % bytes.size());
    }
    return parse_message<Message>(as_bytes(bytes));
}

}  // namespace ntm::fuzz
