// SPDX-License-Identifier: BSD-3-Clause
// What a relay's control thread leaves for the process after it: all of it, or nothing. F-14, F-43, S-10.
#include "control/kept_state.hpp"

#include "control/path_book.hpp"
#include "tests/unit/rs-dataplane/napt/kept_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ntm::control {
namespace {

constexpr Instant start{std::chrono::seconds{1000}};
constexpr std::uint32_t paths = 8;
constexpr std::uint32_t subscribers = 3;
constexpr BootId boot_id{0x5151};
const crypto::PublicKey dc{{1}};

PathOrder switched(std::uint64_t id, std::uint32_t revision = 1) {
    PathOrder order;
    order.id = PathId{id};
    order.revision = revision;
    order.lifetime = std::chrono::hours{1};
    store(order.legs[0].secret.mutable_view().data(), id);
    store(order.legs[1].secret.mutable_view().data(), ~id);
    order.legs[0].proven = *Endpoint::parse("192.0.2.1:40000");
    return order;
}

PathOrder ended(
    std::uint64_t id, std::uint8_t subscriber, std::uint32_t revision = 1, char secret = 'a'
) {
    PathOrder order = switched(id, revision);
    order.legs[0].secret.mutable_view()[31] = static_cast<std::uint8_t>(secret);
    order.end.emplace();
    order.end->subscriber.fqdn = "mn" + std::to_string(subscriber) + ".a.ntm.test";
    order.end->subscriber.vipv4 = {{198, 18, 0, subscriber}};
    order.end->subscriber.most_ports = 100;
    order.end->general_nodes = {
        {*IpAddress::parse("198.18.64.1"), *IpAddress::parse("203.0.113.80")}};
    return order;
}

// One process: a book, and what it keeps in the memory that it got.
struct Process {
    Process(napt::KeptStore& memory, const KeptState::Parts& parts)
        : kept{std::make_unique<KeptState>(memory, parts)},
          left{kept->adopt(subscribers)},
          book{paths, subscribers, kept.get()} {
        if (!left) {
            kept->begin(boot_id, Secret<16>{});
            return;
        }
        run = left->run;
        laid_aside = left->laid_aside.size();
        book.adopt(*std::move(left));
    }
    BookAnswer direct(PathOrder order) { return book.direct(std::move(order), dc, start); }
    [[nodiscard]] tables::EndKeys& keys(std::uint64_t id) {
        return *book.find(PathId{id})->end->keys;
    }

    std::unique_ptr<KeptState> kept;
    std::optional<KeptState::Left> left;
    PathBook book;
    RunRecord run{};
    std::size_t laid_aside = 0;
};

class KeptStateTest : public testing::Test {
  protected:
    KeptStateTest() { begin(); }
    void begin() { process = std::make_unique<Process>(memory, parts); }
    // Killed: nothing of it says farewell. What it had of the heap stays until the test ends.
    void restart() {
        killed.push_back(std::move(process));
        begin();
    }
    // All that there is, as text.
    [[nodiscard]] std::map<std::uint64_t, std::string> seen() const {
        std::map<std::uint64_t, std::string> all;
        for (const auto& [id, path] : process->book.all()) {
            std::string& text = all[id.value];
            text = std::to_string(path.revision) + " " + path.dc.text() + " until " +
                   std::to_string(path.expires.since_origin().count());
            for (const Leg& leg : path.legs) {
                text += " " + std::to_string(leg.secret.view()[0]);
                text += leg.proven ? " " + leg.proven->text() : "";
                text += leg.binding ? " " + leg.binding->outer.remote.text() : "";
                text += leg.previous ? " " + leg.previous->outer.local.text() : "";
            }
            if (path.end) {
                const Subscriber& who = path.end->subscriber;
                text += " " + who.fqdn + " " + std::to_string(path.end->number) + " " +
                        std::to_string(who.most_ports) + " " +
                        std::to_string(path.end->general_nodes.size()) + " " +
                        std::to_string(check_of(path.id, *path.end->keys));
            }
        }
        return all;
    }
    void make_some() {
        EXPECT_EQ(process->direct(switched(1)).status, v1::STATUS_OK);
        EXPECT_EQ(process->direct(ended(2, 20)).status, v1::STATUS_OK);
        EXPECT_EQ(process->direct(ended(3, 30)).status, v1::STATUS_OK);
        EXPECT_EQ(process->direct(ended(4, 30)).status, v1::STATUS_OK);
    }

    tables::KeptLayout layout;
    KeptState::Parts parts = KeptState::lay_out(paths, layout);
    napt::KeptStore memory{layout.bytes()};
    std::vector<std::unique_ptr<Process>> killed;
    std::unique_ptr<Process> process;
};

TEST_F(KeptStateTest, TheNextProcessHasAllThatThereWasUnderTheSameBootId) {
    EXPECT_EQ(process->run.processes, 0U) << "nobody was before it";
    make_some();
    RelayedPath& path = *process->book.find(PathId{2});
    bind(path.legs[0], {*Endpoint::parse("192.0.2.1:4"), *Endpoint::parse("192.0.2.9:9")}, start);
    bind(path.legs[0], {*Endpoint::parse("192.0.2.2:4"), *Endpoint::parse("192.0.2.9:9")}, start);
    process->book.keep(path);
    EXPECT_EQ(process->direct(ended(3, 30, 2, 'b')).status, v1::STATUS_OK);
    const auto before = seen();
    for (std::uint64_t processes = 2; processes < 5; ++processes) {
        restart();
        EXPECT_EQ(process->run.boot_id, boot_id);
        EXPECT_EQ(process->run.processes, processes);
        EXPECT_EQ(seen(), before);
        EXPECT_EQ(process->laid_aside, 1U) << "the first keys of path 3";
        EXPECT_EQ(process->book.subscribers(), 2U);
        EXPECT_EQ(process->book.count_of(dc), 4U);
    }
    EXPECT_EQ(process->book.take_due(start + old_source_accepted), std::vector{PathId{2}});
    // The smallest number that is free.
    EXPECT_EQ(process->direct(ended(5, 50)).status, v1::STATUS_OK);
    EXPECT_EQ(process->book.find(PathId{5})->end->number, 2U);
    EXPECT_EQ(process->direct(ended(6, 60)).status, v1::STATUS_FULL);
}

TEST_F(KeptStateTest, WhatIsReleasedIsGoneAndItsRoomIsFree) {
    for (std::uint32_t round = 1; round < 100; ++round) {
        ASSERT_EQ(
            process->direct(ended(1, 20, round, static_cast<char>(round))).status, v1::STATUS_OK
        );
        ASSERT_EQ(process->direct(switched(2, round)).status, v1::STATUS_OK);
        ASSERT_EQ(process->book.release(PathId{2}, round, dc, start).status, v1::STATUS_OK);
        if (round % 10 == 0) {
            restart();
            ASSERT_EQ(process->book.size(), 1U);
        }
    }
    for (std::uint64_t id = 10; process->book.size() < paths; ++id) {
        ASSERT_EQ(process->direct(switched(id)).status, v1::STATUS_OK);
        ASSERT_EQ(process->direct(switched(id, 2)).status, v1::STATUS_OK);
    }
    restart();
    EXPECT_EQ(process->book.size(), paths);
}

// S-10.
TEST_F(KeptStateTest, NothingIsSentUnderACounterThatMayHaveBeenUsed) {
    make_some();
    tables::EndKeys& before = process->keys(2);
    before.sealing.next_counter = 77;
    for (const std::uint64_t taken : {3U, 5U, 200U}) {
        before.opening.received.update(taken);
    }
    restart();
    const tables::EndKeys& adopted = process->keys(2);
    EXPECT_EQ(adopted.sealing.next_counter, 77 + KeptEndKeys::left_out);
    for (std::uint64_t counter = 0; counter <= 200; ++counter) {
        EXPECT_FALSE(adopted.opening.received.check(counter)) << counter;
    }
    EXPECT_TRUE(adopted.opening.received.check(201));
    EXPECT_EQ(process->keys(3).sealing.next_counter, KeptEndKeys::left_out);
    EXPECT_TRUE(process->keys(3).opening.received.check(0)) << "nothing was taken";
}

// S-10.
TEST_F(KeptStateTest, ASecretThatWasInUseOnceIsKnownToAllWhoComeAfter) {
    make_some();
    process->keys(2).sealing.next_counter = 5;
    ASSERT_EQ(process->direct(ended(2, 20, 2, 'b')).status, v1::STATUS_OK);
    restart();
    ASSERT_EQ(process->direct(ended(2, 20, 3, 'a')).status, v1::STATUS_OK);
    EXPECT_EQ(process->keys(2).sealing.next_counter, 5 + KeptEndKeys::left_out);
    ASSERT_EQ(process->direct(ended(2, 20, 4, 'b')).status, v1::STATUS_OK);
    for (std::uint32_t i = 0; i <= EndKeyShelf::usual_capacity; ++i) {
        PathOrder order = ended(3, 30, 2 + i, 'c');
        store(order.legs[0].secret.mutable_view().data() + 8, i);
        ASSERT_EQ(process->direct(std::move(order)).status, v1::STATUS_OK) << i;
    }
    restart();
    EXPECT_EQ(process->laid_aside, EndKeyShelf::usual_capacity);
    EXPECT_EQ(process->direct(ended(2, 20, 5, 'a')).status, v1::STATUS_PATH_ID_TAKEN)
        << "used and forgotten";
}

TEST_F(KeptStateTest, OfWhatDoesNotCheckNothingIsLeft) {
    using Damage = std::function<void()>;
    const auto end_of = [&](std::uint64_t id) -> EndRecord& {
        for (auto& slot : memory[parts.paths]) {
            if (slot.seal != 0 && slot.record.id == PathId{id}) {
                return *slot.record.end;
            }
        }
        throw std::logic_error{"no such path"};
    };
    const auto seal_all = [&] {
        for (auto& slot : memory[parts.paths]) {
            slot.seal = slot.seal != 0 ? slot.check() : 0;
        }
    };
    const std::map<std::string, Damage> damages{
        {"a path",
         [&] {
             ++end_of(2).most_ports;
         }},
        {"the run",
         [&] {
             ++memory[parts.run][0].record.boot_id.value;
         }},
        {"no run",
         [&] {
             memory[parts.run][0].seal = 0;
         }},
        {"keys",
         [&] {
             ++memory[parts.keys][0].keys().subscriber;
         }},
        {"keys that are not there",
         [&] {
             ++end_of(2).keys;
             seal_all();
         }},
        {"keys of another path",
         [&] {
             end_of(3).keys = end_of(4).keys;
             seal_all();
         }},
        {"another's keys",
         [&] {
             end_of(3).number = 0;
             seal_all();
         }},
        {"a number beyond all",
         [&] {
             auto& keys = process->keys(2);
             keys.subscriber = end_of(2).number = subscribers;
             const auto check = check_of(PathId{2}, keys);
             std::ranges::find(memory[parts.keys], PathId{2}, &KeptEndKeys::Record::path)->seal =
                 end_of(2).keys = check;
             seal_all();
         }},
        {"one number for two",
         [&] {
             end_of(4).vipv4.bytes[3] = 31;
             seal_all();
         }},
    };
    for (const auto& [what, damage] : damages) {
        make_some();
        damage();
        restart();
        EXPECT_EQ(process->run.processes, 0U) << what;
        EXPECT_EQ(process->book.size(), 0U) << what;
        EXPECT_EQ(process->kept->given_up(), 4U) << what;
    }
    // And whole again.
    make_some();
    restart();
    EXPECT_EQ(process->run.processes, 2U);
    EXPECT_EQ(process->book.size(), 4U);
}

}  // namespace
}  // namespace ntm::control
