// SPDX-License-Identifier: BSD-3-Clause
// Datagrams behind UDP: the NTM header, COOKIE, and LEG, END and DATA under a known key. The first
// byte says whether the rest is a datagram as it came, which no key can have sealed, a body to be
// sealed first, so that what stands behind the tag is reached, or what to turn of a sealed datagram.
// Promises: a parsed header or COOKIE builds to the same bytes, nothing is accepted that was not
// sealed as it is, and what was sealed opens to what went in, DATA once.
#include "common/base/random.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/ntm_header.hpp"
#include "common/protocol/sealed.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace ntm::fuzz {

namespace {

using namespace protocol;

constexpr PathId path{0x0102030405060708};
constexpr auto suite = crypto::Suite::aes_128_gcm;

enum class What : std::uint8_t { datagram, leg, end, data, turned };

// Keys are derived once: the openers keep nothing of what they refuse.
struct Keys {
    Keys() {
        SeededRandom random{1};
        v1::Leg ask;
        ask.mutable_request()->set_nonce("12345678");
        v1::End end;
        end.mutable_probe();
        sealed[0] = seal_leg(secret, path, Role::initiator, ask, random);
        sealed[1] = seal_end(secret, path, Role::initiator, end, random);
        sealed[2] = *DataSealer{secret, suite, path, Role::initiator}.seal(Bytes(24, 0x45));
        for (const crypto::Suite each : crypto::all_suites) {
            sealers.emplace_back(secret, each, path, Role::initiator);
            openers.emplace_back(secret, each, path, Role::responder);
        }
    }
    Secret32 secret;
    std::vector<DataSealer> sealers;  // of every suite
    std::vector<DataOpener> openers;
    DataOpener strict{secret, suite, path, Role::responder};
    std::array<Bytes, 3> sealed;
};

Keys& keys() {
    static Keys made;
    return made;
}

bool opens(ByteView datagram) {
    return open_leg(keys().secret, datagram) || open_end(keys().secret, datagram) ||
           keys().strict.open(datagram);
}

// The fuzzer sees what inputs are compared with, and so finds these out.
bool is_sealed(ByteView datagram) {
    return std::ranges::any_of(keys().sealed, [&](const Bytes& truth) {
        return std::ranges::equal(truth, datagram);
    });
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
        demand(parse_cookie_ask(build_cookie_ask(*nonce)) == *nonce, "and builds to one like it");
    }
    if (const auto answer = parse_cookie_answer(datagram)) {
        const auto again = parse_cookie_answer(build_cookie_answer(*answer));
        demand(
            again && again->outside == answer->outside && again->nonce == answer->nonce &&
                again->token == answer->token && again->boot_id == answer->boot_id,
            "a COOKIE answer builds to itself"
        );
    }
    demand(is_sealed(datagram) || !opens(datagram), "nothing opens without its key");
}

template <typename Message, typename Seal, typename Open>
void seal_and_open(ByteView body, Seal seal, Open open) {
    Message message;
    if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
        return;
    }
    SeededRandom random{1};
    const auto opened =
        open(keys().secret, seal(keys().secret, path, Role::initiator, message, random));
    const bool is_whole = message.body_case() != Message::BODY_NOT_SET;
    demand(opened.has_value() == is_whole, "what was sealed opens, if it says anything");
    demand(
        !is_whole || opened->SerializeAsString() == message.SerializeAsString(),
        "to the same message"
    );
}

void seal_data(ByteView inner) {
    for (std::size_t i = 0; i < keys().sealers.size(); ++i) {
        const auto datagram = keys().sealers[i].seal(inner);
        demand(datagram.has_value(), "2^40 packets can be sealed");
        const auto opened = keys().openers[i].open(*datagram);
        demand(opened && std::ranges::equal(*opened, inner), "DATA opens to what went in");
        demand(!keys().openers[i].open(*datagram), "and only once");
    }
}

void turn_sealed(Input& input) {
    const Bytes& truth = keys().sealed[input.byte() % keys().sealed.size()];
    Bytes datagram = truth;
    while (!input.is_empty()) {
        const std::size_t at = input.word() % datagram.size();
        datagram[at] = static_cast<std::uint8_t>(datagram[at] ^ input.byte());
    }
    demand(is_sealed(datagram) || !opens(datagram), "nothing opens that was turned since");
}

}  // namespace

void set_up() {
    keys();
}

void run(ByteView bytes) {
    Input input{bytes};
    switch (static_cast<What>(input.byte())) {
        case What::leg:
            return seal_and_open<v1::Leg>(input.rest(), seal_leg, open_leg);
        case What::end:
            return seal_and_open<v1::End>(input.rest(), seal_end, open_end);
        case What::data:
            return seal_data(input.rest());
        case What::turned:
            return turn_sealed(input);
        default:
            return read_as_it_came(input.rest());
    }
}

}  // namespace ntm::fuzz
