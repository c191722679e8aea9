// SPDX-License-Identifier: BSD-3-Clause
// Makes the capture of the dissector's test, and its key log, by the protocol's own code from a fixed
// seed: every type in both families, with and without what a key log opens, and malformed ones.
//   make_capture FOLDER    writes FOLDER/sealed.pcap and FOLDER/keys
#include "common/base/random.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/key_log.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/sealed.hpp"
#include "common/protocol/session.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

namespace ntm::protocol {

namespace {

constexpr PathId relayed{0x0102030405060708};
constexpr PathId direct{0x1112131415161718};
constexpr PathId unlogged{0x2122232425262728};
constexpr PathId padded{0x5044000000000003};  // by suite 3
constexpr BootId boot{0xb001b002b003b004};

void append_32(Bytes& to, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) {
        to.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

// A pcap in which each packet comes 1 ms after the last.
class Capture {
  public:
    Capture() {
        for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 1U}) {
            append_32(file_, word);
        }
    }
    // The datagram in a frame of each family.
    void add(ByteView datagram, bool is_answer = false) {
        for (const bool is_ipv6 : {false, true}) {
            const std::string node = is_ipv6 ? "2001:db8:6::111" : "192.0.2.1";
            const std::string peer = is_ipv6 ? "2001:db8:1::20" : "198.51.100.20";
            const auto& from = is_answer ? peer : node;
            const auto& to = is_answer ? node : peer;
            auto frame = is_ipv6 ? eth().ipv6(from, to) : eth().ipv4(from, to);
            frame.udp(is_answer ? 9770 : 40000, is_answer ? 40000 : 9770);
            add_frame(frame.payload(datagram).build());
        }
    }
    // `size`: of the frame that was on the wire, if the capture has not all of it.
    void add_frame(const Bytes& frame, std::size_t size = 0) {
        append_32(file_, 1'700'000'000);
        append_32(file_, 1000 * packets_++);
        append_32(file_, static_cast<std::uint32_t>(frame.size()));
        append_32(file_, static_cast<std::uint32_t>(std::max(frame.size(), size)));
        append(file_, frame);
    }
    [[nodiscard]] const Bytes& file() const noexcept { return file_; }

  private:
    Bytes file_;
    std::uint32_t packets_ = 0;
};

// What all that follows is drawn from and goes to.
struct Maker {
    SeededRandom random{9770};
    Capture capture;
    std::string keys;
    KeyLog log{[this](std::string_view line) {
        keys += line;
    }};

    [[nodiscard]] Secret32 secret() { return Secret32{random.bytes<32>()}; }
};

Bytes bytes_of(const v1::Signal& message) {
    const std::string text = message.SerializeAsString();
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

std::string ip_text(const char* text) {
    return as_text(IpAddress::parse(text)->bytes());
}

void set(v1::Address& address, const char* ip) {
    address.set_ip(ip_text(ip));
    address.set_port(40000);
}

Bytes handshake(std::uint8_t flags, std::uint64_t id, ByteView token, ByteView message) {
    NtmHeader header;
    header.type = PacketType::handshake;
    header.flags = flags;
    header.id = id;
    Bytes datagram(NtmHeader::size);
    header.write(datagram.data());
    append(datagram, token);
    append(datagram, message);
    return datagram;
}

// The two messages of a handshake, and the keys that it leaves.
TransportKeys add_handshake(Maker& make, const Session::Names& names) {
    const auto node = crypto::KeyPair::generate(make.random);
    const auto dc = crypto::KeyPair::generate(make.random);
    const auto token = make.random.bytes<16>();
    NoiseInitiator initiator{
        node.clone(), dc.public_key(), crypto::KeyPair::generate(make.random), as_bytes("NTM/1")};
    NoiseResponder responder{dc, as_bytes("NTM/1")};
    const Bytes hello(21, 0);
    const Bytes first = *initiator.write_message_1(hello);
    make.capture.add(handshake(0, 0, token, first));
    static_cast<void>(responder.read_static(first));
    static_cast<void>(responder.read_payload(first));
    const Bytes second = *responder.write_message_2(crypto::KeyPair::generate(make.random), hello);
    make.capture.add(handshake(NtmHeader::flag_answer, names.own.value, {}, second), true);
    static_cast<void>(initiator.read_message_2(second));
    return initiator.split();
}

v1::Signal registration() {
    v1::Signal message;
    message.set_id(1);
    v1::RegistrationRequest& body = *message.mutable_registration_request();
    body.set_fqdn("mn.a.ntm.test");
    v1::NodeAddress& address = *body.add_addresses();
    address.set_ip(ip_text("192.0.2.1"));
    address.set_prefix_length(24);
    address.set_kind(v1::INTERFACE_WIRELESS);
    body.set_port(9770);
    body.add_suites(v1::SUITE_CHACHA20_POLY1305);
    body.add_suites(v1::SUITE_AES_128_GCM);
    return message;
}

v1::Signal route_direction(const Secret32& leg_secret, const Secret32& path_secret) {
    v1::Signal message;
    message.set_id(18'000'000'000'000'000'000U);
    v1::RouteDirection& body = *message.mutable_route_direction();
    body.set_path_id(relayed.value);
    body.set_revision(7);
    body.set_role(v1::ROLE_RESPONDER);
    body.set_peer_vipv4(ip_text("198.18.0.1"));
    body.set_peer_vipv6(ip_text("fd00::1"));
    body.set_peer_fqdn("mn.a.ntm.test");
    body.set_kind(v1::ROUTE_RELAYED);
    set(*body.add_relay(), "198.51.100.20");
    set(*body.add_relay(), "2001:db8:1::20");
    body.set_leg_secret(as_text(leg_secret.view()));
    body.set_path_secret(as_text(path_secret.view()));
    body.set_suite(v1::SUITE_AES_128_GCM);
    body.set_lifetime_seconds(86400);
    body.set_inner_mtu(1400);
    body.set_node_boot_id(boot.value);
    return message;
}

v1::Signal refusal() {
    v1::Signal message;
    message.set_id(1);
    message.set_is_answer(true);
    message.set_status(v1::STATUS_STALE);
    message.set_text("revision 8 is held here");
    message.mutable_route_response()->set_revision(8);
    return message;
}

void add_signals(Maker& make, const Secret32& leg_secret, const Secret32& path_secret) {
    const Session::Names names{{0xa0a1a2a3a4a5a6a7}, {0xb0b1b2b3b4b5b6b7}, boot};
    const TransportKeys keys = add_handshake(make, names);
    make.log.note_signal_key(names.peer, keys.initiator_to_responder);
    make.log.note_signal_key(names.own, keys.responder_to_initiator);
    Session node{names, keys, true, {}};
    Session dc{{names.peer, names.own, boot}, keys, false, {}};
    make.capture.add(*node.seal({}));
    make.capture.add(*node.seal(bytes_of(registration())));
    make.capture.add(*dc.seal(bytes_of(route_direction(leg_secret, path_secret))), true);
    make.capture.add(*node.seal(bytes_of(refusal())));
    // Authentic, but no messages: a length beyond the end, a field that nobody knows, a group.
    make.capture.add(*node.seal(Bytes{0x0a, 0x7f, 0x00}));
    make.capture.add(*node.seal(Bytes{0x08, 0x05, 0xf8, 0x07, 0x01}));
    make.capture.add(*node.seal(Bytes{0x0b}));
    Session strangers{{{0xc0}, {0xd0}, boot}, keys, true, {}};
    make.capture.add(*strangers.seal(bytes_of(registration())));
}

void add_legs(Maker& make, const Secret32& leg_secret, const Secret32& path_secret) {
    v1::Leg ask;
    ask.mutable_request()->set_nonce("12345678");
    pad_tunnel_request(*ask.mutable_request());
    make.capture.add(seal_leg(leg_secret, relayed, Role::responder, ask, make.random));
    v1::Leg answer;
    v1::TunnelResponse& response = *answer.mutable_response();
    response.set_nonce("12345678");
    set(*response.mutable_outside(), "2001:db8:6::111");
    response.set_bound(true);
    response.set_token(std::string(16, 't'));
    response.set_boot_id(boot.value);
    make.capture.add(seal_leg(leg_secret, relayed, Role::responder, answer, make.random), true);
    // On a direct path under the path secret.
    make.capture.add(seal_leg(path_secret, direct, Role::initiator, ask, make.random));
    // Of the other role, whose secret is not logged.
    make.capture.add(seal_leg(make.secret(), relayed, Role::initiator, ask, make.random));
}

void add_data(Maker& make, const Secret32& path_secret, PathId path, crypto::Suite suite) {
    DataSealer initiator{path_secret, suite, path, Role::initiator};
    DataSealer responder{path_secret, suite, path, Role::responder};
    const auto inner = [](PacketBuilder builder) {
        const Bytes frame = builder.udp(5000, 5001).payload_of(16).build();
        return Bytes(frame.begin() + 14, frame.end());
    };
    make.capture.add(*initiator.seal(inner(eth().ipv4("198.18.0.1", "198.18.0.2"))));
    make.capture.add(*responder.seal(inner(eth().ipv6("fd00::2", "fd00::1"))), true);
    make.capture.add(*initiator.seal({}));
    make.capture.add(*initiator.seal(Bytes{0x5f, 0x00}));
}

void add_ends(Maker& make, const Secret32& path_secret) {
    v1::End probe;
    probe.mutable_probe()->set_nonce("abcdefgh");
    probe.mutable_probe()->set_pad(std::string(4, '\0'));
    make.capture.add(seal_end(path_secret, relayed, Role::initiator, probe, make.random));
    v1::End answer;
    answer.mutable_probe_answer()->set_nonce("abcdefgh");
    make.capture.add(seal_end(path_secret, relayed, Role::responder, answer, make.random), true);
}

// An exchange of keys, and DATA of the epoch that begins with it.
void add_epoch(Maker& make, const Secret32& path_secret) {
    v1::End request;
    request.mutable_key_request()->set_epoch(1);
    request.mutable_key_request()->set_key(std::string(32, 'a'));
    make.capture.add(seal_end(path_secret, relayed, Role::initiator, request, make.random));
    v1::End response;
    response.mutable_key_response()->set_epoch(1);
    response.mutable_key_response()->set_key(std::string(32, 'b'));
    make.capture.add(seal_end(path_secret, relayed, Role::responder, response, make.random), true);
    constexpr auto suite = crypto::Suite::aes_128_gcm;
    const Secret32 secret = make.secret();
    make.log.note_epoch_secret(relayed, 1, suite, secret);
    DataSealer initiator{secret, suite, relayed, Role::initiator, {}, 1};
    make.capture.add(*initiator.seal({}));
}

void add_cookies(Maker& make) {
    make.capture.add(build_cookie_ask(0x636f6f6b69657321));
    for (const char* outside : {"192.0.2.1:40000", "[2001:db8:6::111]:40000"}) {
        CookieAnswer answer;
        answer.nonce = 0x636f6f6b69657321;
        answer.token = make.random.bytes<16>();
        answer.boot_id = boot;
        answer.outside = *Endpoint::parse(outside);
        make.capture.add(build_cookie_answer(answer), true);
    }
}

Bytes head(std::uint8_t first, std::uint8_t flags, std::size_t more) {
    Bytes datagram(NtmHeader::size + more, 0);
    datagram[0] = first;
    datagram[1] = flags;
    datagram[15] = 1;
    return datagram;
}

void add_malformed(Maker& make) {
    make.capture.add({});
    make.capture.add(Bytes{0x10});
    make.capture.add(head(0x10, 0, 15));     // DATA without room for a tag
    make.capture.add(head(0x11, 0, 31));     // LEG without room for salt and tag
    make.capture.add(head(0x12, 0, 3));      // SIGNAL
    make.capture.add(head(0x13, 0, 100));    // HANDSHAKE, message 1
    make.capture.add(head(0x13, 0x04, 40));  // and 2
    make.capture.add(head(0x14, 0, 55));     // COOKIE, a byte too short
    make.capture.add(head(0x14, 0x04, 57));  // and a byte too long
    make.capture.add(head(0x15, 0, 16));     // END
    make.capture.add(head(0x16, 0, 16));     // no such type
    make.capture.add(head(0x20, 0, 16));     // nor version
    make.capture.add(head(0x10, 0xfa, 16));  // flags that nobody has defined
    Bytes counted = head(0x15, 0, 32);       // END with a counter
    counted[7] = 1;
    make.capture.add(counted);
    make.capture.add(head(0xf0, 0, 16));  // looks as if it had been opened
    const auto udp = [](std::uint16_t from, std::uint16_t to) {
        return eth().ipv4("192.0.2.1", "198.51.100.20").udp(from, to);
    };
    const Bytes whole = udp(40000, 9770).ntm(relayed).payload_of(64).build();
    make.capture.add_frame({whole.begin(), whole.begin() + 60}, whole.size());
    make.capture.add_frame(udp(1, 2).payload_of(9).build());  // no packet of NTM
}

bool write(const std::string& file, ByteView bytes) {
    std::ofstream stream{file, std::ios::binary};
    stream << as_text(bytes);
    return stream.flush().good();
}

bool make_capture(const std::string& folder) {
    Maker make;
    const Secret32 leg_secret = make.secret();
    const Secret32 path_secret = make.secret();
    const Secret32 direct_secret = make.secret();
    make.log.begin_run("make_capture", boot);
    make.log.note_path_secret(relayed, 7, crypto::Suite::aes_128_gcm, path_secret);
    make.log.note_leg_secret(relayed, 7, Role::responder, leg_secret);
    make.log.note_path_secret(direct, 1, crypto::Suite::chacha20_poly1305, direct_secret);
    add_cookies(make);
    add_signals(make, leg_secret, path_secret);
    add_legs(make, leg_secret, direct_secret);
    add_data(make, path_secret, relayed, crypto::Suite::aes_128_gcm);
    add_data(make, direct_secret, direct, crypto::Suite::chacha20_poly1305);
    add_data(make, make.secret(), unlogged, crypto::Suite::aes_128_gcm);
    add_ends(make, path_secret);
    add_malformed(make);
    const Secret32 padded_secret = make.secret();
    make.log.note_path_secret(padded, 1, crypto::Suite::aes_128_cbc_hmac_sha_256, padded_secret);
    add_data(make, padded_secret, padded, crypto::Suite::aes_128_cbc_hmac_sha_256);
    add_epoch(make, path_secret);
    return write(folder + "/sealed.pcap", make.capture.file()) &&
           write(folder + "/keys", as_bytes(make.keys));
}

}  // namespace

}  // namespace ntm::protocol

int main(int argc, char** argv) {
    if (argc != 2 || !ntm::protocol::make_capture(argv[1])) {
        std::fprintf(stderr, "usage: make_capture FOLDER, which can be written to\n");
        return 1;
    }
    return 0;
}
