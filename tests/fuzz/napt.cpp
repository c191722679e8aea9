// SPDX-License-Identifier: BSD-3-Clause
// Packets through a NAPT, both ways, as one input lists them: an event's first byte says what happens,
// and for a packet who sends it by which path, and what is made right of it first: its addresses, so
// that it concerns somebody, and its checksums, so that what stands behind them is reached.
// Promises: what is refused stays as it is; what is translated has right checksums if it had, and wrong
// ones if not, and can be translated back; a public port is one subscriber's port; what went out is
// found again from outside; what comes in is for the subscriber that it names.
#include "rs-dataplane/napt/napt.hpp"

#include "common/base/byte_order.hpp"
#include "common/base/random.hpp"
#include "common/packet/checksum.hpp"
#include "common/packet/ipv4.hpp"
#include "rs-dataplane/napt/translate.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace ntm::fuzz {

namespace {

using namespace napt;

const std::array<IpAddress, 2> vips4{Ipv4Address{{198, 18, 0, 5}}, Ipv4Address{{198, 18, 0, 6}}};
const std::array<IpAddress, 2> vips6{
    Ipv6Address{{0xfd, 0, 0, 10, 0, 0, 0, 5}}, Ipv6Address{{0xfd, 0, 0, 10, 0, 0, 0, 6}}};
const Ipv4Address public4{{192, 0, 2, 1}};
const Ipv6Address public6{{0x20, 1, 0xd, 0xb8, 1}};
const GeneralNode general_node4{
    PaddedAddress::of(Ipv4Address{{198, 18, 128, 9}}),
    PaddedAddress::of(Ipv4Address{{198, 51, 100, 7}})};
const GeneralNode general_node6{
    PaddedAddress::of(Ipv6Address{{0xfd, 0, 0, 11, 9}}),
    PaddedAddress::of(Ipv6Address{{0x20, 1, 0xd, 0xb8, 7}})};

Bindings::Plan small_plan() {
    Bindings::Plan plan;
    plan.subscribers = 2;
    plan.mappings = 20;
    plan.sessions = 30;
    plan.ipv4 = plan.ipv6 = {.addresses = 1, .blocks_each = 3, .block_size = 64};
    return plan;
}

bool is_ipv6(const Bytes& packet) {
    return !packet.empty() && packet[0] >> 4 == 6;
}
std::size_t header_length(const Bytes& packet) {
    return is_ipv6(packet) ? 40 : 20;
}

// Where the checksum of what stands behind the IP header is, or nowhere in this packet: 0.
std::size_t checksum_at(const Bytes& packet) {
    const std::size_t header = header_length(packet);
    const std::uint8_t protocol = packet[is_ipv6(packet) ? 6 : 9];
    const std::size_t at = protocol == ip_protocol::udp ? 6 : protocol == ip_protocol::tcp ? 16 : 2;
    return header + at + 2 <= packet.size() ? header + at : 0;
}

WordSum upper_sum(const Bytes& packet) {
    const std::size_t header = header_length(packet);
    const std::uint8_t protocol = packet[is_ipv6(packet) ? 6 : 9];
    const ByteView upper = ByteView{packet}.subspan(header);
    WordSum sum = sum_words(upper);
    if (is_ipv6(packet) || protocol != ip_protocol::icmp) {
        sum +=
            sum_words(ByteView{packet}.subspan(is_ipv6(packet) ? 8 : 12, is_ipv6(packet) ? 32 : 8)
            ) +
            sum_pseudo_header(protocol, static_cast<std::uint16_t>(upper.size()));
    }
    return sum;
}

bool has_right_checksums(const Bytes& packet) {
    if (!is_ipv6(packet) && fold(sum_words(ByteView{packet}.first(20))) != 0xffff) {
        return false;
    }
    const bool has_none = packet[is_ipv6(packet) ? 6 : 9] == ip_protocol::udp &&
                          load<std::uint16_t>(packet.data() + checksum_at(packet)) == 0;
    return has_none || fold(upper_sum(packet)) == 0xffff;
}

// Whole headers are there.
void repair_checksums(Bytes& packet) {
    const std::size_t length_at = is_ipv6(packet) ? 4 : 2;
    const std::size_t length = packet.size() - (is_ipv6(packet) ? 40 : 0);
    store(packet.data() + length_at, Be16::from_host(static_cast<std::uint16_t>(length)));
    if (!is_ipv6(packet)) {
        store(packet.data() + 10, std::uint16_t{0});
        store(packet.data() + 10, checksum_of(sum_words(ByteView{packet}.first(20))));
    }
    if (const std::size_t at = checksum_at(packet); at != 0) {
        store(packet.data() + at, std::uint16_t{0});
        store(packet.data() + at, udp_checksum_of(upper_sum(packet)));
    }
}

void put_address(Bytes& packet, bool is_source, const PaddedAddress& address) {
    if (is_ipv6(packet)) {
        store(packet.data() + (is_source ? 8 : 24), address.first);
        store(packet.data() + (is_source ? 16 : 32), address.second);
    } else {
        store(packet.data() + (is_source ? 12 : 16), address.ipv4_word());
    }
}

// Where an ICMP error would quote a packet without options, if this is one with such a quote; else 0.
std::size_t quote_at(const Bytes& packet) {
    const std::size_t header = header_length(packet);
    const std::uint8_t protocol = packet[is_ipv6(packet) ? 6 : 9];
    const bool is_icmp = protocol == (is_ipv6(packet) ? ip_protocol::icmpv6 : ip_protocol::icmp);
    return is_icmp && packet.size() >= 2 * header + 16 ? header + 8 : 0;
}

// Makes the quote one of these ends; `port` in the source's place or in the destination's.
void put_in_quote(
    Bytes& packet,
    const PaddedAddress& source,
    const PaddedAddress& destination,
    bool is_source,
    std::uint16_t port
) {
    const std::size_t at = quote_at(packet);
    if (at == 0 || packet[at] >> 4 != packet[0] >> 4) {
        return;
    }
    Bytes quote{packet.begin() + static_cast<int>(at), packet.end()};
    put_address(quote, true, source);
    put_address(quote, false, destination);
    const std::uint8_t protocol = quote[is_ipv6(quote) ? 6 : 9];
    const bool is_echo = protocol == ip_protocol::icmp || protocol == ip_protocol::icmpv6;
    const std::size_t port_at = is_echo ? 4 : is_source ? 0 : 2;
    store(quote.data() + header_length(quote) + port_at, Be16::from_host(port));
    if (!is_ipv6(quote)) {
        store(quote.data() + 10, std::uint16_t{0});
        store(quote.data() + 10, checksum_of(sum_words(ByteView{quote}.first(20))));
    }
    std::ranges::copy(quote, packet.begin() + static_cast<int>(at));
}

// Zero and all ones are the same sum.
bool is_same(Bytes left, Bytes right) {
    const std::size_t at = checksum_at(left);
    for (Bytes* packet : {&left, &right}) {
        if (load<std::uint16_t>(packet->data() + at) == 0xffff) {
            store(packet->data() + at, std::uint16_t{0});
        }
    }
    return left == right;
}

class Watched {
  public:
    Watched() {
        for (std::size_t i = 0; i < vips4.size(); ++i) {
            static_cast<void>(bindings_->add_subscriber(vips4[i].ipv4(), vips6[i].ipv6(), {}));
        }
    }

    void pass(std::uint8_t seconds) {
        now_ += std::chrono::seconds{seconds};
        bindings_->tend(now_, UINT32_MAX);
        // Ports that nobody holds any more may be others'.
        std::erase_if(owners_, [&](const auto& owner) { return !is_mapped(owner.second); });
    }

    void send(Bytes packet, Position subscriber, bool is_exit, bool is_addressed) {
        const Sender sender{subscriber, {PathId{is_exit ? 2U : 1U}, is_exit}, node_of(packet)};
        if (is_addressed && packet.size() >= header_length(packet)) {
            put_address(packet, true, vip_of(packet, subscriber));
            const PaddedAddress& vip = sender.general_node.virtual_address;
            if (!is_exit) {
                put_address(packet, false, vip);
            }
            put_in_quote(packet, vip, vip_of(packet, subscriber), false, last_inside_port_);
            repair_checksums(packet);
        }
        const Bytes before = packet;
        const auto read = InnerPacket::parse(packet);
        if (!read) {
            demand(packet == before, "what is refused stays as it is");
            return;
        }
        const Ends ends = read->ends(read->headers());
        const bool is_error = read->kind() == Kind::icmp_error;
        const auto lookup = napt_.lookup_out(*read, sender);
        const DropReason reason = is_error ? napt_.send_error_out(*read, sender)
                                           : napt_.send_out(*read, lookup, sender, now_);
        if (reason != DropReason::none) {
            demand(packet == before, "what is refused stays as it is");
            return;
        }
        demand(has_right_checksums(packet) == has_right_checksums(before), "checksums stay right");
        if (is_error) {
            return;
        }
        check_owner(*read, lookup.tuple);
        translate(*read, ends);
        demand(is_same(packet, before), "what is translated back is as it was");
    }

    void receive(Bytes packet, std::uint8_t which, bool is_from_gn, bool is_addressed) {
        if (is_addressed && packet.size() >= header_length(packet) + 8) {
            address_to_us(packet, which, is_from_gn);
            repair_checksums(packet);
        }
        const Bytes before = packet;
        const auto read = InnerPacket::parse(packet);
        if (!read) {
            demand(packet == before, "what is refused stays as it is");
            return;
        }
        const auto lookup = napt_.lookup_in(*read);
        const auto found = lookup ? napt_.find_receiver(*read, *lookup, now_)
                           : read->kind() == Kind::icmp_error
                               ? napt_.find_receiver_of_error(*read)
                               : Unexpected{DropReason::napt_no_mapping};
        demand(packet == before, "to look for the receiver changes nothing");
        if (!found) {
            return;
        }
        demand(found->subscriber < vips4.size(), "there is such a subscriber");
        const PaddedAddress vip = vip_of(packet, found->subscriber);
        const Path path{found->path, found->path == PathId{2}};
        Napt::bring_in(*read, {vip, found->port, path, node_of(packet)});
        demand(has_right_checksums(packet) == has_right_checksums(before), "checksums stay right");
        const Ends came = read->ends(read->headers());
        demand(came.destination == vip, "it is for the subscriber");
        demand(
            read->kind() == Kind::icmp_error || came.destination_port == found->port,
            "it is for the subscriber's port"
        );
    }

  private:
    using Owner = std::tuple<Family, Protocol, std::uint16_t>;

    [[nodiscard]] static const GeneralNode& node_of(const Bytes& packet) {
        return is_ipv6(packet) ? general_node6 : general_node4;
    }
    [[nodiscard]] static PaddedAddress vip_of(const Bytes& packet, Position subscriber) {
        return PaddedAddress::of(is_ipv6(packet) ? vips6[subscriber] : vips4[subscriber]);
    }
    [[nodiscard]] bool is_mapped(const InsideTuple& tuple) const {
        return bindings_->find(tuple).has_value();
    }
    [[nodiscard]] std::optional<std::uint16_t> known_port(std::uint8_t which) const {
        if (owners_.empty()) {
            return std::nullopt;
        }
        auto at = owners_.begin();
        std::advance(at, which % owners_.size());
        return std::get<2>(at->first);
    }
    void address_to_us(Bytes& packet, std::uint8_t which, bool is_from_gn) {
        const PaddedAddress us =
            is_ipv6(packet) ? PaddedAddress::of(public6) : PaddedAddress::of(public4);
        const PaddedAddress& gn = node_of(packet).real_address;
        put_address(packet, false, us);
        if (is_from_gn) {
            put_address(packet, true, gn);
        }
        const auto known = known_port(which);
        if (!known) {
            return;
        }
        if (quote_at(packet) != 0) {
            put_in_quote(packet, us, gn, true, *known);
            return;
        }
        const std::uint8_t protocol = packet[is_ipv6(packet) ? 6 : 9];
        const bool is_icmp = protocol == ip_protocol::icmp || protocol == ip_protocol::icmpv6;
        store(packet.data() + header_length(packet) + (is_icmp ? 4 : 2), Be16::from_host(*known));
    }
    void check_owner(const InnerPacket& packet, const InsideTuple& from) {
        const Ends left = packet.ends(packet.headers());
        const Owner owner{from.family, from.protocol, left.source_port};
        const auto [at, is_new] = owners_.try_emplace(owner, from);
        demand(
            at->second.subscriber == from.subscriber && at->second.inside_port == from.inside_port,
            "a public port is one subscriber's port"
        );
        at->second = from;
        last_inside_port_ = from.inside_port;
        const auto back = bindings_->find(OutsideTuple{
            left.destination, {0, left.source_port}, from.remote_port, from.family, from.protocol});
        // A refusal of what a stranger sent makes no session.
        const bool is_refusal = packet.kind() == Kind::tcp && packet.segment().has_rst;
        demand(
            is_refusal ||
                (back && back->subscriber == from.subscriber && back->port == from.inside_port),
            "what went out is found from outside"
        );
    }

    SeededRandom random_{1};
    std::unique_ptr<Bindings> bindings_ = Bindings::make(small_plan(), random_);
    const PublicAddresses addresses_{{public4}, {public6}};
    Napt napt_{*bindings_, addresses_};
    std::map<Owner, InsideTuple> owners_;  // with the last one sent from each
    std::uint16_t last_inside_port_ = 0;
    Instant now_;
};

}  // namespace

void set_up() {}

void run(ByteView bytes) {
    Watched watched;
    Input input{bytes};
    while (!input.is_empty()) {
        const std::uint8_t what = input.byte();
        const std::uint8_t which = input.byte();
        if (what % 8 == 7) {
            watched.pass(which);
            continue;
        }
        const ByteView taken = input.take(input.byte());
        Bytes packet{taken.begin(), taken.end()};
        const bool is_addressed = (what & 0x10) == 0;
        if (what % 2 == 0) {
            watched.send(packet, which % 2, (what & 0x20) != 0, is_addressed);
        } else {
            watched.receive(packet, which, (what & 0x20) == 0, is_addressed);
        }
    }
}

}  // namespace ntm::fuzz
