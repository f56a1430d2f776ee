// Of a C-FIND's, C-GET's or C-MOVE's identifier: what is asked for, not which values it is asked with, but for those
// that name what is sent or looked through (PS3.4 C.2.2).
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "event/dicom_names.h"
#include "protocol/dicom/contents.h"
#include "protocol/dicom/date_time.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

constexpr Tag kSpecificCharacterSet = 0x0008'0005;
constexpr Tag kSopInstanceUid = 0x0008'0018;
constexpr Tag kAccessionNumber = 0x0008'0050;
constexpr Tag kQueryLevel = 0x0008'0052;
constexpr Tag kPatientId = 0x0010'0020;
constexpr Tag kPatientBirthDate = 0x0010'0030;
constexpr Tag kStudyInstanceUid = 0x0020'000d;
constexpr Tag kSeriesInstanceUid = 0x0020'000e;

/// PS3.4 C.6.1: what a query may be asked at, and the key that is unique there. No other word leaves.
struct Level {
  std::string_view name;
  Tag unique_key;
};
constexpr std::array kLevels{Level{"PATIENT", kPatientId}, Level{"STUDY", kStudyInstanceUid},
                             Level{"SERIES", kSeriesInstanceUid}, Level{"IMAGE", kSopInstanceUid}};

/// The level that is meant, in capitals as PS3.5 6.2 has a CS; archives take other letters for these. Empty: none of
/// them.
std::string_view level_of(std::string_view written) {
  const auto capital = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  for (const Level& level : kLevels) {
    if (std::ranges::equal(written, level.name, {}, capital)) return level.name;
  }
  return {};
}

// PS3.4 C.6.1, C.6.2, C.6.3: of patients and studies. Hanging protocols and the like are retrieved without a level
// (U.4).
constexpr std::array<std::string_view, 3> kModels{"1.2.840.10008.5.1.4.1.2.1.", "1.2.840.10008.5.1.4.1.2.2.",
                                                  "1.2.840.10008.5.1.4.1.2.3."};
bool is_of_studies(std::string_view sop_class_uid) {
  return std::ranges::any_of(kModels, [&](std::string_view model) { return sop_class_uid.starts_with(model); });
}

/// Whether what is asked at this level is about studies, or what they have.
bool is_about_studies(std::string_view level) { return level == "STUDY" || level == "SERIES" || level == "IMAGE"; }

// PS3.4 C.4.1.1.3.1: they say how the others are to be read.
constexpr std::array kNoKeys{kSpecificCharacterSet, kQueryLevel, Tag{0x0008'0053}, Tag{0x0008'0201}};

// Sequences and dates that are keys somewhere in PS3.4, for implicit VR does not tell them.
constexpr std::array<Tag, 22> kSequences{0x0008'0051, 0x0008'1032, 0x0008'1110, 0x0008'1111, 0x0008'1115, 0x0008'1120,
                                         0x0008'1140, 0x0008'1199, 0x0010'1002, 0x0032'1064, 0x0038'0004, 0x0040'0008,
                                         0x0040'0026, 0x0040'0100, 0x0040'0260, 0x0040'0275, 0x0040'4018, 0x0040'4025,
                                         0x0040'4026, 0x0040'4027, 0x0040'a370, 0x0074'1210};
constexpr std::array<Tag, 10> kDates{0x0008'0012, 0x0008'0020, 0x0008'0021, 0x0008'0022, 0x0008'0023,
                                     0x0032'1010, 0x0038'0020, 0x0040'0002, 0x0040'0004, 0x0040'0244};
static_assert(std::ranges::is_sorted(kSequences) && std::ranges::is_sorted(kDates));

// PS3.4 C.2.2.2.4: values of these are no patterns. Neither are UIDs, but they have no such character either, and there
// are archives that take them for patterns.
constexpr std::array kNoPatterns{vr_of('A', 'S'), vr_of('A', 'T'), vr_of('D', 'A'), vr_of('D', 'S'), vr_of('D', 'T'),
                                 vr_of('F', 'D'), vr_of('F', 'L'), vr_of('I', 'S'), vr_of('O', 'B'), vr_of('O', 'W'),
                                 vr_of('S', 'L'), vr_of('S', 'S'), vr_of('T', 'M'), vr_of('U', 'L'), vr_of('U', 'N'),
                                 vr_of('U', 'R'), vr_of('U', 'S')};
static_assert(std::ranges::is_sorted(kNoPatterns));

template <typename Table, typename Value>
bool holds(const Table& sorted, const Value& value) {
  return std::ranges::binary_search(sorted, value);
}

bool is_sequence(const Element& element) {
  if (element.vr == 0) return element.length == kUndefinedLength || holds(kSequences, element.tag);
  return element.vr == vr_of('S', 'Q');
}
bool is_date(const Element& element) {
  return element.vr == 0 ? holds(kDates, element.tag) : element.vr == vr_of('D', 'A');
}

/// A key's value as it passes: what is to be known of it, and its beginning.
class KeyValue {
 public:
  void add(ByteView piece) {
    for (const char c : as_text(piece)) {
      values_ += c == '\\' ? 1U : 0U;
      has_pattern_ |= c == '*' || c == '?';
      is_text_ &= static_cast<unsigned char>(c) >= ' ' || c == '\x1b' || c == '\0';
    }
    bytes_ += piece.size();
    beginning_.append(as_text(piece));
  }

  /// Without padding; empty if it is longer than what is kept.
  [[nodiscard]] std::string_view whole() const {
    return bytes_ <= beginning_.size() ? trimmed(as_bytes(beginning_)) : std::string_view{};
  }
  /// PS3.4 C.2.2.2.3: everything matches.
  [[nodiscard]] bool is_universal() const {
    return bytes_ <= beginning_.size() && (whole().empty() || (whole() == "*" && is_text_));
  }
  [[nodiscard]] bool has_pattern() const { return has_pattern_ && is_text_; }
  [[nodiscard]] std::uint32_t values() const { return values_; }

 private:
  Text<128> beginning_;
  std::uint64_t bytes_ = 0;
  std::uint32_t values_ = 1;
  bool has_pattern_ = false;
  bool is_text_ = true;
};

/// The UIDs of a list, as it passes in pieces.
class ListedUids {
 public:
  /// Each but the last. One that is longer than any UID, which may be its padding alone, is taken as an empty text.
  template <typename Take>
  void add(ByteView piece, Take take) {
    for (const char c : as_text(piece)) {
      if (c == '\\') {
        end(take);
      } else if (++bytes_ <= kMostBytes) {
        uid_.append({&c, 1});
      }
    }
  }
  template <typename Take>
  void end(Take take) {
    if (bytes_ != 0) take(bytes_ <= kMostBytes ? as_bytes(uid_) : ByteView{});
    *this = {};
  }

 private:
  static constexpr std::size_t kMostBytes = 72;  // PS3.5 9.1 has 64; some pad them
  Text<kMostBytes> uid_;
  std::size_t bytes_ = 0;
};

/// Several identifiers as one pseudonym, whatever order they come in. Of one that comes twice it is another.
class Together {
 public:
  void add(const Pseudonym& one) {
    const auto [first, last] = one.words();
    first_ += first;
    last_ += last;
  }
  [[nodiscard]] Pseudonym pseudonym() const { return {first_, last_}; }

 private:
  std::uint64_t first_ = 0, last_ = 0;
};

class QueryContent final : public MessageContent {
 public:
  QueryContent(Encoding encoding, const MessageOf& message, const ProtocolSettings& settings)
      : MessageContent(encoding, settings),
        is_retrieval_(message.command_field != dimse::kFind),
        is_of_studies_(is_of_studies(message.sop_class_uid)) {}

  void tell(DicomOperation& fact, PieceSink&) override {
    if (sequence_ && read_whole()) add(query_.returned, sequence_->tag);
    fact.query_level = level_;
    if (!is_retrieval_ && !is_about_studies(level_) && (!level_.empty() || !is_of_studies_)) {
      study_ = {};
      query_.asked_for.studies.clear();
    }
    query_.names_no_study = (read_whole() || past_studies_) && names_no_study();
    if (is_retrieval_ && read_whole() && !named_otherwise_ && !query_.asked_for.left_some_out)
      query_.identifiers = identifiers_.pseudonym();
    fact.study = study_;
    fact.patient = patient_;
    if (fact.instance.empty()) fact.instance = instance_;
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
      if (kLevels[i].name == level_) query_.unique_keys = unique_keys_[i];
    }
    fact.content = fact.content.with(std::move(query_));
  }

 private:
  [[nodiscard]] std::size_t own_bytes() const override { return sizeof(*this) + listed_bytes(query_); }

  // PS3.4 C.4.2.1.4.1: of the level that is retrieved single values or lists of UIDs, of patients one; C.4.1.2.1 and
  // C.4.2.2.1: of each level above it one. Studies are searched without.
  [[nodiscard]] bool names_no_study() const {
    if (level_ == "PATIENT") return is_retrieval_ && patient_.empty();
    if (level_.empty())
      return is_retrieval_ && is_of_studies_ && query_.asked_for.studies.empty();  // whatever it may bring
    return is_about_studies(level_) && (is_retrieval_ || level_ != "STUDY") && query_.asked_for.studies.empty();
  }

  // PS3.4 C.4.1.1.3.1 and C.4.2.1.4.1: each identifier has one of the levels of C.6, a CS.
  [[nodiscard]] bool has_illegal_level() const override {
    return is_of_studies_ && !level_as_written_ && (read_whole() || past_level_);
  }

  Interest on_element(const Element& element) override {
    past_level_ |= element.depth == 0 && element.tag > kQueryLevel;  // PS3.5 7.1: they ascend
    past_studies_ |= element.depth == 0 && element.tag > kStudyInstanceUid;
    if (sequence_ && element.depth <= sequence_->depth) add(query_.returned, sequence_->tag);
    sequence_.reset();
    const bool is_key = (element.tag & 0xffffU) != 0 && !(element.depth == 0 && holds(kNoKeys, element.tag));
    if (is_key && element.length == 0) add(query_.returned, element.tag);
    if (element.length == 0) return Interest::none;
    if (is_sequence(element)) {
      sequence_ = element;
      return Interest::items;
    }
    key_ = element;
    value_ = {};
    return is_key || element.tag == kQueryLevel ? Interest::pieces : Interest::none;
  }
  void on_value(const Element&, ByteView) override {}
  void on_piece(ByteView piece) override {
    value_.add(piece);
    if (const auto uids = asked_for_by_key()) listed_uids_.add(piece, [&](ByteView uid) { add(*uids, uid); });
  }

  void on_last_piece() override {
    if (const auto uids = asked_for_by_key()) {
      listed_uids_.end([&](ByteView uid) { add(*uids, uid); });
      if (value_.has_pattern()) clear(*uids);  // it asks for all
    }
    if (key_.tag == kQueryLevel && key_.depth == 0) {
      level_ = level_of(value_.whole());
      level_as_written_ = value_.whole() == std::string_view{level_} && !level_.empty();
    } else if (value_.is_universal()) {
      add(query_.returned, key_.tag);
    } else {
      add(query_.matched, key_.tag);
      take_value();
      if (is_retrieval_) take_identifier();
    }
    value_ = {};  // nothing of it stays
  }

  void take_value() {
    if (value_.has_pattern() && !holds(kNoPatterns, key_.vr)) add(query_.wildcards, key_.tag);
    if (is_date(key_) && key_.tag != kPatientBirthDate) take_dates();
    if (key_.depth != 0 || value_.has_pattern()) return;
    const auto level = std::ranges::find(kLevels, key_.tag, &Level::unique_key);
    if (level == kLevels.end()) return;
    unique_keys_[static_cast<std::size_t>(level - kLevels.begin())] = value_.values();
    if (value_.values() == 1) identify();
  }

  // Of a retrieval, which names what is sent. Of a query's values none leaves but the study that it is about.
  void identify() {
    const ByteView text = as_bytes(value_.whole());
    if (!is_retrieval_) {
      if (key_.tag == kStudyInstanceUid)
        study_ = pseudonymizer().pseudonym(IdentifierKind::study_uid, uid_asked_for(text));
      return;
    }
    switch (key_.tag) {
      case kPatientId:
        patient_ = pseudonymizer().pseudonym(IdentifierKind::patient_id, identifier_of(text, CharacterSet{}));
        break;
      case kStudyInstanceUid:
        study_ = pseudonymizer().pseudonym(IdentifierKind::study_uid, identifying_uid(text));
        break;
      case kSopInstanceUid:
        instance_ = pseudonymizer().pseudonym(IdentifierKind::instance_uid, identifying_uid(text));
        break;
      default: break;
    }
  }

  // UIDs are taken one by one, as they pass.
  void take_identifier() {
    const bool is_patient = key_.tag == kPatientId;
    const bool is_text = key_.depth == 0 && (is_patient || key_.tag == kAccessionNumber) && !value_.whole().empty();
    named_otherwise_ |= value_.has_pattern() || !(is_text || asked_for_by_key());
    if (is_text && !value_.has_pattern()) {
      const IdentifierKind kind = is_patient ? IdentifierKind::patient_id : IdentifierKind::accession_number;
      identifiers_.add(pseudonymizer().pseudonym(kind, value_.whole()));
    }
  }

  // A query may ask with what is no UID.
  std::string_view uid_asked_for(ByteView text) { return is_retrieval_ ? identifying_uid(text) : trimmed(text); }

  enum class Uids : std::uint8_t { studies, series, instances };
  // Of the key in hand; nothing if it asks for none by their UIDs.
  [[nodiscard]] std::optional<Uids> asked_for_by_key() const {
    if (key_.depth != 0 || (!is_retrieval_ && key_.tag != kStudyInstanceUid)) return std::nullopt;
    switch (key_.tag) {
      case kStudyInstanceUid: return Uids::studies;
      case kSeriesInstanceUid: return Uids::series;
      case kSopInstanceUid: return Uids::instances;
      default: return std::nullopt;
    }
  }
  void add(Uids uids, ByteView uid) {
    AskedFor& asked = query_.asked_for;
    switch (uids) {
      case Uids::studies: return add(asked.studies, IdentifierKind::study_uid, uid);
      case Uids::series: return add(asked.series, IdentifierKind::series_uid, uid);
      case Uids::instances: return add(asked.instances, IdentifierKind::instance_uid, uid);
    }
  }
  void clear(Uids uids) {
    AskedFor& asked = query_.asked_for;
    switch (uids) {
      case Uids::studies: return asked.studies.clear();
      case Uids::series: return asked.series.clear();
      case Uids::instances: return asked.instances.clear();
    }
  }
  // Each list has room of its own: a long one of instances hides no study.
  template <typename Print>
  void add(std::vector<Print>& prints, IdentifierKind kind, ByteView uid) {
    if (uid.empty() || prints.size() >= limits().dicom_retrieval_uids) {
      query_.asked_for.left_some_out = true;
      return;
    }
    const Pseudonym pseudonym = pseudonymizer().pseudonym(kind, uid_asked_for(uid));
    if (pseudonym.empty()) return;  // padding alone
    identifiers_.add(pseudonym);
    if constexpr (std::is_same_v<Print, Pseudonym>) {
      prints.push_back(pseudonym);
    } else {
      prints.push_back(print_of(pseudonym));
    }
  }

  // PS3.4 C.2.2.2.5: a date, or two of which one may be left out.
  void take_dates() {
    const std::string_view text = value_.whole();
    const std::size_t dash = text.find('-');
    const auto first = date_of(trimmed(as_bytes(text.substr(0, dash))));
    const auto last = dash == std::string_view::npos ? first : date_of(trimmed(as_bytes(text.substr(dash + 1))));
    if (dash == 0 || dash + 1 == text.size()) query_.open_date_range = true;
    if (!first || !last || *last < *first) return;
    const auto days = static_cast<std::uint32_t>((*last - *first).count() + 1);
    query_.date_range_days = std::max(query_.date_range_days.value_or(0), days);
  }

  void add(std::vector<DicomTag>& keys, Tag tag) {
    if (&keys != &query_.wildcards && query_.matched.size() + query_.returned.size() >= limits().dicom_query_keys) {
      ++query_.keys_not_told;
    } else if (keys.size() < limits().dicom_query_keys) {
      constexpr std::size_t kMostly = 16;
      if (keys.empty()) keys.reserve(kMostly);
      keys.push_back(tag);
    }
  }

  bool is_retrieval_;
  bool is_of_studies_;
  DicomQuery query_;
  Code level_;
  Pseudonym study_, patient_, instance_;
  Together identifiers_;
  bool named_otherwise_ = false;  ///< or by a pattern: not by these alone
  std::array<std::uint32_t, kLevels.size()> unique_keys_{};
  Element key_;
  KeyValue value_;
  ListedUids listed_uids_;         ///< of it
  bool level_as_written_ = false;  ///< as the standard has it
  bool past_level_ = false;
  bool past_studies_ = false;        ///< whatever would name one has passed
  std::optional<Element> sequence_;  ///< the latest element; in the end a key without a value, if its items have no key
};

}  // namespace

std::unique_ptr<MessageContent> open_query(Encoding encoding, const MessageOf& message,
                                           const ProtocolSettings& settings) {
  return std::make_unique<QueryContent>(encoding, message, settings);
}

}  // namespace dcmwatch::dicom
