// SPDX-License-Identifier: BSD-3-Clause
// The keys of paths that end here, and a shelf for those whose paths are gone. A path secret that this
// run has counted under must never be counted from 0 again (docs/protocol.md section 6), even if a
// path is given up and directed anew with it, so its counters outlive the path.
#pragma once

#include "common/base/ids.hpp"
#include "common/base/secret.hpp"
#include "common/crypto/aead.hpp"
#include "rs-dataplane/tables/chunk_pool.hpp"
#include "rs-dataplane/tables/relay_path.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace ntm::control {

class KeptState;

// Keeps keys where workers find them soonest.
class EndKeyMaker {
  public:
    // Of a path secret that nothing has been counted under. They may outlive their maker.
    [[nodiscard]] std::shared_ptr<tables::EndKeys> make(
        PathId path, crypto::Suite suite, const Secret32& path_secret
    );
    [[nodiscard]] static constexpr std::size_t bytes_for(std::size_t keys) noexcept {
        constexpr std::size_t count_of_owners = 64;  // and what the allocator adds
        return tables::ChunkPool<tables::EndKeys>::mapped_bytes(keys) + keys * count_of_owners;
    }

  private:
    using Pool = tables::ChunkPool<tables::EndKeys>;
    std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
};

// Whether they come of one path secret, for one path and suite.
[[nodiscard]] bool are_same(const tables::EndKeys& a, const tables::EndKeys& b) noexcept;

// A set in 64 MiB that may take what it does not hold for what it holds (a Bloom filter): one of 750 when
// it holds ten million, one of ten when it holds a hundred million. That costs the DC another draw.
class ForgottenKeys {
  public:
    static constexpr std::size_t bytes = std::size_t{64} << 20;
    ForgottenKeys() = default;
    // In so much memory, which outlives it, with what it holds already.
    explicit ForgottenKeys(std::span<std::uint64_t> memory) noexcept : words_{memory} {}
    void add(const tables::EndKeys& keys);
    [[nodiscard]] bool may_hold(const tables::EndKeys& keys) const;

  private:
    std::vector<std::uint64_t> own_;
    std::span<std::uint64_t> words_;  // none until the first is added
};

class EndKeyShelf {
  public:
    static constexpr std::size_t usual_capacity = 4096;
    // `kept`: nothing, or where the keys lie that come here.
    explicit EndKeyShelf(std::size_t capacity = usual_capacity, KeptState* kept = nullptr);

    // The keys to use for a path: those laid aside if its secret has been in use here, else `fresh`.
    // Nothing if they have been, or may have been, laid aside and forgotten.
    [[nodiscard]] std::shared_ptr<tables::EndKeys> take(
        PathId path, std::shared_ptr<tables::EndKeys> fresh
    );
    // Beyond the capacity the oldest are forgotten.
    void lay_aside(PathId path, std::shared_ptr<tables::EndKeys> keys);

  private:
    struct Laid {
        PathId path;
        std::shared_ptr<tables::EndKeys> keys;
    };
    using Place = std::list<Laid>::iterator;

    [[nodiscard]] std::shared_ptr<tables::EndKeys> take_off(Place place);

    std::size_t capacity_;
    KeptState* kept_;
    std::list<Laid> laid_aside_;  // oldest first
    std::unordered_multimap<PathId, Place> by_path_;
    ForgottenKeys forgotten_;
};

}  // namespace ntm::control
