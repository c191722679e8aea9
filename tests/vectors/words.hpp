// SPDX-License-Identifier: BSD-3-Clause
// The words of one line of a vector. Each function throws std::runtime_error for a word that is not
// what it reads.
#pragma once

#include "common/base/address.hpp"
#include "common/base/bytes.hpp"
#include "common/base/secret.hpp"

#include <span>
#include <sstream>
#include <stdexcept>
#include <string>

namespace ntm::vectors {

class Words {
  public:
    explicit Words(const std::string& line) : in_{line} {}
    [[nodiscard]] bool next(std::string& word) { return static_cast<bool>(in_ >> word); }
    [[nodiscard]] std::string text() {
        std::string word;
        if (!(in_ >> word)) {
            throw std::runtime_error{"a word is missing at the end"};
        }
        return word;
    }
    void expect(const std::string& word) {
        if (text() != word) {
            throw std::runtime_error{"'" + word + "' is missing"};
        }
    }
    template <typename T>
    [[nodiscard]] T number() {
        return static_cast<T>(std::stoull(text(), nullptr, 0));
    }
    [[nodiscard]] Bytes hex() {
        const auto bytes = from_hex(text());
        if (!bytes) {
            throw std::runtime_error{"not hexadecimal"};
        }
        return *bytes;
    }
    [[nodiscard]] Secret32 secret() {
        const Bytes bytes = hex();
        if (bytes.size() != 32) {
            throw std::runtime_error{"not a secret of 64 digits"};
        }
        return Secret32{std::span<const std::uint8_t, 32>{bytes}};
    }
    [[nodiscard]] IpAddress address() {
        const auto parsed = IpAddress::parse(text());
        if (!parsed) {
            throw std::runtime_error{"not an address"};
        }
        return *parsed;
    }
    [[nodiscard]] Endpoint endpoint() {
        const auto parsed = Endpoint::parse(text());
        if (!parsed) {
            throw std::runtime_error{"not an endpoint"};
        }
        return *parsed;
    }
    [[nodiscard]] MacAddress mac() {
        const Bytes bytes = hex();
        if (bytes.size() != 6) {
            throw std::runtime_error{"not a MAC address of 12 digits"};
        }
        return load<MacAddress>(bytes.data());
    }

  private:
    std::istringstream in_;
};

}  // namespace ntm::vectors
