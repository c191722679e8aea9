// SPDX-License-Identifier: BSD-3-Clause
// Datagrams behind UDP: the NTM header, COOKIE, and LEG, END and DATA under a known key. The first
// byte says whether the rest is a datagram as it came, which no key can have sealed, or a body to be
// sealed first, so that what stands behind the tag is reached too. Promises: a parsed header or
// COOKIE builds to the same bytes, nothing is accepted that was not sealed, and what was sealed
// opens to what went in, once.
#include "common/base/random.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/sealed.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <string>

namespace ntm::fuzz {

namespace {

using namespace protocol;

constexpr PathId path{0x0102030405060708};
constexpr std::uint8_t sealed_first = 1;

const Secret32& secret() {
    static const Secret32 made;
    return made;
}

void read_as_it_came(ByteView datagram) {
    if (const auto header = NtmHeader::parse(datagram)) {
        Bytes again(NtmHeader::size);
        header->write(again.data());
        demand(
            std::ranges::equal(again, datagram.first(NtmHeader::size)), "a header builds to itself"
        );
    }
    if (const auto nonce = parse_cookie_ask(datagram)) {
        demand(datagram.size() == cookie_size, "a COOKIE ask has 72 bytes");
    }
    if (const auto answer = parse_cookie_answer(datagram)) {
        const auto again = parse_cookie_answer(build_cookie_answer(*answer));
        demand(again && again->outside == answer->outside, "a COOKIE answer builds to itself");
    }
    demand(!open_leg(secret(), datagram), "no LEG without its key");
    demand(!open_end(secret(), datagram), "no END without its key");
    DataOpener opener{secret(), crypto::Suite::aes_128_gcm, path, Role::responder};
    demand(!opener.open(datagram), "no DATA without its key");
}

template <typename Message, typename Seal, typename Open>
void seal_and_open(ByteView body, Seal seal, Open open) {
    Message message;
    if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return;
    }
    const auto opened = open(secret(), seal(message));
    const bool is_whole = message.body_case() != Message::BODY_NOT_SET;
    demand(opened.has_value() == is_whole, "what was sealed opens, if it says anything");
    demand(
        !is_whole || opened->SerializeAsString() == message.SerializeAsString(),
        "to the same message"
    );
}

void seal_first(ByteView body) {
    SeededRandom random{1};
    seal_and_open<v1::Leg>(
        body,
        [&](const v1::Leg& message) {
            return seal_leg(secret(), path, Role::initiator, message, random);
        },
        open_leg
    );
    seal_and_open<v1::End>(
        body,
        [&](const v1::End& message) {
            return seal_end(secret(), path, Role::initiator, message, random);
        },
        open_end
    );
    DataSealer sealer{secret(), crypto::Suite::aes_128_gcm, path, Role::initiator};
    DataOpener opener{secret(), crypto::Suite::aes_128_gcm, path, Role::responder};
    if (const auto datagram = sealer.seal(body)) {
        const auto inner = opener.open(*datagram);
        demand(!inner || std::ranges::equal(*inner, body), "DATA opens to what went in");
        demand(!opener.open(*datagram), "and only once");
    }
}

}  // namespace

void set_up() {}

void run(ByteView bytes) {
    Input input{bytes};
    if (input.byte() == sealed_first) {
        seal_first(input.rest());
        return;
    }
    read_as_it_came(input.rest());
}

}  // namespace ntm::fuzz
