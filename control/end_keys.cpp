// SPDX-License-Identifier: BSD-3-Clause
#include "control/end_keys.hpp"

#include "common/crypto/hkdf.hpp"
#include "common/protocol/keys.hpp"
#include "control/kept_state.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ntm::control {

namespace {

constexpr std::size_t filter_bits = ForgottenKeys::bytes * 8;
constexpr std::size_t word_bits = 64;

// The bits of the filter that stand for these keys: two slices of a hash.
std::array<std::size_t, 2> bits_of(const tables::EndKeys& keys) {
    const crypto::Hash hash = crypto::sha256(keys.opening.key.view());
    std::array<std::size_t, 2> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] = load<std::uint64_t>(hash.data() + 8 * i) % filter_bits;
    }
    return bits;
}

constexpr std::uint64_t mask_of(std::size_t bit) noexcept {
    return std::uint64_t{1} << (bit % word_bits);
}

}  // namespace

std::shared_ptr<tables::EndKeys> EndKeyMaker::make(
    PathId path, crypto::Suite suite, const Secret32& path_secret
) {
    const auto key_of = [&](std::uint8_t flags) {
        return protocol::derive_key(
            path_secret, {protocol::PacketType::data, flags, suite, path}, {}
        );
    };
    std::shared_ptr<tables::EndKeys> keys{pool_->make(), [pool = pool_](tables::EndKeys* gone) {
                                              pool->drop(gone);
                                          }};
    keys->opening.key = key_of(0);
    keys->sealing.key = key_of(protocol::NtmHeader::flag_role);
    return keys;
}

bool are_same(const tables::EndKeys& a, const tables::EndKeys& b) noexcept {
    const crypto::AeadKey& mine = a.opening.key;
    const crypto::AeadKey& other = b.opening.key;
    return mine.suite == other.suite && mine.bytes == other.bytes;
}

void ForgottenKeys::add(const tables::EndKeys& keys) {
    if (words_.empty()) {
        own_.resize(filter_bits / word_bits);
        words_ = own_;
    }
    for (const std::size_t bit : bits_of(keys)) {
        words_[bit / word_bits] |= mask_of(bit);
    }
}

bool ForgottenKeys::may_hold(const tables::EndKeys& keys) const {
    return !words_.empty() && std::ranges::all_of(bits_of(keys), [this](std::size_t bit) {
        return (words_[bit / word_bits] & mask_of(bit)) != 0;
    });
}

EndKeyShelf::EndKeyShelf(std::size_t capacity, KeptState* kept)
    : capacity_{capacity},
      kept_{kept},
      forgotten_{kept != nullptr ? ForgottenKeys{kept->forgotten()} : ForgottenKeys{}} {}

std::shared_ptr<tables::EndKeys> EndKeyShelf::take(
    PathId path, std::shared_ptr<tables::EndKeys> fresh
) {
    const auto [first, last] = by_path_.equal_range(path);
    const auto known = std::find_if(first, last, [&](const auto& entry) {
        return are_same(*entry.second->keys, *fresh);
    });
    if (known != last) {
        return take_off(known->second);
    }
    return forgotten_.may_hold(*fresh) ? nullptr : std::move(fresh);
}

void EndKeyShelf::lay_aside(PathId path, std::shared_ptr<tables::EndKeys> keys) {
    laid_aside_.push_back({path, std::move(keys)});
    by_path_.emplace(path, std::prev(laid_aside_.end()));
    if (laid_aside_.size() > capacity_) {
        const auto oldest = take_off(laid_aside_.begin());
        forgotten_.add(*oldest);
        if (kept_ != nullptr) {
            kept_->keys().forget(*oldest);
        }
    }
}

std::shared_ptr<tables::EndKeys> EndKeyShelf::take_off(Place place) {
    const auto [first, last] = by_path_.equal_range(place->path);
    by_path_.erase(std::find_if(first, last, [&](const auto& entry) {
        return entry.second == place;
    }));
    std::shared_ptr<tables::EndKeys> keys = std::move(place->keys);
    laid_aside_.erase(place);
    return keys;
}

}  // namespace ntm::control
