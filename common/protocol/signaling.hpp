// SPDX-License-Identifier: BSD-3-Clause
// All signalling associations of one process (docs/protocol.md section 4): Noise IK handshakes,
// sessions, requests with retransmission, and the cache of answers. A state machine: datagrams,
// requests and the time go in; datagrams and events come out, in order, from take_datagrams() and
// take_events(). The caller feeds it every HANDSHAKE and SIGNAL packet, and COOKIE answers with
// session id zero whose nonce `owns_cookie` claims.
#pragma once

#include "common/base/datagram.hpp"
#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/crypto/x25519.hpp"
#include "common/protocol/key_log.hpp"
#include "common/protocol/ntm.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ntm::protocol {

enum class PeerKind : std::uint8_t { node, relay, dc };

// A peer is its static key.
using PeerKey = crypto::PublicKey;

// A session of this peer has been confirmed. `is_new_boot`: the peer's boot id differs from the one
// of the session before (or there was none): what it held may be lost.
struct PeerConnected {
    PeerKey peer;
    BootId boot_id;
    bool is_new_boot = false;
};

// A request of a connected peer, to be answered once with send_answer; repeats of it are answered
// from the cache and do not come up again.
struct RequestReceived {
    PeerKey peer;
    std::uint64_t id = 0;
    BootId boot_id;   // of the session that it came through
    Endpoint source;  // outside address and port of this packet
    v1::Signal message;
};

struct AnswerReceived {
    PeerKey peer;
    std::uint64_t id = 0;  // as send_request returned it
    v1::Signal message;
};

// No answer in 10 s, or the peer came with another boot id while its kind of request dies with it.
struct RequestFailed {
    PeerKey peer;
    std::uint64_t id = 0;
};

// The peer's address as the SIGNAL packet with the highest counter shows it.
struct PeerMoved {
    PeerKey peer;
    Endpoint endpoint;
    bool is_proven = false;
};

// The peer asks whether one is where it sees one: at an address that it did not know to be one's own.
struct AddressProbed {
    PeerKey peer;
    Endpoint source;  // the peer's
};

// A run of the peer that a later one has replaced shakes hands again, and no session comes of it: two
// processes have this key, or somebody repeats what he heard. As often as it comes.
struct PastRunHeard {
    PeerKey peer;
    Endpoint source;
};

using SignalingEvent = std::variant<
    PeerConnected,
    RequestReceived,
    AnswerReceived,
    RequestFailed,
    PeerMoved,
    AddressProbed,
    PastRunHeard>;

// How a request ends when the peer turns out to have started anew.
enum class OnNewBoot : std::uint8_t { resend, fail };

struct SignalingCounters {
    std::uint64_t received = 0;
    std::uint64_t bad_handshake = 0;  // does not open, own or zero key, not from a known peer
    std::uint64_t unknown_session = 0;
    std::uint64_t bad_tag = 0;
    std::uint64_t replayed = 0;            // SIGNAL, or message 2 of a handshake that is over
    std::uint64_t malformed = 0;           // opened, but not a Signal that may be sent
    std::uint64_t token_demanded = 0;      // message 1 answered by COOKIE
    std::uint64_t handshake_limited = 0;   // message 1 beyond what its source or all may have
    std::uint64_t handshake_repeated = 0;  // message 1 once more, answered as the first time
    std::uint64_t past_run = 0;            // handshakes of a run that a later one has replaced
};

// The longest serialized v1::Signal: 1200 bytes of datagram less header and tag. A longer request
// fails at once, a longer answer goes out as STATUS_INTERNAL: page or repeat lists instead.
inline constexpr std::size_t longest_signal = 1168;

class Signaling {
  public:
    struct Settings {
        crypto::KeyPair static_key;
        BootId boot_id;
        // Of all tokens of this process (docs/protocol.md section 4.1): whoever got one by a COOKIE
        // ask may show it in a handshake. Random, new at each start.
        Secret<16> token_key;
        // Tokens are demanded of message 1 not only under load, but also where a session stands: by
        // DCs and relays.
        bool demands_tokens = false;
        // Gets the keys of each session when it is made.
        KeyLog key_log{};
        // Higher than any that an earlier process has used under this boot id.
        std::uint64_t first_request_id = 1;
        // Message 1s without a token opened a second: beyond, tokens are demanded of all. With one, four
        // times as many: half of them for sources that send no more than a fifth of this each.
        std::uint32_t handshakes_per_second = 500;
    };
    Signaling(Settings settings, RandomSource& random);
    ~Signaling();
    Signaling(const Signaling&) = delete;
    Signaling& operator=(const Signaling&) = delete;

    [[nodiscard]] const PeerKey& own_key() const noexcept;
    [[nodiscard]] BootId boot_id() const noexcept;

    // Provisioning: handshakes of other keys are not answered. `removed` ends the sessions.
    void add_peer(const PeerKey& peer, PeerKind kind);
    void remove_peer(const PeerKey& peer);
    [[nodiscard]] std::optional<PeerKind> kind_of(const PeerKey& peer) const;

    // Where to send a handshake when there is no session; tried in turn. A DC stores a node's last
    // outside address and gives it here after a restart. `local` of the datagrams is left open.
    void set_endpoints(const PeerKey& peer, std::vector<Endpoint> endpoints);
    // Starts a handshake now, beside any session (after a move, or on start). Goes on with backoff
    // (up to 5 s between tries) until one stands if `is_persistent`.
    void connect(const PeerKey& peer, bool is_persistent, Instant now);
    // The address last confirmed is void (the host has moved): send a SIGNAL packet from the new
    // one, so that the peer follows.
    void announce_move(const PeerKey& peer, Instant now);

    [[nodiscard]] bool is_connected(const PeerKey& peer) const;
    [[nodiscard]] std::optional<Endpoint> endpoint_of(const PeerKey& peer) const;
    [[nodiscard]] std::optional<Endpoint> proven_endpoint_of(const PeerKey& peer) const;
    [[nodiscard]] std::optional<BootId> boot_id_of(const PeerKey& peer) const;
    [[nodiscard]] std::optional<Duration> smoothed_rtt_of(const PeerKey& peer) const;

    // Sends a request (id and is_answer are set here) and repeats it until answered, for 10 s.
    // Without a session it waits for the handshake that it starts. `resend` survives a peer's
    // restart, `fail` does not. Returns the id.
    std::uint64_t send_request(
        const PeerKey& peer, v1::Signal message, OnNewBoot on_new_boot, Instant now
    );
    void cancel_request(const PeerKey& peer, std::uint64_t id);
    // Answers a RequestReceived (the id is set here) and keeps the answer for 30 s.
    void send_answer(const RequestReceived& request, v1::Signal message, Instant now);

    void handle_datagram(const Datagram& datagram, Instant now);
    // Whether this process has given out the session id.
    [[nodiscard]] bool owns_session(SessionId id) const;
    // Whether a COOKIE answer with this nonce belongs to a handshake of ours.
    [[nodiscard]] bool owns_cookie(std::uint64_t nonce) const;

    // The session ids that packets to this process may carry at present, the nonces that owns_cookie
    // claims, and a number that grows whenever either change: what a relay's workers let through
    // (docs/protocol.md section 4).
    [[nodiscard]] std::vector<SessionId> session_ids() const;
    [[nodiscard]] std::vector<std::uint64_t> cookie_nonces() const;
    [[nodiscard]] std::uint64_t session_changes() const noexcept;

    // When handle_timeout wants to be called next: at once, if it had more to do than it does in one go.
    [[nodiscard]] Instant next_timeout() const;
    void handle_timeout(Instant now);

    [[nodiscard]] std::vector<Datagram> take_datagrams();
    // Whether take_events() has something to give. What is not authentic never makes an event.
    [[nodiscard]] bool has_events() const noexcept;
    [[nodiscard]] std::vector<SignalingEvent> take_events();
    [[nodiscard]] const SignalingCounters& counters() const noexcept;

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace ntm::protocol
