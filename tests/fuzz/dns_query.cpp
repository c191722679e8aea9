// SPDX-License-Identifier: BSD-3-Clause
// Questions to the node's stub resolver, and the brain's answers to those that it holds. The first
// byte says the transport and how the brain answers. Promises: each question gets one answer or
// none, with its id and marked as an answer; the question stands in it to the letter; one that was
// truncated fits what the asker takes; and nothing is held in the end.
#include "client/node/dns_message.hpp"
#include "client/node/resolver_state.hpp"
#include "common/base/random.hpp"
#include "common/dns/wire.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

namespace ntm::fuzz {

namespace {

using namespace client;

using dns::head_size;

struct Stub {
    asio::io_context loop;
    SeededRandom random{1};
    std::uint64_t held = 0;  // number of the query that the brain was asked; 0: none
    std::shared_ptr<Resolver::State> resolver = std::make_shared<Resolver::State>(
        loop,
        Resolver::Settings{
            *Endpoint::parse("127.0.0.53:53"),
            {},
            0,
            // All but one zone are the node's, so that the fuzzer need not know one.
            [](const std::string& name, client::DnsWish /*wish*/) {
                return !name.starts_with("x.");
            },
            [this](std::uint64_t query, const std::string& /*name*/, DnsWish /*wish*/) {
                held = query;
            }},
        random
    );
};

Stub& stub() {
    static Stub made;
    return made;
}

bool has_question(ByteView answer, const DnsQuery& query) {
    return dns::is_answer_to(answer, query.wire());
}

void check_message(ByteView wire) {
    const ParsedQuery parsed = parse_query(wire);
    if (!parsed.query) {
        demand(parsed.refusal.empty() || parsed.refusal.size() == head_size, "a refusal is a head");
        demand(parsed.refusal.size() <= wire.size(), "and no longer than its cause");
        return;
    }
    const DnsQuery& query = *parsed.query;
    const Bytes truncated = query.truncated_answer();
    demand(truncated.size() <= query.udp_size(), "a truncated answer fits");
    demand(truncated.size() <= wire.size(), "and is no longer than its cause");
    demand(has_question(truncated, query), "and has the question");
}

void ask_stub(ByteView wire, bool is_tcp, DnsOutcome outcome) {
    Stub& own = stub();
    own.held = 0;
    std::vector<Bytes> answers;
    own.resolver->handle(wire, is_tcp, [&](Bytes answer) { answers.push_back(std::move(answer)); });
    demand(own.held == 0 || answers.empty(), "what is held has no answer yet");
    if (own.held != 0) {
        DnsAnswer answer;
        answer.query = own.held;
        answer.outcome = outcome;
        answer.vipv4 = *IpAddress::parse("198.18.0.1");
        answer.vipv6 = *IpAddress::parse("fd00::1");
        own.resolver->answer(answer);
        own.resolver->answer(answer);
        demand(answers.size() == 1, "what the brain answers is answered once");
    }
    demand(answers.size() <= 1, "no question is answered twice");
    for (const Bytes& answer : answers) {
        demand(answer.size() >= head_size, "an answer has a head");
        demand(std::equal(answer.begin(), answer.begin() + 2, wire.begin()), "and the id");
        demand((answer[2] & 0x80) != 0, "and says that it is one");
    }
}

}  // namespace

void set_up() {
    stub();
}

void run(ByteView bytes) {
    Input input{bytes};
    const std::uint8_t how = input.byte();
    const ByteView wire = input.rest();
    check_message(wire);
    ask_stub(wire, (how & 1) != 0, static_cast<DnsOutcome>(how >> 1 & 3));
}

}  // namespace ntm::fuzz
