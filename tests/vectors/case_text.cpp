// SPDX-License-Identifier: BSD-3-Clause
#include "tests/vectors/case_text.hpp"

#include "common/packet/packet.hpp"
#include "common/packet/packet_builder.hpp"
#include "common/protocol/ntm_header.hpp"
#include "tests/unit/rs-dataplane/relay/rs_n_cast.hpp"
#include "tests/vectors/words.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace ntm::vectors {

namespace {

std::uint8_t type_named(const std::string& name) {
    static const std::map<std::string, std::uint8_t> types{
        {"data", 0}, {"leg", 1}, {"signal", 2}, {"handshake", 3}, {"cookie", 4}, {"end", 5}};
    const auto found = types.find(name);
    return found != types.end() ? found->second
                                : static_cast<std::uint8_t>(std::stoul(name, nullptr, 0));
}

struct Line {
    PacketBuilder builder;
    InputFrame frame;
    std::size_t repeats = 1;
};

using PacketWord = std::function<void(Line&, Words&)>;

void add_mark(Line& line, std::uint8_t mark) {
    line.frame.receive_marks = static_cast<std::uint8_t>(line.frame.receive_marks | mark);
}

const std::map<std::string, PacketWord> packet_words{
    {"port",
     [](Line& l, Words& w) {
         l.frame.port = w.number<std::uint16_t>();
     }},
    {"at_ms",
     [](Line& l, Words& w) {
         l.frame.at = std::chrono::milliseconds{w.number<std::int64_t>()};
     }},
    {"headroom",
     [](Line& l, Words& w) {
         l.frame.headroom = w.number<std::uint16_t>();
     }},
    {"bad_checksum",
     [](Line& l, Words&) {
         add_mark(l, ReceiveMarks::bad_checksum);
     }},
    {"multi_segment",
     [](Line& l, Words&) {
         add_mark(l, ReceiveMarks::multi_segment);
     }},
    {"repeat",
     [](Line& l, Words& w) {
         l.repeats = w.number<std::size_t>();
     }},
    {"from_mac",
     [](Line& l, Words& w) {
         l.builder.from_mac(w.mac());
     }},
    {"to_mac",
     [](Line& l, Words& w) {
         l.builder.to_mac(w.mac());
     }},
    {"vlan",
     [](Line& l, Words& w) {
         l.builder.vlan(w.number<std::uint16_t>());
     }},
    {"ethertype",
     [](Line& l, Words& w) {
         l.builder.ethertype(w.number<std::uint16_t>());
     }},
    {"ip",
     [](Line& l, Words& w) {
         const IpAddress source = w.address();
         l.builder.ip(source, w.address());
     }},
    {"ttl",
     [](Line& l, Words& w) {
         l.builder.ttl(w.number<std::uint8_t>());
     }},
    {"class",
     [](Line& l, Words& w) {
         l.builder.traffic_class(w.number<std::uint8_t>());
     }},
    {"flow",
     [](Line& l, Words& w) {
         l.builder.flow_label(w.number<std::uint32_t>());
     }},
    {"id",
     [](Line& l, Words& w) {
         l.builder.identification(w.number<std::uint16_t>());
     }},
    {"fragment",
     [](Line& l, Words& w) {
         l.builder.fragment_field(w.number<std::uint16_t>());
     }},
    {"options",
     [](Line& l, Words& w) {
         l.builder.ipv4_options(w.hex());
     }},
    {"ip_checksum",
     [](Line& l, Words& w) {
         l.builder.ipv4_checksum(w.number<std::uint16_t>());
     }},
    {"ip_length",
     [](Line& l, Words& w) {
         l.builder.ip_length(w.number<std::uint16_t>());
     }},
    {"version_byte",
     [](Line& l, Words& w) {
         l.builder.version_byte(w.number<std::uint8_t>());
     }},
    {"protocol",
     [](Line& l, Words& w) {
         l.builder.protocol(w.number<std::uint8_t>());
     }},
    {"extension",
     [](Line& l, Words& w) {
         const auto kind = w.number<std::uint8_t>();
         l.builder.extension(kind, w.hex());
     }},
    {"udp",
     [](Line& l, Words& w) {
         const auto source = w.number<std::uint16_t>();
         l.builder.udp(source, w.number<std::uint16_t>());
     }},
    {"udp_length",
     [](Line& l, Words& w) {
         l.builder.udp_length(w.number<std::uint16_t>());
     }},
    {"udp_checksum",
     [](Line& l, Words& w) {
         l.builder.udp_checksum(w.number<std::uint16_t>());
     }},
    {"ntm",
     [](Line& l, Words& w) {
         const std::uint8_t type = type_named(w.text());
         const PathId id{std::stoull(w.text(), nullptr, 16)};
         l.builder.ntm(id, type, w.number<std::uint8_t>());
     }},
    {"counter",
     [](Line& l, Words& w) {
         l.builder.counter(w.number<std::uint64_t>());
     }},
    {"ntm_version",
     [](Line& l, Words& w) {
         l.builder.ntm_version(w.number<std::uint8_t>());
     }},
    {"payload",
     [](Line& l, Words& w) {
         l.builder.payload_of(w.number<std::size_t>());
     }},
    {"bytes",
     [](Line& l, Words& w) {
         l.builder.payload(w.hex());
     }},
    {"padding",
     [](Line& l, Words& w) {
         l.builder.padding(w.number<std::size_t>());
     }},
    {"truncate",
     [](Line& l, Words& w) {
         l.builder.truncate_to(w.number<std::size_t>());
     }},
};

void read_packet(Words& words, std::vector<InputFrame>& frames) {
    Line line;
    std::string word;
    while (words.next(word)) {
        const auto found = packet_words.find(word);
        if (found == packet_words.end()) {
            throw std::runtime_error{"unknown word: " + word};
        }
        found->second(line, words);
    }
    line.frame.bytes = line.builder.build();
    frames.insert(frames.end(), line.repeats, line.frame);
}

tables::RelayLeg read_leg(Words& words) {
    tables::RelayLeg leg;
    leg.is_bound = true;
    leg.remote = words.endpoint();
    leg.local = words.endpoint();
    leg.next_hop = words.number<tables::NextHopIndex>();
    return leg;
}

// path ID (initiator|responder REMOTE LOCAL HOP | previous_initiator REMOTE LOCAL)...
void read_path(Words& words, CaseText& text) {
    tables::RelayPath path;
    path.id = {std::stoull(words.text(), nullptr, 16)};
    std::string word;
    while (words.next(word)) {
        if (word == "initiator") {
            path.leg(Role::initiator) = read_leg(words);
        } else if (word == "responder") {
            path.leg(Role::responder) = read_leg(words);
        } else if (word == "previous_initiator") {
            path.leg(Role::initiator).previous_remote = words.endpoint();
            path.leg(Role::initiator).previous_local = words.endpoint();
        } else {
            throw std::runtime_error{"unknown word: " + word};
        }
    }
    text.paths.push_back(path);
}

// end ID suite NUMBER secret HEX initiator REMOTE LOCAL HOP
void read_end(Words& words, CaseText& text) {
    namespace cast = relay::testing;
    tables::RelayPath path;
    path.id = {std::stoull(words.text(), nullptr, 16)};
    words.expect("suite");
    const auto suite = words.number<crypto::Suite>();
    words.expect("secret");
    const Secret32 secret = words.secret();
    words.expect("initiator");
    path.leg(Role::initiator) = read_leg(words);
    path.end = tables::PathEnd{
        0,
        cast::make_end_keys(secret, path.id, suite),
        {{cast::gn_vip4, cast::gn4, 1}, {cast::gn_vip6, cast::gn6, 1}}};
    text.paths.push_back(path);
    text.settings.public_side = {
        text.settings.own, cast::first_public_port, cast::last_public_port};
}

// hop NUMBER (mtu N | unusable)...
void read_hop(Words& words, relay::Settings& settings) {
    relay::NextHop& hop = settings.next_hops.at(words.number<std::size_t>());
    std::string word;
    while (words.next(word)) {
        if (word == "mtu") {
            hop.mtu = words.number<std::uint16_t>();
        } else if (word == "unusable") {
            hop.is_usable = false;
        } else {
            throw std::runtime_error{"unknown word: " + word};
        }
    }
}

Budget read_budget(Words& words) {
    const auto per_second = words.number<std::uint32_t>();
    return {per_second, words.number<std::uint32_t>()};
}

void read_config_line(const std::string& first, Words& words, CaseText& text) {
    relay::Settings& settings = text.settings;
    if (first == "path") {
        read_path(words, text);
    } else if (first == "end") {
        read_end(words, text);
    } else if (first == "hop") {
        read_hop(words, settings);
    } else if (first == "session") {
        settings.sessions = relay::SessionSet{{{std::stoull(words.text(), nullptr, 16)}}};
    } else if (first == "nonce") {
        settings.cookie_nonces = relay::NonceSet{{std::stoull(words.text(), nullptr, 16)}};
    } else if (first == "legs_per_path") {
        settings.legs_per_path = read_budget(words);
    } else if (first == "cookies_per_source") {
        settings.cookies_per_ipv4_source = read_budget(words);
        settings.cookies_per_ipv6_source = settings.cookies_per_ipv4_source;
    } else if (first == "budget") {
        const std::string name = words.text();
        const auto& names = relay::punt_class_names;
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) {
            throw std::runtime_error{"unknown punt class: " + name};
        }
        settings.punt_budgets.at(static_cast<std::size_t>(found - names.begin())) =
            read_budget(words);
    } else {
        throw std::runtime_error{"unknown word: " + first};
    }
}

// Two ports and both families, as the head of README.md draws them.
relay::Settings standard_settings() {
    constexpr MacAddress rs0{{0x02, 0, 0, 0, 0, 0x02}};
    constexpr MacAddress rs1{{0x02, 0, 0, 0, 0, 0x03}};
    constexpr MacAddress router0{{0x02, 0, 0, 0, 0, 0x01}};
    constexpr MacAddress router1{{0x02, 0, 0, 0, 0, 0x04}};
    relay::Settings settings;
    settings.boot_id = {0x1122334455667788};
    settings.own = tables::OwnAddresses{
        {*IpAddress::parse("198.51.100.20"), *IpAddress::parse("2001:db8:1::20")}};
    settings.ports = {{rs0}, {rs1}};
    settings.next_hops = {{{router0, rs0}, 0, 1500, true}, {{router1, rs1}, 1, 1500, true}};
    return settings;
}

void for_each_line(
    const std::filesystem::path& file,
    const std::function<void(const std::string& first, const std::string& line)>& use
) {
    std::ifstream in{file};
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        std::istringstream words{line};
        std::string first;
        if (!(words >> first) || first[0] == '#') {
            continue;
        }
        try {
            use(first, line);
        } catch (const std::exception& failure) {
            throw std::runtime_error{
                file.string() + ":" + std::to_string(number) + ": " + failure.what()};
        }
    }
}

}  // namespace

CaseText read_case(const std::filesystem::path& folder) {
    CaseText text;
    text.settings = standard_settings();
    for_each_line(folder / "config", [&](const std::string& first, const std::string& line) {
        Words words{line};
        static_cast<void>(words.text());
        read_config_line(first, words, text);
    });
    for_each_line(folder / "in", [&](const std::string&, const std::string& line) {
        Words words{line};
        read_packet(words, text.frames);
    });
    if (text.frames.empty()) {
        throw std::runtime_error{folder.string() + ": no packets"};
    }
    return text;
}

}  // namespace ntm::vectors
