// SPDX-License-Identifier: BSD-3-Clause
// Noise messages 1 and 2, and packets of the session that they leave, from a stranger. Promises:
// none is accepted, for none was made with a key; what was made with one and then turned in any bit
// neither, while the true one is. The first byte says which of these the rest is: the message itself,
// or what to turn of a true one, which reaches what stands behind the first tag. A forged
// message 2 does not spoil the handshake for the true one either (set_up).
#include "common/base/random.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/session.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <memory>

namespace ntm::fuzz {

namespace {

using namespace protocol;

enum class What : std::uint8_t {
    message_1,
    message_2,
    packet,
    turned_1,
    turned_2,
    turned_packet,
};

struct Peers {
    SeededRandom random{7};
    crypto::KeyPair initiator = crypto::KeyPair::generate(random);
    crypto::KeyPair responder = crypto::KeyPair::generate(random);
    crypto::KeyPair ephemeral_1 = crypto::KeyPair::generate(random);
    crypto::KeyPair ephemeral_2 = crypto::KeyPair::generate(random);
    Bytes prologue{'N', 'T', 'M', '/', '1'};
    Bytes hello = Bytes(24, 0x20);

    [[nodiscard]] NoiseInitiator begin() const {
        return {initiator.clone(), responder.public_key(), ephemeral_1.clone(), ByteView{prologue}};
    }
};

// A handshake up to where the initiator waits for message 2, and the session behind it. Making keys
// agree is nearly all of the work, so it is done once.
struct Handshake {
    Handshake() {
        message_1 = *waiting.write_message_1(peers.hello);
        NoiseResponder answerer{peers.responder, peers.prologue};
        demand(answerer.read_static(message_1).has_value(), "a true message 1 names its maker");
        demand(answerer.read_payload(message_1) == peers.hello, "a true message 1 is accepted");
        message_2 = *answerer.write_message_2(peers.ephemeral_2, peers.hello);
        const Session::Names names{SessionId{1}, SessionId{2}, BootId{3}};
        Session sender{names, answerer.split(), true, Instant{}};
        packet = *sender.seal(peers.hello);
        receiver = std::make_unique<Session>(names, answerer.split(), false, Instant{});
    }
    Peers peers;
    NoiseInitiator waiting = peers.begin();
    Bytes message_1;
    Bytes message_2;
    Bytes packet;
    std::unique_ptr<Session> receiver;
};

Handshake& handshake() {
    static Handshake made;
    return made;
}

bool is_accepted_as_1(ByteView message) {
    NoiseResponder responder{handshake().peers.responder, handshake().peers.prologue};
    return responder.read_static(message) && responder.read_payload(message);
}

Bytes turned(Bytes message, Input& input) {
    while (!input.is_empty()) {
        const std::size_t at = input.word() % message.size();
        message[at] = static_cast<std::uint8_t>(message[at] ^ input.byte());
    }
    return message;
}

// Making keys agree costs more than all else. Where the first key is not the true one, no tag can be
// right, and one of 16 such messages is enough.
bool is_worth_reading(ByteView message, const Bytes& truth) {
    constexpr std::size_t key_size = 32;
    return message.size() < key_size || message.back() % 16 == 0 ||
           std::ranges::equal(message.first(key_size), ByteView{truth}.first(key_size));
}

void read_1(ByteView message) {
    if (!is_worth_reading(message, handshake().message_1)) {
        return;
    }
    // X25519 leaves the top bit of a public key out of account (RFC 7748 section 5), but the
    // handshake hash covers it.
    const bool is_true = std::ranges::equal(message, handshake().message_1);
    demand(is_accepted_as_1(message) == is_true, "message 1 is accepted if it is true");
}

void read_2(ByteView message) {
    if (is_worth_reading(message, handshake().message_2) &&
        !std::ranges::equal(message, handshake().message_2)) {
        demand(!handshake().waiting.read_message_2(message), "no message 2 from a stranger");
    }
}

void read_packet(ByteView datagram) {
    // The true one would move the window.
    if (!std::ranges::equal(datagram, handshake().packet)) {
        demand(!handshake().receiver->open(datagram), "no packet from a stranger");
    }
}

}  // namespace

void set_up() {
    Bytes forged = handshake().message_2;
    forged.back() ^= 1;
    NoiseInitiator initiator = handshake().peers.begin();
    demand(initiator.write_message_1(handshake().peers.hello).has_value(), "message 1 is written");
    demand(!initiator.read_message_2(forged), "no forged message 2 is accepted");
    demand(
        initiator.read_message_2(handshake().message_2) == handshake().peers.hello,
        "the true message 2 is, after it"
    );
}

void run(ByteView bytes) {
    Input input{bytes};
    const Handshake& truth = handshake();
    switch (static_cast<What>(input.byte())) {
        case What::message_2:
            return read_2(input.rest());
        case What::packet:
            return read_packet(input.rest());
        case What::turned_1:
            return read_1(turned(truth.message_1, input));
        case What::turned_2:
            return read_2(turned(truth.message_2, input));
        case What::turned_packet:
            return read_packet(turned(truth.packet, input));
        default:
            return read_1(input.rest());
    }
}

}  // namespace ntm::fuzz
