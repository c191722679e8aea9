// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/session.hpp"

#include "common/protocol/keys.hpp"

#include <algorithm>

namespace ntm::protocol {

namespace {

constexpr std::uint64_t most_packets = std::uint64_t{1} << 40;

}  // namespace

Session::Session(const Names& names, const TransportKeys& keys, bool is_initiator, Instant made)
    : names_{names},
      sealer_{is_initiator ? keys.initiator_to_responder : keys.responder_to_initiator},
      opener_{is_initiator ? keys.responder_to_initiator : keys.initiator_to_responder},
      is_initiator_{is_initiator},
      made_{made} {}

std::optional<Bytes> Session::seal(ByteView plaintext) {
    if (next_counter_ >= most_packets) {
        return std::nullopt;
    }
    NtmHeader header;
    header.type = PacketType::signal;
    header.counter = next_counter_++;
    header.id = names_.peer.value;
    Bytes datagram(NtmHeader::size + plaintext.size() + crypto::tag_size);
    const MutableByteView all{datagram};
    header.write(all.data());
    sealer_.seal(
        counter_nonce(header.counter),
        all.first(NtmHeader::size),
        plaintext,
        all.subspan(NtmHeader::size)
    );
    return datagram;
}

Result<Bytes, SessionError> Session::open(ByteView datagram) {
    const auto header = NtmHeader::parse(datagram);
    if (!header || datagram.size() < NtmHeader::size + crypto::tag_size) {
        return Unexpected{SessionError::truncated};
    }
    if (!window_.check(header->counter)) {
        return Unexpected{SessionError::replayed};
    }
    const ByteView sealed = datagram.subspan(NtmHeader::size);
    Bytes plaintext(sealed.size() - crypto::tag_size);
    if (!opener_.open(
            counter_nonce(header->counter), datagram.first(NtmHeader::size), sealed, plaintext
        )) {
        return Unexpected{SessionError::bad_tag};
    }
    window_.update(header->counter);
    return plaintext;
}

std::uint64_t Session::packets() const noexcept {
    return std::max(next_counter_, window_.next());
}

}  // namespace ntm::protocol
