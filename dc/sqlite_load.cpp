// SPDX-License-Identifier: BSD-3-Clause
#include "dc/sqlite_load.hpp"

#include "dc/record_text.hpp"
#include "dc/sqlite_schema.hpp"
#include "dc/stored_row.hpp"

#include <algorithm>

namespace ntm::dc {

namespace {

// Reads columns in order and remembers the first that is not what was written.
class Row {
  public:
    Row(Statement& statement, const char* table) : statement_{statement}, digest_{table} {}

    [[nodiscard]] std::uint64_t number() {
        const std::int64_t value = statement_.number();
        digest_.add(value);
        return static_cast<std::uint64_t>(value);
    }
    [[nodiscard]] std::uint64_t number_below(const char* column, std::uint64_t bound) {
        const std::uint64_t value = number();
        return value < bound ? value : wrong(column, std::uint64_t{0});
    }
    [[nodiscard]] std::uint32_t revision(const char* column) {
        return static_cast<std::uint32_t>(number_below(column, std::uint64_t{1} << 32));
    }
    [[nodiscard]] Bytes bytes() {
        Bytes value = statement_.bytes();
        digest_.add(ByteView{value});
        return value;
    }
    [[nodiscard]] std::string text() { return as_text(bytes()); }
    [[nodiscard]] PeerKey key(const char* column) {
        const auto key = PeerKey::from_bytes(bytes());
        return key ? *key : wrong(column, PeerKey{});
    }
    [[nodiscard]] std::optional<PeerKey> key_or_nothing(const char* column) {
        if (statement_.is_nothing()) {
            static_cast<void>(statement_.bytes());
            digest_.add_nothing();
            return std::nullopt;
        }
        return key(column);
    }
    [[nodiscard]] Secret32 secret(const char* column) {
        Bytes value = bytes();
        if (value.size() != Secret32::size) {
            return wrong(column, Secret32{});
        }
        Secret32 secret{std::span<const std::uint8_t, Secret32::size>{value}};
        wipe(value);
        return secret;
    }
    [[nodiscard]] crypto::Suite suite(const char* column) {
        const auto suite = crypto::suite_of(number());
        return suite ? *suite : wrong(column, crypto::Suite::aes_128_gcm);
    }
    [[nodiscard]] IpAddress address(const char* column, Family family) {
        const auto address = IpAddress::parse(text());
        return address && address->family() == family ? *address : wrong(column, IpAddress{});
    }
    [[nodiscard]] std::optional<IpAddress> address_or_empty(const char* column, Family family) {
        const std::string written = text();
        if (written.empty()) {
            return std::nullopt;
        }
        const auto address = IpAddress::parse(written);
        return address && address->family() == family ? *address : wrong(column, IpAddress{});
    }
    template <typename T>
    [[nodiscard]] T parsed(const char* column, std::optional<T> (*parse)(std::string_view)) {
        auto value = parse(text());
        return value ? *std::move(value) : wrong(column, T{});
    }
    // The last column.
    [[nodiscard]] bool has_right_digest() {
        return std::ranges::equal(statement_.bytes(), digest_.value());
    }
    [[nodiscard]] const char* wrong_column() const noexcept { return wrong_; }

  private:
    template <typename T>
    [[nodiscard]] T wrong(const char* column, T fallback) {
        wrong_ = wrong_ == nullptr ? column : wrong_;
        return fallback;
    }
    Statement& statement_;
    RowDigest digest_;
    const char* wrong_ = nullptr;
};

NodeRecord read_node(Row& row) {
    NodeRecord node;
    node.key = row.key("nodes.key");
    node.fqdn = row.text();
    node.vipv4 = row.address("nodes.vipv4", Family::ipv4).ipv4();
    node.vipv6 = row.address("nodes.vipv6", Family::ipv6).ipv6();
    node.boot_id = BootId{row.number()};
    node.registration_id = row.number();
    const auto outside = row.parsed("nodes.outside", read_endpoints);
    if (!outside.empty()) {
        node.outside = outside.front();
    }
    node.addresses = row.parsed("nodes.addresses", read_addresses);
    node.port = Port{static_cast<std::uint16_t>(row.number_below("nodes.port", 65536))};
    node.suites = row.parsed("nodes.suites", read_suites);
    return node;
}

RelayRecord read_relay(Row& row) {
    RelayRecord relay;
    relay.key = row.key("relays.key");
    relay.name = row.text();
    relay.boot_id = BootId{row.number()};
    relay.addresses = row.parsed("relays.addresses", read_endpoints);
    relay.capacity_paths = row.number();
    return relay;
}

PathEnd read_end(Row& row) {
    PathEnd end;
    end.node = row.key("paths.initiator or responder");
    end.boot_id = BootId{row.number()};
    end.leg_secret = row.secret("paths.leg_secret");
    end.candidates = row.parsed("paths.candidates", read_candidates);
    return end;
}

PathRecord read_path(Row& row) {
    PathRecord path;
    path.id = PathId{row.number()};
    path.revision = row.revision("paths.revision");
    path.kind = static_cast<RouteKind>(row.number_below("paths.kind", 4));
    path.reason = static_cast<RouteReason>(row.number_below("paths.reason", 6));
    path.relay = row.key_or_nothing("paths.relay");
    path.relay_revision = row.revision("paths.relay_revision");
    path.path_secret = row.secret("paths.path_secret");
    path.suite = row.suite("paths.suite");
    path.is_directed = row.number() != 0;
    path.is_direct_allowed = row.number() != 0;
    path.created_unix_seconds = static_cast<std::int64_t>(row.number());
    path.ends = {read_end(row), read_end(row)};
    return path;
}

ReleaseRecord read_release(Row& row) {
    ReleaseRecord release;
    release.peer = row.key("releases.peer");
    release.path_id = PathId{row.number()};
    release.revision = row.revision("releases.revision");
    release.reason = static_cast<v1::ReleaseReason>(
        row.number_below("releases.reason", v1::ReleaseReason_ARRAYSIZE)
    );
    return release;
}

GeneralNodeRecord read_general_node(Row& row) {
    GeneralNodeRecord node;
    node.asker = row.key("general_nodes.asker");
    node.vipv4 = row.address("general_nodes.vipv4", Family::ipv4).ipv4();
    node.vipv6 = row.address("general_nodes.vipv6", Family::ipv6).ipv6();
    node.fqdn = row.text();
    if (const auto real = row.address_or_empty("general_nodes.real_ipv4", Family::ipv4)) {
        node.real_ipv4 = real->ipv4();
    }
    if (const auto real = row.address_or_empty("general_nodes.real_ipv6", Family::ipv6)) {
        node.real_ipv6 = real->ipv6();
    }
    node.path = PathId{row.number()};
    return node;
}

struct Counter {
    std::string name;
    std::uint64_t value = 0;
};

Counter read_counter(Row& row) {
    std::string name = row.text();
    return {std::move(name), row.number()};
}

// One table after the other, until something is wrong.
class Tables {
  public:
    Tables(Database& database, Digests digests) : database_{database}, digests_{digests} {}

    template <typename Record>
    void read(
        const char* table, std::string sql, std::vector<Record>& into, Record (*read_one)(Row&)
    ) {
        if (!wrong_.empty()) {
            return;
        }
        sql.insert(sql.find(" FROM "), digests_ == Digests::checked ? ", digest" : "");
        Statement statement{database_, sql.c_str()};
        while (wrong_.empty() && statement.next()) {
            Row row{statement, table};
            into.push_back(read_one(row));
            if (row.wrong_column() != nullptr) {
                wrong_ = std::string{"a value of "} + row.wrong_column() + " can not be";
            } else if (digests_ == Digests::checked && !row.has_right_digest()) {
                wrong_ = "row " + std::to_string(into.size()) + " of " + table +
                         " is not what was written";
            }
        }
    }
    [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }

  private:
    Database& database_;
    Digests digests_;
    std::string wrong_;
};

void read_tables(Tables& tables, StoredState& state, std::vector<Counter>& counters) {
    tables.read("counters", "SELECT name, value FROM counters", counters, read_counter);
    tables.read(
        "nodes",
        "SELECT key, fqdn, vipv4, vipv6, boot_id, registration_id, outside, addresses, port, suites"
        " FROM nodes ORDER BY fqdn",
        state.nodes,
        read_node
    );
    tables.read(
        "relays",
        "SELECT key, name, boot_id, addresses, capacity_paths FROM relays ORDER BY name",
        state.relays,
        read_relay
    );
    tables.read(
        "paths",
        "SELECT id, revision, kind, reason, relay, relay_revision, path_secret, suite,"
        " is_directed, is_direct_allowed, created_unix_seconds,"
        " initiator, initiator_boot_id, initiator_leg_secret, initiator_candidates,"
        " responder, responder_boot_id, responder_leg_secret, responder_candidates"
        " FROM paths ORDER BY id",
        state.paths,
        read_path
    );
    tables.read(
        "releases",
        "SELECT peer, path_id, revision, reason FROM releases ORDER BY peer, path_id",
        state.releases,
        read_release
    );
    tables.read(
        "general_nodes",
        "SELECT asker, vipv4, vipv6, fqdn, real_ipv4, real_ipv6, path"
        " FROM general_nodes ORDER BY asker, vipv4",
        state.general_nodes,
        read_general_node
    );
}

}  // namespace

Result<LoadedState, StoreError> load_state(Database& database, Digests digests) {
    LoadedState loaded;
    std::vector<Counter> counters;
    Tables tables{database, digests};
    read_tables(tables, loaded.state, counters);
    for (const Counter& counter : counters) {
        if (counter.name == "term") {
            loaded.term = counter.value;
        } else if (counter.name == "changes") {
            loaded.changes = counter.value;
        } else if (counter.name == "next_address_number") {
            loaded.state.next_address_number = counter.value;
        }
    }
    if (database.failure()) {
        return Unexpected{StoreError{*database.failure()}};
    }
    if (!tables.wrong().empty()) {
        return Unexpected{damaged(database, tables.wrong())};
    }
    return loaded;
}

}  // namespace ntm::dc
