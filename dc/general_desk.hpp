// SPDX-License-Identifier: BSD-3-Clause
// Direction Requests for what is no node: names outside the DC's own zones and the virtual addresses
// that stand for general nodes. Finds out what a name is while its askers wait, in bounded memory.
#pragma once

#include "dc/context.hpp"
#include "dc/general_names.hpp"
#include "dc/path_director.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ntm::dc {

class GeneralDesk {
  public:
    // Names that one node may be waiting for.
    static constexpr std::size_t most_waiting = 16;

    GeneralDesk(Context& context, PathDirector& director)
        : context_{context}, director_{director} {}

    void handle(Node& asker, const protocol::RequestReceived& request, Instant now);
    // To all general nodes.
    void handle_exit(Node& asker, const protocol::RequestReceived& request, Instant now);

    [[nodiscard]] std::vector<NameQuestion> take_questions() { return names_.take_questions(); }
    void handle_answer(const NameQuestion& question, const dns::Answer& answer, Instant now);
    void handle_timeout(Instant now);
    [[nodiscard]] Instant next_timeout() const;

  private:
    void handle_name(
        Node& asker, const std::string& fqdn, const protocol::RequestReceived& request, Instant now
    );
    void answer_waiting(Instant now);
    struct Named {
        const std::string& fqdn;
        const NameFinding& finding;
    };
    void conclude(
        Node& asker, const Named& named, const protocol::RequestReceived& request, Instant now
    );
    void reach(
        Node& asker, const Named& named, const protocol::RequestReceived& request, Instant now
    );
    [[nodiscard]] bool is_of_node(const IpAddress& address, Instant now) const;
    void direct(
        Node& asker,
        const GeneralNodeRecord& peer,
        const protocol::RequestReceived& request,
        Instant now
    );

    // Refuses, and returns nothing, where no path of this node can end at a relay.
    [[nodiscard]] std::optional<crypto::Suite> suite_for(
        const Node& asker, bool is_new, const protocol::RequestReceived& request, Instant now
    ) const;

    Context& context_;
    PathDirector& director_;
    GeneralNames names_;
    std::map<std::string, std::vector<protocol::RequestReceived>> waiting_;  // by name
    std::map<PeerKey, std::size_t> waiting_of_;                              // by asker
};

}  // namespace ntm::dc
