// SPDX-License-Identifier: BSD-3-Clause
// The responder's side of handshakes (docs/protocol.md section 4). Message 1 alone changes nothing
// that counts: it leaves an unconfirmed session, of which a peer has a few, each for 5 s. Strangers
// get no answer; whoever has to prove its address gets a COOKIE answer, and nothing is kept.
#include "common/protocol/signaling_state.hpp"

#include <algorithm>
#include <utility>

namespace ntm::protocol {

namespace {

constexpr std::size_t shortest_message_1 = noise_message_1_at + noise_message_1_overhead;
static_assert(shortest_message_1 >= cookie_size, "a COOKIE answer is never longer than its ask");

constexpr std::size_t most_unconfirmed = 4;

std::uint64_t repeat_key(ByteView message_1) noexcept {
    return load<std::uint64_t>(message_1.data() + noise_message_1_at);
}

}  // namespace

bool Signaling::State::answer_repeat(const Datagram& datagram, Instant now) {
    while (!accepted_expiries_.empty() && accepted_expiries_.front().first <= now) {
        const auto found = accepted_.find(accepted_expiries_.front().second);
        if (found != accepted_.end() && found->second.expires <= now) {
            accepted_.erase(found);
        }
        accepted_expiries_.pop_front();
    }
    const auto found = accepted_.find(repeat_key(datagram.payload));
    if (found == accepted_.end() || found->second.message_1 != datagram.payload) {
        return false;
    }
    ++counters.handshake_repeated;
    datagrams.push_back({datagram.local, datagram.remote, found->second.message_2});
    return true;
}

void Signaling::State::demand_token(const Datagram& datagram, Instant now) {
    if (!gate_.may_demand(datagram.remote.address, now)) {
        ++counters.handshake_limited;
        return;
    }
    ++counters.token_demanded;
    CookieAnswer answer;
    answer.nonce = load<Be64>(datagram.payload.data() + noise_message_1_at).to_host();
    answer.token = mint_.mint(datagram.remote, now);
    answer.boot_id = settings.boot_id;
    answer.outside = datagram.remote;
    datagrams.push_back({datagram.local, datagram.remote, build_cookie_answer(answer)});
}

void Signaling::State::handle_message_1(
    const NtmHeader& header, const Datagram& datagram, Instant now
) {
    const ByteView payload{datagram.payload};
    if (payload.size() < shortest_message_1 || header.id != 0) {
        ++counters.bad_handshake;
        return;
    }
    if (answer_repeat(datagram, now)) {
        return;
    }
    const auto token = load<crypto::Token>(payload.data() + token_at);
    const bool has_token = mint_.check(token, datagram.remote, now).has_value();
    if (has_token && !gate_.may_open_proven(datagram.remote.address, now)) {
        ++counters.handshake_limited;
        return;
    }
    if (!has_token && !gate_.may_open_unproven(now)) {
        return demand_token(datagram, now);
    }
    NoiseResponder noise{settings.static_key, build_prologue(header, token)};
    const auto key = noise.read_static(payload.subspan(noise_message_1_at));
    Peer* const peer = key ? find(*key) : nullptr;
    if (peer == nullptr) {
        ++counters.bad_handshake;
        return;
    }
    const bool has_session = !peer->sessions.empty() || !peer->pending.empty();
    if (settings.demands_tokens && has_session && !has_token) {
        return demand_token(datagram, now);
    }
    answer_message_1(*peer, noise, datagram, now);
}

void Signaling::State::answer_message_1(
    Peer& peer, NoiseResponder& noise, const Datagram& datagram, Instant now
) {
    const auto payload = noise.read_payload(ByteView{datagram.payload}.subspan(noise_message_1_at));
    const auto hello = payload ? parse_hello(*payload) : std::nullopt;
    if (!hello) {
        ++counters.bad_handshake;
        return;
    }
    if (is_past_run(peer, *hello, now, now)) {
        return refuse_past_run(peer, datagram.remote);
    }
    const SessionId own_id = new_session_id();
    const auto message = noise.write_message_2(
        crypto::KeyPair::generate(random_), build_hello(own_id, settings.boot_id)
    );
    if (!message) {
        ++counters.bad_handshake;
        return;
    }
    if (peer.pending.size() >= most_unconfirmed) {
        forget_session(peer.pending.front().session.own_id());
        peer.pending.erase(peer.pending.begin());
    }
    name_session(own_id, peer);
    const Session::Names names{own_id, hello->session_id, hello->boot_id};
    peer.pending.push_back(
        {make_session(names, noise.split(), false, now),
         datagram.remote,
         now + unconfirmed_lifetime}
    );

    NtmHeader header;
    header.type = PacketType::handshake;
    header.flags = NtmHeader::flag_answer;
    header.id = hello->session_id.value;
    Bytes answer(NtmHeader::size);
    header.write(answer.data());
    append(answer, *message);
    datagrams.push_back({datagram.local, datagram.remote, answer});

    const std::uint64_t repeat = repeat_key(datagram.payload);
    accepted_[repeat] = {datagram.payload, std::move(answer), now + unconfirmed_lifetime};
    accepted_expiries_.emplace_back(now + unconfirmed_lifetime, repeat);
    reschedule(peer);
}

}  // namespace ntm::protocol
