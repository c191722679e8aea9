// SPDX-License-Identifier: BSD-3-Clause
// What a coordinator is made of; only coordinator.cpp, reception.cpp and
// provisioning.cpp include it.
#pragma once

#include "common/protocol/ntm_header.hpp"
#include "dc/address_pool.hpp"
#include "dc/cookie_desk.hpp"
#include "dc/coordinator.hpp"
#include "dc/general_desk.hpp"
#include "dc/node_desk.hpp"
#include "dc/path_director.hpp"
#include "dc/relay_desk.hpp"

#include <deque>

namespace ntm::dc {

struct Coordinator::Parts {
    Parts(
        Settings given, Identity identity, std::uint64_t term, Store& store, RandomSource& random
    );

    void adopt(StoredState state, Instant now);
    void greet_some(Instant now);
    void dispatch_events(Instant now);
    void handle(const protocol::PeerConnected& event, Instant now);
    void handle(const protocol::RequestReceived& event, Instant now);
    void handle(const protocol::AnswerReceived& event, Instant now);
    void handle(const protocol::RequestFailed& event, Instant now);
    void handle(const protocol::PeerMoved& event, Instant now);
    static void handle(const protocol::AddressProbed& /*event*/, Instant /*now*/) {}
    void handle(const protocol::PastRunHeard& event, Instant now);
    [[nodiscard]] Arrival sort_by_session(
        const protocol::NtmHeader& header, const Datagram& datagram, Instant now
    );
    [[nodiscard]] Arrival sort_cookie_answer(const Datagram& datagram);
    // What every call ends with.
    void settle(Instant now);
    void keep_datagrams(std::vector<Datagram>& in);
    // Of the store: true if all is stored. Tells of changes of its health. During a stall it is
    // tried only when a time-out has asked for it.
    [[nodiscard]] bool commit();
    void note_health();
    // A sentence if nothing may be added.
    [[nodiscard]] std::optional<std::string> why_full() const;

    Settings settings;
    const Secret<16> token_key;
    const protocol::KeyLog key_log;
    protocol::Signaling signaling;
    Registry registry;
    PathTable paths;
    GeneralAddresses general_addresses;
    std::vector<Notice> notices;
    Context context;
    AddressPool pool;
    RelayCourier relay_courier;
    NodeCourier node_courier;
    ReleaseOutbox releases;
    PathDirector director;
    GeneralDesk general_desk;
    NodeDesk node_desk;
    RelayDesk relay_desk;
    CookieDesk cookies;
    std::vector<Datagram> early;   // Relay Directions
    std::vector<Datagram> later;   // all else: once it is stored
    std::deque<PeerKey> to_greet;  // nodes to be reached after a start
    Instant greet_at = Instant::never();
    CoordinatorCounters counters;
    std::optional<StoreError> failure;
    std::optional<StoreError> stall;
    StoreHealth last_health = StoreHealth::sound;
    Instant latest;                         // of the calls
    Instant attempt_at = Instant::never();  // while the store is not sound
    bool is_attempt_due = false;
};

}  // namespace ntm::dc
