// How a stream is cut must not matter, and whatever the bytes are, nothing breaks or grows.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "wire.h"

namespace dcmwatch::test {
namespace {

// Whole, split, unended, unstarted and foreign units, both ways.
Script eventful() {
  const std::string unended = message("ADT^A04", "4");
  return {
      there(message("ADT^A01", "1") + message("ORM^O01", "2", "P|2.5|||AL|AL") + "\r\n"),
      back(acknowledgement("AA", "1") + acknowledgement("CA", "2")),
      there(unended.substr(0, unended.size() - 2) + message("ADT^A05", "5") + "MS" + message("ADT^A06", "6")),
      back(acknowledgement("AE", "2") + block("\x06") + acknowledgement("AR", "nothing") + acknowledgement("AA", "4")),
      there(message("ADT^A07", "7").substr(1) + "stray" + block("no message") + block("")),
      back(message("ORU^R01", "1") + acknowledgement("AA", "5").substr(0, 40)),
      gap(Direction::backward, 12),
      back(acknowledgement("AA", "5").substr(52) + acknowledgement("AE", "6")),
      there(acknowledgement("AA", "1") +
            "\x0BMSH|^~\\&|A|B\x1C\x0BMSH|x\x0BMS\x0BMSH|^~\\&|||||||ADT^A08|8\r\x1C\x1C\r"),
      there(std::string{"\x0BMSH|^~\\&|A|B|C|D|||ADT^A09|9\rPID|||12345"}),
  };
}

std::string told(const Script& script, const std::function<void(Wire&, const Said&, std::size_t)>& say) {
  Limits limits;
  limits.hl7_message_bytes = 90;
  Wire wire{false, limits};
  for (std::size_t at = 0; at < script.size(); ++at) say(wire, script[at], at);
  wire.close();
  return wire.everything();
}

TEST(Hl7Cuts, EveryCutGivesTheSameEvents) {
  const Script script = eventful();
  const std::string whole = told(script, [](Wire& wire, const Said& said, std::size_t) { wire.say(said); });
  for (std::size_t part = 0; part < script.size(); ++part) {
    for (std::size_t cut = 0; cut <= script[part].bytes.size(); ++cut) {
      ASSERT_EQ(whole, told(script, [&](Wire& wire, const Said& said,
                                        std::size_t at) { wire.say_cut(said, at == part ? cut : 0); }))
          << part << ' ' << cut;
    }
  }
}

TEST(Hl7Cuts, SegmentsOfOneByteGiveTheSameEvents) {
  const Script script = eventful();
  EXPECT_EQ(told(script, [](Wire& wire, const Said& said, std::size_t) { wire.say(said); }),
            told(script, [](Wire& wire, const Said& said, std::size_t) { wire.say_byte_by_byte(said); }));
}

char interesting(std::mt19937& random) {
  constexpr std::string_view kBytes = "\x0B\x1C\r\n|^~\\&MSHAPID\x00\xFF\x06";
  return kBytes[random() % kBytes.size()];
}

void mutate(std::string& bytes, std::mt19937& random) {
  for (auto changes = random() % 6; changes != 0 && !bytes.empty(); --changes) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0: bytes[at] = interesting(random); break;
      case 1: bytes.insert(at, 1, interesting(random)); break;
      case 2: bytes.erase(at, random() % 20); break;
      default: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 30)); break;
    }
  }
}

// Mutated streams too are told alike however they are cut.
TEST(Hl7Mutations, NeitherBreakNorDependOnTheCut) {
  std::mt19937 random{20240501};
  const Script original = eventful();
  for (int run = 0; run < 5000; ++run) {
    Script script = original;
    for (Said& said : script) mutate(said.bytes, random);
    std::erase_if(script, [](const Said& said) { return said.missing == 0 && said.bytes.empty(); });
    const std::string whole = told(script, [](Wire& wire, const Said& said, std::size_t) { wire.say(said); });
    const std::string cut = told(script, [&](Wire& wire, const Said& said, std::size_t) {
      wire.say_cut(said, said.missing != 0 ? 0 : random() % said.bytes.size());
    });
    ASSERT_EQ(whole, cut) << run;
  }
}

TEST(Hl7Mutations, AStreamOfNothingButDelimitersCostsNoMoreThanItsLength) {
  const std::string hostile(1 << 20, '\x0B');
  Wire wire;
  wire.say(there(message("ADT^A01", "1") + "\x0BMSH|^~\\&|" + hostile)).say(there(std::string(1 << 20, '\n')));
  wire.say(there("\x1C\r")).close();
  EXPECT_EQ(wire.summary().front(), "start ADT^A01");
}

}  // namespace
}  // namespace dcmwatch::test
