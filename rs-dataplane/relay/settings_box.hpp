// SPDX-License-Identifier: BSD-3-Clause
// Holds the present Settings. One writer (the control thread) exchanges the pointer; workers load
// it once a burst. An old snapshot is freed when its grace period has ended.
#pragma once

#include "rs-dataplane/relay/settings.hpp"
#include "rs-dataplane/tables/grace_period.hpp"

#include <atomic>
#include <deque>
#include <memory>

namespace ntm::relay {

class SettingsBox {
  public:
    // `first` is in force from the start.
    SettingsBox(tables::GracePeriod& grace_period, std::unique_ptr<const Settings> first);
    ~SettingsBox();
    SettingsBox(const SettingsBox&) = delete;
    SettingsBox& operator=(const SettingsBox&) = delete;

    // A worker's side: valid until the worker reports or goes offline.
    class Reader {
      public:
        explicit Reader(const SettingsBox& box) noexcept : box_{&box} {}
        [[nodiscard]] const Settings& load() const noexcept {
            return *box_->current_.load(std::memory_order_acquire);
        }

      private:
        const SettingsBox* box_;
    };

    // The control thread's side.
    class Writer {
      public:
        explicit Writer(SettingsBox& box) noexcept : box_{&box} {}
        [[nodiscard]] const Settings& current() const noexcept;
        void publish(std::unique_ptr<const Settings> next);
        // Frees what no worker can see any more. Never waits.
        void reclaim() noexcept;

      private:
        SettingsBox* box_;
    };

  private:
    struct Retired {
        tables::GracePeriod::Token token;
        std::unique_ptr<const Settings> settings;
    };
    tables::GracePeriod* grace_period_;
    std::atomic<const Settings*> current_;  // owned
    std::deque<Retired> retired_;
};

}  // namespace ntm::relay
