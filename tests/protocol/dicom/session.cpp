#include "protocol/dicom/session.h"

#include <gtest/gtest.h>

#include <fstream>

namespace dcmwatch::test {

Session operator+(Session left, const Session& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

namespace {

Session opening_with(const Octets& user_items) {
  std::vector<Offer> offers;
  std::vector<Answer> answers;
  std::uint8_t id = 1;
  for (const std::string_view uid : {kVerification, kCtImageStorage, kStudyRootFind, kStudyRootMove, kStudyRootGet}) {
    offers.push_back({id, uid, {kExplicit, kImplicit}});
    answers.push_back({id, 0, kExplicit});
    id = static_cast<std::uint8_t>(id + 2);
  }
  return {there(associate_request("CT1", "PACS", offers, 16384, user_items)),
          back(associate_accept(answers, 16384, user_items))};
}

}  // namespace

Session opening() { return opening_with({}); }

Session opening_with_window(std::uint16_t operations) {
  return opening_with(item(0x53, be16(operations) + be16(operations)));
}

Session closing() { return {there(release_request()), back(release_response())}; }

Session long_day() {
  const Octets match = study_identifier("STUDY");
  return opening() +
         Session{
             there(message(1, echo_request(1))),
             back(message(1, echo_response(1))),
             there(message(3, store_request(2), ct_image(700), 256)),
             back(message(3, store_response(2, 0xb000))),
             there(message(5, find_request(3), study_identifier("STUDY"))),
             back(message(5, response(0x8020, 3, 0xff00, true), match)),
             back(message(5, response(0x8020, 3, 0xff01, true), match)),
             there(message(5, cancel_request(3))),
             back(message(5, response(0x8020, 3, 0xfe00, false))),
             there(message(7, move_request(4, "WS1"), study_identifier("SERIES"))),
             back(message(7, response(0x8021, 4, 0xff00, false, counters(1, 1, 0, 0)))),
             back(message(7, response(0x8021, 4, 0xb000, true, us(0x1021, 1) + us(0x1022, 1) + us(0x1023, 0)), match)),
             there(message(9, get_request(5), study_identifier("IMAGE"))),
             back(message(3, store_request(1), ct_image(200))),
             there(message(3, store_response(1))),
             back(message(9, response(0x8010, 5, 0xff00, false, counters(0, 1, 0, 0)))),
             back(message(9, response(0x8010, 5, 0x0000, false, us(0x1021, 1) + us(0x1022, 0) + us(0x1023, 0)))),
         } +
         closing();
}

void play(Wire& wire, const Session& session) {
  for (const Segment& segment : session) wire.say(segment.direction, segment.bytes);
}

Session recorded(const std::string& name) {
  std::ifstream file{std::string{DCMWATCH_ROOT} + "/tests/protocol/dicom/recorded/" + name + ".txt"};
  EXPECT_TRUE(file) << name;
  Session session;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("> ")) session.push_back(there(from_hex(line.substr(2))));
    if (line.starts_with("< ")) session.push_back(back(from_hex(line.substr(2))));
  }
  return session;
}

}  // namespace dcmwatch::test
