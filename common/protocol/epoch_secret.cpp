// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/epoch_secret.hpp"

#include "common/base/byte_order.hpp"
#include "common/crypto/hkdf.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ntm::protocol {

namespace {

using Shared = std::optional<Secret32>;

// What was agreed on by the two ephemeral keys, by the asker's static one with the answerer's
// ephemeral one, and the other way round: in this order.
struct Agreed {
    Shared ephemeral;
    Shared asker_static;
    Shared answerer_static;
};

Bytes info_of(const EpochExchange& exchange) {
    constexpr std::string_view label = "NTM/1 epoch";
    std::array<std::uint8_t, sizeof(std::uint64_t) + sizeof(std::uint32_t)> numbers{};
    store(numbers.data(), exchange.path_id.wire());
    store(numbers.data() + sizeof(std::uint64_t), Be32::from_host(exchange.epoch));
    Bytes info{label.begin(), label.end()};
    append(info, numbers);
    append(info, exchange.asker.bytes);
    append(info, exchange.answerer.bytes);
    append(info, exchange.asker_static.bytes);
    append(info, exchange.answerer_static.bytes);
    return info;
}

std::optional<Secret32> derive(
    const Secret32& before, const EpochExchange& exchange, const Agreed& agreed
) {
    if (!agreed.ephemeral || !agreed.asker_static || !agreed.answerer_static) {
        return std::nullopt;
    }
    Secret<3 * Secret32::size> all;
    auto into = all.mutable_view().begin();
    for (const Shared* part : {&agreed.ephemeral, &agreed.asker_static, &agreed.answerer_static}) {
        into = std::ranges::copy((*part)->view(), into).out;
    }
    Secret32 next;
    crypto::hkdf_sha256(before.view(), all.view(), info_of(exchange), next.mutable_view());
    return next;
}

}  // namespace

std::optional<Secret32> epoch_secret_of_asker(
    const Secret32& before, const EpochExchange& exchange, const OwnKeys& own
) {
    return derive(
        before,
        exchange,
        {own.ephemeral.agree(exchange.answerer),
         own.fixed.agree(exchange.answerer),
         own.ephemeral.agree(exchange.answerer_static)}
    );
}

std::optional<Secret32> epoch_secret_of_answerer(
    const Secret32& before, const EpochExchange& exchange, const OwnKeys& own
) {
    return derive(
        before,
        exchange,
        {own.ephemeral.agree(exchange.asker),
         own.ephemeral.agree(exchange.asker_static),
         own.fixed.agree(exchange.asker)}
    );
}

}  // namespace ntm::protocol
