// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/session.hpp"

#include "common/protocol/keys.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

Session::Session(
    const Names& names,
    const TransportKeys& keys,
    bool is_initiator,
    Instant made,
    SendCounter counter
)
    : names_{names},
      sealer_{is_initiator ? keys.initiator_to_responder : keys.responder_to_initiator},
      opener_{is_initiator ? keys.responder_to_initiator : keys.initiator_to_responder},
      is_initiator_{is_initiator},
      made_{made},
      counter_{std::move(counter)} {}

std::optional<Bytes> Session::seal(ByteView plaintext) {
    const auto counter = counter_.take();
    if (!counter) {
        return std::nullopt;
    }
    NtmHeader header;
    header.type = PacketType::signal;
    header.counter = *counter;
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
    return std::max(counter_.taken(), window_.next());
}

}  // namespace ntm::protocol
