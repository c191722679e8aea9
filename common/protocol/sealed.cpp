// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/sealed.hpp"

#include "common/protocol/keys.hpp"

#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t salted_head = NtmHeader::size + salt_size;
// A key that serves one packet needs no nonce but this.
constexpr crypto::Nonce zero_nonce{};

std::uint8_t role_flag(Role role) noexcept {
    return role == Role::responder ? NtmHeader::flag_role : std::uint8_t{0};
}

crypto::AeadKey salted_key(const Secret32& secret, const NtmHeader& header, ByteView salt) {
    return derive_key(
        secret, {header.type, header.flags, crypto::Suite::aes_128_gcm, header.path_id()}, salt
    );
}

template <typename Message>
Bytes seal_salted(
    const Secret32& secret, const NtmHeader& header, const Message& message, RandomSource& random
) {
    const std::size_t length = message.ByteSizeLong();
    Bytes datagram(salted_head + length + crypto::tag_size);
    const MutableByteView all{datagram};
    header.write(all.data());
    const MutableByteView salt = all.subspan(NtmHeader::size, salt_size);
    random.fill(salt);
    const MutableByteView plaintext = all.subspan(salted_head, length);
    message.SerializeWithCachedSizesToArray(plaintext.data());
    crypto::Aead{salted_key(secret, header, salt)}.seal(
        zero_nonce, all.first(salted_head), plaintext, all.subspan(salted_head)
    );
    return datagram;
}

template <typename Message>
Result<Message, OpenError> open_salted(
    const Secret32& secret, const NtmHeader& header, ByteView datagram
) {
    if (datagram.size() < salted_head + crypto::tag_size) {
        return Unexpected{OpenError::truncated};
    }
    const ByteView salt = datagram.subspan(NtmHeader::size, salt_size);
    const ByteView sealed = datagram.subspan(salted_head);
    Bytes plaintext(sealed.size() - crypto::tag_size);
    if (!crypto::Aead{salted_key(secret, header, salt)}.open(
            zero_nonce, datagram.first(salted_head), sealed, plaintext
        )) {
        return Unexpected{OpenError::bad_tag};
    }
    Message message;
    if (!message.ParseFromArray(plaintext.data(), static_cast<int>(plaintext.size())) ||
        message.body_case() == Message::BODY_NOT_SET) {
        return Unexpected{OpenError::malformed};
    }
    return message;
}

Result<NtmHeader, OpenError> header_of(ByteView datagram, PacketType type) {
    const auto header = NtmHeader::parse(datagram);
    if (!header) {
        const bool is_short = header.error() == HeaderError::truncated;
        return Unexpected{is_short ? OpenError::truncated : OpenError::malformed};
    }
    if (header->type != type) {
        return Unexpected{OpenError::malformed};
    }
    return *header;
}

// The longest response there is: an IPv6 address and every field set.
std::size_t longest_response() {
    v1::TunnelResponse response;
    response.set_nonce(std::string(8, '\1'));
    response.mutable_outside()->set_ip(std::string(16, '\1'));
    response.mutable_outside()->set_port(65535);
    response.set_bound(true);
    response.set_peer_bound(true);
    response.set_token(std::string(16, '\1'));
    response.set_boot_id(1);
    return response.ByteSizeLong();
}

crypto::AeadKey data_key(const Secret32& secret, crypto::Suite suite, PathId path_id, Role sender) {
    return derive_key(secret, {PacketType::data, role_flag(sender), suite, path_id}, {});
}

}  // namespace

Bytes seal_leg(
    const Secret32& secret, PathId path_id, Role role, const v1::Leg& message, RandomSource& random
) {
    NtmHeader header;
    header.type = PacketType::leg;
    header.flags = role_flag(role);
    if (message.has_response()) {
        header.flags |= NtmHeader::flag_answer;
    }
    header.id = path_id.value;
    return seal_salted(secret, header, message, random);
}

Result<v1::Leg, OpenError> open_leg(const Secret32& secret, ByteView datagram) {
    const auto header = header_of(datagram, PacketType::leg);
    if (!header) {
        return Unexpected{header.error()};
    }
    auto message = open_salted<v1::Leg>(secret, *header, datagram);
    if (message && message->has_response() != header->is_answer()) {
        return Unexpected{OpenError::malformed};
    }
    return message;
}

void pad_tunnel_request(v1::TunnelRequest& request) {
    static const std::size_t wanted = longest_response();
    request.clear_pad();
    const std::size_t length = request.ByteSizeLong();
    if (length >= wanted) {
        return;
    }
    // The field's own tag and length take two bytes.
    const std::size_t missing = wanted - length;
    request.set_pad(std::string(missing > 2 ? missing - 2 : 1, '\0'));
}

Bytes seal_end(
    const Secret32& secret, PathId path_id, Role role, const v1::End& message, RandomSource& random
) {
    NtmHeader header;
    header.type = PacketType::end;
    header.flags = role_flag(role);
    header.id = path_id.value;
    return seal_salted(secret, header, message, random);
}

Result<v1::End, OpenError> open_end(const Secret32& secret, ByteView datagram) {
    const auto header = header_of(datagram, PacketType::end);
    if (!header) {
        return Unexpected{header.error()};
    }
    return open_salted<v1::End>(secret, *header, datagram);
}

DataSealer::DataSealer(
    const Secret32& secret,
    crypto::Suite suite,
    PathId path_id,
    Role own_role,
    SendCounter counter,
    std::uint32_t epoch
)
    : cipher_{data_key(secret, suite, path_id, own_role)},
      path_id_{path_id},
      flags_{static_cast<std::uint8_t>(role_flag(own_role) | key_phase_flag(epoch))},
      counter_{std::move(counter)} {}

std::optional<Bytes> DataSealer::seal(ByteView inner) {
    const auto counter = counter_.take();
    if (!counter) {
        return std::nullopt;
    }
    NtmHeader header;
    header.flags = flags_;
    header.counter = *counter;
    header.id = path_id_.value;
    Bytes datagram(NtmHeader::size + crypto::sealed_size(cipher_.suite(), inner.size()));
    const MutableByteView all{datagram};
    header.write(all.data());
    cipher_.seal(all.first<NtmHeader::size>(), inner, all.subspan(NtmHeader::size));
    return datagram;
}

DataOpener::DataOpener(const Secret32& secret, crypto::Suite suite, PathId path_id, Role own_role)
    : cipher_{data_key(secret, suite, path_id, other(own_role))},
      path_id_{path_id},
      own_role_{own_role} {}

Result<Bytes, OpenError> DataOpener::open(ByteView datagram) {
    const auto header = header_of(datagram, PacketType::data);
    if (!header) {
        return Unexpected{header.error()};
    }
    if (header->path_id() != path_id_ || header->role() == own_role_) {
        return Unexpected{OpenError::malformed};
    }
    const ByteView sealed = datagram.subspan(NtmHeader::size);
    const auto room = crypto::text_room(cipher_.suite(), sealed.size());
    if (!room) {
        return Unexpected{OpenError::truncated};
    }
    if (!window_.check(header->counter)) {
        return Unexpected{OpenError::replayed};
    }
    Bytes inner(*room);
    const auto length = cipher_.open(datagram.first<NtmHeader::size>(), sealed, inner);
    if (!length) {
        return Unexpected{OpenError::bad_tag};
    }
    inner.resize(*length);
    window_.update(header->counter);
    return inner;
}

}  // namespace ntm::protocol
