// Within `model`: one event being judged. What it says of the path stands in judgement_path.cpp, of DICOM in
// judgement_dicom.cpp, of HL7 in judgement_hl7.cpp, of when and how fast in judgement_times.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/record.h"
#include "model/hl7_names.h"
#include "model/lookup.h"

namespace dcmwatch {

/// How long somebody was seen to wait for an answer.
struct Waited {
  enum class For : std::uint8_t { nothing, some_time, nobody_knows };
  For what = For::nothing;  ///< that could be judged, yet
  Duration time{};
};
/// Of an operation its first response, of a message its acknowledgement; that none came counts from when it is sure.
Waited waited_in(const Event& event, const DicomOperation& operation);
Waited waited_in(const Event& event, const Hl7Message& message);

/// When an event began, its flow's windows have to hold and its last day not to be over; and at this time, too.
Timestamp last_time_judged(const Event& event);

/// Whether something accepted a TCP connection: it answered by a SYN-ACK, whatever came of it.
bool accepted(const Event& event, const ConnectionFact& connection);

/// The end that nothing was seen of, where that leaves open whether it takes part at all: anyone can send an answer to
/// who never asked. Whoever is called, by a SYN or a datagram, is part of what its caller does.
enum class Unheard : std::uint8_t { neither, source, destination };
Unheard unheard_end(const Event& event, const ConnectionFact& connection);

/// Whether a connection that nobody recognised was, from its beginning, no TLS in either direction.
bool begins_without_tls(const Event& event, const ConnectionFact& connection);

/// One end of a connection, as far as it is declared.
struct End {
  std::vector<std::uint32_t> devices;  ///< that stand there; several share the address
  std::optional<AddressTable::Found> zone;

  [[nodiscard]] bool declared() const { return !devices.empty(); }
  /// Nothing where it is not known which one it is.
  [[nodiscard]] std::optional<std::uint32_t> device() const {
    return devices.size() == 1 ? std::optional{devices.front()} : std::nullopt;
  }
};

/// What a Declared looks into, beside the model.
struct Differences {
  std::shared_ptr<const Model> model;
  std::vector<Deviation> deviations;
  std::vector<UnknownKind> unknown;
};

/// First the ends: which devices are they? Then the path: which declared flows could this belong to? Then the flows are
/// narrowed, thing by thing, to those that allow what was seen. Where none of those left allows it, that is a
/// deviation, and all of them stay.
class Judgement {
 public:
  Judgement(const Event& event, const Lookup& lookup, Declared& declared, Differences& differences);

  void run();

 private:
  using Titles = std::vector<std::string> Device::*;
  using Expected = std::set<std::string>;

  void judge(const ConnectionFact& connection);
  void judge(const TlsConnection&) { judge_carrier(); }
  void judge_carrier();
  void judge(const DicomAssociation& association);
  void judge(const DicomOperation& operation);
  void judge(const DicomStudy& study);
  void judge(const Hl7Message& message);
  void judge(const Violation& violation);
  void judge(const FlowStretch&) {}
  void judge(const CaptureNote&) {}
  // Whose it is; what else may be wrong with it is told by the facts that are carried.
  template <typename Other>
  void judge(const Other&) {
    name_flow();
  }
  void name_flow();
  [[nodiscard]] bool is_tolerated(const Violation& violation) const;

  void place(const Endpoint& endpoint, End& end, Place& named) const;
  void tell_apart(const DicomAssociation& association) { by_titles(association.calling_ae, association.called_ae); }
  void tell_apart(const DicomOperation& operation) { by_titles(operation.calling_ae, operation.called_ae); }
  void tell_apart(const DicomStudy& study) { by_titles(study.sender_ae, study.receiver_ae); }
  void tell_apart(const Hl7Message& message);
  template <typename Other>
  void tell_apart(const Other&) {}
  void by_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae);
  template <typename Uses>
  void keep_those(End& end, const Uses& uses) const {
    if (end.devices.size() < 2 || std::ranges::none_of(end.devices, uses)) return;
    std::erase_if(end.devices, [&](std::uint32_t device) { return !uses(device); });
  }
  void name(const End& end, Place& named, UnknownKind unknown_which);

  void judge_path();
  void judge_heard_end();
  void judge_end(const End& end, const Endpoint& endpoint, DeviationKind kind);
  [[nodiscard]] bool judge_denials();
  [[nodiscard]] const Denial* denial_of(const End& from, const End& to, std::uint16_t port) const;
  [[nodiscard]] bool is_service(const Service& service, std::uint16_t port) const;
  void find_flows();
  void deviate_in_port();
  [[nodiscard]] std::vector<const Flow*> flows_between(const End& from, const End& to) const;
  [[nodiscard]] std::vector<const Flow*> that_could_be(std::vector<const Flow*> flows) const;
  [[nodiscard]] std::vector<const Flow*> on_port(std::vector<const Flow*> flows, std::uint16_t port) const;
  [[nodiscard]] std::string ports_of(const std::vector<const Flow*>& flows) const;
  [[nodiscard]] std::string services_of(const std::vector<const Flow*>& flows) const;
  void judge_macs();
  void judge_mac(const End& end, const MacAddress& seen, DeviationKind kind);
  void judge_vlan();
  void judge_zones();
  [[nodiscard]] bool may_cross(std::uint32_t from, std::uint32_t to, std::uint16_t port) const;
  [[nodiscard]] std::string crossings_from(std::optional<std::uint32_t> from) const;
  void judge_security();
  [[nodiscard]] bool is_agreed_by_all_who_listen(TransportSecurity policy) const;
  void judge_listener(const ConnectionFact& connection);

  void judge_times();
  [[nodiscard]] std::string hours_observed(Timestamp began, Timestamp ended) const;
  void judge_answer(const Waited& waited);

  void judge_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae);
  void judge_title(const std::optional<AeTitle>& seen, DeviationKind kind, UnknownKind unseen,
                   std::optional<Allowed<std::string>> Flow::*restriction, const std::vector<std::string>& own);
  [[nodiscard]] std::vector<std::string> titles_called_by(const End& end) const;
  void judge_borrowed_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae);
  [[nodiscard]] std::string title_and_owner(std::string_view title, const End& end) const;
  void judge_accepted_transfer_syntaxes(const DicomAssociation& association);
  void judge_transfer_syntax(const DicomOperation& operation);
  [[nodiscard]] bool declare_transfer_syntaxes() const;
  void judge_implementations(const DicomAssociation& association);
  void judge_implementation(const End& end, const DicomImplementation& seen);
  void judge_operation(const DicomOperation& operation);
  void judge_sop_class(const DicomOperation& operation);
  void judge_move_destination(const DicomOperation& operation, bool operation_declared);
  void judge_strangers_move(const DicomOperation& operation);
  void find_storing_flow(const DicomStudy& study);
  void judge_required(std::optional<bool> seen, bool Flow::*requires_it, DeviationKind kind, UnknownKind unseen,
                      std::string_view expected);

  void judge_message(const Hl7Message& message);
  void judge_message_type(const Hl7Message& message);
  void judge_hl7_end(const std::optional<Hl7EndSeen>& seen, const End& end, DeviationKind kind, UnknownKind unseen,
                     Allowed<Hl7End> Hl7Agreement::*declared);
  void judge_code(std::string_view seen, DeviationKind kind, UnknownKind unseen,
                  Allowed<std::string> Hl7Agreement::*declared);
  void judge_ack_mode(const Hl7Message& message);
  void declare_message(const Hl7Message& message);
  template <typename Value>
  [[nodiscard]] bool is_declared(Allowed<Value> Hl7Agreement::*declared) const {
    return std::ranges::any_of(flows_, [&](const Flow* flow) { return !(flow->hl7.*declared).any; });
  }

  /// `allowed_by` says whether a flow allows what was seen, `describe` adds what it allows instead.
  template <typename AllowedBy, typename Describe>
  bool narrow(DeviationKind kind, std::string observed, const AllowedBy& allowed_by, const Describe& describe) {
    if (narrow_to(allowed_by)) return true;
    Expected expected;
    for (const Flow* const flow : flows_) describe(*flow, expected);
    deviate(kind, joined(expected), std::move(observed));
    return false;
  }
  /// To the flows that allow it, if there are any.
  template <typename AllowedBy>
  bool narrow_to(const AllowedBy& allowed_by) {
    std::vector<const Flow*> allowing;
    std::copy_if(flows_.begin(), flows_.end(), std::back_inserter(allowing),
                 [&](const Flow* flow) { return allowed_by(*flow); });
    if (allowing.empty()) return false;
    flows_ = std::move(allowing);
    return true;
  }

  static std::string joined(const Expected& names);
  void deviate(DeviationKind kind, std::string expected, std::string observed) {
    differences_.deviations.push_back({kind, std::move(expected), std::move(observed)});
  }
  void unknown(UnknownKind kind) { differences_.unknown.push_back(kind); }
  void forget_differences() {
    differences_.deviations.clear();
    differences_.unknown.clear();
  }

  [[nodiscard]] const Service& service_of(const Flow& flow) const { return model_.services[flow.service]; }
  [[nodiscard]] const End& opener() const { return reversed_ ? destination_ : source_; }
  [[nodiscard]] const End& acceptor() const { return reversed_ ? source_ : destination_; }
  /// The port that the acceptor listens on, as far as is known who that is.
  [[nodiscard]] std::uint16_t acceptor_port() const {
    return (reversed_ ? parties_.source : parties_.destination).port;
  }
  /// Of every device that may stand there.
  template <typename Value>
  [[nodiscard]] std::vector<Value> all_of(const End& end, std::vector<Value> Device::*member) const {
    std::vector<Value> all;
    for (const std::uint32_t device : end.devices) {
      const std::vector<Value>& values = model_.devices[device].*member;
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
  /// "ws1", "ws1 or ws2"
  [[nodiscard]] std::string names_of(const End& end) const;

  const Event& event_;
  const Parties& parties_;
  const Lookup& lookup_;
  const Model& model_;
  Declared& declared_;
  Differences& differences_;
  End source_;
  End destination_;
  std::vector<const Flow*> flows_;  ///< that this could belong to, all between the same two ends
  bool reversed_ = false;           ///< the flows run from what the event calls its destination
  bool another_service_ = false;    ///< something else is spoken than the flows are for
  Unheard unheard_ = Unheard::neither;
};

}  // namespace dcmwatch
