// How a stream is cut must not matter.
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

std::vector<std::string> told_of(const Session& session) {
  Wire wire;
  wire.stop_time();
  play(wire, session);
  wire.close();
  return wire.told();
}

Octets part(const Octets& whole, std::size_t from, std::size_t to) {
  return {whole.begin() + static_cast<std::ptrdiff_t>(from), whole.begin() + static_cast<std::ptrdiff_t>(to)};
}

// Every segment cut in two, at every byte.
void expect_cuts_do_not_matter(const Session& session) {
  const std::vector<std::string> expected = told_of(session);
  for (std::size_t i = 0; i < session.size(); ++i) {
    const Segment& whole = session[i];
    for (std::size_t cut = 1; cut < whole.bytes.size(); ++cut) {
      Wire wire;
      wire.stop_time();
      for (std::size_t j = 0; j < session.size(); ++j) {
        if (j != i) {
          wire.say(session[j].direction, session[j].bytes);
          continue;
        }
        wire.say(whole.direction, part(whole.bytes, 0, cut));
        wire.say(whole.direction, part(whole.bytes, cut, whole.bytes.size()));
      }
      wire.close();
      ASSERT_EQ(wire.told(), expected) << "segment " << i << " cut at " << cut;
    }
  }
}

void expect_pieces_do_not_matter(const Session& session, std::size_t size) {
  Session pieces;
  for (const Segment& segment : session) {
    for (std::size_t at = 0; at < segment.bytes.size(); at += size) {
      pieces.push_back({segment.direction, part(segment.bytes, at, std::min(at + size, segment.bytes.size()))});
    }
  }
  EXPECT_EQ(told_of(pieces), told_of(session)) << size;
}

TEST(DicomCuts, EveryCutGivesTheSameEvents) { expect_cuts_do_not_matter(long_day()); }

TEST(DicomCuts, PiecesOfAnySizeGiveTheSameEvents) {
  for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 11U, 13U, 100U, 1000U})
    expect_pieces_do_not_matter(long_day(), size);
}

TEST(DicomCuts, EveryCutOfARealStreamGivesTheSameEvents) {
  for (const char* name : {"echo", "find", "move", "reject", "performed-step"})
    expect_cuts_do_not_matter(recorded(name));
}

TEST(DicomCuts, PiecesOfARealStreamGiveTheSameEvents) {
  for (const char* name :
       {"echo", "find", "find-gdcm", "move", "get", "reject", "abort", "performed-step", "commitment"}) {
    for (const std::size_t size : {1U, 2U, 17U}) expect_pieces_do_not_matter(recorded(name), size);
  }
}

}  // namespace
}  // namespace dcmwatch::test
