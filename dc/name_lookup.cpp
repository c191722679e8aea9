// SPDX-License-Identifier: BSD-3-Clause
#include "dc/name_lookup.hpp"

#include "common/dns/upstream.hpp"

#include <asio/post.hpp>
#include <chrono>

namespace ntm::dc {

namespace {
// Three tries within GeneralNames::patience leave time for what an answer leads to.
constexpr Duration patience_with_a_try = std::chrono::milliseconds{700};
}  // namespace

void NameLookup::ask(const std::vector<NameQuestion>& questions) {
    for (const NameQuestion& question : questions) {
        send(question, Transport::udp);
    }
}

void NameLookup::send(const NameQuestion& question, Transport transport) {
    Bytes query = dns::make_query(question.question);
    if (query.empty()) {
        give(question, {});
        return;
    }
    dns::ask_upstream(
        loop_,
        {std::move(query), transport == Transport::tcp, resolvers_, patience_with_a_try},
        random_,
        [this, question, transport](const std::optional<Bytes>& answer) {
            if (answer && transport == Transport::udp && dns::is_truncated(*answer)) {
                send(question, Transport::tcp);
                return;
            }
            give(question, answer ? dns::read_answer(*answer, question.question) : dns::Answer{});
        }
    );
}

// Where no resolver can be sent to, that is known at once.
void NameLookup::give(const NameQuestion& question, dns::Answer answer) {
    asio::post(loop_, [this, question, given = std::move(answer)] { on_answer_(question, given); });
}

}  // namespace ntm::dc
