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
#include "rs-dataplane/napt/translate.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/malformed/inner_packet.hpp"

#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace ntm::fuzz {

namespace {

using namespace napt;
using malformed::destination_of;
using malformed::has_right_checksums;
using malformed::header_length;
using malformed::is_icmp;
using malformed::is_ipv6;
using malformed::is_same;
using malformed::put_destination;
using malformed::put_in_quote;
using malformed::put_source;
using malformed::quote_at;

const std::array<IpAddress, 2> vips4{Ipv4Address{{198, 18, 0, 5}}, Ipv4Address{{198, 18, 0, 6}}};
const std::array<IpAddress, 2> vips6{
    Ipv6Address{{0xfd, 0, 0, 10, 0, 0, 0, 5}}, Ipv6Address{{0xfd, 0, 0, 10, 0, 0, 0, 6}}};
const Ipv4Address public4{{192, 0, 2, 1}};
const Ipv6Address public6{{0x20, 1, 0xd, 0xb8, 1}};

// A general node as its path's subscriber knows it, and as it really is.
struct Known {
    IpAddress virtual_address;
    IpAddress real_address;

    [[nodiscard]] GeneralNode node() const {
        return {PaddedAddress::of(virtual_address), PaddedAddress::of(real_address)};
    }
};
const Known known4{Ipv4Address{{198, 18, 128, 9}}, Ipv4Address{{198, 51, 100, 7}}};
const Known known6{Ipv6Address{{0xfd, 0, 0, 11, 9}}, Ipv6Address{{0x20, 1, 0xd, 0xb8, 7}}};

Bindings::Plan small_plan() {
    Bindings::Plan plan;
    plan.subscribers = 2;
    plan.mappings = 20;
    plan.sessions = 30;
    plan.ipv4 = plan.ipv6 = {.addresses = 1, .blocks_each = 3, .block_size = 64};
    return plan;
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
        forget_free_ports();
    }

    void send(Bytes packet, Position subscriber, bool is_exit, bool is_addressed) {
        const Known& known = known_of(packet);
        const Sender sender{subscriber, {PathId{is_exit ? 2U : 1U}, is_exit}, known.node()};
        if (is_addressed && packet.size() >= header_length(packet)) {
            const IpAddress& vip = vip_of(packet, subscriber);
            put_source(packet, vip);
            if (!is_exit) {
                put_destination(packet, known.virtual_address);
            }
            put_in_quote(packet, {known.virtual_address, vip, last_inside_port_, false});
            malformed::repair(packet);
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
            malformed::repair(packet);
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
        const IpAddress& vip = vip_of(packet, found->subscriber);
        const Path path{found->path, found->path == PathId{2}};
        Napt::bring_in(*read, {PaddedAddress::of(vip), found->port, path, known_of(packet).node()});
        demand(has_right_checksums(packet) == has_right_checksums(before), "checksums stay right");
        const Ends came = read->ends(read->headers());
        demand(destination_of(packet) == vip, "it is for the subscriber");
        demand(
            read->kind() == Kind::icmp_error || came.destination_port == found->port,
            "it is for the subscriber's port"
        );
    }

  private:
    using Owner = std::tuple<Family, Protocol, std::uint16_t>;

    [[nodiscard]] static const Known& known_of(const Bytes& packet) {
        return is_ipv6(packet) ? known6 : known4;
    }
    [[nodiscard]] static const IpAddress& vip_of(const Bytes& packet, Position subscriber) {
        return is_ipv6(packet) ? vips6[subscriber] : vips4[subscriber];
    }
    // Those may be others'.
    void forget_free_ports() {
        std::erase_if(owners_, [&](const auto& owner) {
            const auto port = bindings_->find(owner.second);
            return !port || port->port != std::get<2>(owner.first);
        });
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
        const IpAddress us = is_ipv6(packet) ? IpAddress{public6} : IpAddress{public4};
        const IpAddress& gn = known_of(packet).real_address;
        put_destination(packet, us);
        if (is_from_gn) {
            put_source(packet, gn);
        }
        const auto known = known_port(which);
        if (!known) {
            return;
        }
        if (quote_at(packet) != 0) {
            put_in_quote(packet, {us, gn, *known, true});
            return;
        }
        const std::size_t port_at = header_length(packet) + (is_icmp(packet) ? 4 : 2);
        store(packet.data() + port_at, Be16::from_host(*known));
    }
    void check_owner(const InnerPacket& packet, const InsideTuple& from) {
        const Ends left = packet.ends(packet.headers());
        forget_free_ports();
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
