// TLS: who speaks it with whom, in which versions, how the handshakes ended, and whose certificates expire.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

constexpr Duration kExpiresSoon = std::chrono::days{30};
constexpr std::size_t kHandshakes = 4;

struct Row {
  std::string flow;
  std::map<std::string, std::uint64_t> versions;
  std::array<std::uint64_t, kHandshakes> handshakes{};
  std::uint64_t resumed = 0;
  std::map<std::string_view, std::uint64_t> alerts;
  bool obsolete = false;
  bool weak_cipher = false;
};

/// A certificate and who showed it.
struct Shown {
  std::string device;
  HostName subject;
  std::optional<Timestamp> not_before, not_after;

  friend auto operator<=>(const Shown&, const Shown&) = default;
};

std::string_view alert_text(const TlsAlert& alert) {
  if (!alert.description) return "a protected alert";
  const std::string_view name = tls_alert_name(*alert.description);
  return name.empty() ? "an unknown alert" : name;
}

class TlsSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* tls = std::get_if<TlsConnection>(&observation.event.facts);
    if (!tls || observation.event.phase != Phase::end) return;
    if (Row* row = rows_.of(pair_of(observation))) count(*row, observation, *tls);
    note(source_name(observation), tls->client_certificate.get());
    note(destination_name(observation), tls->server_certificate.get());
  }

  void render(TextPage& page, const RunFigures& run) const override {
    if (rows_.rows().empty()) return;
    page.heading("TLS");
    Table table{{{"from → to"}, {"flow"}, {"version"}, {"handshakes"}, {"what to look at"}}, {}};
    for (const auto& [pair, row] : rows_.rows()) {
      table.rows.push_back({{pair.source + " → " + pair.destination},
                            {row.flow.empty() ? "-" : row.flow, row.flow.empty() ? Ink::dim : Ink::plain},
                            {listed(row.versions), row.obsolete ? Ink::yellow : Ink::plain},
                            {handshakes_text(row)},
                            {doubts_text(row), Ink::yellow}});
    }
    page.table(table);
    tell_more_pairs(page, rows_.refused());
    if (run.last) render_certificates(page, *run.last);
  }

 private:
  static void count(Row& row, const Observation& observation, const TlsConnection& tls) {
    row.flow = shown(observation.declared->flow);
    ++row.versions[tls.version ? std::string{tls_version_name(*tls.version)} : "not seen"];
    ++row.handshakes[static_cast<std::size_t>(tls.handshake)];
    row.resumed += tls.resumed.value_or(false) ? 1 : 0;
    row.obsolete |= tls.version && *tls.version < kTls12;
    row.weak_cipher |= tls.cipher_suite && !tls_weaknesses(*tls.cipher_suite).empty();
    if (tls.handshake == TlsHandshake::refused && tls.alert) ++row.alerts[alert_text(*tls.alert)];
  }

  void note(std::string device, const TlsCertificate* certificate) {
    if (!certificate) return;
    certificates_.of({std::move(device), certificate->subject, certificate->not_before, certificate->not_after});
  }

  static std::string handshakes_text(const Row& row) {
    std::string text;
    for (std::size_t i = 0; i < kHandshakes; ++i) {
      const auto handshake = static_cast<TlsHandshake>((i + 1) % kHandshakes);  // what could not be seen, last
      const std::uint64_t times = row.handshakes[static_cast<std::size_t>(handshake)];
      if (times == 0) continue;
      text.append(text.empty() ? "" : ", ").append(grouped(times) + ' ');
      text += handshake == TlsHandshake::unknown ? "not seen to end" : to_text(handshake);
    }
    return row.resumed == 0 ? text : text + " (" + grouped(row.resumed) + " resumed)";
  }

  static std::string doubts_text(const Row& row) {
    std::string text;
    const auto add = [&text](std::string_view doubt) { text.append(text.empty() ? "" : ", ").append(doubt); };
    if (row.obsolete) add("a version before TLS 1.2");
    if (row.weak_cipher) add("a weak cipher suite");
    for (const auto& [alert, times] : row.alerts) add(grouped(times) + ' ' + std::string{alert});
    return text;
  }

  void render_certificates(TextPage& page, Timestamp now) const {
    Table table{{{"certificate of"}, {"subject"}, {"valid"}, {""}}, {}};
    for (const auto& [certificate, _] : certificates_.rows()) {
      const std::string doubt = expiry_text(certificate, now);
      if (doubt.empty()) continue;
      const auto day = [](const std::optional<Timestamp>& time) { return time ? time_text(*time).substr(0, 10) : "-"; };
      table.rows.push_back({{certificate.device},
                            {certificate.subject.empty() ? "-" : std::string{certificate.subject}},
                            {day(certificate.not_before) + " to " + day(certificate.not_after)},
                            {doubt, Ink::yellow}});
    }
    if (table.rows.empty()) return;
    page.gap();
    page.table(table);
  }

  static std::string expiry_text(const Shown& certificate, Timestamp now) {
    if (certificate.not_before && now < *certificate.not_before) return "not yet valid";
    if (!certificate.not_after) return {};
    if (*certificate.not_after < now) return "expired";
    const Duration left = *certificate.not_after - now;
    return left > kExpiresSoon ? std::string{} : "expires in " + duration_text(left);
  }

  struct Nothing {};

  BoundedRows<Pair, Row> rows_{kSummaryPairs};
  BoundedRows<Shown, Nothing> certificates_{kSummaryPairs};
};

}  // namespace

std::unique_ptr<SummarySection> make_tls_section() { return std::make_unique<TlsSection>(); }

}  // namespace dcmwatch
