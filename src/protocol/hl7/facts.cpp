#include "protocol/hl7/facts.h"

#include <algorithm>
#include <array>
#include <forward_list>
#include <memory>
#include <utility>

#include "protocol/character_sets.h"
#include "protocol/hl7/message_types.h"

namespace dcmwatch::hl7 {
namespace {

constexpr std::array<std::string_view, 4> kAcknowledgementConditions{"AL", "ER", "SU", "NE"};  // HL7 table 0155

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What fields mean: unescaped, in UTF-8. The views live as long as this and the message.
class Meanings {
 public:
  Meanings(const Message& message, const CharacterSet& character_set)
      : message_(message), character_set_(character_set) {}

  std::string_view of(std::string_view component) {
    if (message_.literal) return component;
    std::string unescaped;
    const std::string_view meant = unescape(component, message_.delimiters, unescaped);
    if (!is_plain_ascii(meant)) return kept_.emplace_front(character_set_.to_utf8(meant));
    if (meant.data() == component.data()) return meant;
    return kept_.emplace_front(std::move(unescaped));
  }
  std::string_view of(Field field, unsigned component = 1) { return of(message_.component(field, component)); }

  /// An identifier: its component alone, without its issuer.
  std::string_view identifier(std::string_view field) { return normalised(of(message_.component_of(field))); }

  /// A name fit to leave.
  Hl7Name name(std::string_view component) {
    const std::string_view meant = of(component);
    if (!message_.literal && !is_plain_ascii(meant) && character_set_.gives_meaning())
      return as_name(std::string{meant}, Hl7Name{}.place().size());
    Hl7Name text = meant;
    text.replace_if([](char c) { return c < ' ' || c >= 0x7F; }, '?');
    return text;
  }

 private:
  const Message& message_;
  const CharacterSet& character_set_;
  std::forward_list<std::string> kept_;
};

/// An identifier, and where its pseudonym goes.
struct Told {
  Identifier identifier;
  Pseudonym* pseudonym;
};

template <std::size_t count>
void tell(const std::array<Told, count>& told, const Pseudonymizer& pseudonymizer) {
  std::array<Identifier, count> identifiers;
  std::array<Pseudonym*, count> places;
  std::size_t wanted = 0;
  for (const Told& each : told) {
    if (each.identifier.text.empty()) continue;
    identifiers[wanted] = each.identifier;
    places[wanted++] = each.pseudonym;
  }
  std::array<Pseudonym, count> pseudonyms;
  pseudonymizer.pseudonyms(std::span{identifiers}.first(wanted), std::span{pseudonyms}.first(wanted));
  for (std::size_t i = 0; i < wanted; ++i) *places[i] = pseudonyms[i];
}

// PS3.5 9.1: nothing else can hide in a UID.
bool is_uid(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && is_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
}

// Of an entity or a universal identifier: what cannot be a sentence.
bool is_technical(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return is_upper_or_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_'; });
}

// HL7 v2 appendix A: those that stand in most messages.
constexpr std::array<std::string_view, 33> kSegments{"ACC", "AL1", "ARV", "DG1", "DSC", "ERR", "EVN", "GT1", "IN1",
                                                     "IPC", "MRG", "MSA", "MSH", "NK1", "NTE", "OBR", "OBX", "ORC",
                                                     "PD1", "PID", "PV1", "PV2", "QAK", "QPD", "QRD", "RGS", "SCH",
                                                     "SFT", "SPM", "TQ1", "TXA", "UAC", "ZDS"};

// A segment that begins behind a wrong terminator, or none: the fields behind its name are not those of the one before.
bool holds_another_segment(std::string_view text, char delimiter) {
  constexpr std::size_t kName = 3;
  for (std::size_t end = text.find(delimiter, kName); end < text.size(); end = text.find(delimiter, end + 1)) {
    if (std::ranges::find(kSegments, text.substr(end - kName, kName)) != kSegments.end()) return true;
  }
  return false;
}

/// Fills in a message's facts.
class Teller {
 public:
  Teller(const Message& message, const CharacterSet& character_set, const Pseudonymizer& pseudonymizer,
         Hl7Message& facts)
      : message_(message),
        character_set_(character_set),
        pseudonymizer_(pseudonymizer),
        meanings_(message, character_set),
        facts_(facts) {}

  void fill_in(LastIssuer& last_issuer) {
    tell_header();
    tell_event();
    tell_identifiers(last_issuer);
    tell_orders();
    tell_origin();
    if (origin_) content().origin = std::move(origin_);
    facts_.content = std::move(content_);
  }

 private:
  /// Made when first asked for, and so is its origin.
  Hl7Content& content() {
    if (!content_) content_ = std::make_shared<Hl7Content>();
    return *content_;
  }
  Hl7Origin& origin() {
    if (!origin_) origin_ = std::make_unique<Hl7Origin>();
    return *origin_;
  }

  void tell_header() {
    is_header_ = message_.type.has_value();
    if (is_header_) facts_.message_type = *message_.type;
    facts_.processing_id = processing_id(message_);
    facts_.character_set = character_set_.name();
    const std::string_view version = message_.component(Field::version_id);
    if (is_version(version)) facts_.version = version;
    const std::string_view time = meanings_.of(Field::message_time);
    if (is_time(time)) facts_.message_time = time;
    facts_.mode = acknowledgement_mode();
    facts_.accept_wanted = condition(Field::accept_acknowledgement);
    facts_.ack_wanted = condition(Field::application_acknowledgement);
    facts_.part = part();
    facts_.sending_application = name(Field::sending_application);
    facts_.sending_facility = name(Field::sending_facility);
    facts_.receiving_application = name(Field::receiving_application);
    facts_.receiving_facility = name(Field::receiving_facility);
  }

  // HD.1. Nothing if the message was cut before it, or if what stands where MSH-9 should is no message type: then it
  // may be no header at all, and this a patient's name.
  std::optional<Hl7Name> name(Field field) {
    if (!is_header_ || !message_.has(field)) return std::nullopt;
    return meanings_.name(message_.component(field));
  }

  // Absent if MSH was cut before its MSH-15; where another segment follows, MSH is whole.
  [[nodiscard]] std::optional<AcknowledgementMode> acknowledgement_mode() const {
    const auto wants = [this](Field field) { return !message_.component(field).empty(); };
    if (wants(Field::accept_acknowledgement) || wants(Field::application_acknowledgement))
      return AcknowledgementMode::enhanced;
    if (message_.beyond_header || message_.has(Field::application_acknowledgement))
      return AcknowledgementMode::original;
    return std::nullopt;
  }

  [[nodiscard]] AckCondition condition(Field field) const {
    const std::string_view code = message_.component(field);
    if (code.empty()) return AckCondition::absent;
    for (const AckCondition one :
         {AckCondition::always, AckCondition::never, AckCondition::on_error, AckCondition::on_success}) {
      if (to_text(one) == code) return one;
    }
    return AckCondition::absent;
  }

  // HL7 v2 2.10.2: MSH-14 says what is continued, DSC-1 that more is to come.
  [[nodiscard]] Hl7Part part() const {
    const bool continues = !message_.component(Field::continuation_pointer).empty();
    const bool continued = !message_.component(Field::continued).empty();
    if (continues) return continued ? Hl7Part::middle : Hl7Part::last;
    return continued ? Hl7Part::first : Hl7Part::whole;
  }

  void tell_event() {
    const std::string_view recorded = meanings_.of(Field::recorded);
    if (is_time(recorded)) content().recorded = recorded;
    const std::string_view occurred = meanings_.of(Field::occurred);
    if (is_time(recorded) && is_time(occurred) && is_of_its_segment(Field::occurred, Field::event_type))
      content().occurred = occurred;
    const std::string_view event = message_.component(Field::event_type);
    if (is_trigger_event(event) && event != message_.component(Field::message_type, 2)) content().event_type = event;
  }

  void tell_identifiers(LastIssuer& last_issuer) {
    std::string_view patients = message_.raw(Field::patient_identifiers);
    const std::string_view first = message_.take_repetition(patients);
    const std::string_view visit = meanings_.identifier(message_.raw(Field::visit_number));
    const std::string_view account = meanings_.identifier(message_.raw(Field::account_number));
    Pseudonym told_visit, told_account;
    tell(std::array{Told{{IdentifierKind::control_id, meanings_.identifier(message_.raw(Field::control_id))},
                         &facts_.control_id},
                    Told{{IdentifierKind::patient_id, meanings_.identifier(first)}, &facts_.patient},
                    Told{{IdentifierKind::visit_number, visit}, &told_visit},
                    Told{{IdentifierKind::visit_number, account}, &told_account}},
         pseudonymizer_);
    if (!told_visit.empty()) content().visit = told_visit;
    if (!told_account.empty()) content().account = told_account;
    tell_issuer(first, last_issuer);
    std::size_t looked_at = 0;
    const auto add_patients = [&](std::string_view ids) {
      while (!ids.empty() && looked_at++ < kMostLookedAt) add_patient(message_.take_repetition(ids));
      count_not_told(ids);
    };
    add_patients(patients);
    for (const Field field : {Field::external_patient_id, Field::alternate_patient_ids})
      add_patients(message_.raw(field));
    for (const RawMerge& merge : message_.merges) tell_merge(merge);
    if (message_.merges_not_read != 0) content().patient_ids_not_told += message_.merges_not_read;
  }

  void count_not_told(std::string_view ids) {
    while (!ids.empty()) {
      if (!message_.take_repetition(ids).empty()) ++content().patient_ids_not_told;
    }
  }

  // CX.4: the namespace, else the universal id.
  void tell_issuer(std::string_view first, LastIssuer& last) {
    const std::string_view assigning = message_.component_of(first, 4);
    if (facts_.patient.empty() || assigning.empty()) return;
    std::string_view issuer = normalised(meanings_.of(message_.subcomponent_of(assigning)));
    if (issuer.empty()) issuer = normalised(meanings_.of(message_.subcomponent_of(assigning, 2)));
    if (issuer.empty()) return;
    if (last.text != issuer || last.text.size() != issuer.size()) {
      last = {issuer, pseudonymizer_.pseudonym(IdentifierKind::issuer, issuer)};
      if (issuer.size() > last.text.size()) {
        content().patient_issuer = std::exchange(last, {}).pseudonym;
        return;
      }
    }
    content().patient_issuer = last.pseudonym;
  }

  Pseudonym pseudonym(IdentifierKind kind, std::string_view field) {
    return pseudonymizer_.pseudonym(kind, meanings_.identifier(field));
  }

  void add_patient(std::string_view id) {
    const Pseudonym patient = pseudonym(IdentifierKind::patient_id, id);
    if (patient.empty() || patient == facts_.patient) return;
    std::vector<Pseudonym>& patients = content().patients;
    if (std::ranges::find(patients, patient) != patients.end()) return;
    if (patients.size() < kMostPatientIds) {
      patients.push_back(patient);
    } else {
      ++content().patient_ids_not_told;
    }
  }

  void tell_merge(const RawMerge& merge) {
    const Pseudonym patient = pseudonym(IdentifierKind::patient_id, merge.patient);
    std::size_t looked_at = 0;
    std::string_view ids = merge.merged;
    for (; !ids.empty() && looked_at < kMostLookedAt; ++looked_at) {
      const Pseudonym merged = pseudonym(IdentifierKind::patient_id, message_.take_repetition(ids));
      if (patient.empty() || merged.empty()) continue;
      std::vector<Hl7Merge>& merges = content().merges;
      if (merges.size() < kMostPatientIds) {
        merges.push_back({patient, merged});
      } else {
        ++content().patient_ids_not_told;
      }
    }
    count_not_told(ids);
  }

  void tell_orders() {
    if (message_.orders.empty()) return;
    std::vector<Hl7Order>& orders = content().orders;
    orders.reserve(message_.orders.size());
    for (const RawOrder& raw : message_.orders) tell_order(raw, orders.emplace_back());
    content().orders_not_told = message_.orders_not_read;
    content().observation_statuses = message_.observation_statuses;
    facts_.placer_order = orders.front().placer;
    facts_.filler_order = orders.front().filler;
    facts_.order_control = orders.front().control;
    for (const Hl7Order& order : orders) {
      facts_.accession = accession_of(order, facts_.accession_sought);
      if (!facts_.accession.empty()) break;
    }
  }

  std::string_view code(const RawOrder& raw, OrderField field) const { return message_.component_of(raw.raw(field)); }

  void tell_order(const RawOrder& raw, Hl7Order& order) {
    order.control = order_control(code(raw, OrderField::control));
    order.status = order_status(code(raw, OrderField::status));
    order.result_status = result_status(code(raw, OrderField::result_status));

    const auto id = [this, &raw](OrderField field) { return meanings_.identifier(raw.raw(field)); };
    const auto either = [&id](OrderField first, OrderField second) {
      const std::string_view text = id(first);
      return text.empty() ? id(second) : text;
    };
    const std::string_view study = id(OrderField::study);
    const std::string_view obr_3 = id(OrderField::obr_filler);
    const std::string_view orc_3 = id(OrderField::orc_filler);
    const auto accession = [&order](AccessionField field) { return &order.accession[static_cast<std::size_t>(field)]; };
    const auto number = IdentifierKind::order_number, accession_number = IdentifierKind::accession_number;
    tell(std::array{Told{{number, either(OrderField::orc_placer, OrderField::obr_placer)}, &order.placer},
                    Told{{number, orc_3.empty() ? obr_3 : orc_3}, &order.filler},
                    Told{{accession_number, id(OrderField::accession)}, accession(AccessionField::ipc_1)},
                    Told{{accession_number, id(OrderField::placer_field_1)}, accession(AccessionField::obr_18)},
                    Told{{accession_number, obr_3}, accession(AccessionField::obr_3)},
                    Told{{accession_number, orc_3 == obr_3 ? "" : orc_3}, accession(AccessionField::orc_3)},
                    Told{{IdentifierKind::study_uid, is_uid(study) ? study : ""}, &order.study}},
         pseudonymizer_);
    if (orc_3 == obr_3) *accession(AccessionField::orc_3) = *accession(AccessionField::obr_3);
  }

  void tell_origin() {
    if (!is_header_) return;
    tell_universal_ids();
    constexpr std::array kSaid{Field::software_vendor, Field::software_product, Field::software_version,
                               Field::event_facility,  Field::profile,          Field::country};
    if (std::ranges::all_of(kSaid, [this](Field field) { return message_.raw(field).empty(); })) return;
    const bool of_software = is_of_its_segment(Field::software_version, Field::software_vendor) &&
                             is_of_its_segment(Field::software_product, Field::software_vendor);
    const bool of_event =
        is_time(meanings_.of(Field::recorded)) && is_of_its_segment(Field::event_facility, Field::event_type);
    const std::string_view version = message_.component(Field::version_id);
    const bool of_header = version.empty() || is_known_version(version);
    const auto say = [this](auto Hl7Origin::*place, const auto& text) {
      if (!text.empty()) origin().*place = text;
    };
    if (of_software) {
      say(&Hl7Origin::software_vendor, meanings_.name(message_.component(Field::software_vendor)));
      say(&Hl7Origin::software_product, meanings_.name(message_.component(Field::software_product)));
      say(&Hl7Origin::software_version, meanings_.name(message_.component(Field::software_version)));
    }
    if (of_event) say(&Hl7Origin::event_facility, meanings_.name(message_.component(Field::event_facility)));
    const std::string_view profile = message_.component(Field::profile);
    if (of_header && is_technical(profile) && is_of_its_segment(Field::profile, Field::message_type))
      say(&Hl7Origin::profile, profile);
    const std::string_view country = message_.component(Field::country);
    if (of_header && is_country(country) && is_of_its_segment(Field::country, Field::message_type))
      say(&Hl7Origin::country, country);
  }

  // A name leaves as it stands there, so it must be what it seems to be. `first`: an earlier field of the segment.
  [[nodiscard]] bool is_of_its_segment(Field field, Field first) const {
    const std::string_view text = message_.raw(field);
    const std::string_view before = message_.raw(first);
    if (text.empty()) return true;
    if (before.data() == nullptr || before.data() > text.data()) return false;
    return !holds_another_segment({before.data(), text.data()}, message_.delimiters.field);
  }

  void tell_universal_ids() {
    constexpr std::array kNames{Field::sending_application, Field::sending_facility, Field::receiving_application,
                                Field::receiving_facility};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const std::string_view id = message_.component(kNames[i], 2);
      if (id.empty() || !is_technical(id)) continue;
      const std::string_view type = message_.component(kNames[i], 3);
      if (is_technical(type)) origin().universal_ids[i] = {id, type};
    }
  }

  static constexpr std::size_t kMostPatientIds = Limits{}.hl7_patient_ids;
  static constexpr std::size_t kMostLookedAt = 2 * kMostPatientIds;  ///< many may be the same

  const Message& message_;
  const CharacterSet& character_set_;
  const Pseudonymizer& pseudonymizer_;
  Meanings meanings_;
  bool is_header_ = false;  ///< MSH-9 holds a message type
  Hl7Message& facts_;
  std::shared_ptr<Hl7Content> content_;
  std::unique_ptr<Hl7Origin> origin_;
};

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& table, std::string_view text) {
  if (text.empty()) return {};
  return std::find(table.begin(), table.end(), text) == table.end() ? std::string_view{} : text;
}

}  // namespace

std::string_view control_id(const Message& message, Field field, std::string& scratch) {
  return normalised(unescape(message.component(field), message.delimiters, scratch));
}

AcknowledgementsWanted acknowledgements_wanted(const Message& message) {
  const std::string_view accept = one_of(kAcknowledgementConditions, message.component(Field::accept_acknowledgement));
  const std::string_view application =
      one_of(kAcknowledgementConditions, message.component(Field::application_acknowledgement));
  return {.any = accept != "NE" || application != "NE",
          .accept = !accept.empty() && accept != "NE",
          .application = !application.empty() && application != "NE"};
}

Hl7Message facts_of(const Message& message, const CharacterSet& character_set, const Pseudonymizer& pseudonymizer,
                    LastIssuer& last_issuer) {
  Hl7Message facts;
  Teller{message, character_set, pseudonymizer, facts}.fill_in(last_issuer);
  return facts;
}

Hl7Message facts_of(const Message& message, const Pseudonymizer& pseudonymizer) {
  LastIssuer none;
  return facts_of(message, CharacterSet{message}, pseudonymizer, none);
}

}  // namespace dcmwatch::hl7
