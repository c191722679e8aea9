// SPDX-License-Identifier: BSD-3-Clause
// The inquiries that there are: what subscribers have, and which sessions one has.
#pragma once

#include "rs-dataplane/relay/inquiry.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ntm::relay {

class UsageInquiry final : public Inquiry {
  public:
    struct Block {
        IpAddress address;
        std::uint16_t first_port = 0;
        std::uint16_t last_port = 0;
    };
    struct Usage {
        bool is_open = false;  // a worker has been told of him
        std::uint32_t ports = 0;
        std::uint32_t sessions = 0;
        std::uint32_t most_ports = 0;
        std::uint32_t most_sessions = 0;
        std::vector<Block> blocks;  // as many as there is room for
        bool has_more_blocks = false;
    };
    // `most_blocks`: of each.
    UsageInquiry(std::vector<SubscriberName> wanted, std::size_t most_blocks);

    // As they were wanted.
    [[nodiscard]] const std::vector<Usage>& found() const noexcept { return found_; }

  private:
    [[nodiscard]] bool look(const BindingsView& view) noexcept override;

    std::vector<SubscriberName> wanted_;
    std::vector<Usage> found_;
    std::size_t next_ = 0;
};

class SessionInquiry final : public Inquiry {
  public:
    struct Found {
        napt::Session session;
        IpAddress public_address;
    };
    struct Wanted {
        SubscriberName subscriber;
        napt::Position first = 0;  // or what next() was of the page before
        std::size_t most = 0;
    };
    explicit SessionInquiry(const Wanted& wanted);

    // False: no worker has been told of him.
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    // That he has altogether.
    [[nodiscard]] std::uint32_t total() const noexcept { return total_; }
    // A session that lives all the time is on exactly one page.
    [[nodiscard]] const std::vector<Found>& found() const noexcept { return found_; }
    // nowhere: this was the last page.
    [[nodiscard]] napt::Position next() const noexcept { return next_; }

  private:
    [[nodiscard]] bool look(const BindingsView& view) noexcept override;

    SubscriberName subscriber_;
    std::size_t most_;
    napt::Position looked_at_;  // up to this one
    napt::Position next_ = napt::nowhere;
    bool is_open_ = false;
    std::uint32_t total_ = 0;
    std::vector<Found> found_;
};

}  // namespace ntm::relay
