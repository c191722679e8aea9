// SPDX-License-Identifier: BSD-3-Clause
#include "tests/malformed/frame.hpp"

#include "common/protocol/cookie.hpp"
#include "tests/malformed/oracle.hpp"

#include <algorithm>

namespace ntm::malformed {

namespace {

using namespace relay::testing;

constexpr std::uint8_t responder_flag = 1;
constexpr std::uint8_t answer_flag = 4;

// The path of a tunnel packet by the families of the leg that it comes from and the other.
PathId path_between(bool up, bool from_ipv6, bool to_ipv6) {
    const bool mn_is_ipv6 = up ? from_ipv6 : to_ipv6;
    const bool cn_is_ipv6 = up ? to_ipv6 : from_ipv6;
    if (mn_is_ipv6 == cn_is_ipv6) {
        return mn_is_ipv6 ? PathId{2} : path;
    }
    return mn_is_ipv6 ? PathId{4} : PathId{3};
}

Bytes good_frame(Family family, Kind kind) {
    const bool is_ipv6 = family == Family::ipv6;
    const bool is_down = kind == Kind::data_down || kind == Kind::data_down_across;
    const bool is_across = kind == Kind::data_up_across || kind == Kind::data_down_across;
    const Endpoint& node = is_down ? (is_ipv6 ? cn6 : cn4) : (is_ipv6 ? mn6 : mn4);
    const Endpoint& rs = is_ipv6 ? rs6 : rs4;
    const PathId id = path_between(!is_down, is_ipv6, is_ipv6 != is_across);
    PacketBuilder frame = eth().ip(node.address, rs.address).udp(node.port.number, rs.port.number);
    switch (kind) {
        case Kind::data_up:
        case Kind::data_up_across:
            return frame.ntm(id).payload_of(60).build();
        case Kind::data_down:
        case Kind::data_down_across:
            return frame.ntm(id, 0, responder_flag).payload_of(60).build();
        case Kind::end:
            return frame.ntm(id, 5).payload_of(44).build();
        case Kind::leg:
            return frame.ntm(id, 1).payload_of(99).build();
        case Kind::leg_answer:
            return frame.ntm(id, 1, answer_flag).payload_of(99).build();
        case Kind::signal:
            return frame.ntm(PathId{live_session.value}, 2).payload_of(80).build();
        case Kind::handshake:
            return frame.ntm({}, 3).payload_of(16 + 96 + 40).build();
        case Kind::handshake_answer:
            return frame.ntm(PathId{live_session.value}, 3, answer_flag)
                .payload_of(48 + 40)
                .build();
        case Kind::cookie:
            return frame.payload(protocol::build_cookie_ask(1)).build();
        case Kind::cookie_answer:
            return frame.payload(protocol::build_cookie_answer({live_nonce, {}, {}, node})).build();
    }
    return {};
}

using GoodFrames = std::array<std::array<Bytes, kind_count>, 2>;

const GoodFrames& good_frames() {
    static const GoodFrames made = [] {
        GoodFrames frames;
        for (std::size_t family = 0; family < 2; ++family) {
            for (std::size_t kind = 0; kind < kind_count; ++kind) {
                frames[family][kind] =
                    good_frame(static_cast<Family>(family), static_cast<Kind>(kind));
            }
        }
        return frames;
    }();
    return made;
}

}  // namespace

void Frame::become(Family family, Kind kind, Draw& draw) {
    take(good_frames()[static_cast<std::size_t>(family)][static_cast<std::size_t>(kind)], draw);
    tailroom = 0;
}

void Frame::take(const Bytes& frame, Draw& draw) {
    std::ranges::copy(frame, bytes_.begin());
    length = frame.size();
    is_ipv6_ = word(12) == 0x86dd;
    marks = 0;
    headroom = 128;
    tailroom = 16;
    port = static_cast<std::uint16_t>(draw.below(2));
    store(bytes_.data(), port == 0 ? rs_mac0 : rs_mac1);
}

std::uint16_t Frame::word(std::size_t at) const noexcept {
    return word_at(bytes_, at);
}

void Frame::set_word(std::size_t at, std::size_t value) noexcept {
    store(bytes_.data() + at, Be16::from_host(static_cast<std::uint16_t>(value)));
}

void Frame::set_id(std::uint64_t id) noexcept {
    store(bytes_.data() + ntm_at() + 8, Be64::from_host(id));
}

void Frame::set_address(std::size_t at, const IpAddress& address) noexcept {
    std::ranges::copy(address.bytes(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Frame::resize(std::size_t wanted) noexcept {
    if (wanted > length) {
        std::fill_n(bytes_.data() + length, wanted - length, std::uint8_t{0});
    }
    length = wanted;
}

void Frame::fill(std::size_t from, Draw& draw) noexcept {
    for (std::size_t at = from; at < length; ++at) {
        bytes_[at] = draw.byte();
    }
}

void Frame::insert(std::size_t at, std::size_t count) noexcept {
    std::uint8_t* const begin = bytes_.data() + at;
    std::copy_backward(begin, bytes_.data() + length, bytes_.data() + length + count);
    length += count;
}

void Frame::right_checksum() noexcept {
    if (!is_ipv6_) {
        set_word(ip_at + 10, 0);
        set_word(ip_at + 10, ~plain_sum({bytes_.data() + ip_at, 20}) & 0xffffU);
    }
}

void Frame::congest() noexcept {
    const unsigned bits = is_ipv6_ ? 0x30 : 0x03;
    bytes_[ip_at + 1] = static_cast<std::uint8_t>(bytes_[ip_at + 1] | bits);
    right_checksum();
}

void Frame::right_lengths() noexcept {
    set_word(ip_at + (is_ipv6_ ? 4U : 2U), length - ip_at - (is_ipv6_ ? 40U : 0U));
    set_word(udp_at() + 4, length - udp_at());
    right_checksum();
}

}  // namespace ntm::malformed
