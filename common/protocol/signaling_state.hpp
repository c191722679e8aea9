// SPDX-License-Identifier: BSD-3-Clause
// The inside of Signaling, shared by its files: signaling.cpp (provisioning, queries, time),
// signaling_initiator.cpp and signaling_responder.cpp (the two sides of a handshake),
// signaling_sessions.cpp (which sessions stand), signaling_addresses.cpp (where a peer is) and
// signaling_exchange.cpp (requests and answers). One packet followed through: handle_datagram ->
// handle_signal finds the session by its id, opens it and follows the address -> handle_body -> an
// event, or an answer from the cache.
#pragma once

#include "common/crypto/token_mint.hpp"
#include "common/protocol/address_ledger.hpp"
#include "common/protocol/cookie.hpp"
#include "common/protocol/handshake_gate.hpp"
#include "common/protocol/noise_ik.hpp"
#include "common/protocol/request_engine.hpp"
#include "common/protocol/session.hpp"
#include "common/protocol/signaling.hpp"

#include <deque>
#include <set>
#include <unordered_map>

namespace ntm::protocol {

// One message 1 of ours on its way.
struct HandshakeAttempt {
    SessionId own_id;
    NoiseInitiator noise;
    Bytes datagram;
    std::uint64_t nonce = 0;       // by which a COOKIE answer names it
    std::optional<Endpoint> only;  // its token is for this end
    bool had_cookie = false;
    std::vector<Endpoint> sent_to;
    Instant first_sent;
    unsigned tries = 0;
};

// Our wish for a session with a peer, until one stands or the wish ends.
struct Dial {
    bool is_persistent = false;
    bool is_for_requests = false;            // ends with the last request that waits
    std::vector<HandshakeAttempt> attempts;  // the newest last: only that one is repeated
    Backoff backoff{std::nullopt};
    Instant due;
    Instant attempt_ends;
    Instant last_sent;
    std::size_t next_target = 0;
    unsigned cookies = 0;  // taken since the last fresh attempt
};

// A session that we answered a message 1 for; it counts once a SIGNAL packet of it verifies.
struct UnconfirmedSession {
    Session session;
    Endpoint source;
    Instant expires;
};

struct ConfirmedSession {
    Session session;
    Instant heard;                         // of the last packet
    Instant expires = Instant::never();    // once a newer one of the same initiator stands
    Instant renewal = Instant::never();    // ours to renew
    Instant repeat_at = Instant::never();  // of the empty packet that confirms it
    Instant repeat_ends{};
    Backoff repeat{std::nullopt};
};

struct Peer {
    Peer(const PeerKey& peer_key, PeerKind peer_kind);

    PeerKey key;
    PeerKind kind;
    std::vector<Endpoint> endpoints;          // provisioned
    std::vector<ConfirmedSession> sessions;   // the one confirmed last at the end
    std::vector<UnconfirmedSession> pending;  // the oldest first
    std::optional<Dial> dial;
    RequestBook requests;
    AnswerCache answers;
    std::optional<std::uint64_t> announcement;  // the probe that told of our last move
    std::vector<Bytes> held;                    // answers that wait for the address to be proven
    AddressLedger addresses;
    std::optional<std::pair<Endpoint, bool>> reported;  // by PeerMoved
    SmoothedRtt rtt;
    std::optional<BootId> boot_id;
    std::deque<BootId> past_boot_ids;  // of earlier runs, the oldest first
    Instant run_since;                 // that of boot_id
    Instant heard;
    bool is_silent = false;  // a request ran out and nothing has come since it was made
    Instant scheduled = Instant::never();
};

struct PeerHello {
    SessionId session_id;
    BootId boot_id;
};

class Signaling::State {
  public:
    State(Settings with_settings, RandomSource& with_random);

    // signaling.cpp
    void add_peer(const PeerKey& key, PeerKind kind);
    void remove_peer(const PeerKey& key);
    [[nodiscard]] Peer* find(const PeerKey& key);
    [[nodiscard]] const Peer* find(const PeerKey& key) const;
    void handle_datagram(const Datagram& datagram, Instant now);
    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;
    [[nodiscard]] std::vector<SessionId> session_ids() const;
    [[nodiscard]] std::vector<std::uint64_t> cookie_nonces() const;
    [[nodiscard]] bool owns_session(SessionId id) const { return by_session_.contains(id); }
    [[nodiscard]] bool owns_cookie(std::uint64_t nonce) const { return by_nonce_.contains(nonce); }

    // signaling_initiator.cpp
    void connect(const PeerKey& key, bool is_persistent, Instant now);
    void set_endpoints(const PeerKey& key, std::vector<Endpoint> endpoints);

    // signaling_addresses.cpp
    void announce_move(const PeerKey& key, Instant now);

    // signaling_exchange.cpp
    std::uint64_t send_request(
        const PeerKey& key, v1::Signal message, OnNewBoot on_new_boot, Instant now
    );
    void cancel_request(const PeerKey& key, std::uint64_t id);
    void send_answer(const RequestReceived& request, v1::Signal message, Instant now);

    Settings settings;
    std::vector<Datagram> datagrams;
    std::vector<SignalingEvent> events;
    SignalingCounters counters;
    std::uint64_t session_changes = 0;

  private:
    // signaling.cpp
    void reschedule(Peer& peer);
    [[nodiscard]] static Instant next_timeout_of(const Peer& peer);
    void handle_timeout_of(Peer& peer, Instant now);
    [[nodiscard]] SessionId new_session_id();
    void name_session(SessionId id, Peer& peer);
    void forget_session(SessionId id);

    // signaling_initiator.cpp
    void start_dial(Peer& peer, Dial dial, Instant now);
    void end_dial(Peer& peer);
    static void hush_dial(Peer& peer);
    void wake_dial(Peer& peer, Instant now);
    void handle_dial_timeout(Peer& peer, Instant now);
    void add_attempt(
        Peer& peer, const crypto::Token& token, std::optional<Endpoint> only, Instant now
    );
    void drop_attempt(HandshakeAttempt& attempt);
    void send_attempt(Peer& peer, Instant now);
    void handle_cookie_answer(const Datagram& datagram, Instant now);
    void handle_message_2(const NtmHeader& header, const Datagram& datagram, Instant now);

    // signaling_responder.cpp
    struct Accepted {
        Bytes message_1;
        Bytes message_2;
        Instant expires;
    };
    void handle_message_1(const NtmHeader& header, const Datagram& datagram, Instant now);
    void answer_message_1(Peer& peer, NoiseResponder& noise, const Datagram& datagram, Instant now);
    void demand_token(const Datagram& datagram, Instant now);
    [[nodiscard]] bool answer_repeat(const Datagram& datagram, Instant now);

    // signaling_sessions.cpp
    void handle_signal(const NtmHeader& header, const Datagram& datagram, Instant now);
    struct Opened {
        Bytes plaintext;
        bool is_newest = false;     // of all that its session has brought
        bool is_initiator = false;  // this end is its session's: what is empty answers its own
    };
    [[nodiscard]] std::optional<Opened> open_signal(
        Peer& peer, const NtmHeader& header, const Datagram& datagram, Instant now
    );
    [[nodiscard]] std::optional<Opened> open_confirmed(
        Peer& peer, ConfirmedSession& confirmed, const Datagram& datagram, Instant now
    );
    [[nodiscard]] static bool chooses_way(const Peer& peer, bool is_answer, const Endpoint& source);
    void count(SessionError error);
    [[nodiscard]] Session make_session(
        const Session::Names& names, const TransportKeys& keys, bool is_initiator, Instant now
    ) const;
    void confirm(Peer& peer, Session session, Instant now);
    void expire_sessions(Peer& peer, Instant now);
    void meet_boot_id(Peer& peer, BootId boot_id, Instant now);
    void begin_run(Peer& peer, BootId boot_id, Instant now);
    [[nodiscard]] bool is_past_run(
        const Peer& peer, const PeerHello& hello, Instant begun, Instant now
    ) const;
    void refuse_past_run(const Peer& peer, const Endpoint& source);
    void handle_session_timeouts(Peer& peer, Instant now);

    // signaling_addresses.cpp
    void report_address(Peer& peer);
    // Seals for the session confirmed last and sends to `to`, or to where the peer is reached.
    // The ends that it went to: none without a session or when the address may not be sent so much.
    std::vector<Endpoint> send_signal(
        Peer& peer, ByteView plaintext, const std::optional<Endpoint>& to
    );
    [[nodiscard]] static std::vector<Endpoint> targets_of(const Peer& peer);
    [[nodiscard]] static bool is_allowed(const Peer& peer, const Endpoint& to, std::size_t bytes);
    [[nodiscard]] static std::vector<Endpoint> ways_to(Peer& peer, std::size_t bytes);
    [[nodiscard]] static bool has_room(Peer& peer, const Endpoint& to, std::size_t bytes);
    void prove_address(Peer& peer, Instant now);
    [[nodiscard]] PendingRequest new_probe(const Peer& peer, std::size_t pad, Instant now);
    void catch_up(Peer& peer, Instant now);
    void answer_empty(Peer& peer, SessionId session, const Endpoint& to);

    // signaling_exchange.cpp
    // False: it is none, as an empty plaintext, which says nothing; `message` is then empty too.
    [[nodiscard]] static bool read_signal(ByteView plaintext, v1::Signal& message);
    void handle_body(Peer& peer, v1::Signal message, const Datagram& datagram, Instant now);
    void handle_answer(Peer& peer, v1::Signal message, const Datagram& datagram, Instant now);
    void handle_request(Peer& peer, v1::Signal message, const Datagram& datagram, Instant now);
    void refuse_request(const RequestReceived& request, v1::Status status, Instant now);
    void send_answer_bytes(Peer& peer, const Bytes& answer, const Endpoint& to);
    void try_request(Peer& peer, PendingRequest& request, Instant now);
    std::size_t resend_requests(Peer& peer, bool is_new_boot, Instant now);
    void handle_request_timeouts(Peer& peer, Instant now);

    RandomSource& random_;
    crypto::TokenMint mint_;
    std::unordered_map<PeerKey, std::unique_ptr<Peer>> peers_;
    std::unordered_map<SessionId, Peer*> by_session_;    // ids that we gave out
    std::unordered_map<std::uint64_t, Peer*> by_nonce_;  // of attempts
    std::unordered_map<std::uint64_t, Accepted> accepted_;
    std::deque<std::pair<Instant, std::uint64_t>> accepted_expiries_;
    // By key, not by pointer: with the same randomness the same happens in the same order.
    std::set<std::pair<Instant, PeerKey>> schedule_;
    std::uint64_t next_request_id_;
    HandshakeGate gate_;
};

// What both sides of a handshake say and check (docs/protocol.md section 4).
[[nodiscard]] Bytes build_prologue(const NtmHeader& header, const crypto::Token& token);
[[nodiscard]] Bytes build_hello(SessionId own_id, BootId boot_id);
[[nodiscard]] std::optional<PeerHello> parse_hello(ByteView payload);

static_assert(longest_signal + NtmHeader::size + crypto::tag_size == longest_datagram);

inline constexpr std::size_t token_at = NtmHeader::size;
static_assert(noise_message_1_at == token_at + crypto::Token{}.size());
inline constexpr Duration unconfirmed_lifetime = std::chrono::seconds{5};

}  // namespace ntm::protocol
