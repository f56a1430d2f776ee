// What must hold of any DICOM, HL7 or TLS connection, whatever is sent on it.
#pragma once

#include <algorithm>
#include <cstdio>

#include "app/captured_streams.h"
#include "protocol/tls/tls.h"

namespace dcmwatch::fuzz {

inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  __builtin_trap();
}

/// Each segment begins with its direction in one byte and its length in two.
inline std::vector<Chunk> chunks_of(ByteReader& input) {
  std::vector<Chunk> chunks;
  while (input.remaining() >= 3) {
    const Direction direction = (input.u8() & 1) != 0 ? Direction::backward : Direction::forward;
    const std::size_t length = std::min<std::size_t>(input.u16(), input.remaining());
    if (length == 0) continue;  // TCP brings none without bytes
    const auto number = static_cast<std::int64_t>(chunks.size());
    const Mark mark{timestamp_from_ns((number + 1) * 1'000'000), 0, static_cast<std::uint64_t>(number)};
    chunks.push_back({direction, mark, std::string{as_text(input.take(length))}});
  }
  return chunks;
}

inline std::vector<Chunk> in_pieces(const std::vector<Chunk>& chunks, std::size_t size) {
  std::vector<Chunk> pieces;
  for (const Chunk& chunk : chunks)
    for (std::size_t at = 0; at < chunk.bytes.size(); at += size)
      pieces.push_back({chunk.direction, chunk.mark, chunk.bytes.substr(at, size)});
  return pieces;
}

/// Where the step is lost, or was never had, the next unit is sought in what has arrived, so that the cuts count. An
/// association that is under way is marked; of one that is over, the violation alone tells.
inline bool loses_step(const Event& event) {
  const auto* violation = std::get_if<Violation>(&event.facts);
  const bool is_no_pdu = violation && (violation->name == "dicom.pdu_type" || violation->name == "dicom.pdu_length");
  return event.visibility.lost || event.visibility.undecodable || is_no_pdu;
}

/// Whether every unit was followed from the association's request on, with which the opener began. What is no request
/// when seen whole may look like one as far as its first piece goes.
inline bool in_step(const std::vector<Chunk>& chunks, const std::vector<Event>& events) {
  const auto first = std::ranges::find_if(
      events, [](const Event& event) { return !std::holds_alternative<ConnectionFact>(event.facts); });
  const auto* association = first == events.end() ? nullptr : std::get_if<DicomAssociation>(&first->facts);
  const auto opening = std::ranges::find(chunks, Direction::forward, &Chunk::direction);
  const bool is_opened_by_it =
      association && association->calling_ae && opening != chunks.end() && first->first.packet == opening->mark.packet;
  return is_opened_by_it && std::ranges::none_of(events, loses_step);
}

/// Plays the chunks as they are, and again in pieces of `size`: where DICOM is recognised an association is told, every
/// one that began has one end, and the same is told of streams in step.
inline void check_conversation(const std::vector<Chunk>& chunks, std::size_t size) {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  Parties parties;
  parties.source = {*IpAddress::parse("10.0.0.1"), 40000};
  parties.destination = {*IpAddress::parse("10.0.0.2"), 104};
  const std::vector<Event> events = events_of(parties, chunks, kPseudonymizer);
  int open = 0;
  bool is_dicom = false, ended = false;
  for (const Event& event : events) {
    is_dicom |= event.protocol == Protocol::dicom;
    const auto* association = std::get_if<DicomAssociation>(&event.facts);
    if (!association) continue;
    if (event.phase == Phase::start) ++open;
    require(open <= 1, "an association ends before the next begins");
    if (event.phase != Phase::end) continue;
    if (open > 0) --open;
    require(association->end.has_value(), "how an association ended is told");
    ended = true;
  }
  require(open == 0, "every association that began has an end");
  require(ended || !is_dicom, "of a DICOM connection an association is told");
  const std::vector<Event> again = events_of(parties, in_pieces(chunks, size), kPseudonymizer);
  if (!in_step(chunks, events)) return;
  const std::string whole = lines_of(events), cut = lines_of(again);
  if (whole != cut) std::fprintf(stderr, "as it is:\n%s\nin pieces of %zu:\n%s\n", whole.c_str(), size, cut.c_str());
  require(whole == cut, "how the bytes are cut does not matter");
}

/// Plays the chunks behind a message by which the connection is known as HL7's, and again in pieces of `size`: every
/// message that began has one end, and the same is told.
inline void check_hl7_conversation(std::vector<Chunk> chunks, std::size_t size) {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  Parties parties;
  parties.source = {*IpAddress::parse("10.0.0.1"), 40000};
  parties.destination = {*IpAddress::parse("10.0.0.2"), 2575};
  chunks.insert(chunks.begin(), {Direction::forward, {}, "\x0BMSH|^~\\&|A|B|C|D|2024||ADT^A01|1|P|2.5\r\x1C\r"});
  const std::vector<Event> events = events_of(parties, chunks, kPseudonymizer);
  int open = 0;
  for (const Event& event : events) {
    const auto* message = std::get_if<Hl7Message>(&event.facts);
    if (!message || !message->message_seen) continue;
    if (event.phase == Phase::start) ++open;
    if (event.phase == Phase::end) --open;
    require(open >= 0, "a message begins before it ends");
  }
  require(open == 0, "every message that began has one end");
  const std::string whole = lines_of(events);
  const std::string cut = lines_of(events_of(parties, in_pieces(chunks, size), kPseudonymizer));
  if (whole != cut) std::fprintf(stderr, "as it is:\n%s\nin pieces of %zu:\n%s\n", whole.c_str(), size, cut.c_str());
  require(whole == cut, "how the bytes are cut does not matter");
}

/// Plays the chunks as they are, and again in pieces of `size`: of a connection with TLS one record is told, with one
/// end, and the same is told of one that begins with it.
inline void check_tls_conversation(const std::vector<Chunk>& chunks, std::size_t size) {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  Parties parties;
  parties.source = {*IpAddress::parse("10.0.0.1"), 40000};
  parties.destination = {*IpAddress::parse("10.0.0.2"), 2762};
  const std::vector<Event> events = events_of(parties, chunks, kPseudonymizer);
  int starts = 0, ends = 0;
  bool is_tls = false;
  for (const Event& event : events) {
    is_tls |= event.protocol == Protocol::tls;
    if (!std::holds_alternative<TlsConnection>(event.facts)) continue;
    starts += event.phase == Phase::start ? 1 : 0;
    ends += event.phase == Phase::end ? 1 : 0;
    require(starts <= 1 && (event.phase != Phase::start || ends == 0), "a handshake begins once, before it ends");
  }
  require(ends == (is_tls ? 1 : 0), "of a connection with TLS one record is told");
  if (chunks.empty() || looks_like_tls(as_bytes(chunks.front().bytes)) != Looks::yes) return;
  const std::string whole = lines_of(events);
  const std::string cut = lines_of(events_of(parties, in_pieces(chunks, size), kPseudonymizer));
  if (whole != cut) std::fprintf(stderr, "as it is:\n%s\nin pieces of %zu:\n%s\n", whole.c_str(), size, cut.c_str());
  require(whole == cut, "how the bytes are cut does not matter");
}

}  // namespace dcmwatch::fuzz
