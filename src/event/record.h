// A fact held against the declared model (Observation), and a rule that matched one (Finding).
// They are plain values here, beside the one table of field names, so that log, rules and documentation share it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/event.h"

namespace dcmwatch {

/// A difference between what was declared and what was seen. `model` states differences; it does not judge them.
enum class DeviationKind : std::uint8_t {
  source_device,  ///< the opener's address belongs to no declared device
  destination_device,
  flow,              ///< no declared flow joins these two devices
  zone_crossing,     ///< no declared flow or conduit joins these two zones
  port,              ///< a flow joins them, on another port
  direction,         ///< a flow joins them the other way round
  calling_ae_title,  ///< not bound to the device that used it
  called_ae_title,
  operation,
  sop_class,
  sender,    ///< of an HL7 message, by its MSH-3 and MSH-4
  receiver,  ///< by its MSH-5 and MSH-6
  message_type,
  version,        ///< of HL7
  processing_id,  ///< a test message where production's are declared
  ack_mode,
  move_destination,
  order,           ///< nobody was seen to order a study that the flow requires to be ordered
  worklist_entry,  ///< no worklist gave it to its sender, though the flow requires that
  denied,          ///< somebody forbade this in so many words
  source_mac,      ///< not the device's, in a zone whose devices show their own
  destination_mac,
  vlan,                 ///< of neither end's zone
  ae_title_case,        ///< the device's title, but for upper and lower case
  ae_title_two_places,  ///< another device, or nobody declared, uses it at the same time
  service,              ///< something else is spoken where a declared service listens
  transfer_syntax,
  transport_security,  ///< TLS where it is forbidden, or none where it is required
  window,              ///< outside the flow's windows
  expired,             ///< the flow is declared no more
  rate,                ///< more, or less, in an hour than the flow expects
  slow_answer,
  silent,                  ///< a declared flow was not seen when it had to be
  listener,                ///< a declared device accepts connections on a port that no flow has
  outside,                 ///< a peer beyond every declared network
  implementation,          ///< the device runs other software than is declared
  implementation_changed,  ///< … than it did when last seen
};
inline constexpr unsigned kDeviationKinds = static_cast<unsigned>(DeviationKind::implementation_changed) + 1;

/// A thing declared that could not be checked.
enum class UnknownKind : std::uint8_t {
  direction,
  service,
  calling_ae_title,
  called_ae_title,
  operation,
  sop_class,
  sender,
  receiver,
  message_type,
  version,
  processing_id,
  ack_mode,
  move_destination,
  order,
  worklist_entry,
  source_device,  ///< several stand behind this address, and what was seen does not say which
  destination_device,
  mac,
  transfer_syntax,
  transport_security,
  rate,  ///< something of the hour could not be seen
  answer_time,
  silent,  ///< likewise, of the time in which it was to be seen
  implementation
};
inline constexpr unsigned kUnknownKinds = static_cast<unsigned>(UnknownKind::implementation) + 1;

struct Deviation {
  DeviationKind kind{};
  std::string expected;  ///< what the model declares, for people: "CT1, CT2"
  std::string observed;  ///< what was seen: "WS1"

  friend bool operator==(const Deviation&, const Deviation&) = default;
};

/// What the declared model says of one end.
struct Place {
  std::string_view device;  ///< empty: undeclared
  std::string_view zone;
  std::string_view role;  ///< of the device: "modality"; empty: none is declared

  friend bool operator==(const Place&, const Place&) = default;
};

/// What a flow declares of an HL7 message.
struct DeclaredMessage {
  std::string_view sender;    ///< which of its senders this is, as declared; empty: none of them, or none is declared
  std::string_view receiver;  ///< likewise of its receivers
  bool any_sender = false;    ///< "any" is declared: no name that is not among them is a guess
  bool any_receiver = false;  ///< likewise
  std::string_view message_type;  ///< likewise: "ADT^*"
  std::optional<AcknowledgementMode> ack_mode;
  const AccessionOrder* accession_sought = nullptr;  ///< null: as everywhere

  friend bool operator==(const DeclaredMessage&, const DeclaredMessage&) = default;
};

/// What the declared model says of an event. All of it is views; `owner` keeps alive what they look into.
struct Declared {
  std::shared_ptr<const void> owner;
  Place source;
  Place destination;
  std::string_view flow;  ///< empty: none
  RatesOf rates = 0;      ///< of which the flow declares how many are expected in an hour
  std::span<const Deviation> deviations;
  std::span<const UnknownKind> unknown;
  bool tolerated = false;  ///< of a violation: a declared quirk
  DeclaredMessage message;
};

/// Whether a record shows that the declared flow that it belongs to flows: an accepted association, an operation, a
/// message; and of connections of which no such thing is told, one that came about, and one that goes on and carried
/// something since it was last told to. Not by what anyone may have sent in their names, where more would have been
/// seen if it were theirs; nor by what is not proven and bears another host's MAC address.
bool shows_flow(const Event& event, const Declared& declared);
/// When it did.
Timestamp shown_at(const Event& event);

/// The same, never changed once made: the many records of which the model says the same share one. Of a blank one it
/// says nothing.
class SharedDeclared {
 public:
  SharedDeclared() = default;
  SharedDeclared(Declared declared)  // NOLINT(google-explicit-constructor)
      : SharedDeclared(std::make_shared<const Declared>(std::move(declared))) {}
  explicit SharedDeclared(std::shared_ptr<const Declared> declared) : shared_(std::move(declared)) {}

  [[nodiscard]] const Declared& operator*() const { return shared_ ? *shared_ : kNothing; }
  [[nodiscard]] const Declared* operator->() const { return &**this; }
  /// Whether there is anything to be shared.
  explicit operator bool() const { return shared_ != nullptr; }

  /// Whether they are one, not whether they say the same.
  friend bool operator==(const SharedDeclared&, const SharedDeclared&) = default;
  /// Where it stands, to be found by.
  [[nodiscard]] std::uintptr_t place() const { return reinterpret_cast<std::uintptr_t>(shared_.get()); }

 private:
  static inline const Declared kNothing{};

  std::shared_ptr<const Declared> shared_;
};

/// The same, and more that differs. Costs an allocation or two.
SharedDeclared with_deviations(const SharedDeclared& declared, const std::vector<Deviation>& more);

/// What a side of an association may be, by its implementation class UID and version name (PS3.7 D.3.3.2): a hint,
/// never proof. Empty where nothing is known.
struct ImplementationGuess {
  std::string root;          ///< the known arc of the class UID; of an unknown one the organisation's arc alone
  std::string manufacturer;  ///< who owns the root; need not have built the device
  std::string toolkit;
  std::string product;
  std::string version;          ///< of the product, else of the toolkit
  std::string_view confidence;  ///< none, low, medium or high
};

struct Implementations {
  ImplementationGuess opener;
  ImplementationGuess acceptor;
};

struct Observation {
  Event event;
  SharedDeclared declared{};
  std::shared_ptr<const Implementations> implementations{};  ///< of a DicomAssociation; null if nothing hints at any
};

/// Sigma's levels.
enum class Level : std::uint8_t { informational, low, medium, high, critical };

/// What a finding needs of its rule. Lives as long as any finding that names it (shared).
struct RuleInfo {
  std::string id;
  std::string title;
  std::string description;
  Level level = Level::medium;
  std::vector<std::string> tags;
  std::vector<std::string> false_positives{};
  std::vector<std::string> impact{};       ///< patient_safety, availability, integrity, confidentiality
  std::vector<std::string> responsible{};  ///< healthcare_provider, manufacturer, supplier: who acts first, and next
  std::string runbook{};                   ///< docs/runbooks/….md
  std::vector<std::string> standards{};    ///< clauses, and questions of MDS2
};

/// What a person declared not to be told of, and answers for.
struct ExceptionInfo {
  std::shared_ptr<const RuleInfo> rule;
  std::string reason;
  std::string owner;
  Timestamp until{};  ///< and including
};

/// What became of an exception.
struct Suppressed {
  std::shared_ptr<const ExceptionInfo> exception;
  std::uint64_t times = 0;    ///< counted as a finding's are
  std::uint64_t expired = 0;  ///< findings that it would have kept quiet, had it not ended
};

/// What a correlation had counted when it matched.
struct Correlated {
  std::string_view type;              ///< "event_count"
  std::uint64_t count = 0;            ///< events, different values, their sum or rules, within the window
  std::vector<std::string> group_by;  ///< what they share: "source.ip: 10.20.99.66"
  Mark first;                         ///< the earliest of them
  Mark last;                          ///< the latest
  std::vector<std::string> rules;     ///< by which rules they had matched
};

/// Which findings stand together in one, since there are too many to be told one by one.
enum class Others : std::uint8_t {
  none,       ///< it stands for itself
  of_source,  ///< further ones of its source
  of_rule     ///< those of several sources: it has no source and, unless that is declared and theirs, no destination
};

/// A rule that matched. Told when first matched (Phase::start) and, with its final count, at the end (Phase::end).
struct Finding {
  std::shared_ptr<const RuleInfo> rule;
  Phase phase = Phase::start;
  std::uint64_t number = 0;  ///< of this run, from 1, in the order of first matches
  std::uint64_t count = 1;
  Mark first;
  Mark last;
  Observation example;  ///< the first observation that matched
  Others others = Others::none;
  std::shared_ptr<const ExceptionInfo> expired{};  ///< the exception that it fell under, until that ended
  std::shared_ptr<const Correlated> correlated{};  ///< of a correlation's; null of others
};

std::string_view to_text(DeviationKind kind);  ///< "source.device", "flow", "zone_crossing", "port", …
std::string_view to_text(UnknownKind kind);
std::string_view to_text(Level level);
/// Nothing if the text is no level.
std::optional<Level> level_from(std::string_view text);

}  // namespace dcmwatch
