// Legal messages at random are told as they were planned, however they are packed and cut; whatever is made of their
// bytes breaks nothing.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "planned_message.h"
#include "wire.h"

namespace dcmwatch::test {
namespace {

struct Spoken {
  std::vector<PlannedMessage> messages;
  std::string stream;
};

// Messages in blocks of their own, or in a batch or a file: in one block, or its envelope in blocks of its own.
Spoken speak(Dice& dice, const Pseudonymizer& pseudonymizer) {
  Spoken spoken;
  for (std::size_t count = dice.between(1, 4); count != 0; --count)
    spoken.messages.push_back(plan_message(dice, pseudonymizer));
  const bool batch = dice.one_in(3);
  const bool file = dice.one_in(3) && batch;
  const bool one_block = batch && dice.flip();
  const std::string count = dice.flip() ? std::to_string(spoken.messages.size()) : "";
  std::vector<std::string> parts;
  if (file) parts.emplace_back("FHS|^~\\&|A|B\r");
  if (batch) parts.emplace_back("BHS#*~\\&#A#B\r");
  for (PlannedMessage& message : spoken.messages) {
    parts.push_back(message.content);
    if (batch) message.facts.envelope = Hl7Envelope::batch;
  }
  if (batch) parts.push_back("BTS#" + count + "#x\r");
  if (file) parts.emplace_back("FTS|1\r");
  std::string all;
  for (const std::string& part : parts) (one_block ? all : spoken.stream) += one_block ? part : block(part);
  if (one_block) spoken.stream = block(all);
  return spoken;
}

std::vector<std::string> cut_up(Dice& dice, std::string_view stream) {
  std::vector<std::string> pieces;
  while (!stream.empty()) {
    const std::size_t size = std::min(stream.size(), dice.one_in(3) ? dice.between(1, 20) : dice.between(1, 3000));
    pieces.emplace_back(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  return pieces;
}

TEST(Hl7RoundTrip, LegalMessagesAreToldAsTheyWerePlanned) {
  const Wire any;
  for (std::uint64_t seed = 0; seed < 1200; ++seed) {
    Dice dice{seed};
    const Spoken spoken = speak(dice, any.pseudonymizer());
    Wire wire;
    for (const std::string& piece : cut_up(dice, spoken.stream)) wire.say(there(piece));
    std::size_t told = 0;
    for (const Event& event : wire.events()) {
      const Hl7Message* message = std::get_if<Hl7Message>(&event.facts);
      ASSERT_TRUE(message) << "seed " << seed << ": " << testing::PrintToString(wire.summary()) << '\n'
                           << spoken.stream;
      if (event.phase != Phase::start) continue;
      ASSERT_LT(told, spoken.messages.size()) << "seed " << seed;
      ASSERT_EQ(said_of(*message), said_of(spoken.messages[told].facts)) << "seed " << seed << '\n'
                                                                         << spoken.messages[told].content;
      ++told;
    }
    ASSERT_EQ(told, spoken.messages.size()) << "seed " << seed;
  }
}

void mutate(Dice& dice, std::string& bytes) {
  static constexpr std::string_view kTelling = "\x0B\x1C\r\n|^~\\&\x1b\x80";
  for (std::size_t changes = dice.between(1, 6); changes != 0 && !bytes.empty(); --changes) {
    const std::size_t at = dice.below(bytes.size());
    switch (dice.below(5)) {
      case 0: bytes[at] = static_cast<char>(dice.number()); break;
      case 1: bytes[at] = dice.of(kTelling); break;
      case 2: bytes.erase(at, dice.below(30)); break;
      case 3: bytes.insert(at, bytes.substr(dice.below(bytes.size()), dice.below(60))); break;
      default: bytes.insert(at, 1, dice.of(kTelling)); break;
    }
  }
}

TEST(Hl7RoundTrip, WhateverGoesWrongEachMessageThatBeginsHasOneEnd) {
  const Wire any;
  for (std::uint64_t seed = 1'000'000; seed < 1'001'000; ++seed) {
    Dice dice{seed};
    Spoken spoken = speak(dice, any.pseudonymizer());
    mutate(dice, spoken.stream);
    Wire wire{dice.one_in(4)};
    for (const std::string& piece : cut_up(dice, spoken.stream)) {
      if (dice.one_in(20)) wire.say(gap(Direction::forward, dice.between(1, 3000)));
      if (dice.one_in(50)) wire.give_up_kept();
      wire.say(there(piece));
      if (dice.one_in(4)) wire.say(back(acknowledgement("AA", "1").substr(dice.one_in(5) ? 1 : 0)));
    }
    wire.close(dice.flip() ? CloseReason::finished : CloseReason::capture_ended);
    int open = 0;
    for (const Event& event : wire.events()) {
      const Hl7Message* message = std::get_if<Hl7Message>(&event.facts);
      if (!message || !message->message_seen) continue;
      if (event.phase == Phase::start) ++open;
      if (event.phase == Phase::end) --open;
      ASSERT_GE(open, 0) << "seed " << seed;
    }
    ASSERT_EQ(open, 0) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dcmwatch::test
