// SPDX-License-Identifier: BSD-3-Clause
#include "tests/link/order_socket.hpp"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace ntm::link {
namespace {

class OrderSocketTest : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }

    // What `words` are answered by a handler that repeats them, and refuses "no".
    OrderSocket::Answer answer_to(const OrderSocket::Words& words) {
        auto socket = OrderSocket::listen(path_);
        EXPECT_TRUE(socket);
        std::thread emulator{[&socket] {
            pollfd source{socket->descriptor(), POLLIN, 0};
            poll(&source, 1, 1000);
            socket->serve([](const OrderSocket::Words& asked) -> OrderSocket::Answer {
                std::string said;
                for (const std::string& word : asked) {
                    said += "<" + word + ">";
                }
                if (said == "<no>") {
                    return Unexpected{std::string{"refused"}};
                }
                return said;
            });
        }};
        auto answer = OrderSocket::ask(path_, words);
        emulator.join();
        return answer;
    }

    const std::string path_ =
        std::filesystem::temp_directory_path() / ("ntm_order_socket_" + std::to_string(getpid()));
};

TEST_F(OrderSocketTest, CarriesWordsAndAnswer) {
    const auto answer = answer_to({"--delay", "20ms"});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(*answer, "<--delay><20ms>");
}

TEST_F(OrderSocketTest, CarriesAQuestionWithoutWords) {
    const auto answer = answer_to({});
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(*answer, "");
}

TEST_F(OrderSocketTest, CarriesARefusal) {
    const auto answer = answer_to({"no"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), "refused");
}

TEST_F(OrderSocketTest, SaysThatNobodyListens) {
    { ASSERT_TRUE(OrderSocket::listen(path_)); }
    const auto answer = OrderSocket::ask(path_, {});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().find("refused"), std::string::npos) << answer.error();
}

}  // namespace
}  // namespace ntm::link
