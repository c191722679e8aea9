// SPDX-License-Identifier: BSD-3-Clause
#include "dc/record_text.hpp"

#include <gtest/gtest.h>

namespace ntm::dc {
namespace {

TEST(RecordText, ReadsWhatItHasWritten) {
    const std::vector<Endpoint> endpoints{
        *Endpoint::parse("192.0.2.1:9770"), *Endpoint::parse("[2001:db8::1]:1")};
    EXPECT_EQ(write_endpoints(endpoints), "192.0.2.1:9770 [2001:db8::1]:1");
    EXPECT_EQ(read_endpoints(write_endpoints(endpoints)), endpoints);
    EXPECT_EQ(read_endpoints(""), std::vector<Endpoint>{});

    const std::vector<Candidate> candidates{{endpoints[0], true}, {endpoints[1], false}};
    EXPECT_EQ(write_candidates(candidates), "192.0.2.1:9770! [2001:db8::1]:1");
    EXPECT_EQ(read_candidates(write_candidates(candidates)), candidates);

    const std::vector<crypto::Suite> suites{
        crypto::Suite::chacha20_poly1305, crypto::Suite::aes_128_gcm};
    EXPECT_EQ(write_suites(suites), "chacha20-poly1305 aes-128-gcm");
    EXPECT_EQ(read_suites(write_suites(suites)), suites);
}

TEST(RecordText, RefusesWhatItNeverWrites) {
    EXPECT_FALSE(read_endpoints("192.0.2.1"));
    EXPECT_FALSE(read_endpoints(" 192.0.2.1:1"));
    EXPECT_FALSE(read_endpoints("192.0.2.1:1  192.0.2.2:1"));
    EXPECT_FALSE(read_candidates("!"));
    EXPECT_FALSE(read_addresses("10.0.0.1/33"));
    EXPECT_FALSE(read_suites("des"));
    EXPECT_FALSE(read_suites("aes-256-gcm"));
}

}  // namespace
}  // namespace ntm::dc
