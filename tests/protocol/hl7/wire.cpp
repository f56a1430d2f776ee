#include "wire.h"

#include <sstream>

namespace dcmwatch::test {
namespace {

void print(std::ostream& out, const Mark& mark) { out << '@' << mark.packet; }

template <std::size_t Capacity>
void print(std::ostream& out, const std::optional<Text<Capacity>>& text) {
  out << (text ? text->view() : "(none)");
}

struct Everything {
  std::ostream& out;

  void operator()(const Hl7Message& m) const {
    out << " type=" << m.message_type << " version=" << m.version << " processing=" << m.processing_id
        << " charset=" << m.character_set << " control=" << m.control_id << " patient=" << m.patient
        << " accession=" << m.accession << " placer=" << m.placer_order << " filler=" << m.filler_order
        << " order_control=" << m.order_control << " opener=" << m.sent_by_opener << " seen=" << m.message_seen
        << " paired_by=" << to_text(m.ack_paired_by) << " bytes=" << m.bytes << '/' << m.ack_bytes << '/'
        << m.missing_bytes << "";
    out << " wanted=" << to_text(m.accept_wanted) << '/' << to_text(m.ack_wanted) << " ack_type=" << m.ack_type
        << " unanswered=" << (m.unanswered ? to_text(*m.unanswered) : "") << " late=" << m.late
        << " queue=" << m.unacknowledged << '/' << m.unacknowledged_age.count()
        << " transport=" << to_text(m.transport_ack);
    if (m.error)
      out << ' ' << m.error->code << '|' << m.error->severity << '|' << m.error->location << '|' << m.error->count;
    out << " names=";
    for (const auto& name :
         {m.sending_application, m.sending_facility, m.receiving_application, m.receiving_facility}) {
      print(out, name);
      out << '|';
    }
    out << " ack=";
    print(out, m.accept_code);
    print(out, m.ack_code);
    print(out, m.sent);
    if (m.accepted) print(out, *m.accepted);
    if (m.acknowledged) print(out, *m.acknowledged);
    out << " time=" << m.message_time << " envelope=" << to_text(m.envelope) << " part=" << to_text(m.part)
        << " transport=" << to_text(m.transport_ack);
    if (m.content) (*this)(*m.content);
  }
  void operator()(const Hl7Content& c) const {
    out << " recorded=" << c.recorded << " occurred=" << c.occurred << " event=" << c.event_type
        << " issuer=" << c.patient_issuer << " visit=" << c.visit << " account=" << c.account << " patients=";
    for (const Pseudonym& patient : c.patients) out << patient << ',';
    for (const Hl7Merge& merge : c.merges) out << " merge=" << merge.patient << '<' << merge.merged;
    out << " patient_ids_not_told=" << c.patient_ids_not_told;
    for (const Hl7Order& order : c.orders) {
      out << " order=" << order.control << ',' << order.status << ',' << order.result_status << ',' << order.placer
          << ',' << order.filler << ',' << order.study;
      for (const Pseudonym& accession : order.accession) out << ',' << accession;
    }
    out << " orders_not_told=" << c.orders_not_told << " observations=" << c.observation_statuses;
    if (const Hl7Origin* o = c.origin.get()) {
      out << " origin=" << o->software_vendor << '|' << o->software_product << '|' << o->software_version << '|'
          << o->event_facility << '|' << o->profile << '|' << o->country;
      for (const Hl7UniversalId& id : o->universal_ids) out << ' ' << id.id << '/' << id.type;
    }
  }
  void operator()(const Violation& v) const {
    out << ' ' << v.name << ' ' << v.offset << '+' << v.length << ' ' << v.by_opener;
  }
  void operator()(const CaptureNote& n) const { out << ' ' << n.name << ' ' << n.count; }
  template <class Other>
  void operator()(const Other&) const {
    ADD_FAILURE() << "an HL7 conversation tells no such fact";
  }
};

std::string shortfall(const Visibility& visibility) {
  return std::string{visibility.lost ? " lost" : ""} + (visibility.unfinished ? " unfinished" : "");
}

struct Summary {
  Phase phase;

  std::string operator()(const Hl7Message& m) const {
    std::string text{to_text(phase)};
    text.append(" ").append(m.message_seen ? m.message_type.view() : "?");
    if (m.answer()) text.append(" ").append(*m.answer());
    if (m.ack_paired_by != PairedBy::nothing) text.append(" ").append(to_text(m.ack_paired_by));
    if (m.unanswered) text.append(" ").append(to_text(*m.unanswered));
    if (m.late) text.append(" late");
    return text;
  }
  std::string operator()(const Violation& v) const { return "violation " + std::string{v.name}; }
  std::string operator()(const CaptureNote& n) const { return std::string{n.name} + ' ' + std::to_string(n.count); }
  template <class Other>
  std::string operator()(const Other&) const {
    return "no HL7 fact";
  }
};

}  // namespace

std::string block(std::string_view content) { return '\x0B' + std::string{content} + "\x1C\r"; }

std::string message(std::string_view type, std::string_view control_id, std::string_view more_header) {
  std::string text = "MSH|^~\\&|RIS|HOSPITAL|PACS|RADIOLOGY|20240101||";
  text.append(type).append("|").append(control_id).append("|").append(more_header).append("\rPID|1||4711^^^HIS\r");
  return block(text);
}

std::string acknowledgement(std::string_view code, std::string_view acknowledged) {
  std::string text = "MSH|^~\\&|PACS|RADIOLOGY|RIS|HOSPITAL|20240101||ACK|9|P|2.5\rMSA|";
  text.append(code).append("|").append(acknowledged).append("\r");
  return block(text);
}

std::string said_of(const Hl7Message& message) {
  Hl7Message said = message;
  said.bytes = said.ack_bytes = said.missing_bytes = 0;
  said.unacknowledged = 0;
  said.unacknowledged_age = {};
  said.sent = {};
  said.unacknowledged = 0;
  said.unacknowledged_age = {};
  std::ostringstream out;
  Everything{out}(said);
  return out.str();
}

Wire::Wire(bool joined_midway, Limits limits, bool opener_known)
    : settings_{limits, &pseudonymizer_}, emitter_(connection_, *this, Protocol::hl7) {
  connection_.joined_midway = joined_midway;
  connection_.parties.opener_known = opener_known;
  for (DirectionStatistics& statistics : connection_.direction) statistics.packets = 1;
  sink_ = open_hl7(emitter_, settings_);
}

void Wire::next_packet() {
  ++mark_.packet;
  mark_.time += std::chrono::milliseconds{1};
}

// The view dies with the call, and the sanitizer knows it.
void Wire::pass(Direction direction, std::string_view bytes) {
  const std::vector<std::uint8_t> segment{bytes.begin(), bytes.end()};
  EXPECT_EQ(sink_->on_bytes(direction, mark_, segment), kWantAll);
}

Wire& Wire::say(const Said& said) { return say_cut(said, 0); }

Wire& Wire::say_cut(const Said& said, std::size_t cut) {
  next_packet();
  if (said.missing != 0) {
    sink_->on_gap(said.direction, mark_, said.missing);
    return *this;
  }
  const std::string_view bytes = said.bytes;
  if (cut != 0) pass(said.direction, bytes.substr(0, cut));
  pass(said.direction, bytes.substr(cut));
  return *this;
}

Wire& Wire::say_byte_by_byte(const Said& said) {
  if (said.missing != 0) return say(said);
  next_packet();
  for (const char byte : said.bytes) pass(said.direction, {&byte, 1});
  return *this;
}

Wire& Wire::wait(Duration duration) {
  const Timestamp end = mark_.time + duration;
  while (sink_->wake_at() <= end) {
    mark_.time = std::max(mark_.time, sink_->wake_at());
    sink_->on_time(mark_);
  }
  mark_.time = end;
  return *this;
}

Wire& Wire::set_clock_back(Duration by) {
  mark_.time -= by;
  sink_->rebase(mark_.time);
  return *this;
}

Wire& Wire::show_one_direction_only() {
  connection_.direction[1].packets = 0;
  return *this;
}

Wire& Wire::never_deliver(Direction direction, std::uint64_t bytes) {
  connection_.direction[index_of(direction)].undelivered_bytes = bytes;
  return *this;
}

Wire& Wire::give_up_kept() {
  sink_->give_up_kept(mark_);
  return *this;
}

Wire& Wire::close(CloseReason reason) {
  next_packet();
  sink_->on_close(mark_, reason);
  return *this;
}

Wire& Wire::reset(Direction by) {
  connection_.ended_by = by;
  return close(CloseReason::reset);
}

std::vector<std::string> Wire::summary() const {
  std::vector<std::string> lines;
  for (const Event& event : events_) {
    lines.push_back(std::visit(Summary{event.phase}, event.facts) + shortfall(event.visibility));
  }
  return lines;
}

std::string Wire::everything() const {
  std::ostringstream out;
  for (const Event& event : events_) {
    out << event.ordinal << ' ' << to_text(event.phase) << shortfall(event.visibility);
    print(out, event.first);
    print(out, event.last);
    std::visit(Everything{out}, event.facts);
    out << '\n';
  }
  return out.str();
}

}  // namespace dcmwatch::test
