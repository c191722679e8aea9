// SPDX-License-Identifier: BSD-3-Clause
// F-29: a store that is damaged at rest (bit flips, truncations, zeroed pages, lost files) either
// gives exactly what was stored, or is refused with a sentence that names the file. Never a virtual
// address, key, secret or place that differs. NTM_DAMAGES: how many random damages (1000).
#include "dc/sqlite_store.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ntm::dc {
namespace {

using Files = std::map<std::string, std::string>;  // what is in each, by what follows the name
const std::vector<std::string> parts{"", "-wal", ".mark"};
constexpr std::size_t page_size = 4096;

PeerKey key(unsigned number) {
    PeerKey key;
    key.bytes.fill(static_cast<std::uint8_t>(number));
    key.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    return key;
}

NodeRecord node(unsigned number) {
    NodeRecord node;
    node.key = key(number);
    node.fqdn = "n" + std::to_string(number) + ".a.ntm.test";
    node.vipv4 = Ipv4Address::from_host(0xc6120000 + number);
    node.vipv6 = IpAddress::parse("fd00:a::" + std::to_string(number))->ipv6();
    node.boot_id = BootId{0xfedcba9876543210 + number};
    node.registration_id = number;
    node.outside = Endpoint::parse("192.0.2.1:" + std::to_string(40000 + number));
    node.addresses = {*InterfaceAddress::parse("10.0.0.2/24")};
    node.port = Port{9770};
    node.suites = {crypto::Suite::chacha20_poly1305};
    return node;
}

PathRecord path(unsigned number) {
    PathRecord path;
    path.id = PathId{0x1122334455667788U * number};
    path.kind = RouteKind::relayed;
    path.relay = key(9000);
    path.path_secret.mutable_view()[number % 32] = 0x42;
    path.is_directed = true;
    path.created_unix_seconds = 1'700'000'000;
    path.ends[0] = {key(number), BootId{1}, {}, {}};
    path.ends[1] = {key(number + 1), BootId{2}, {}, {}};
    path.ends[0].leg_secret.mutable_view()[1] = 0x17;
    return path;
}

GeneralNodeRecord general_node(unsigned number) {
    GeneralNodeRecord node;
    node.asker = key(number);
    node.vipv4 = Ipv4Address::from_host(0xc6124000 + number);
    node.vipv6 = IpAddress::parse("fd00:a::1:0:" + std::to_string(number))->ipv6();
    node.fqdn = "www" + std::to_string(number) + ".example.test";
    node.real_ipv4 = Ipv4Address::from_host(0xc6336400 + number);
    return node;
}

void fill(SqliteStore& store) {
    for (unsigned number = 1; number <= 60; ++number) {
        store.put_node(node(number));
        store.put_next_address_number(number + 1);
    }
    store.put_relay({key(9000), "rs1", BootId{9}, {*Endpoint::parse("198.51.100.20:1")}, 65536});
    EXPECT_TRUE(store.commit());
    // Changes of their own: what the write-ahead log is made of.
    for (unsigned number = 1; number <= 20; ++number) {
        store.put_path(path(number));
        store.put_release({key(number), PathId{number}, 6, v1::RELEASE_EXPIRED});
        store.put_general_node(general_node(number));
        EXPECT_TRUE(store.commit());
    }
}

// All that is in a state, to be compared.
std::string text_of(const StoredState& state) {
    std::ostringstream text;
    for (const NodeRecord& node : state.nodes) {
        text << node.key.text() << node.fqdn << IpAddress{node.vipv4}.text()
             << IpAddress{node.vipv6}.text() << node.boot_id.value << ' ' << node.registration_id
             << node.outside.value_or(Endpoint{}).text() << node.addresses.size()
             << node.port.number << node.suites.size() << '\n';
    }
    for (const RelayRecord& relay : state.relays) {
        text << relay.key.text() << relay.name << relay.boot_id.value << ' '
             << relay.addresses.at(0).text() << relay.capacity_paths << '\n';
    }
    for (const PathRecord& path : state.paths) {
        text << path.id.text() << path.revision << ' ' << path.relay_revision
             << static_cast<int>(path.kind) << path.relay.value_or(PeerKey{}).text()
             << static_cast<int>(path.reason) << static_cast<int>(path.suite) << path.is_directed
             << path.is_direct_allowed << path.created_unix_seconds
             << to_hex(path.path_secret.view());
        for (const PathEnd& end : path.ends) {
            text << end.node.text() << end.boot_id.value << to_hex(end.leg_secret.view())
                 << end.candidates.size() << '\n';
        }
    }
    for (const ReleaseRecord& release : state.releases) {
        text << release.peer.text() << release.path_id.text() << release.revision << release.reason
             << '\n';
    }
    for (const GeneralNodeRecord& node : state.general_nodes) {
        text << node.asker.text() << IpAddress{node.vipv4}.text() << IpAddress{node.vipv6}.text()
             << node.fqdn << IpAddress{node.real_ipv4.value_or(Ipv4Address{})}.text()
             << node.real_ipv6.has_value() << node.path.text() << '\n';
    }
    text << state.next_address_number;
    return text.str();
}

class StoreDamageTest : public testing::Test {
  protected:
    StoreDamageTest() {
        // In memory where the machine has such a folder: each damage is a store opened.
        const bool has_memory = access("/dev/shm", W_OK) == 0;
        std::string pattern = (has_memory ? "/dev/shm/" : testing::TempDir()) + "ntm_damage_XXXXXX";
        folder_ = mkdtemp(pattern.data());
        auto store = SqliteStore::open(file());
        fill(**store);
        wanted_ = text_of(*(*store)->load());
        // As a killed DC leaves them: with the log. And as one leaves them that has ended.
        killed_ = read_files();
        store->reset();
        ended_ = read_files();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string file() const { return folder_ + "/dc.sqlite"; }
    [[nodiscard]] Files read_files() const {
        Files files;
        for (const std::string& part : parts) {
            std::ifstream in{file() + part, std::ios::binary};
            if (in) {
                files[part] = {std::istreambuf_iterator<char>{in}, {}};
            }
        }
        return files;
    }
    // Opens a store of these files. False: what it gave is not what was stored.
    void check(const Files& files, const std::string& what) {
        for (const std::string& part : parts) {
            std::filesystem::remove(file() + part);
            if (const auto at = files.find(part); at != files.end()) {
                std::ofstream{file() + part, std::ios::binary} << at->second;
            }
        }
        const auto opened = SqliteStore::open(file());
        const auto state = opened ? (*opened)->load()
                                  : Result<StoredState, StoreError>{Unexpected{opened.error()}};
        if (!state) {
            ++refused_;
            EXPECT_EQ(state.error().text.rfind(file(), 0), 0U) << state.error().text;
            return;
        }
        ++loaded_;
        ASSERT_EQ(text_of(*state), wanted_) << what;
    }
    void tell(const char* what) const {
        std::printf("%s: %d refused, %d loaded whole, 0 wrong\n", what, refused_, loaded_);
    }

    std::string folder_;
    std::string wanted_;
    Files killed_;
    Files ended_;
    int refused_ = 0;
    int loaded_ = 0;
};

TEST_F(StoreDamageTest, LoadsWhatIsWhole) {
    check(killed_, "as killed");
    check(ended_, "as ended");
    EXPECT_EQ(loaded_, 2);
    EXPECT_GT(killed_["-wal"].size(), 20 * page_size);
    EXPECT_FALSE(ended_.contains("-wal"));
}

TEST_F(StoreDamageTest, NeverGivesWhatWasNotStoredAfterBitFlips) {
    const char* asked = std::getenv("NTM_DAMAGES");
    const int damages = asked != nullptr ? std::stoi(asked) : 1000;
    std::mt19937_64 random{29};
    for (int damage = 0; damage < damages && !HasFatalFailure(); ++damage) {
        Files files = damage % 2 == 0 ? ended_ : killed_;
        const bool is_in_log = damage % 2 != 0 && random() % 4 != 0;
        std::string& content = files[is_in_log ? "-wal" : random() % 16 == 0 ? ".mark" : ""];
        const int flips = random() % 4 == 0 ? 8 : 1;
        std::string what = "damage " + std::to_string(damage);
        for (int flip = 0; flip < flips; ++flip) {
            const std::size_t at = random() % content.size();
            content[at] = static_cast<char>(content[at] ^ (1 << (random() % 8)));
            what += " at " + std::to_string(at);
        }
        check(files, what);
    }
    tell("bit flips");
    EXPECT_GT(refused_, damages / 4);
}

TEST_F(StoreDamageTest, NeverGivesWhatWasNotStoredAfterTruncations) {
    for (const auto& [part, whole] : killed_) {
        const std::size_t step = part == ".mark" ? 1 : 512;
        for (std::size_t size = 0; size < whole.size(); size += step) {
            for (const std::size_t around : {size - std::min<std::size_t>(size, 1), size + 1}) {
                Files files = killed_;
                files[part].resize(around);
                check(files, part + " cut to " + std::to_string(around));
            }
        }
    }
    tell("truncations");
    EXPECT_GT(refused_, 100);
}

TEST_F(StoreDamageTest, NeverGivesWhatWasNotStoredWithoutAPageOrAFile) {
    for (const std::string part : {"", "-wal"}) {
        for (std::size_t at = 0; at + page_size <= killed_[part].size(); at += page_size) {
            Files files = killed_;
            files[part].replace(at, page_size, std::string(page_size, '\0'));
            check(files, part + " without the page at " + std::to_string(at));
        }
        Files files = killed_;
        files.erase(part);
        check(files, "without " + part);
    }
    EXPECT_GT(refused_, 20);
    Files files = ended_;
    files.erase("");
    refused_ = 0;
    check(files, "without the store");
    EXPECT_EQ(refused_, 1);
}

}  // namespace
}  // namespace ntm::dc
