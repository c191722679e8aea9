// SPDX-License-Identifier: BSD-3-Clause
#include "common/base/names.hpp"

#include <gtest/gtest.h>

namespace ntm {
namespace {

TEST(Names, AreLowerCaseWithoutTheLastDot) {
    EXPECT_EQ(normalise_fqdn("MN.A.ntm.test."), "mn.a.ntm.test");
    EXPECT_EQ(normalise_fqdn("a-1.b"), "a-1.b");
}

TEST(Names, RefuseWhatIsNoHostName) {
    const std::string long_label(64, 'a');
    std::string long_name = "a";
    while (long_name.size() <= 253) {
        long_name += ".aa";
    }
    for (const std::string& text :
         {std::string{},
          std::string{"."},
          std::string{"mn"},
          std::string{"mn."},
          std::string{".a.b"},
          std::string{"a..b"},
          std::string{"-a.b"},
          std::string{"a-.b"},
          std::string{"a_b.c"},
          std::string{"a b.c"},
          std::string{"a\0b.c", 5},
          long_label + ".b",
          long_name}) {
        EXPECT_FALSE(normalise_fqdn(text)) << text;
    }
}

TEST(Names, LieUnderAZoneOnlyAtALabel) {
    const std::vector<std::string> zones{"a.ntm.test", "b.ntm.test"};
    EXPECT_TRUE(is_under("mn.b.ntm.test", zones));
    EXPECT_TRUE(is_under("x.y.a.ntm.test", zones));
    EXPECT_FALSE(is_under("a.ntm.test", zones)) << "the zone itself";
    EXPECT_FALSE(is_under("mnb.ntm.test", zones));
    EXPECT_FALSE(is_under("mn.c.ntm.test", zones));
    EXPECT_FALSE(is_under("xb.ntm.test", zones));
}

TEST(Names, OfDomainsMayHaveOneLabel) {
    EXPECT_EQ(normalise_domain("Org."), "org");
    EXPECT_EQ(normalise_domain("a.Org"), "a.org");
    for (const char* text : {"", ".", ".org", "*.org", "-", "a..b"}) {
        EXPECT_FALSE(normalise_domain(text)) << text;
    }
}

TEST(Names, LieWithinAZoneAsItselfOrUnderIt) {
    const std::vector<std::string> zones{"a.ntm.test", "org"};
    EXPECT_TRUE(is_within("a.ntm.test", zones));
    EXPECT_TRUE(is_within("mn.a.ntm.test", zones));
    EXPECT_TRUE(is_within("www.example.org", zones));
    EXPECT_FALSE(is_within("ntm.test", zones));
    EXPECT_FALSE(is_within("xorg", zones));
    EXPECT_FALSE(is_within("org.test", zones));
}

TEST(Names, OfInterfacesAreThoseThatLinuxTakes) {
    for (const char* text : {"eth0", "ntm0.7", "a23456789012345", "enp3s0f0@x"}) {
        EXPECT_TRUE(is_interface_name(text)) << text;
    }
    for (const char* text : {"", ".", "..", "a/b", "a:b", "a b", "a\tb", "a234567890123456"}) {
        EXPECT_FALSE(is_interface_name(text)) << text;
    }
}

}  // namespace
}  // namespace ntm
