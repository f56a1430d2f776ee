// What a DIMSE message's data set says of what is done with it (PS3.3, PS3.4), as far as that may leave: names of
// devices and software, numbers, closed codes, and pseudonyms. Plain values, never changed once made: all facts of an
// operation share them.
// Of lists, a record holds a piece: more come in records of Phase::progress, and the last in that of Phase::end. Counts
// are of all that was seen so far. A piece may be told twice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "event/texts.h"

namespace dcmwatch {

/// (gggg,eeee) as one number.
using DicomTag = std::uint32_t;

/// The first 64 bits of an instance's pseudonym: enough to tell apart the objects that are kept in mind, and small
/// enough to keep many. 0: none.
using InstancePrint = std::uint64_t;

/// Of a C-STORE's data set (PS3.3 C.7, C.8).
struct StoredObject {
  Uid sop_class_uid;            ///< (0008,0016)
  Code modality;                ///< (0008,0060)
  DicomName station_name;       ///< (0008,1010)
  DicomName manufacturer;       ///< (0008,0070)
  DicomName model;              ///< (0008,1090)
  DicomName software_versions;  ///< (0018,1020), the first
  DicomName institution;        ///< (0008,0080)
  Code character_set;           ///< (0008,0005), the first that is named; empty: the default repertoire
  Pseudonym series;             ///< (0020,000e)
  std::optional<std::uint32_t> rows, columns, frames;  ///< (0028,0010), (0028,0011), (0028,0008)
  std::optional<bool> burned_in_annotation;            ///< (0028,0301)
  std::optional<bool> deidentified;                    ///< (0012,0062)
  std::optional<Timestamp>
      created;  ///< (0008,0012/0013), as UTC where (0008,0201) tells the offset, else as it is written
  std::optional<Duration>
      clock_skew;  ///< packet time less `created`, where the offset is told: the device's clock is behind by it
  DicomName document_type;                  ///< (0042,0012) of an encapsulated document
  std::optional<bool> executable_document;  ///< its payload begins as a program does
  std::optional<bool> mistyped_document;    ///< a PDF or XML by (0042,0012), and not by its first bytes
  Pseudonym pixel_digest;                   ///< of the SHA-256 of the pixel data as it was sent; only on request
};

/// What a C-GET or C-MOVE asks for by its UIDs, and the studies that a C-FIND is about; whole in each record. Of series
/// and instances the first 64 bits of their pseudonyms, to be held against what is stored, and told nowhere.
struct AskedFor {
  std::vector<Pseudonym> studies{};
  std::vector<std::uint64_t> series{}, instances{};  ///< empty, as `studies`: not told apart by it
  bool left_some_out = false;                        ///< beyond the limit
};

/// Of a C-FIND's, C-GET's or C-MOVE's identifier (PS3.4 C.2.2, C.4). Values do not leave, but as AskedFor.
struct DicomQuery {
  std::vector<DicomTag> matched;    ///< keys with a value: single value, list, wildcard or range
  std::vector<DicomTag> wildcards;  ///< of these, with * or ?, but for a lone *, which matches all
  std::vector<DicomTag> returned;   ///< keys without one (or with a lone *)
  std::optional<std::uint32_t>
      date_range_days;  ///< widest range of dates asked for, both ends included; of an open one nothing
  bool open_date_range = false;
  std::uint32_t unique_keys = 0;    ///< UIDs listed at the query's level
  std::uint32_t keys_not_told = 0;  ///< beyond the limit
  /// Nobody can say how many studies it is about: of a retrieval at the level of patients it names not one patient,
  /// else below the studies' level, of a retrieval also at it or at none that is known, no study. False too where not
  /// all of it was seen.
  bool names_no_study = false;
  Pseudonym identifiers;  ///< of a retrieval: of all by which it names what is sent; empty if there are other keys
  AskedFor asked_for;
};

/// Of a worklist's response (PS3.4 K.6) or of a performed step: what was ordered.
struct ScheduledStep {
  Pseudonym accession;
  Pseudonym study;
  Pseudonym patient;
  AeTitle station_ae;  ///< (0040,0001)
  Code modality;       ///< (0008,0060)
  Code status;         ///< (0040,0020)
  friend bool operator==(const ScheduledStep&, const ScheduledStep&) = default;
};
struct WorklistAnswer {
  std::vector<ScheduledStep> steps;  ///< those of one record; more come in records of Phase::progress
};

/// Storage commitment: of an N-ACTION or of an N-EVENT-REPORT (PS3.4 J.3).
struct StorageCommitment {
  Pseudonym transaction;                       ///< (0008,1195)
  std::uint32_t referenced = 0;                ///< (0008,1199) items
  std::uint32_t failed = 0;                    ///< (0008,1198) items
  std::vector<std::uint16_t> failure_reasons;  ///< (0008,1197), each once
  std::vector<InstancePrint> instances;        ///< referenced; as ScheduledStep, in pieces
  std::vector<InstancePrint> failed_instances;
};

/// MPPS: of an N-CREATE or N-SET (PS3.4 F.7).
struct PerformedStep {
  Code status;                  ///< (0040,0252): IN PROGRESS, COMPLETED, DISCONTINUED
  Code discontinuation_reason;  ///< (0040,0281): code value
  Code modality;
  AeTitle station_ae;                    ///< (0040,0241)
  std::vector<ScheduledStep> scheduled;  ///< (0040,0270)
  std::uint32_t series = 0;              ///< (0040,0340) items
  std::uint32_t images = 0;              ///< instances that these list
  std::vector<InstancePrint> instances;  ///< in pieces
};

/// 0: there is none.
constexpr InstancePrint print_of(const Pseudonym& pseudonym) { return pseudonym.first(); }

/// What the lists of a content take in memory.
template <typename Element>
std::size_t bytes_of(const std::vector<Element>& list) {
  return list.capacity() * sizeof(Element);
}
inline std::size_t listed_bytes(const StoredObject&) { return 0; }
inline std::size_t listed_bytes(const DicomQuery& query) {
  const AskedFor& uids = query.asked_for;
  return bytes_of(query.matched) + bytes_of(query.wildcards) + bytes_of(query.returned) + bytes_of(uids.studies) +
         bytes_of(uids.series) + bytes_of(uids.instances);
}
inline std::size_t listed_bytes(const WorklistAnswer& answer) { return bytes_of(answer.steps); }
inline std::size_t listed_bytes(const StorageCommitment& commitment) {
  return bytes_of(commitment.failure_reasons) + bytes_of(commitment.instances) + bytes_of(commitment.failed_instances);
}
inline std::size_t listed_bytes(const PerformedStep& step) {
  return bytes_of(step.scheduled) + bytes_of(step.instances);
}

/// Nothing, or some of these, shared: at most one of a kind. A worklist's C-FIND has a query and an answer.
class DicomContent {
 public:
  template <typename Content>
  static constexpr bool is_kind = std::is_same_v<Content, StoredObject> || std::is_same_v<Content, DicomQuery> ||
                                  std::is_same_v<Content, WorklistAnswer> ||
                                  std::is_same_v<Content, StorageCommitment> || std::is_same_v<Content, PerformedStep>;

  DicomContent() = default;
  template <typename Content, typename = std::enable_if_t<is_kind<Content>>>
  DicomContent(Content content)  // NOLINT(google-explicit-constructor)
      : first_(std::make_shared<const Of<Content>>(std::move(content), nullptr)) {}

  /// Beside what is here, or in the place of another of its kind.
  template <typename Content>
  [[nodiscard]] DicomContent with(Content content) const {
    const bool replaces = first_ && first_->kind == &kKind<Content>;
    DicomContent both;
    both.first_ = std::make_shared<const Of<Content>>(std::move(content), replaces ? first_->beside : first_);
    return both;
  }

  /// Nothing if there is none of this kind.
  template <typename Content>
  [[nodiscard]] const Content* as() const {
    for (const Node* node = first_.get(); node; node = node->beside.get()) {
      if (node->kind == &kKind<Content>) return &static_cast<const Of<Content>*>(node)->content;
    }
    return nullptr;
  }

  /// In memory.
  [[nodiscard]] std::size_t kept_bytes() const {
    std::size_t bytes = 0;
    for (const Node* node = first_.get(); node; node = node->beside.get()) bytes += node->bytes;
    return bytes;
  }

 private:
  /// Its address tells the kind.
  template <typename Content>
  static constexpr char kKind = 0;

  // As long as its content is, and no longer: most are short beside an object's.
  struct Node {
    const char* kind;
    std::shared_ptr<const Node> beside;
    std::size_t bytes;
  };
  template <typename Content>
  struct Of : Node {
    Of(Content of, std::shared_ptr<const Node> other)
        : Node{&kKind<Content>, std::move(other), sizeof(Of) + listed_bytes(of)}, content(std::move(of)) {}
    Content content;
  };
  std::shared_ptr<const Node> first_;
};

}  // namespace dcmwatch
