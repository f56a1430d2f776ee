#include <gtest/gtest.h>

#include "event/event.h"
#include "protocol/conversation.h"

namespace dcmwatch {
namespace {

struct Untold final : EventSink {
  Event event;
  Event& next_event() override { return event; }
};

TEST(Emitter, keeps_to_the_first_word_of_who_opened) {
  Connection connection;
  connection.joined_midway = true;
  Untold sink;
  Emitter emitter{connection, sink, Protocol::dicom};
  emitter.suppose_opener(Direction::backward);
  EXPECT_FALSE(emitter.opener_known());
  emitter.set_opener(Direction::forward);
  EXPECT_TRUE(emitter.opener_known());
  EXPECT_EQ(emitter.opener(), Direction::forward);

  emitter.set_opener(Direction::backward);
  EXPECT_EQ(emitter.opener(), Direction::forward);
}

TEST(Emitter, believes_the_handshake_before_the_protocol) {
  Connection connection;
  connection.parties.opener_known = true;
  Untold sink;
  Emitter emitter{connection, sink, Protocol::dicom};
  emitter.set_opener(Direction::backward);
  EXPECT_EQ(emitter.opener(), Direction::forward);
}

}  // namespace
}  // namespace dcmwatch
