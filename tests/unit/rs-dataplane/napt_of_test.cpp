// SPDX-License-Identifier: BSD-3-Clause
// The data plane's NAPT does what the configuration says. Rows: C-4, C-8, U-5, U-8, T-3, T-5, I-2, V-6.
#include "rs-dataplane/napt_of.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

using napt::Filter;
using std::chrono::seconds;

TEST(NaptOf, keeps_what_the_rfcs_say_where_nothing_else_is_said) {
    const napt::Bindings::Plan usual;
    const napt::Bindings::Plan made = napt_of({}).plan;
    EXPECT_EQ(made.times.udp, usual.times.udp);
    EXPECT_EQ(made.times.icmp, usual.times.icmp);
    EXPECT_EQ(made.times.tcp_transitory, usual.times.tcp_transitory);
    EXPECT_EQ(made.times.tcp_established, usual.times.tcp_established);
    EXPECT_EQ(made.ipv4.rest, usual.ipv4.rest);
    EXPECT_EQ(made.path_filters, usual.path_filters);
    EXPECT_EQ(made.exit_path_filters, usual.exit_path_filters);
}

TEST(NaptOf, keeps_ports_as_long_as_it_is_told) {
    control::NaptConfig config;
    config.times = {121, 61, 241, 7441, 122};
    const napt::Bindings::Plan made = napt_of(config).plan;
    EXPECT_EQ(made.times.udp, seconds{121});
    EXPECT_EQ(made.times.icmp, seconds{61});
    EXPECT_EQ(made.times.tcp_transitory, seconds{241});
    EXPECT_EQ(made.times.tcp_established, seconds{7441});
    EXPECT_EQ(made.ipv4.rest, seconds{122});
    EXPECT_EQ(made.ipv6.rest, seconds{122});
}

TEST(NaptOf, lets_in_whom_it_is_told) {
    using enum control::NaptFilter;
    control::NaptConfig config;
    config.path_filters = {address_and_port_dependent, address_dependent};
    config.exit_filters = {address_dependent, address_and_port_dependent};
    const napt::Bindings::Plan made = napt_of(config).plan;
    const auto by = [](const napt::Filters& filters, napt::Protocol protocol) {
        return filters.at(static_cast<std::size_t>(protocol));
    };
    EXPECT_EQ(by(made.path_filters, napt::Protocol::udp), Filter::address_and_port_dependent);
    EXPECT_EQ(by(made.path_filters, napt::Protocol::tcp), Filter::address_dependent);
    EXPECT_EQ(by(made.exit_path_filters, napt::Protocol::udp), Filter::address_dependent);
    EXPECT_EQ(by(made.exit_path_filters, napt::Protocol::tcp), Filter::address_and_port_dependent);
}

}  // namespace
}  // namespace ntm
