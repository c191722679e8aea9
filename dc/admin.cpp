// SPDX-License-Identifier: BSD-3-Clause
#include "dc/admin.hpp"

#include "common/admin/texts.hpp"
#include "dc/admin_view.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace ntm::dc {

namespace {

using admin::Answer;
using admin::Json;

// A text argument, or what to say about its absence.
Result<std::string, admin::AdminError> text_argument(const Json& args, const char* name) {
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

// What an order has done, once it is stored.
Answer finish(
    const AdminContext& context,
    const Result<Nothing, std::string>& done,
    const char* what,
    const std::string& name
) {
    if (!done) {
        return refused(done.error());
    }
    if (const auto failure = context.settle()) {
        return Unexpected{admin::AdminError{"store_failed", *failure, ""}};
    }
    return Json{{what, name}};
}

using Add = Result<Nothing, std::string> (Coordinator::*)(
    std::string_view name, const PeerKey& key, Instant now
);
using Remove = Result<Nothing, std::string> (Coordinator::*)(std::string_view name, Instant now);

Answer add(const AdminContext& context, const Json& args, const char* name_key, Add order) {
    const auto name = text_argument(args, name_key);
    const auto key_text = text_argument(args, "key");
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
    const auto done = (context.coordinator.*order)(*name, *key, context.now());
    return finish(context, done, "added", *name);
}

// A node is given its virtual addresses when it is added.
Answer add_node(const AdminContext& context, const Json& args) {
    Answer answer = add(context, args, "fqdn", &Coordinator::add_node);
    if (!answer) {
        return answer;
    }
    const auto key = PeerKey::parse(args.at("key").get<std::string>());
    for (const auto& [name, node] : context.coordinator.context().registry.nodes()) {
        if (node->record.key == key) {
            (*answer)["added"] = node->record.fqdn;
            (*answer)["vipv4"] = IpAddress{node->record.vipv4}.text();
            (*answer)["vipv6"] = IpAddress{node->record.vipv6}.text();
        }
    }
    return answer;
}

Answer remove(const AdminContext& context, const Json& args, const char* name_key, Remove order) {
    const auto name = text_argument(args, name_key);
    if (!name) {
        return Unexpected{name.error()};
    }
    const auto done = (context.coordinator.*order)(*name, context.now());
    return finish(context, done, "removed", *name);
}

Json show_process(const AdminContext& context) {
    const Instant now = context.now();
    Json json = show_status(context.coordinator, now);
    json["uptime_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(now - context.started_at).count();
    json["listens_at"] = admin::texts_of(context.listens_at);
    const IntakeCounters intake = context.intake.counters();
    json["counters"]["handshakes_given_up"] = intake.handshakes_given_up;
    json["counters"]["cookies_given_up"] = intake.cookies_given_up;
    if (!context.key_log_file.empty()) {
        json["key_log"] = context.key_log_file;
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
        {"node",
         "add",
         [context](const Json& args) {
             return add_node(*context, args);
         }},
        {"node", "remove", remover("fqdn", &Coordinator::remove_node)},
        {"relay", "show", show(show_relays)},
        {"relay",
         "add",
         [context](const Json& args) {
             return add(*context, args, "name", &Coordinator::add_relay);
         }},
        {"relay", "remove", remover("name", &Coordinator::remove_relay)},
        {"path",
         "show",
         [context](const Json& args) {
             return show_paths(context->coordinator, args, context->now());
         }},
    };
}

}  // namespace ntm::dc
