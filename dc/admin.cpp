// SPDX-License-Identifier: BSD-3-Clause
#include "dc/admin.hpp"

#include "dc/admin_view.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace ntm::dc {

namespace {

using admin::Answer;
using admin::Json;

// A text argument, or what to say about its absence.
Result<std::string, admin::AdminError> text_of(const Json& args, const char* name) {
    const auto at = args.find(name);
    if (at == args.end() || !at->is_string() || at->get<std::string>().empty()) {
        return Unexpected{admin::AdminError{
            "bad_argument", std::string{"the argument \""} + name + "\" is needed, a text", ""}};
    }
    return at->get<std::string>();
}

Answer refused(const std::string& message) {
    return Unexpected{admin::AdminError{"refused", message, ""}};
}

// An order's result, once it is stored.
Answer finish(const AdminContext& context, const Result<Nothing, std::string>& done) {
    if (!done) {
        return refused(done.error());
    }
    if (const auto failure = context.settle()) {
        return Unexpected{admin::AdminError{"store_failed", *failure, ""}};
    }
    return Json::object();
}

using Add = Result<Nothing, std::string> (Coordinator::*)(
    std::string_view name, const PeerKey& key, Instant now
);
using Remove = Result<Nothing, std::string> (Coordinator::*)(std::string_view name, Instant now);

Answer add(const AdminContext& context, const Json& args, const char* name_key, Add order) {
    const auto name = text_of(args, name_key);
    const auto key_text = text_of(args, "key");
    if (!name || !key_text) {
        return Unexpected{name ? key_text.error() : name.error()};
    }
    const auto key = PeerKey::parse(*key_text);
    if (!key) {
        return Unexpected{admin::AdminError{
            "bad_argument",
            "\"" + *key_text + "\" is not a public key",
            "a public key is base64 of 32 bytes; ntmctl key public FILE prints it"}};
    }
    return finish(context, (context.coordinator.*order)(*name, *key, context.now()));
}

Answer remove(const AdminContext& context, const Json& args, const char* name_key, Remove order) {
    const auto name = text_of(args, name_key);
    if (!name) {
        return Unexpected{name.error()};
    }
    return finish(context, (context.coordinator.*order)(*name, context.now()));
}

Json show_process(const AdminContext& context) {
    const Instant now = context.now();
    Json json = show_status(context.coordinator, now);
    json["uptime_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(now - context.started_at).count();
    json["listens_at"] = Json::array();
    for (const Endpoint& endpoint : context.listens_at) {
        json["listens_at"].push_back(endpoint.text());
    }
    return json;
}

}  // namespace

std::vector<AdminVerb> make_admin_verbs(AdminContext given) {
    // Handlers are copied around; they share one context.
    const auto context = std::make_shared<const AdminContext>(std::move(given));
    using Show = Json (*)(const Coordinator&, Instant);
    const auto show = [context](Show view) {
        return [context, view](const Json&) -> Answer {
            return view(context->coordinator, context->now());
        };
    };
    const auto adder = [context](const char* name_key, Add order) {
        return [=](const Json& args) {
            return add(*context, args, name_key, order);
        };
    };
    const auto remover = [context](const char* name_key, Remove order) {
        return [=](const Json& args) {
            return remove(*context, args, name_key, order);
        };
    };
    return {
        {"status",
         "show",
         [context](const Json&) -> Answer {
             return show_process(*context);
         }},
        {"node", "show", show(show_nodes)},
        {"node", "add", adder("fqdn", &Coordinator::add_node)},
        {"node", "remove", remover("fqdn", &Coordinator::remove_node)},
        {"relay", "show", show(show_relays)},
        {"relay", "add", adder("name", &Coordinator::add_relay)},
        {"relay", "remove", remover("name", &Coordinator::remove_relay)},
        {"path",
         "show",
         [context](const Json& args) {
             return show_paths(context->coordinator, args, context->now());
         }},
    };
}

}  // namespace ntm::dc
