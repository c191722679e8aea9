// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/kept.hpp"

#include "rs-dataplane/napt_of.hpp"
#include "rs-dataplane/relay/share.hpp"

#include <utility>

namespace ntm {

std::size_t Kept::bytes_for(const control::RelayConfig& config) {
    tables::KeptLayout layout;
    static_cast<void>(lay_out(config, layout));
    return layout.bytes();
}

Kept::Parts Kept::lay_out(const control::RelayConfig& config, tables::KeptLayout& layout) {
    // Who it is, and where: another relay's paths and ports are nothing to this one.
    layout.note(config.own_key ? config.own_key->text() : "");
    for (const IpAddress& address : config.own_addresses()) {
        layout.note(address.text());
    }
    layout.note(config.listen_port.number);
    Parts parts;
    parts.state = control::KeptState::lay_out(config.path_capacity, layout);
    if (!config.napt) {
        return parts;
    }
    for (const IpAddress& address : config.napt->addresses) {
        layout.note(address.text());
    }
    const dpdk::NaptConfig napt = napt_of(*config.napt);
    const auto workers = static_cast<relay::WorkerNumber>(config.workers);
    for (relay::WorkerNumber worker = 0; worker < workers; ++worker) {
        parts.bindings.push_back(
            napt::Bindings::lay_out(relay::plan_of({worker, workers}, napt.plan), layout)
        );
    }
    return parts;
}

Result<std::unique_ptr<Kept>, std::string> Kept::open(const control::RelayConfig& config) {
    tables::KeptLayout layout;
    Parts parts = lay_out(config, layout);
    auto memory = tables::KeptMemory::open(config.state_file, layout);
    if (!memory) {
        return Unexpected{"state_file: " + memory.error()};
    }
    return std::unique_ptr<Kept>{new Kept{*std::move(memory), std::move(parts)}};
}

std::vector<napt::KeptBindings> Kept::bindings() {
    std::vector<napt::KeptBindings> all;
    for (const napt::KeptBindingsParts& parts : parts_.bindings) {
        all.push_back(parts.in(memory_));
    }
    return all;
}

}  // namespace ntm
