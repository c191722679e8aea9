// SPDX-License-Identifier: BSD-3-Clause
#include "common/admin/admin_server.hpp"

#include "common/admin/admin_client.hpp"
#include "common/admin/unix_socket.hpp"

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <filesystem>
#include <future>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ntm::admin {

namespace {

class AdminServerTest : public testing::Test {
  protected:
    AdminServerTest() : path_{testing::TempDir() + "ntm_admin_server_test"} {
        std::filesystem::remove(path_);
    }
    void TearDown() override {
        asio::post(loop_, [this] { server_.reset(); });
        work_.reset();
        thread_.join();
    }
    void start(const AdminLimits& limits = {}) {
        auto server = AdminServer::create(loop_, path_, limits);
        ASSERT_TRUE(server) << server.error();
        server_ = std::move(*server);
        server_->handle("echo", "show", [](const Json& args) -> Answer { return args; });
        server_->handle("echo", "big", [](const Json&) -> Answer {
            return Json(std::string(std::size_t{32} << 20, 'x'));
        });
        server_->handle("echo", "strict", [](const Json& args) -> Answer {
            return Json(args.at("count").get<int>());
        });
        server_->handle("echo", "refuse", [](const Json&) -> Answer {
            return Unexpected{AdminError{"refused", "not today", "come back"}};
        });
        server_->handle_later("echo", "later", [this](const Json& args, const Reply& reply) {
            static_cast<void>(args.value("count", 0));
            replies_.push_back(reply);
        });
        thread_ = std::thread{[this] {
            loop_.run();
        }};
    }
    [[nodiscard]] AdminClient client() const {
        auto connected = AdminClient::connect(path_);
        EXPECT_TRUE(connected) << connected.error();
        return *std::move(connected);
    }
    // A raw client that has sent these bytes.
    [[nodiscard]] int sender(const std::string& bytes) const {
        const auto socket = connect_to(path_);
        EXPECT_TRUE(socket);
        (void)send(*socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return *socket;
    }
    // What it gets until the server hangs up or a line ends.
    [[nodiscard]] static std::string receive(int socket) {
        std::string got;
        char byte = 0;
        while (got.find('\n') == std::string::npos && recv(socket, &byte, 1, 0) == 1) {
            got.push_back(byte);
        }
        close(socket);
        return got;
    }
    [[nodiscard]] std::string exchange(const std::string& bytes) const {
        return receive(sender(bytes));
    }
    // On the loop's thread, once it is true.
    void when(const std::function<bool()>& is_so, const std::function<void()>& act) {
        if (is_so()) {
            act();
            return;
        }
        asio::post(loop_, [=, this] { when(is_so, act); });
    }

    std::string path_;
    asio::io_context loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
    std::unique_ptr<AdminServer> server_;
    std::thread thread_;
    std::vector<Reply> replies_;  // of the loop's thread
};

TEST_F(AdminServerTest, AnswersManyRequestsOfManyClients) {
    start();
    std::vector<AdminClient> clients;
    std::generate_n(std::back_inserter(clients), 20, [this] { return client(); });
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const auto answer = clients[i].ask({"echo", "show", Json{{"i", i}}});
            ASSERT_TRUE(answer) << answer.error().message;
            EXPECT_EQ((*answer)["i"], i);
        }
    }
}

TEST_F(AdminServerTest, PassesErrorsOfHandlersOn) {
    start();
    const auto answer = client().ask({"echo", "refuse"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "refused");
    EXPECT_EQ(answer.error().hint, "come back");
}

TEST_F(AdminServerTest, NamesWhatItKnowsWhenAskedForWhatItDoesNot) {
    start();
    const auto noun = client().ask({"ecko", "show"});
    ASSERT_FALSE(noun);
    EXPECT_EQ(noun.error().code, "unknown_noun");
    EXPECT_EQ(noun.error().hint, "known here: echo");
    const auto verb = client().ask({"echo", "shout"});
    ASSERT_FALSE(verb);
    EXPECT_EQ(verb.error().code, "unknown_verb");
    EXPECT_EQ(verb.error().hint, "known here: big, later, refuse, show, strict");
}

TEST_F(AdminServerTest, BlamesTheClientForArgumentsThatAHandlerCanNotTake) {
    start();
    EXPECT_EQ(client().ask({"echo", "strict"}).error().code, "bad_args");
    EXPECT_EQ(client().ask({"echo", "strict", Json{{"count", "x"}}}).error().code, "bad_args");
    EXPECT_TRUE(client().ask({"echo", "strict", Json{{"count", 3}}}));
}

TEST_F(AdminServerTest, AnswersLaterAndServesOthersMeanwhile) {
    start();
    const int waiting = sender(request_line({"echo", "later"}));
    EXPECT_TRUE(client().ask({"echo", "show"}));
    asio::post(loop_, [this] {
        when([this] { return !replies_.empty(); }, [this] { replies_.front()(Json(7)); });
    });
    EXPECT_EQ(receive(waiting), answer_line(Json(7)));
    EXPECT_EQ(client().ask({"echo", "later", Json{{"count", "x"}}}).error().code, "bad_args");
}

TEST_F(AdminServerTest, AnAnswerMayComeWhenItsClientIsGone) {
    start({.silence = std::chrono::milliseconds{50}});
    close(sender(request_line({"echo", "later"})));
    std::promise<void> replied;
    asio::post(loop_, [&] {
        const auto is_gone = [this] {
            return !replies_.empty() && server_->client_count() == 0;
        };
        when(is_gone, [&] {
            replies_.front()(Json(7));
            replied.set_value();
        });
    });
    replied.get_future().wait();
    EXPECT_TRUE(client().ask({"echo", "show"}));
}

TEST_F(AdminServerTest, LetsGoOfAClientWhoseAnswerDoesNotCome) {
    start({.silence = std::chrono::milliseconds{50}});
    EXPECT_EQ(exchange(request_line({"echo", "later"})), "");
}

TEST_F(AdminServerTest, AnswersBadJsonAndGoesOn) {
    start();
    EXPECT_THAT(exchange("{]\n"), testing::HasSubstr("bad_request"));
    EXPECT_TRUE(client().ask({"echo", "show"}));
}

TEST_F(AdminServerTest, RefusesARequestThatIsTooLong) {
    start();
    const std::string longest =
        R"({"noun":"echo","args":{"a":")" + std::string(max_request_size - 32, 'x') + "\"}}\n";
    ASSERT_EQ(longest.size(), max_request_size);
    EXPECT_THAT(exchange(longest), testing::HasSubstr("\"ok\":true"));
    EXPECT_THAT(exchange(std::string(max_request_size + 1, 'x')), testing::HasSubstr("too_long"));
}

TEST_F(AdminServerTest, TellsACrowdThatItIsOne) {
    start({.clients = 2});
    auto first = client();
    auto second = client();
    ASSERT_TRUE(first.ask({"echo", "show"}));
    ASSERT_TRUE(second.ask({"echo", "show"}));
    const auto third = client().ask({"echo", "show"});
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, "busy");
    EXPECT_TRUE(first.ask({"echo", "show"}));
}

TEST_F(AdminServerTest, LetsGoOfClientsThatDoNotReadOrDoNotSpeak) {
    start({.silence = std::chrono::milliseconds{50}, .slow_reader = std::chrono::milliseconds{50}});
    const auto slow = connect_to(path_);
    const auto silent = connect_to(path_);
    ASSERT_TRUE(slow && silent);
    const std::string big = request_line({"echo", "big"});
    ASSERT_GT(send(*slow, big.data(), big.size(), MSG_NOSIGNAL), 0);
    char byte = 0;
    EXPECT_EQ(recv(*silent, &byte, 1, 0), 0);
    // The kernel holds what fitted into the socket; behind that the end comes before the 32 MiB.
    std::vector<char> chunk(std::size_t{1} << 20);
    std::size_t got = 0;
    pollfd hung_up{*slow, POLLRDHUP, 0};
    ASSERT_EQ(poll(&hung_up, 1, 5000), 1);
    for (ssize_t n = 1; n > 0; got += static_cast<std::size_t>(std::max<ssize_t>(n, 0))) {
        n = recv(*slow, chunk.data(), chunk.size(), 0);
    }
    EXPECT_LT(got, std::size_t{32} << 20);
    close(*slow);
    close(*silent);
}

TEST_F(AdminServerTest, RefusesToStandBesideALiveServer) {
    start();
    asio::io_context other_loop;
    EXPECT_FALSE(AdminServer::create(other_loop, path_));
    EXPECT_TRUE(client().ask({"echo", "show"}));
}

TEST_F(AdminServerTest, RemovesItsSocketWhenItEnds) {
    start();
    ASSERT_TRUE(std::filesystem::exists(path_));
    std::promise<void> gone;
    asio::post(loop_, [&] {
        server_.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(AdminServerTest, ClientSaysWhyADaemonCanNotBeReached) {
    start();
    const auto nobody = AdminClient::connect(path_ + ".none");
    ASSERT_FALSE(nobody);
    EXPECT_NE(nobody.error().find("No such file"), std::string::npos);
}

}  // namespace

}  // namespace ntm::admin
