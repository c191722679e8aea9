// SPDX-License-Identifier: BSD-3-Clause
#include "common/netlink/dump.hpp"

#include "common/base/byte_order.hpp"

#include <array>
#include <cerrno>

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace ntm::netlink {

namespace {

constexpr std::uint16_t interrupted = NLM_F_DUMP_INTR;

Bytes message(std::uint16_t type, std::uint16_t flags, std::int32_t body) {
    Bytes made(NLMSG_HDRLEN + sizeof(body));
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(made.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_MULTI | flags);
    store(made.data(), header);
    store(made.data() + NLMSG_HDRLEN, body);
    return made;
}

Bytes entry(std::int32_t number, std::uint16_t flags = 0) {
    return message(RTM_NEWROUTE, flags, number);
}
Bytes done(std::uint16_t flags = 0) {
    return message(NLMSG_DONE, flags, 0);
}
Bytes refusal(std::int32_t why) {
    Bytes made = message(NLMSG_ERROR, 0, -why);
    made.resize(NLMSG_HDRLEN + sizeof(nlmsgerr));
    store(made.data(), static_cast<std::uint32_t>(made.size()));
    return made;
}
Bytes operator+(Bytes first, const Bytes& second) {
    append(first, second);
    return first;
}

// Answers the first request with the first dump, and so on, and the last one for ever.
struct FakeKernel {
    std::vector<std::vector<Bytes>> dumps;
    int asked = 0;

    [[nodiscard]] AskKernel ask() {
        return [this]() -> Result<NextAnswer, std::string> {
            const std::size_t which = std::min(dumps.size() - 1, static_cast<std::size_t>(asked++));
            return NextAnswer{
                [answers = dumps[which],
                 i = std::size_t{0}]() mutable -> Result<Bytes, std::string> {
                    if (i == answers.size()) {
                        return Unexpected{std::string{"nothing more comes"}};
                    }
                    return answers[i++];
                }};
        };
    }
};

TEST(NetlinkDump, IsReadToItsEnd) {
    FakeKernel kernel{{{entry(1) + entry(2), entry(3), done(), entry(4)}}};
    const Dump read = dump_from(kernel.ask());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (std::vector<Bytes>{entry(1) + entry(2), entry(3), done()}));
    EXPECT_EQ(kernel.asked, 1);
}

TEST(NetlinkDump, AnInterruptedOneIsAskedForAgainAndNothingIsKeptOfIt) {
    const std::vector<Bytes> whole{entry(1), entry(2) + done()};
    for (const std::vector<Bytes>& broken : std::vector<std::vector<Bytes>>{
             {entry(7, interrupted), done()},
             {entry(7), entry(8) + entry(9, interrupted), done()},
             {entry(7), done(interrupted)}}) {
        FakeKernel kernel{{broken, broken, whole}};
        const Dump read = dump_from(kernel.ask());
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(*read, whole);
        EXPECT_EQ(kernel.asked, 3);
    }
}

TEST(NetlinkDump, IsGivenUpWhenItIsInterruptedTimeAndAgain) {
    FakeKernel kernel{{{entry(7), done(interrupted)}}};
    const Dump read = dump_from(kernel.ask());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), "the kernel's tables change faster than they can be read");
    EXPECT_EQ(kernel.asked, most_tries);
}

TEST(NetlinkDump, ARefusalIsNotAskedForAgain) {
    FakeKernel kernel{{{refusal(EPERM)}}};
    const Dump read = dump_from(kernel.ask());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), "the kernel would not give its tables: Operation not permitted");
    EXPECT_EQ(kernel.asked, 1);
}

TEST(NetlinkDump, AnAnswerThatDoesNotComeIsAnError) {
    FakeKernel kernel{{{entry(1)}}};
    const Dump read = dump_from(kernel.ask());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), "nothing more comes");
    EXPECT_EQ(kernel.asked, 1);
}

TEST(NetlinkDump, TheKernelGivesItsTables) {
    constexpr std::array<std::uint8_t, 3> families{AF_UNSPEC, AF_INET, AF_INET6};
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH}) {
        for (const std::uint8_t family : families) {
            const Dump read = dump(type, family);
            ASSERT_TRUE(read) << read.error() << ", type " << type;
            EXPECT_FALSE(read->empty());
        }
    }
    const Dump links = dump(RTM_GETLINK, AF_UNSPEC);
    ASSERT_TRUE(links);
    EXPECT_EQ(load<nlmsghdr>(links->front().data()).nlmsg_type, RTM_NEWLINK);
}

}  // namespace

}  // namespace ntm::netlink
