// SPDX-License-Identifier: BSD-3-Clause
#include "dc/context.hpp"

namespace ntm::dc {

void Context::refuse(
    const protocol::RequestReceived& request,
    v1::Status status,
    const std::string& text,
    Instant now
) const {
    v1::Signal answer;
    answer.set_status(status);
    answer.set_text(text);
    signaling.send_answer(request, std::move(answer), now);
}

std::optional<std::string> Context::why_no_other_path(const PeerKey& node) const {
    if (paths.of_node(node).size() >= settings.limits.paths_per_node) {
        return "a node holds as many paths as it may";
    }
    if (store.health() != StoreHealth::sound) {
        return "the disk of the DC's store is full";
    }
    return std::nullopt;
}

v1::Fence Context::fence_for(BootId relay_boot_id) const {
    v1::Fence fence;
    fence.set_dc_term(term);
    fence.set_dc_boot_id(signaling.boot_id().value);
    fence.set_rs_boot_id(relay_boot_id.value);
    return fence;
}

bool Context::is_current(const v1::Fence& fence, BootId relay_boot_id) const {
    return fence.dc_term() == term && fence.dc_boot_id() == signaling.boot_id().value &&
           fence.rs_boot_id() == relay_boot_id.value;
}

std::string Context::name_of(const PeerKey& peer) const {
    if (const Node* node = registry.find_node(peer)) {
        return node->record.fqdn;
    }
    if (const Relay* relay = registry.find_relay(peer)) {
        return relay->record.name;
    }
    return peer.text();
}

}  // namespace ntm::dc
