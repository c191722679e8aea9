// SPDX-License-Identifier: BSD-3-Clause
#include "rs-dataplane/dpdk/dataplane.hpp"

#include "common/crypto/system_random.hpp"
#include "rs-dataplane/crypto/burst_cipher.hpp"
#include "rs-dataplane/dpdk/hand_over_rings.hpp"
#include "rs-dataplane/dpdk/memory_need.hpp"
#include "rs-dataplane/dpdk/napt_event_rings.hpp"
#include "rs-dataplane/dpdk/subscriber_ring.hpp"
#include "rs-dataplane/dpdk/worker.hpp"
#include "rs-dataplane/tables/large_array.hpp"

#include <algorithm>

#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

namespace ntm::dpdk {

namespace {

// What a process before this one has not left, TCP asks for within minutes.
constexpr Duration resets_after_start = std::chrono::minutes{5};

rte_mempool* create_buffers(const DataplaneConfig& config) {
    return rte_pktmbuf_pool_create(
        "ntm_buffers",
        buffers_needed(config.ports.size(), config.worker_lcores.size(), config.napt.has_value()),
        buffer_cache_size,
        0,
        RTE_MBUF_DEFAULT_BUF_SIZE,
        static_cast<int>(rte_socket_id())
    );
}

// AF_XDP pins its buffers; a process without the right keeps the limit it has.
void lift_memory_lock_limit() {
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    static_cast<void>(setrlimit(RLIMIT_MEMLOCK, &limit));
}

// A worker and what is its own.
struct Crew {
    unsigned lcore = 0;
    relay::WorkerCounters counters;
    tables::LargeArray<relay::PathCounters> paths;
    crypto::SystemRandom system_random;
    crypto::BufferedRandom random{system_random};
    std::unique_ptr<relay::RsN> rs_n;
    std::unique_ptr<Worker> worker;
};

int run_worker(void* worker) {
    static_cast<Worker*>(worker)->run();
    return 0;
}

}  // namespace

class Dataplane::State {
  public:
    explicit State(const DataplaneConfig& wanted)
        : config{wanted}, token_key{wanted.token_key->clone()}, own{wanted.own_addresses} {}
    ~State() {
        for (Port& port : ports) {
            port.close();
        }
        crews.clear();
        subscribers.reset();
        hand_over.reset();
        napt_events.reset();
        rings.reset();
        rte_mempool_free(buffers);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] Result<Nothing, std::string> open_ports();
    [[nodiscard]] Result<Nothing, std::string> make_tables();
    [[nodiscard]] Result<Nothing, std::string> make_crews();
    [[nodiscard]] Result<Nothing, std::string> make_rs_n();
    [[nodiscard]] Result<Nothing, std::string> make_rs_n(std::size_t number);
    void make_worker(std::size_t number);

    DataplaneConfig config;
    Secret<16> token_key;
    tables::OwnAddresses own;
    std::vector<std::string> warnings;
    rte_mempool* buffers = nullptr;  // owned
    std::vector<Port> ports;
    std::unique_ptr<tables::GracePeriod> grace_period;
    std::unique_ptr<tables::RelayTable> table;
    std::unique_ptr<relay::SettingsBox> settings;
    std::unique_ptr<ExceptionRings> rings;
    std::unique_ptr<SubscriberRings> subscribers;
    std::unique_ptr<HandOverRings> hand_over;
    std::unique_ptr<NaptEventRings> napt_events;
    std::vector<std::unique_ptr<Crew>> crews;
    napt::Adoption adoption;
    bool is_running = false;
};

Result<Nothing, std::string> Dataplane::State::open_ports() {
    lift_memory_lock_limit();
    buffers = create_buffers(config);
    if (buffers == nullptr) {
        return Unexpected{
            std::string{"no memory for packet buffers: "} + rte_strerror(rte_errno) +
            ": use fewer ports or workers, or raise -m in eal: extra_args if it is there"};
    }
    const std::size_t workers = config.worker_lcores.size();
    for (std::size_t number = 0; number < config.ports.size(); ++number) {
        const PortConfig& wanted = config.ports[number];
        if (wanted.queues < workers) {
            return Unexpected{
                "port " + wanted.device + " has " + std::to_string(wanted.queues) + " queues for " +
                std::to_string(workers) + " workers: each worker needs one of its own"};
        }
        auto port = Port::open(wanted, {number, buffers, &warnings});
        if (!port) {
            return Unexpected{port.error()};
        }
        ports.push_back(std::move(*port));
    }
    return Nothing{};
}

Result<Nothing, std::string> Dataplane::State::make_tables() {
    const auto workers = static_cast<unsigned>(config.worker_lcores.size());
    auto made_period = tables::GracePeriod::create(workers);
    if (!made_period) {
        return Unexpected{made_period.error()};
    }
    grace_period = std::move(*made_period);
    auto made_table = tables::RelayTable::create(config.paths, own, *grace_period);
    if (!made_table) {
        return Unexpected{made_table.error()};
    }
    table = std::move(*made_table);
    auto made_rings =
        ExceptionRings::create(workers, static_cast<std::uint16_t>(ports.size()), buffers);
    if (!made_rings) {
        return Unexpected{made_rings.error()};
    }
    rings = std::move(*made_rings);
    return Nothing{};
}

Result<Nothing, std::string> Dataplane::State::make_crews() {
    for (const unsigned lcore : config.worker_lcores) {
        auto crew = std::make_unique<Crew>();
        crew->lcore = lcore;
        crew->paths = tables::LargeArray<relay::PathCounters>::map(table->slot_count());
        if (crew->paths.is_empty()) {
            return Unexpected{
                std::string{"no memory for the paths' counters: lower paths: capacity"}};
        }
        crews.push_back(std::move(crew));
    }
    return Nothing{};
}

Result<Nothing, std::string> Dataplane::State::make_rs_n() {
    if (!config.napt) {
        return Nothing{};
    }
    auto made_rings = SubscriberRings::create(crews.size());
    if (!made_rings) {
        return Unexpected{made_rings.error()};
    }
    subscribers = *std::move(made_rings);
    auto made_hand_over = HandOverRings::create(crews.size());
    if (!made_hand_over) {
        return Unexpected{made_hand_over.error()};
    }
    hand_over = *std::move(made_hand_over);
    if (config.napt->tells_events) {
        auto made_events = NaptEventRings::create(crews.size());
        if (!made_events) {
            return Unexpected{made_events.error()};
        }
        napt_events = *std::move(made_events);
    }
    for (std::size_t number = 0; number < crews.size(); ++number) {
        auto made = make_rs_n(number);
        if (!made) {
            return made;
        }
    }
    return Nothing{};
}

Result<Nothing, std::string> Dataplane::State::make_rs_n(std::size_t number) {
    Crew& crew = *crews[number];
    const relay::Share share{
        static_cast<relay::WorkerNumber>(number), static_cast<relay::WorkerNumber>(crews.size())};
    napt::Bindings::Plan plan = relay::plan_of(share, config.napt->plan);
    plan.events = napt_events ? &napt_events->of(number) : nullptr;
    const std::vector<napt::KeptBindings>& kept = config.napt->kept;
    auto bindings =
        napt::Bindings::make(plan, crew.random, kept.empty() ? napt::KeptBindings{} : kept[number]);
    if (!bindings) {
        return Unexpected{std::string{"no memory for the NAPT: lower napt: mappings and sessions"}};
    }
    if (!kept.empty()) {
        adoption += bindings->adopt(config.napt->now);
    }
    auto cipher = crypto::BurstCipher::create();
    if (!cipher) {
        return Unexpected{cipher.error()};
    }
    auto fragments = relay::FragmentGatherer::make(
        relay::plan_of(share, config.napt->fragments), crew.counters, config.seed
    );
    if (!fragments) {
        return Unexpected{std::string{"no memory for fragments: lower napt: fragments: held"}};
    }
    crew.rs_n = std::make_unique<relay::RsN>(relay::RsN::Parts{
        std::move(bindings),
        napt::PublicAddresses{config.napt->ipv4, config.napt->ipv6},
        *std::move(cipher),
        std::move(fragments),
        config.napt->plan.subscribers,
        &crew.counters,
        share,
        config.napt->now + resets_after_start,
        config.seed});
    return Nothing{};
}

void Dataplane::State::make_worker(std::size_t number) {
    Crew& crew = *crews[number];
    std::vector<QueuePair> queues;
    for (const Port& port : ports) {
        queues.push_back(port.queue_pairs()[number]);
    }
    crew.worker = std::make_unique<Worker>(Worker::Parts{
        .pipeline =
            {table->reader(),
             crew.paths.data(),
             &crew.counters,
             &token_key,
             config.seed + number,
             crew.rs_n.get()},
        .settings = relay::SettingsBox::Reader{*settings},
        .grace_period = grace_period->worker(static_cast<unsigned>(number)),
        .rings = rings->worker(number),
        .queues = std::move(queues),
        .subscribers = subscribers ? &subscribers->of(number) : nullptr,
        .number = number,
        .hand_over = hand_over.get(),
        .buffers = buffers});
}

Dataplane::Dataplane(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}

Dataplane::~Dataplane() {
    stop();
}

Result<std::unique_ptr<Dataplane>, std::string> Dataplane::open(const DataplaneConfig& config) {
    auto state = std::make_unique<State>(config);
    auto done = state->open_ports();
    if (done) {
        done = state->make_tables();
    }
    if (done) {
        done = state->make_crews();
    }
    if (done) {
        done = state->make_rs_n();
    }
    if (!done) {
        return Unexpected{done.error()};
    }
    return std::unique_ptr<Dataplane>{new Dataplane{std::move(state)}};
}

std::vector<MacAddress> Dataplane::macs() const {
    std::vector<MacAddress> macs;
    for (const Port& port : state_->ports) {
        macs.push_back(port.mac());
    }
    return macs;
}

const std::vector<std::string>& Dataplane::warnings() const noexcept {
    return state_->warnings;
}

Result<Nothing, std::string> Dataplane::start(std::unique_ptr<const relay::Settings> first) {
    if (first->ports.size() != state_->ports.size()) {
        return Unexpected{std::string{"the settings do not name the ports that there are"}};
    }
    state_->settings =
        std::make_unique<relay::SettingsBox>(*state_->grace_period, std::move(first));
    for (std::size_t number = 0; number < state_->crews.size(); ++number) {
        state_->make_worker(number);
    }
    state_->is_running = true;
    for (const auto& crew : state_->crews) {
        const int failed = rte_eal_remote_launch(run_worker, crew->worker.get(), crew->lcore);
        if (failed != 0) {
            stop();
            return Unexpected{"lcore " + std::to_string(crew->lcore) + " takes no worker"};
        }
    }
    return Nothing{};
}

void Dataplane::stop() noexcept {
    if (!state_->is_running) {
        return;
    }
    for (const auto& crew : state_->crews) {
        crew->worker->stop();
    }
    for (const auto& crew : state_->crews) {
        rte_eal_wait_lcore(crew->lcore);
    }
    state_->is_running = false;
}

relay::SettingsBox& Dataplane::settings() noexcept {
    return *state_->settings;
}

tables::RelayTable& Dataplane::table() noexcept {
    return *state_->table;
}

tables::GracePeriod& Dataplane::grace_period() noexcept {
    return *state_->grace_period;
}

relay::ExceptionPath& Dataplane::exception_path() noexcept {
    return *state_->rings;
}

relay::SubscriberOrders* Dataplane::subscribers() noexcept {
    return state_->subscribers.get();
}

relay::NaptEvents* Dataplane::napt_events() noexcept {
    return state_->napt_events.get();
}

napt::Adoption Dataplane::adoption() const noexcept {
    return state_->adoption;
}

std::size_t Dataplane::worker_count() const {
    return state_->crews.size();
}

relay::WorkerView Dataplane::worker(std::size_t number) const {
    const Crew& crew = *state_->crews[number];
    return {crew.lcore, crew.worker != nullptr && crew.worker->is_asleep(), &crew.counters};
}

std::size_t Dataplane::port_count() const {
    return state_->ports.size();
}

relay::PortView Dataplane::port(std::size_t number) const {
    return state_->ports[number].view();
}

relay::BufferView Dataplane::buffers() const {
    return {state_->buffers->size, rte_mempool_avail_count(state_->buffers)};
}

relay::PathView Dataplane::path(tables::Slot slot) const {
    relay::PathView sum;
    for (const auto& crew : state_->crews) {
        const relay::PathCounters& counters = crew->paths[slot];
        for (std::size_t leg = 0; leg < sum.size(); ++leg) {
            const relay::LegCounters& from = counters.legs[leg];
            sum[leg].packets += from.packets.value();
            sum[leg].bytes += from.bytes.value();
            sum[leg].last_seen_seconds = std::max(
                sum[leg].last_seen_seconds, from.last_seen_seconds.load(std::memory_order_relaxed)
            );
        }
    }
    return sum;
}

double Dataplane::cycles_per_second() const {
    return static_cast<double>(rte_get_tsc_hz());
}

}  // namespace ntm::dpdk
