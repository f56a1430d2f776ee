// dcmwatch_limit_reached_total, of what the records themselves tell: the decoders' limits.
#include <array>
#include <string_view>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

/// A limit, and where a record says that it was reached: by its name as a note or a violation, or in its last phase.
struct ToldLimit {
  std::string_view limit;
  std::string_view name = {};
  std::uint64_t (*times)(const Event&) = nullptr;
};

template <std::uint64_t (*times)(const DicomQuery&)>
std::uint64_t of_query(const Event& event) {
  const auto* operation = std::get_if<DicomOperation>(&event.facts);
  const auto* query = operation ? operation->content.as<DicomQuery>() : nullptr;
  return query ? times(*query) : 0;
}
std::uint64_t keys(const DicomQuery& query) { return query.keys_not_told; }
std::uint64_t uids(const DicomQuery& query) { return query.asked_for.left_some_out ? 1 : 0; }

std::uint64_t orders(const Event& event) {
  const auto* message = std::get_if<Hl7Message>(&event.facts);
  return message && message->content ? message->content->orders_not_told : 0;
}

std::uint64_t patient_ids(const Event& event) {
  const auto* message = std::get_if<Hl7Message>(&event.facts);
  return message && message->content ? message->content->patient_ids_not_told : 0;
}

std::uint64_t certificate_names(const Event& event) {
  const auto* tls = std::get_if<TlsConnection>(&event.facts);
  if (!tls) return 0;
  const auto of = [](const auto& certificate) { return certificate ? certificate->names_not_told : std::uint32_t{0}; };
  return std::uint64_t{of(tls->client_certificate)} + of(tls->server_certificate);
}

std::uint64_t protected_records(const Event& event) {
  const auto* tls = std::get_if<TlsConnection>(&event.facts);
  return tls && tls->not_followed ? 1 : 0;
}

constexpr std::array kToldLimits{
    ToldLimit{"dicom_pdu_bytes", "dicom.pdu_bytes"},
    ToldLimit{"dicom_presentation_context_uids", "dicom.presentation_context_uids"},
    ToldLimit{"dicom_negotiated_items", "dicom.negotiated_items"},
    ToldLimit{"dicom_data_set_attributes", "dicom.data_set_attributes"},
    ToldLimit{"dicom_pending_operations", "dicom.pending_operations"},
    ToldLimit{"dicom_query_keys", {}, of_query<keys>},
    ToldLimit{"dicom_retrieval_uids", {}, of_query<uids>},
    ToldLimit{"hl7_message_bytes", "hl7.message_length"},
    ToldLimit{"hl7_block_messages", "hl7.block_messages"},
    ToldLimit{"hl7_orders", {}, orders},
    ToldLimit{"hl7_patient_ids", {}, patient_ids},
    ToldLimit{"hl7_pending_messages", "hl7.pending_messages"},
    ToldLimit{"tls_certificate_names", {}, certificate_names},
    ToldLimit{"tls_message_bytes", "tls.message_length"},
    ToldLimit{"tls_protected_records", {}, protected_records},
};

class LimitMetrics final : public MetricGroup {
 public:
  explicit LimitMetrics(prometheus::Registry& registry) {
    for (std::size_t i = 0; i < kToldLimits.size(); ++i) reached_[i] = &limit_reached(registry, kToldLimits[i].limit);
  }

  void observe(const Observation& observation) override {
    const Event& event = observation.event;
    if (event.phase != Phase::end) return;
    if (const auto* note = std::get_if<CaptureNote>(&event.facts)) return count(note->name, note->count);
    if (const auto* violation = std::get_if<Violation>(&event.facts)) return count(violation->name, 1);
    for (std::size_t i = 0; i < kToldLimits.size(); ++i) {
      const std::uint64_t times = kToldLimits[i].times ? kToldLimits[i].times(event) : 0;
      if (times != 0) reached_[i]->Increment(static_cast<double>(times));
    }
  }

 private:
  void count(std::string_view name, std::uint64_t times) {
    for (std::size_t i = 0; i < kToldLimits.size(); ++i) {
      if (!kToldLimits[i].name.empty() && kToldLimits[i].name == name)
        reached_[i]->Increment(static_cast<double>(times));
    }
  }

  std::array<prometheus::Counter*, kToldLimits.size()> reached_{};
};

}  // namespace

std::unique_ptr<MetricGroup> make_limit_metrics(prometheus::Registry& registry, const MetricNames&) {
  return std::make_unique<LimitMetrics>(registry);
}

}  // namespace dcmwatch
