// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/captured.hpp"

#include "common/crypto/data_cipher.hpp"
#include "common/protocol/keys.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::size_t salt_size = 16;

bool is_salted(PacketType type) noexcept {
    return type == PacketType::leg || type == PacketType::end;
}

// The key of this packet if a line like this one can have it.
std::optional<crypto::AeadKey> key_of(
    const KeyLogLine& line, const NtmHeader& header, ByteView salt
) {
    using Kind = KeyLogLine::Kind;
    if (header.type == PacketType::signal) {
        if (line.kind != Kind::signal_key) {
            return std::nullopt;
        }
        return crypto::AeadKey{crypto::Suite::aes_256_gcm, line.secret.view()};
    }
    const bool is_of_leg = line.kind == Kind::leg_secret && header.type == PacketType::leg &&
                           line.role == header.role();
    const bool is_of_epoch = line.kind == Kind::epoch_secret && header.type == PacketType::data;
    if (line.kind != Kind::path_secret && !is_of_leg && !is_of_epoch) {
        return std::nullopt;
    }
    const crypto::Suite suite =
        header.type == PacketType::data ? line.suite : crypto::Suite::aes_128_gcm;
    return derive_key(line.secret, {header.type, header.flags, suite, header.path_id()}, salt);
}

// Writes the text over what was sealed, which `opened` holds behind `head` bytes, with zeros behind it
// where it is shorter. False, and nothing of use written, if the key is not its.
bool open_by(
    const crypto::AeadKey& key, ByteView datagram, std::size_t head, MutableByteView opened
) {
    const MutableByteView text = opened.subspan(head, datagram.size() - head - crypto::tag_size);
    if (head != NtmHeader::size) {
        return crypto::Aead{key}.open({}, datagram.first(head), datagram.subspan(head), text);
    }
    const ByteView sealed = datagram.subspan(head);
    const auto room = crypto::text_room(key.suite, sealed.size());
    if (!room) {
        return false;
    }
    const MutableByteView padded = text.first(*room);
    const auto length =
        crypto::DataCipher{key}.open(datagram.first<NtmHeader::size>(), sealed, padded);
    if (length) {
        std::ranges::fill(text.subspan(*length), std::uint8_t{0});
    }
    return length.has_value();
}

bool is_same(const KeyLogLine& a, const KeyLogLine& b) noexcept {
    return a.kind == b.kind && a.suite == b.suite && a.role == b.role && a.secret == b.secret;
}

}  // namespace

void CaptureKeys::add(KeyLogLine line) {
    std::vector<KeyLogLine>& lines = by_id_[line.id];
    if (std::ranges::none_of(lines, [&](const KeyLogLine& other) {
            return is_same(line, other);
        })) {
        lines.push_back(std::move(line));
        ++size_;
    }
}

Result<Bytes, CaptureError> CaptureKeys::open(ByteView datagram) const {
    if (!datagram.empty() && datagram[0] >> 4 == opened_version) {
        return Unexpected{CaptureError::looks_opened};
    }
    const auto header = NtmHeader::parse(datagram);
    if (!header) {
        return Unexpected{CaptureError::malformed};
    }
    if (header->type == PacketType::handshake || header->type == PacketType::cookie) {
        return Unexpected{CaptureError::not_sealed};
    }
    const std::size_t salt_length = is_salted(header->type) ? salt_size : 0;
    const std::size_t head = NtmHeader::size + salt_length;
    if (datagram.size() < head + crypto::tag_size) {
        return Unexpected{CaptureError::malformed};
    }
    const auto lines = by_id_.find(header->id);
    if (lines == by_id_.end()) {
        return Unexpected{CaptureError::no_key};
    }
    Bytes opened(datagram.begin(), datagram.end());
    CaptureError error = CaptureError::bad_tag;
    for (const KeyLogLine& line : lines->second) {
        const auto key = key_of(line, *header, datagram.subspan(NtmHeader::size, salt_length));
        if (key && key->suite == crypto::Suite::none) {
            error = CaptureError::no_key;
        } else if (key && open_by(*key, datagram, head, opened)) {
            opened[0] = static_cast<std::uint8_t>((opened_version << 4) | (opened[0] & 0x0f));
            return opened;
        }
    }
    return Unexpected{error};
}

}  // namespace ntm::protocol
