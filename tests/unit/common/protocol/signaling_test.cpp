// SPDX-License-Identifier: BSD-3-Clause
#include "common/protocol/signaling.hpp"

#include "tests/unit/common/protocol/signaling_world.hpp"

#include <gtest/gtest.h>

namespace ntm::protocol {
namespace {

v1::Signal keep_alive() {
    v1::Signal message;
    message.mutable_keep_alive();
    return message;
}

TEST(Signaling, Smoke) {
    World world;
    auto node_key = crypto::KeyPair::generate(world.random);
    auto dc_key = crypto::KeyPair::generate(world.random);
    Host& node = world.add({at("192.0.2.1:9770")}, node_key, false);
    Host& dc = world.add({at("192.0.2.2:9770")}, dc_key, true);
    node.signaling->add_peer(dc_key.public_key(), PeerKind::dc);
    dc.signaling->add_peer(node_key.public_key(), PeerKind::node);
    node.signaling->set_endpoints(dc_key.public_key(), {at("192.0.2.2:9770")});
    const auto id = node.signaling->send_request(
        dc_key.public_key(), keep_alive(), OnNewBoot::resend, world.now
    );
    EXPECT_TRUE(world.run_until([&] { return node.all<AnswerReceived>().size() == 1; }, seconds{1})
    );
    EXPECT_EQ(node.all<AnswerReceived>()[0].id, id);
    EXPECT_EQ(world.now, Instant{seconds{1000}} + milliseconds{40});
    EXPECT_EQ(world.log.size(), 4U);
    EXPECT_TRUE(dc.signaling->proven_endpoint_of(node_key.public_key()));
}

}  // namespace
}  // namespace ntm::protocol
