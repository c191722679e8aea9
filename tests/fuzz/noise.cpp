// SPDX-License-Identifier: BSD-3-Clause
// Noise messages 1 and 2 from a stranger. Promise: none is accepted, for none was made with a key.
// The first byte says which message the rest is (0 or 1), or that bytes of a true message 1 are
// turned, so that what stands behind the first tag is reached.
#include "common/base/random.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/noise_ik.hpp"
#include "tests/fuzz/target.hpp"

namespace ntm::fuzz {

namespace {

using namespace protocol;

struct Keys {
    SeededRandom random{7};
    crypto::KeyPair initiator = crypto::KeyPair::generate(random);
    crypto::KeyPair responder = crypto::KeyPair::generate(random);
    crypto::KeyPair ephemeral = crypto::KeyPair::generate(random);
    Bytes prologue{'N', 'T', 'M', '/', '1'};
};

Keys& keys() {
    static Keys made;
    return made;
}

NoiseInitiator make_initiator() {
    Keys& own = keys();
    return {own.initiator.clone(), own.responder.public_key(), own.ephemeral.clone(), own.prologue};
}

bool is_accepted_as_1(ByteView message) {
    NoiseResponder responder{keys().responder, keys().prologue};
    return responder.read_static(message) && responder.read_payload(message);
}

// A true message 1 with this payload, some of its bytes turned by what follows.
void read_turned_1(Input& input) {
    const ByteView payload = input.take(input.byte());
    const Bytes truth = *make_initiator().write_message_1(payload);
    Bytes message = truth;
    while (!input.is_empty()) {
        const std::size_t at = input.word() % message.size();
        message[at] = static_cast<std::uint8_t>(message[at] ^ input.byte());
    }
    // X25519 leaves the top bit of a public key out of account (RFC 7748 section 5), but the
    // handshake hash covers it.
    demand(is_accepted_as_1(message) == (message == truth), "message 1 is accepted if it is true");
}

void read_2(ByteView message) {
    NoiseInitiator initiator = make_initiator();
    demand(initiator.write_message_1({}).has_value(), "message 1 is written");
    demand(!initiator.read_message_2(message), "no message 2 from a stranger");
}

}  // namespace

void set_up() {
    keys();
}

void run(ByteView bytes) {
    Input input{bytes};
    switch (input.byte()) {
        case 0:
            demand(!is_accepted_as_1(input.rest()), "no message 1 from a stranger");
            return;
        case 1:
            read_2(input.rest());
            return;
        default:
            read_turned_1(input);
    }
}

}  // namespace ntm::fuzz
