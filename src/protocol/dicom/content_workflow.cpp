// What is ordered, performed and committed: worklist answers (PS3.4 K.6), performed steps (PS3.4 F.7), storage
// commitment (PS3.4 J.3).
#include <algorithm>
#include <array>

#include "protocol/dicom/contents.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

AeTitle first_ae_title(ByteView value) { return ae_title(as_bytes(first_value(as_text(value)))); }

// PS3.3 C.4.10; the last three are what worklist servers say besides.
constexpr std::array<std::string_view, 8> kScheduledStatuses{"SCHEDULED", "ARRIVED",  "READY",        "STARTED",
                                                             "DEPARTED",  "CANCELED", "DISCONTINUED", "COMPLETED"};
// PS3.3 C.4.14.
constexpr std::array<std::string_view, 3> kPerformedStatuses{"IN PROGRESS", "DISCONTINUED", "COMPLETED"};

// PS3.16 CID 9300 and what it includes are of the codes DCM 110500 to 110599. A code of a site's own may be a number
// that identifies somebody.
Code discontinuation_reason_of(ByteView value) {
  constexpr std::string_view kReasons = "1105";
  const std::string_view text = trimmed(value);
  const bool is_one = text.starts_with(kReasons) && text.size() == kReasons.size() + 2 &&
                      std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_one ? text : std::string_view{};
}

/// A content that is about patients, orders and studies.
template <typename Self>
class WorkflowContent : public TableContent<Self> {
 protected:
  using TableContent<Self>::TableContent;

  void take_character_set(ByteView value) { character_set_ = CharacterSet{value}; }
  [[nodiscard]] const CharacterSet& character_set() const { return character_set_; }
  [[nodiscard]] Pseudonym identifier(IdentifierKind kind, ByteView value) const {
    return this->pseudonymizer().pseudonym(kind, identifier_of(value, character_set_));
  }
  Pseudonym uid_pseudonym(IdentifierKind kind, ByteView value) {
    return this->pseudonymizer().pseudonym(kind, this->identifying_uid(value));
  }
  InstancePrint print(ByteView instance_uid) {
    return print_of(uid_pseudonym(IdentifierKind::instance_uid, instance_uid));
  }

 private:
  CharacterSet character_set_;
};

class WorklistContent final : public WorkflowContent<WorklistContent> {
 public:
  WorklistContent(Encoding encoding, const ProtocolSettings& settings) : WorkflowContent(encoding, settings, rows()) {}

  void tell(DicomOperation& fact, PieceSink& pieces) override {
    if (!says_anything()) return;
    identifiers_.tell(pseudonymizer());
    if (steps_.empty()) steps_.emplace_back();
    for (ScheduledStep& step : steps_) {
      step.accession = order_.accession;
      step.patient = order_.patient;
      step.study = order_.study;
    }
    WorklistAnswer answer;
    if (const auto* told = fact.content.as<WorklistAnswer>()) answer = *told;
    if (answer.steps.size() + steps_.size() > limits().dicom_scheduled_steps) {
      pieces.on_piece(DicomContent{std::move(answer)});
      answer.steps.clear();
    }
    if (answer.steps.empty()) {
      answer.steps = std::move(steps_);
    } else {
      answer.steps.insert(answer.steps.end(), steps_.begin(), steps_.end());
    }
    fact.content = fact.content.with(std::move(answer));
  }

 private:
  [[nodiscard]] std::size_t own_bytes() const override { return sizeof(*this) + bytes_of(steps_); }

  using Self = WorklistContent;
  static std::span<const Row<Self>> rows() {
    static constexpr auto kRows = std::to_array<Row<Self>>({
        {{0x0008'0005}, [](Self& c, ByteView v) { c.take_character_set(v); }},
        {{0x0008'0050},
         [](Self& c, ByteView v) { c.identify(IdentifierKind::accession_number, v, c.order_.accession); },
         Interest::value,
         kSought},
        {{0x0010'0020},
         [](Self& c, ByteView v) { c.identify(IdentifierKind::patient_id, v, c.order_.patient); },
         Interest::value,
         kSought},
        {{0x0020'000d}, [](Self& c, ByteView v) { c.identify_study(v); }, Interest::value, kSought},
        {{0x0040'0100}, [](Self& c, ByteView) { c.begin_step(); }, Interest::value, kSought},
        {{0x0040'0100, 0x0008'0060}, [](Self& c, ByteView v) { c.steps_.back().modality = modality_of(v); }},
        {{0x0040'0100, 0x0040'0001}, [](Self& c, ByteView v) { c.steps_.back().station_ae = first_ae_title(v); }},
        {{0x0040'0100, 0x0040'0020},
         [](Self& c, ByteView v) { c.steps_.back().status = term_of(v, kScheduledStatuses); }},
    });
    static_assert(ascend(kRows));
    return kRows;
  }

  void identify(IdentifierKind kind, ByteView value, Pseudonym& told) {
    identifiers_.add(kind, identifier_of(value, character_set()), pseudonymizer(), told);
  }
  void identify_study(ByteView value) {
    identifiers_.add(IdentifierKind::study_uid, identifying_uid(value), pseudonymizer(), order_.study);
  }

  void begin_step() {
    if (steps_.size() < limits().dicom_scheduled_steps) {
      steps_.emplace_back();
    } else {
      cut_short();  // of one answer, which holds one by the standard
    }
  }

  struct Order {
    Pseudonym accession, patient, study;
  };
  Order order_;  ///< of all steps in one answer
  Identifiers identifiers_;
  std::vector<ScheduledStep> steps_;
};

class StorageCommitmentContent final : public WorkflowContent<StorageCommitmentContent> {
 public:
  StorageCommitmentContent(Encoding encoding, const ProtocolSettings& settings)
      : WorkflowContent(encoding, settings, rows()) {}

  void tell(DicomOperation& fact, PieceSink&) override {
    if (says_anything()) fact.content = fact.content.with(std::move(commitment_));
  }

 private:
  [[nodiscard]] std::size_t own_bytes() const override { return sizeof(*this) + listed_bytes(commitment_); }

  using Self = StorageCommitmentContent;
  static constexpr Tag kFailedSequence = 0x0008'1198;
  static constexpr Tag kReferencedSequence = 0x0008'1199;

  static std::span<const Row<Self>> rows() {
    static constexpr auto kRows = std::to_array<Row<Self>>({
        {{0x0008'1195},
         [](Self& c, ByteView v) { c.commitment_.transaction = c.uid_pseudonym(IdentifierKind::transaction_uid, v); }},
        {{kFailedSequence}, [](Self& c, ByteView) { ++c.commitment_.failed; }},
        {{kFailedSequence, 0x0008'1155}, [](Self& c, ByteView v) { c.add(c.commitment_.failed_instances, v); }},
        {{kFailedSequence, 0x0008'1197}, [](Self& c, ByteView v) { c.add_reason(v); }},
        {{kReferencedSequence}, [](Self& c, ByteView) { ++c.commitment_.referenced; }, Interest::value, kSought},
        {{kReferencedSequence, 0x0008'1155}, [](Self& c, ByteView v) { c.add(c.commitment_.instances, v); }},
    });
    static_assert(ascend(kRows));
    return kRows;
  }

  void add(std::vector<InstancePrint>& instances, ByteView uid) {
    if (commitment_.instances.size() + commitment_.failed_instances.size() >= limits().dicom_content_instances) {
      pieces().on_piece(DicomContent{commitment_});
      commitment_.instances.clear();
      commitment_.failed_instances.clear();
    }
    instances.push_back(print(uid));
  }

  void add_reason(ByteView value) {
    const std::optional<std::uint16_t> reason = us(value);
    if (!reason) return;
    std::vector<std::uint16_t>& reasons = commitment_.failure_reasons;
    if (std::ranges::find(reasons, *reason) != reasons.end()) return;
    if (reasons.size() >= limits().dicom_failure_reasons) return cut_short();
    reasons.push_back(*reason);
  }

  StorageCommitment commitment_;
};

class PerformedStepContent final : public WorkflowContent<PerformedStepContent> {
 public:
  PerformedStepContent(Encoding encoding, const ProtocolSettings& settings)
      : WorkflowContent(encoding, settings, rows()) {}

  void tell(DicomOperation& fact, PieceSink&) override {
    if (!says_anything()) return;
    if (!patient_.empty()) fact.patient = patient_;
    for (ScheduledStep& step : step_.scheduled) {
      step.patient = patient_;
      step.modality = step_.modality;
    }
    if (!step_.scheduled.empty()) {
      fact.accession = step_.scheduled.front().accession;
      fact.study = step_.scheduled.front().study;
    }
    fact.content = fact.content.with(std::move(step_));
  }

 private:
  [[nodiscard]] std::size_t own_bytes() const override { return sizeof(*this) + listed_bytes(step_); }

  using Self = PerformedStepContent;
  static constexpr Tag kScheduled = 0x0040'0270;
  static constexpr Tag kSeries = 0x0040'0340;

  static std::span<const Row<Self>> rows() {
    static constexpr auto kRows = std::to_array<Row<Self>>({
        {{0x0008'0005}, [](Self& c, ByteView v) { c.take_character_set(v); }},
        {{0x0008'0060}, [](Self& c, ByteView v) { c.step_.modality = modality_of(v); }},
        {{0x0010'0020}, [](Self& c, ByteView v) { c.patient_ = c.identifier(IdentifierKind::patient_id, v); }},
        {{0x0040'0241}, [](Self& c, ByteView v) { c.step_.station_ae = first_ae_title(v); }},
        {{0x0040'0252},
         [](Self& c, ByteView v) { c.step_.status = term_of(v, kPerformedStatuses); },
         Interest::value,
         kSought},
        {{kScheduled}, [](Self& c, ByteView) { c.begin_scheduled(); }},
        {{kScheduled, 0x0008'0050},
         [](Self& c, ByteView v) { c.scheduled().accession = c.identifier(IdentifierKind::accession_number, v); }},
        {{kScheduled, 0x0020'000d},
         [](Self& c, ByteView v) { c.scheduled().study = c.uid_pseudonym(IdentifierKind::study_uid, v); }},
        {{0x0040'0281, 0x0008'0100},
         [](Self& c, ByteView v) { c.step_.discontinuation_reason = discontinuation_reason_of(v); }},
        {{kSeries}, [](Self& c, ByteView) { ++c.step_.series; }, Interest::value, kSought},
        {{kSeries, 0x0008'1140, 0x0008'1155}, [](Self& c, ByteView v) { c.add_instance(v); }},
        {{kSeries, 0x0040'0220, 0x0008'1155}, [](Self& c, ByteView v) { c.add_instance(v); }},  // no images
    });
    static_assert(ascend(kRows));
    return kRows;
  }

  void begin_scheduled() {
    ++scheduled_items_;
    if (scheduled_items_ > limits().dicom_scheduled_steps) return cut_short();
    step_.scheduled.emplace_back();
  }
  // Of those beyond the limit nothing is kept.
  ScheduledStep& scheduled() {
    return scheduled_items_ > limits().dicom_scheduled_steps ? unkept_ : step_.scheduled.back();
  }

  void add_instance(ByteView uid) {
    ++step_.images;
    if (step_.instances.size() >= limits().dicom_content_instances) {
      pieces().on_piece(DicomContent{step_});
      step_.instances.clear();
    }
    step_.instances.push_back(print(uid));
  }

  PerformedStep step_;
  Pseudonym patient_;
  std::size_t scheduled_items_ = 0;
  ScheduledStep unkept_;
};

}  // namespace

std::unique_ptr<MessageContent> open_worklist_answer(Encoding encoding, const MessageOf&,
                                                     const ProtocolSettings& settings) {
  return std::make_unique<WorklistContent>(encoding, settings);
}

std::unique_ptr<MessageContent> open_storage_commitment(Encoding encoding, const MessageOf&,
                                                        const ProtocolSettings& settings) {
  return std::make_unique<StorageCommitmentContent>(encoding, settings);
}

std::unique_ptr<MessageContent> open_performed_step(Encoding encoding, const MessageOf&,
                                                    const ProtocolSettings& settings) {
  return std::make_unique<PerformedStepContent>(encoding, settings);
}

}  // namespace dcmwatch::dicom
