// A mirror port that drops one packet in a hundred: what is told all the same, and that nothing is lost in silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "captures.h"
#include "rewritings.h"

namespace dcmwatch::metamorphic {
namespace {

constexpr std::array kCaptures{"deviations.pcap",     "incident.pcap",   "modality-day.pcap",
                               "query-retrieve.pcap", "rejections.pcap", "hl7.pcap"};
constexpr std::array<std::uint64_t, 3> kSeeds{1, 2, 3};

Frames lossy(const char* capture, std::uint64_t seed) { return thinned(real_capture(capture).frames, 100, seed); }

std::multiset<std::string> told(const Records& records, std::string_view kind, std::initializer_list<const char*> by) {
  std::multiset<std::string> identities;
  for (const Fields& record : records) {
    if (kind_of(record) != kind) continue;
    std::string identity;
    for (const char* path : by) identity += std::string{value_of(record, path)} + " ";
    identities.insert(identity);
  }
  return identities;
}

struct Share {
  std::size_t still = 0;
  std::size_t of = 0;
  void count(const std::multiset<std::string>& before, const std::multiset<std::string>& after) {
    std::vector<std::string> both;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(both));
    still += both.size();
    of += before.size();
  }
  [[nodiscard]] double percent() const { return 100.0 * static_cast<double>(still) / static_cast<double>(of); }
};

TEST(Loss, of_one_packet_in_a_hundred_leaves_nearly_everything_reported) {
  Share associations, operations, messages;
  for (const char* capture : kCaptures) {
    for (const std::uint64_t seed : kSeeds) {
      const Records before = real_capture(capture).records, after = records_of(lossy(capture, seed));
      const auto association = {"conversation.id"};
      const auto operation = {"conversation.id", "dicom.command", "dicom.message_id", "dicom.invoker"};
      const auto message = {"conversation.id", "hl7.control_id"};
      associations.count(told(before, "dicom.association", association), told(after, "dicom.association", association));
      operations.count(told(before, "dicom.operation", operation), told(after, "dicom.operation", operation));
      messages.count(told(before, "hl7.message", message), told(after, "hl7.message", message));
    }
  }
  EXPECT_GE(associations.percent(), 99) << associations.still << " of " << associations.of;
  EXPECT_GE(operations.percent(), 98) << operations.still << " of " << operations.of;
  EXPECT_GE(messages.percent(), 98) << messages.still << " of " << messages.of;
}

// Which bytes of a direction's stream were seen, by their distance from its first sequence number.
struct Seen {
  std::vector<bool> bytes;
  void add(std::uint32_t from, std::size_t count) {
    bytes.resize(std::max(bytes.size(), from + count));
    std::fill_n(bytes.begin() + from, count, true);
  }
};

struct Stream {
  std::uint32_t first = 0;  ///< sequence number of the first payload byte
  Seen before;
  Seen after;
  std::size_t known_from = ~std::size_t{0};  ///< of what is left, the first and the last place that anything speaks of
  std::size_t known_to = 0;
  bool reused = false;  ///< several connections between the same ports

  [[nodiscard]] std::size_t lost() const {
    std::size_t count = 0;
    for (std::size_t at = known_from; at < std::min(known_to, before.bytes.size()); ++at)
      count += before.bytes[at] && (at >= after.bytes.size() || !after.bytes[at]) ? 1 : 0;
    return count;
  }
};

constexpr std::uint32_t kFar = 1U << 30;

std::map<Flow, Stream> streams_of(const Frames& before, const Frames& after) {
  std::map<Flow, Stream> streams;
  for (const Frame& frame : before) {
    const auto segment = segment_of(frame);
    if (!segment || segment->has(TcpFlags::rst)) continue;
    const std::uint32_t payload_at = segment->sequence() + (segment->has(TcpFlags::syn) ? 1 : 0);
    const auto [entry, fresh] = streams.try_emplace(flow_of(*segment));
    Stream& stream = entry->second;
    if (fresh) stream.first = payload_at;
    if (segment->has(TcpFlags::syn) && payload_at != stream.first) stream.reused = true;
    const std::uint32_t from = payload_at - stream.first;
    if (from < kFar) stream.before.add(from, segment->payload.size());
  }
  const auto speaks_of = [](Stream& stream, std::uint32_t sequence) {
    const std::size_t at = std::min<std::size_t>(sequence - stream.first, stream.before.bytes.size());
    stream.known_from = std::min(stream.known_from, at);
    stream.known_to = std::max(stream.known_to, at);
  };
  for (const Frame& frame : after) {
    const auto segment = segment_of(frame);
    if (!segment || segment->has(TcpFlags::rst)) continue;
    const Flow flow = flow_of(*segment);
    Stream& stream = streams[flow];
    const std::uint32_t payload_at = segment->sequence() + (segment->has(TcpFlags::syn) ? 1 : 0);
    const std::uint32_t from = payload_at - stream.first;
    if (from >= kFar) continue;
    stream.after.add(from, segment->payload.size());
    speaks_of(stream, payload_at);
    speaks_of(stream, payload_at + static_cast<std::uint32_t>(segment->payload.size()));
    const auto peer = streams.find(flow.reversed());
    if (segment->has(TcpFlags::ack) && peer != streams.end() && segment->acknowledgement() - peer->second.first < kFar)
      speaks_of(peer->second, segment->acknowledgement());
  }
  return streams;
}

std::string end_text(const Bytes& end) {
  const ByteView address = ByteView{end}.first(end.size() - 2);
  const IpAddress ip = address.size() == 4 ? IpAddress::v4(address) : IpAddress::v6(address);
  return to_text(ip) + ":" + std::to_string(get_u16(end, end.size() - 2));
}

// By "source > destination".
std::map<std::string, std::size_t> missing_bytes_told(const Records& records) {
  std::map<std::string, std::size_t> missing;
  for (const Fields& record : records) {
    if (kind_of(record) != "connection" || value_of(record, "network.transport") != "tcp") continue;
    const auto end = [&](const std::string& side) {
      return std::string{value_of(record, side + ".ip")} + ":" + std::string{value_of(record, side + ".port")};
    };
    const auto told = [&](const std::string& side) {
      const std::string_view count = value_of(record, side + ".missing_bytes");
      return count.empty() ? 0U : std::stoul(std::string{count});
    };
    missing[end("source") + " > " + end("destination")] += told("source");
    missing[end("destination") + " > " + end("source")] += told("destination");
  }
  return missing;
}

TEST(Loss, is_told_to_the_byte_wherever_what_is_left_shows_it) {
  for (const char* capture : kCaptures) {
    for (const std::uint64_t seed : kSeeds) {
      const Frames left = lossy(capture, seed);
      const auto told = missing_bytes_told(records_of(left));
      for (const auto& [flow, stream] : streams_of(real_capture(capture).frames, left)) {
        if (stream.reused) continue;
        const auto missing = told.find(end_text(flow.source) + " > " + end_text(flow.destination));
        EXPECT_EQ(missing == told.end() ? 0 : missing->second, stream.lost())
            << capture << ", seed " << seed << ", " << end_text(flow.source) << " > " << end_text(flow.destination);
      }
    }
  }
}

TEST(Loss, breaks_no_rule_of_a_protocol_and_changes_nothing_in_silence) {
  for (const char* capture : kCaptures) {
    for (const std::uint64_t seed : kSeeds) {
      const Records& before = real_capture(capture).records;
      const Records after = records_of(lossy(capture, seed));
      const auto violation = {"conversation.id", "violation.name"};
      const auto were = told(before, "violation", violation), are = told(after, "violation", violation);
      std::vector<std::string> new_ones;
      std::set_difference(are.begin(), are.end(), were.begin(), were.end(), std::back_inserter(new_ones));
      EXPECT_THAT(new_ones, testing::IsEmpty()) << capture << ", seed " << seed;

      std::set<std::string_view> loss_told;
      for (const Fields& record : after) {
        const bool lost = kind_of(record) == "connection" && (value_of(record, "source.missing_bytes") != "0" ||
                                                              value_of(record, "destination.missing_bytes") != "0");
        if (lost || !value_of(record, "conversation.unseen").empty()) loss_told.insert(conversation_of(record));
      }
      const auto outcome = {"conversation.id", "event.outcome", "event.action", "dicom.calling_ae", "dicom.called_ae",
                            "dicom.status",    "dicom.end",     "dicom.study",  "hl7.control_id",   "hl7.message_type"};
      for (const char* kind : {"dicom.association", "dicom.operation", "hl7.message"}) {
        const auto was = told(before, kind, outcome), is = told(after, kind, outcome);
        std::vector<std::string> gone;
        std::set_difference(was.begin(), was.end(), is.begin(), is.end(), std::back_inserter(gone));
        for (const std::string& record : gone) {
          const bool said = std::any_of(loss_told.begin(), loss_told.end(), [&](std::string_view conversation) {
            return record.starts_with(std::string{conversation} + " ");
          });
          EXPECT_TRUE(said) << capture << ", seed " << seed << ": in silence, " << kind << ' ' << record;
        }
      }
    }
  }
}

// By conversation and control id, what each message was answered; of those told once alone.
std::map<std::string, std::string> answers(const Records& records, bool message_seen) {
  std::map<std::string, std::string> answers;
  for (const Fields& record : records) {
    if (kind_of(record) != "hl7.message" || (value_of(record, "hl7.message_seen") != "false") != message_seen) continue;
    const std::string message =
        std::string{conversation_of(record)} + ' ' + std::string{value_of(record, "hl7.control_id")};
    const std::string answer =
        std::string{value_of(record, "hl7.accept_code")} + ' ' + std::string{value_of(record, "hl7.ack_code")};
    const auto [told, fresh] = answers.try_emplace(message, answer);
    if (!fresh && told->second != answer) told->second = "several";
  }
  return answers;
}

// A message is told as itself, or as an answer whose message was not seen, or within a loss that is told; and what it
// was answered is its own answer, or not known.
TEST(Loss, gives_no_message_the_answer_of_another_and_leaves_none_out_in_silence) {
  for (const char* capture : {"hl7.pcap", "hl7-acknowledgements.pcap", "hl7-contents.pcap", "order-way.pcap"}) {
    const auto before = answers(real_capture(capture).records, true);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Records left = records_of(lossy(capture, seed));
      const auto seen = answers(left, true), not_seen = answers(left, false);
      std::set<std::string_view> loss_told;
      for (const Fields& record : left) {
        if (kind_of(record) == "connection" &&
            (value_of(record, "source.missing_bytes") != "0" || value_of(record, "destination.missing_bytes") != "0"))
          loss_told.insert(conversation_of(record));
      }
      for (const auto& [message, answer] : before) {
        const auto told = seen.find(message);
        if (told == seen.end()) {
          const std::string conversation = message.substr(0, message.rfind(' '));
          EXPECT_TRUE(not_seen.contains(message) || loss_told.contains(conversation))
              << capture << ", seed " << seed << ": " << message;
        } else if (told->second != " " && answer != "several" && told->second != "several") {
          EXPECT_TRUE(told->second == answer || answer.starts_with(told->second))
              << capture << ", seed " << seed << ": " << message << " was answered " << answer << ", not "
              << told->second;
        }
      }
      for (const Fields& record : left) EXPECT_NE(value_of(record, "hl7.ack_paired_by"), "order") << capture;
    }
  }
}

// Of an answer that the mirror dropped it is known that something is lost, at the latest when it is missed.
TEST(Loss, of_an_answer_is_not_taken_for_its_absence) {
  for (const char* capture : {"hl7.pcap", "hl7-acknowledgements.pcap"}) {
    const auto unanswered = {"hl7.control_id", "hl7.unanswered"};
    const auto not_answered = [&](const Records& records) {
      std::set<std::string> ids;
      for (const std::string& record : told(records, "hl7.message", unanswered)) {
        if (!record.ends_with("  ")) ids.insert(record.substr(0, record.find(' ')));
      }
      return ids;
    };
    const std::set<std::string> before = not_answered(real_capture(capture).records);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      for (const std::string& id : not_answered(records_of(lossy(capture, seed))))
        EXPECT_TRUE(before.contains(id)) << capture << ", seed " << seed << ": " << id;
    }
  }
}

// An HL7 sender and its receiver, each of which acknowledges what it gets at once.
class Spoken {
 public:
  Spoken() {
    for (const auto& [side, flags] : {std::pair{0, kSyn}, {1, kSyn | kAck}, {0, kAck}}) say(side, flags);
  }

  void block(int side, const std::string& text) {
    say(side, kAck, "\x0b" + text + "\x1c\r");
    say(1 - side, kAck);
  }
  void close() {
    for (const int side : {0, 1}) say(side, kFin | kAck);
    say(0, kAck);
  }
  /// Nothing is said for so long that all of it would have been answered.
  void go_on_later() {
    now_ += std::chrono::hours{1};
    ++port_;
    say(0, kSyn);
  }
  [[nodiscard]] const Frames& frames() const { return frames_; }

 private:
  static constexpr std::uint8_t kFin = TcpFlags::fin, kSyn = TcpFlags::syn, kAck = TcpFlags::ack;

  void say(int from, int flags, const std::string& text = {}) {
    TcpSegment segment;
    segment.datagram = {kEthernet, Bytes{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 8, 0}, Bytes(20), {}};
    Bytes& ip = segment.datagram.ip;
    ip[0] = 0x45, ip[8] = 64, ip[9] = 6;
    ip[12] = ip[16] = 10;
    ip[from == 0 ? 15 : 19] = 1, ip[from == 0 ? 19 : 15] = 2;
    segment.header = Bytes(20);
    segment.header[12] = 5 << 4;
    put_u16(segment.header, 14, 65535);
    put_u16(segment.header, from == 0 ? 0 : 2, port_);
    put_u16(segment.header, from == 0 ? 2 : 0, 2575);
    std::uint32_t& sent = from == 0 ? sent_.first : sent_.second;
    segment.set_sequence(sent);
    if ((flags & kAck) != 0) segment.set_acknowledgement(from == 0 ? sent_.second : sent_.first);
    segment.set_flags(static_cast<std::uint8_t>(flags));
    segment.payload.assign(text.begin(), text.end());
    sent += static_cast<std::uint32_t>(text.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    Frame like;
    like.time = now_ += std::chrono::milliseconds{1};
    like.original = frames_.size();
    frames_.push_back(frame_of(segment, like));
  }

  std::pair<std::uint32_t, std::uint32_t> sent_{1000, 2000};  ///< by the sender, by the receiver
  std::uint16_t port_ = 40000;
  Timestamp now_ = timestamp_from_ns(1'772'438'400'000'000'000);
  Frames frames_;
};

Frames messages_answered_at_once(int count) {
  Spoken spoken;
  for (int i = 1; i <= count; ++i) {
    const std::string id = "M" + std::to_string(i);
    spoken.block(0, "MSH|^~\\&|RIS|H|PACS|H|20260302080000||ADT^A01|" + id + "|P|2.5.1\rPID|1||P1\r");
    const std::string code = std::array{"AA", "AE", "AR"}.at(static_cast<std::size_t>(i % 3));
    spoken.block(1, "MSH|^~\\&|PACS|H|RIS|H|20260302080000||ACK|A" + id + "|P|2.5.1\rMSA|" + code + "|" + id + "\r");
  }
  spoken.close();
  spoken.go_on_later();
  return spoken.frames();
}

Frames without(const Frames& frames, std::initializer_list<std::size_t> dropped) {
  Frames left;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (std::ranges::find(dropped, i) == dropped.end()) left.push_back(frames[i]);
  }
  return left;
}

bool is_answer_to_nothing(const Fields& record) {
  return value_of(record, "link.kind") == "message_acknowledged" && value_of(record, "link.certainty") == "none" &&
         !value_of(record, "link.effect").empty();
}

// What is told although it was not so.
std::vector<std::string> untrue(const Records& records, const std::map<std::string, std::string>& answers_before) {
  std::vector<std::string> found;
  for (const Fields& record : records) {
    if (const auto why = value_of(record, "hl7.unanswered"); !why.empty())
      found.push_back("unanswered: " + std::string{why});
    if (const auto name = value_of(record, "violation.name"); !name.empty()) found.emplace_back(name);
    if (is_answer_to_nothing(record)) found.emplace_back("answer to nothing");
  }
  for (const auto& [message, answer] : answers(records, true)) {
    const auto before = answers_before.find(message);
    if (before == answers_before.end() || (answer != " " && answer != before->second))
      found.push_back(message + " answered " + answer);
  }
  return found;
}

TEST(Loss, of_any_two_packets_at_once_makes_no_message_unanswered_and_no_answer_one_to_nothing) {
  const Frames whole = messages_answered_at_once(5);
  const auto before = answers(records_of(whole), true);
  ASSERT_EQ(before.size(), 5U);
  for (std::size_t first = 1; first + 1 < whole.size(); ++first) {
    for (std::size_t second = first; second + 1 < whole.size(); ++second) {
      EXPECT_THAT(untrue(records_of(without(whole, {first, second})), before), testing::IsEmpty())
          << "without packets " << first << " and " << second;
    }
  }
}

TEST(Loss, of_a_packet_of_one_message_makes_its_answer_one_to_what_was_lost) {
  const RealCapture& whole = real_capture("hl7.pcap");
  const auto count = [](const Records& records) { return std::ranges::count_if(records, is_answer_to_nothing); };
  const auto before = count(whole.records);
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    constexpr std::string_view kHeader = "MSH|";
    const auto& bytes = whole.frames[i].bytes;
    if (std::search(bytes.begin(), bytes.end(), kHeader.begin(), kHeader.end()) == bytes.end()) continue;
    EXPECT_LE(count(records_of(without(whole.frames, {i}))), before) << "without packet " << i;
  }
}

}  // namespace
}  // namespace dcmwatch::metamorphic
