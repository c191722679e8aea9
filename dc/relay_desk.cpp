// SPDX-License-Identifier: BSD-3-Clause
#include "dc/relay_desk.hpp"

#include "dc/directions.hpp"
#include "dc/suite_choice.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ntm::dc {

namespace {
constexpr Duration time_to_come = std::chrono::seconds{5};
}

void RelayDesk::expect_all(Instant now) {
    expected_until_ = now + time_to_come;
    for (const auto& [name, relay] : context_.registry.relays()) {
        relay->is_expected = !relay->record.boot_id.is_zero();
    }
}

void RelayDesk::trust_all(Instant now) {
    for (const auto& [name, relay] : context_.registry.relays()) {
        relay->last_heard = now;
    }
}

void RelayDesk::handle(Relay& relay, const protocol::RequestReceived& request, Instant now) {
    using Body = v1::Signal::BodyCase;
    switch (request.message.body_case()) {
        case Body::kRsRegister:
            return handle_register(relay, request, now);
        case Body::kRsStatus:
            return handle_status(relay, request, now);
        case Body::kPathRelease:
            return handle_release(relay, request, now);
        default:
            context_.refuse(request, v1::STATUS_NOT_PERMITTED, "a relay may not send this", now);
    }
}

void RelayDesk::handle_register(
    Relay& relay, const protocol::RequestReceived& request, Instant now
) {
    const v1::RsRegister& told = request.message.rs_register();
    if (context_.signaling.boot_id_of(relay.record.key) != request.boot_id) {
        context_.refuse(request, v1::STATUS_STALE, "from an earlier run of the relay", now);
        return;
    }
    if (told.name() != relay.record.name) {
        const std::string text = "this key belongs to relay " + relay.record.name;
        if (relay.lines.refusals.take(now)) {
            context_.warn("a relay gave a name that is not its own: " + text);
        }
        context_.refuse(request, v1::STATUS_NOT_PERMITTED, text, now);
        return;
    }
    if (!read_relay_addresses(told.addresses()) || told.capacity_paths() == 0) {
        const char* text = "one address of each family and a capacity are needed";
        context_.refuse(request, v1::STATUS_BAD_REQUEST, text, now);
        return;
    }
    if (!relay.upheavals.take(now)) {
        context_.refuse(request, v1::STATUS_BUSY, "too many registrations", now);
        return;
    }
    take_register(relay, request, now);
}

void RelayDesk::take_register(Relay& relay, const protocol::RequestReceived& request, Instant now) {
    const v1::RsRegister& told = request.message.rs_register();
    RelayRecord& record = relay.record;
    const bool is_new_run = record.boot_id != request.boot_id;
    const bool has_met = told.dc_boot_id() == context_.signaling.boot_id().value;
    const auto addresses = read_relay_addresses(told.addresses()).value();
    const bool has_other_addresses = record.addresses != addresses;
    record.boot_id = request.boot_id;
    record.addresses = addresses;
    record.capacity_paths = told.capacity_paths();
    relay.has_napt = told.has_napt();
    relay.suites = suites_named(told.suites());
    context_.store.put_relay(record);
    relay.is_alive = true;
    relay.is_expected = false;
    relay.is_draining = false;
    if (is_new_run) {
        end_drain(relay);
    }
    relay.last_heard = now;
    relay.load.paths = told.paths();
    if (is_new_run) {
        director_.forget_releases(relay);
    }
    if (has_other_addresses) {
        director_.readdress(relay);
    }
    const bool is_restoring = is_new_run || !has_met;
    const std::uint64_t to_restore = is_restoring ? director_.restore(relay) : 0;
    ack(request, to_restore, now);
    if (relay.lines.registrations.take(now)) {
        context_.inform(
            "relay " + record.name + " registered from " + request.source.text() + ", " +
            std::to_string(to_restore) + " paths to restore"
        );
    }
    director_.relay_came(relay, now);
}

void RelayDesk::handle_status(Relay& relay, const protocol::RequestReceived& request, Instant now) {
    const v1::RsStatus& told = request.message.rs_status();
    const bool is_current = relay.record.boot_id == request.boot_id &&
                            context_.is_current(told.fence(), request.boot_id);
    if (!is_current) {
        context_.refuse(request, v1::STATUS_STALE, "register first", now);
        return;
    }
    relay.last_heard = now;
    relay.load = {
        told.paths(),
        told.packets_per_second(),
        told.bits_per_second(),
        told.busiest_worker_permille(),
        told.has_napt() ? std::optional{told.napt()} : std::nullopt};
    const bool was_alive = std::exchange(relay.is_alive, true);
    ack(request, 0, now);
    if (!was_alive && relay.lines.returns.take(now)) {
        context_.inform("relay " + relay.record.name + " is heard again");
    }
    const bool has_turned = take_drain(relay, told.is_draining(), now);
    const bool can_serve_again = !relay.is_draining && (!was_alive || has_turned);
    if (can_serve_again || (relay.has_unanswered && relay.upheavals.take(now))) {
        director_.relay_came(relay, now);
    }
}

// A change of mind that comes too soon after others waits for a later status.
bool RelayDesk::take_drain(Relay& relay, bool is_draining, Instant now) {
    if (relay.is_draining == is_draining || !relay.upheavals.take(now)) {
        return false;
    }
    relay.is_draining = is_draining;
    if (!is_draining) {
        end_drain(relay);
        return true;
    }
    // One that has only registered again drains since then.
    if (relay.ends_leave_at == Instant::never()) {
        relay.keeps_ends = true;
        relay.ends_leave_at = now + context_.settings.drain_time;
    }
    if (relay.lines.drains.take(now)) {
        context_.inform(
            "relay " + relay.record.name +
            " drains: its paths are moved, but for those to general nodes, which lose their "
            "connections by it"
        );
    }
    director_.leave_relay(relay, now);
    return true;
}

void RelayDesk::end_drain(Relay& relay) {
    relay.keeps_ends = false;
    relay.ends_leave_at = Instant::never();
}

void RelayDesk::move_ends(Relay& relay, Instant now) {
    relay.keeps_ends = false;
    if (relay.lines.drains.take(now)) {
        context_.inform(
            "relay " + relay.record.name +
            " has drained long enough: its paths to general nodes "
            "are moved too"
        );
    }
    director_.leave_relay(relay, now);
}

void RelayDesk::handle_release(
    Relay& relay, const protocol::RequestReceived& request, Instant now
) {
    const v1::PathRelease& told = request.message.path_release();
    const bool is_current = relay.record.boot_id == request.boot_id &&
                            context_.is_current(told.fence(), request.boot_id);
    if (!is_current) {
        context_.refuse(request, v1::STATUS_STALE, "register first", now);
        return;
    }
    Path* path = context_.paths.find(PathId{told.path_id()});
    if (path == nullptr || path->record.relay != relay.record.key) {
        context_.refuse(request, v1::STATUS_UNKNOWN_PATH, "no such path", now);
        return;
    }
    if (told.revision() < path->record.relay_revision) {
        context_.refuse(request, v1::STATUS_STALE, "the path has a later revision", now);
        return;
    }
    director_.release(*path, told.reason(), relay.record.key, now);
    v1::Signal message;
    static_cast<void>(message.mutable_path_release_ack());
    context_.signaling.send_answer(request, std::move(message), now);
}

void RelayDesk::ack(
    const protocol::RequestReceived& request, std::uint64_t to_restore, Instant now
) {
    v1::Signal message;
    *message.mutable_rs_ack()->mutable_fence() = context_.fence_for(request.boot_id);
    message.mutable_rs_ack()->set_paths_to_restore(to_restore);
    context_.signaling.send_answer(request, std::move(message), now);
}

bool RelayDesk::has_gone_silent(const Relay& relay, Instant now) const {
    return relay.is_alive && relay.last_heard + context_.settings.timing.relay_silence <= now;
}

void RelayDesk::handle_timeout(Instant now) {
    for (const auto& [name, relay] : context_.registry.relays()) {
        if (has_gone_silent(*relay, now)) {
            relay->is_alive = false;
            if (relay->lines.silences.take(now)) {
                context_.warn(
                    "relay " + name + " is silent: its paths are moved where they can be"
                );
            }
            director_.leave_relay(*relay, now);
        }
        if (relay->keeps_ends && relay->ends_leave_at <= now) {
            move_ends(*relay, now);
        }
    }
    if (expected_until_ > now) {
        return;
    }
    expected_until_ = Instant::never();
    for (const auto& [name, relay] : context_.registry.relays()) {
        if (std::exchange(relay->is_expected, false)) {
            context_.warn("relay " + name + " has not come back: its paths are moved");
            director_.leave_relay(*relay, now);
        }
    }
}

Instant RelayDesk::next_timeout() const {
    Instant next = expected_until_;
    for (const auto& [name, relay] : context_.registry.relays()) {
        if (relay->is_alive) {
            next = std::min(next, relay->last_heard + context_.settings.timing.relay_silence);
        }
        if (relay->keeps_ends) {
            next = std::min(next, relay->ends_leave_at);
        }
    }
    return next;
}

}  // namespace ntm::dc
