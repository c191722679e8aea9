// SPDX-License-Identifier: BSD-3-Clause
// Records that are as before or as after a change whenever their process is killed. F-14, F-43.
#include "rs-dataplane/tables/kept_records.hpp"

#include "tests/unit/rs-dataplane/napt/every_store.hpp"
#include "tests/unit/rs-dataplane/napt/kept_store.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace ntm::tables {
namespace {

struct Pair {
    std::uint64_t id;
    std::array<std::uint64_t, 5> value;  // five times the same

    [[nodiscard]] std::uint64_t key() const noexcept { return id; }
};
using Records = KeptRecords<Pair>;
using All = std::map<std::uint64_t, std::uint64_t>;

class KeptRecordsTest : public testing::Test {
  protected:
    static constexpr std::size_t most = 3;

    KeptRecordsTest() {
        EXPECT_TRUE(records.adopt([](KeptPlace, const Pair&) {}));
    }
    void put(std::uint64_t id, std::uint64_t value) {
        KeptPlace& at = places.try_emplace(id, nowhere_kept).first->second;
        at = records.put(at, [&](Pair& record) {
            EXPECT_EQ(record.id + record.value[0] + record.value[4], 0U) << "not zero";
            record.id = id;
            record.value.fill(value);
        });
    }
    void remove(std::uint64_t id) { records.remove(places.extract(id).mapped()); }
    // Of a copy of what there is. Empty and false: it did not check.
    [[nodiscard]] std::pair<bool, All> adopted() {
        All all;
        Records others{copy[part]};
        const bool is_good = others.adopt([&](KeptPlace, const Pair& record) {
            EXPECT_EQ(std::ranges::count(record.value, record.value[0]), 5);
            EXPECT_TRUE(all.emplace(record.id, record.value[0]).second);
        });
        return {is_good, is_good ? all : All{}};
    }

    KeptLayout layout;
    KeptLayout::Part<Records::Slot> part = layout.add<Records::Slot>(Records::slots_for(most));
    napt::KeptStore memory{layout.bytes()};
    napt::KeptStore copy{layout.bytes()};
    Records records{memory[part]};
    std::map<std::uint64_t, KeptPlace> places;
};

TEST_F(KeptRecordsTest, AreAsBeforeOrAfterAChangeWheneverTheProcessIsKilled) {
    const std::vector<std::function<void()>> history{
        [&] { put(1, 10); },
        [&] { put(2, 20); },
        [&] { put(3, 30); },
        [&] { put(2, 21); },
        [&] { remove(1); },
        [&] { put(4, 40); },
        [&] { put(4, 41); },
    };
    const std::vector<All> states{
        {},
        {{1, 10}},
        {{1, 10}, {2, 20}},
        {{1, 10}, {2, 20}, {3, 30}},
        {{1, 10}, {2, 21}, {3, 30}},
        {{2, 21}, {3, 30}},
        {{2, 21}, {3, 30}, {4, 40}},
        {{2, 21}, {3, 30}, {4, 41}}};
    napt::KeptStore progress{sizeof(std::size_t)};
    std::size_t& done = progress[KeptLayout::Part<std::size_t>{0, 1}].front();
    std::vector<std::set<All>> seen(history.size());
    const auto look = [&] {
        if (done == history.size() || !copy.copy(memory)) {
            return;
        }
        const auto [is_good, all] = adopted();
        EXPECT_TRUE(is_good);
        seen[done].insert(all);
    };
    const auto run = [&] {
        for (const auto& step : history) {
            step();
            keep_order();
            ++done;
        }
    };
    if (!between_instructions(run, look)) {
        GTEST_SKIP() << "ptrace is not allowed";
    }
    for (std::size_t i = 0; i < history.size(); ++i) {
        EXPECT_TRUE(seen[i].contains(states[i + 1])) << i;
        seen[i].erase(states[i]);
        EXPECT_EQ(seen[i].size(), 1U) << i;
    }
}

TEST_F(KeptRecordsTest, OneThatSomethingElseHasWrittenToIsFound) {
    put(1, 10);
    put(2, 20);
    const auto bytes = [&] {
        return reinterpret_cast<std::uint8_t*>(copy[part].data());
    };
    for (std::size_t bit = 0; bit < 2 * sizeof(Records::Slot) * 8; ++bit) {
        copy.copy(memory);
        bytes()[bit / 8] = static_cast<std::uint8_t>(bytes()[bit / 8] ^ 1U << bit % 8);
        EXPECT_FALSE(adopted().first) << bit;
    }
    copy.copy(memory);
    EXPECT_EQ(adopted(), (std::pair{true, All{{1, 10}, {2, 20}}}));
}

TEST_F(KeptRecordsTest, ThereIsRoomForAsManyAndAChangeOfEach) {
    for (std::uint64_t value = 0; value < 100; ++value) {
        for (std::uint64_t id = 1; id <= most; ++id) {
            put(id, value);
        }
    }
    copy.copy(memory);
    EXPECT_EQ(adopted().second, (All{{1, 99}, {2, 99}, {3, 99}}));
    records.clear();
    EXPECT_EQ(std::ranges::count(memory[part], 0U, &Records::Slot::seal), std::ptrdiff_t{most + 1});
    places.clear();
    for (std::uint64_t id = 1; id <= most; ++id) {
        put(id, id);
    }
    copy.copy(memory);
    EXPECT_EQ(adopted().second, (All{{1, 1}, {2, 2}, {3, 3}}));
}

}  // namespace
}  // namespace ntm::tables
