#include "protocol/dicom/wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "event/dicom_names.h"
#include "protocol/dicom/dicom.h"

namespace dcmwatch::test {
namespace {

Connection connection_of(const Wire::Settings& settings) {
  Connection connection;
  connection.id = 7;
  connection.joined_midway = settings.joined_midway;
  connection.parties.opener_known = settings.opener_known;
  connection.parties.source.port = 40000;
  connection.parties.destination.port = 104;
  return connection;
}

AeTitle title(const std::optional<AeTitle>& ae) { return ae.value_or("?"); }

struct Describe {
  std::ostringstream& out;

  void operator()(const DicomAssociation& fact) const {
    out << ' ' << title(fact.calling_ae) << '>' << title(fact.called_ae);
    out << " accepted=" << (fact.accepted ? *fact.accepted ? "yes" : "no" : "?");
    std::size_t accepted = 0;
    for (const PresentationContext& context : fact.contexts) accepted += context.accepted() ? 1U : 0U;
    out << " contexts=" << accepted << '/' << fact.contexts.size();
    if (fact.rejection)
      out << " rejection=" << +fact.rejection->result << +fact.rejection->source << +fact.rejection->reason;
    if (fact.abort)
      out << " abort=" << +fact.abort->source << +fact.abort->reason
          << (fact.abort->by_opener ? " by opener" : " by acceptor");
    if (fact.end) out << " end=" << to_text(*fact.end);
    out << " operations=" << fact.operations << " data=" << fact.data_bytes[0] << '+' << fact.data_bytes[1];
  }

  void operator()(const DicomOperation& fact) const {
    out << ' ' << dicom_command_name(fact.command_field) << ' ' << +fact.context_id << '/' << fact.message_id << ' '
        << to_text(fact.invoker) << ' ' << title(fact.calling_ae) << '>' << title(fact.called_ae);
    if (!fact.sop_class_uid.empty()) out << " class=" << fact.sop_class_uid;
    if (!fact.request_seen) out << " unrequested";
    if (fact.cancelled) out << " cancelled";
    if (!fact.query_level.empty()) out << " level=" << fact.query_level;
    if (!fact.move_destination.empty()) out << " to=" << fact.move_destination;
    if (!fact.originator_ae.empty())
      out << " for=" << fact.originator_ae << '/' << fact.originator_message_id.value_or(0);
    if (fact.pending_responses != 0) out << " pending=" << fact.pending_responses;
    const SubOperations& sub = fact.sub_operations;
    if (sub.completed) {
      out << " sub=" << (sub.remaining ? std::to_string(*sub.remaining) : "-") << ',' << *sub.completed << ','
          << sub.failed.value_or(0) << ',' << sub.warning.value_or(0);
    }
    out << " patient=" << !fact.patient.empty() << " study=" << !fact.study.empty()
        << " accession=" << !fact.accession.empty() << " instance=" << !fact.instance.empty();
    out << " bytes=" << fact.request_bytes << '+' << fact.response_bytes;
    if (fact.missing_bytes != 0) out << " missing=" << fact.missing_bytes;
    out << " status=" << (fact.status ? dicom_status_text(*fact.status) : "?");
  }

  void operator()(const Violation& fact) const {
    out << ' ' << fact.name << " offset=" << fact.offset << (fact.by_opener ? " by opener" : " by acceptor");
  }

  void operator()(const ConnectionFact&) const {}
  void operator()(const Hl7Message&) const {}
  void operator()(const TlsConnection&) const {}
  void operator()(const Link&) const {}
  void operator()(const DicomStudy&) const {}
  void operator()(const Workflow&) const {}
  void operator()(const FlowStretch&) const {}
  void operator()(const CaptureNote& fact) const { out << ' ' << fact.name << ' ' << fact.count; }
};

}  // namespace

const Pseudonymizer& pseudonyms() {
  static const Pseudonymizer kPseudonymizer{"0123456789abcdef0123456789abcdef"};
  return kPseudonymizer;
}

std::string describe(const Event& event) {
  std::ostringstream out;
  out << dataset_of(event.facts) << ' ' << to_text(event.phase);
  std::visit(Describe{out}, event.facts);
  if (event.visibility.lost) out << " lost";
  if (event.visibility.unfinished) out << " unfinished";
  return out.str();
}

Wire::Wire(const Settings& settings)
    : settings_{settings.limits, &pseudonyms()},
      connection_(connection_of(settings)),
      emitter_(connection_, *this, Protocol::dicom),
      sink_(open_dicom(emitter_, settings_)) {}

Wire& Wire::say(Direction direction, const Octets& bytes) {
  tick();
  DirectionStatistics& sent = connection_.direction[index_of(direction)];
  ++sent.packets;
  sent.bytes += bytes.size();
  const auto passed = static_cast<std::size_t>(skip(direction, bytes.size(), false));
  if (passed == bytes.size()) return *this;
  // A copy of the exact size, so that a sanitizer sees a read past its end.
  const Octets wanted(bytes.begin() + static_cast<std::ptrdiff_t>(passed), bytes.end());
  unwanted_[index_of(direction)] = sink_->on_bytes(direction, now_, wanted);
  return *this;
}

Wire& Wire::gap(Direction direction, std::uint64_t missing) {
  tick();
  connection_.direction[index_of(direction)].missing_bytes += missing;
  missing -= skip(direction, missing, true);
  if (missing != 0) sink_->on_gap(direction, now_, missing);
  return *this;
}

Wire& Wire::unread(Direction direction, std::uint64_t bytes) {
  tick();
  EXPECT_EQ(skip(direction, bytes, false), bytes) << "the sink wants to read bytes that it should not";
  return *this;
}

int Wire::give_up_kept() {
  int times = 0;
  for (; sink_->kept_bytes() != 0 && times < 10; ++times) sink_->give_up_kept(now_);
  return times;
}

Wire& Wire::close(CloseReason reason) {
  tick();
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    const Skipped rest = skipped_[index_of(direction)];
    if (rest.bytes != 0) sink_->on_skipped(direction, rest.first, now_, rest.bytes, rest.missing);
  }
  sink_->on_close(now_, reason);
  return *this;
}

Wire& Wire::goes_on() {
  sink_->on_progress(now_);
  return *this;
}

Wire& Wire::wait(Duration duration) {
  now_.time += duration;
  return *this;
}

Wire& Wire::stop_time() {
  time_stands_ = true;
  return *this;
}

std::vector<std::string> Wire::told() const {
  std::vector<std::string> lines;
  std::transform(events_.begin(), events_.end(), std::back_inserter(lines), describe);
  return lines;
}

void Wire::tick() {
  if (time_stands_) return;
  now_.time += std::chrono::milliseconds{1};
  ++now_.packet;
}

// Counts off what the sink had no appetite for; tells it when that has passed.
std::uint64_t Wire::skip(Direction direction, std::uint64_t bytes, bool missing) {
  Appetite& unwanted = unwanted_[index_of(direction)];
  Skipped& skipped = skipped_[index_of(direction)];
  const std::uint64_t passed = std::min(unwanted, bytes);
  if (passed == 0) return 0;
  if (skipped.bytes == 0) skipped.first = now_;
  skipped.bytes += passed;
  skipped.missing += missing ? passed : 0;
  unwanted -= passed;
  if (unwanted == 0) {
    const Skipped whole = std::exchange(skipped, {});
    sink_->on_skipped(direction, whole.first, now_, whole.bytes, whole.missing);
  }
  return passed;
}

}  // namespace dcmwatch::test
