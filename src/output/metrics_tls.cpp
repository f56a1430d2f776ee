// dcmwatch_tls_*
#include <array>
#include <string_view>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

constexpr std::array kHandshakes{TlsHandshake::completed, TlsHandshake::refused, TlsHandshake::abandoned};
constexpr std::array<std::string_view, 2> kRoles{"server", "client"};

class TlsMetrics final : public MetricGroup {
 public:
  TlsMetrics(prometheus::Registry& registry, const MetricNames& names)
      : handshakes_(counters(registry, "dcmwatch_tls_handshakes_total",
                             "TLS handshakes that are over, by the version chosen and how they ended.",
                             {{"flow", flow_values(names)},
                              {"version", {"unknown", kTlsVersions, tls_version_name}},
                              {"outcome", {"unknown", kHandshakes, kWord}}})),
        not_after_(gauges(registry, "dcmwatch_tls_certificate_not_after_seconds",
                          "When the certificate that a declared device showed last expires, since 1970-01-01.",
                          {{"device", {kUndeclared, names.devices}}, {"role", {"unknown", kRoles}}})) {}

  void observe(const Observation& observation) override {
    const auto* tls = std::get_if<TlsConnection>(&observation.event.facts);
    if (!tls || observation.event.phase != Phase::end) return;
    handshakes_
        .at({handshakes_.values(0).number_of(observation.declared->flow),
             tls->version ? handshakes_.values(1).number_of(tls_version_name(*tls->version)) : 0,
             handshakes_.values(2).number_of(to_text(tls->handshake))})
        .Increment();
    note_expiry(observation.declared->destination.device, "server", tls->server_certificate.get());
    note_expiry(observation.declared->source.device, "client", tls->client_certificate.get());
  }

 private:
  void note_expiry(std::string_view device, std::string_view role, const TlsCertificate* certificate) {
    if (device.empty() || !certificate || !certificate->not_after) return;
    not_after_.at({not_after_.values(0).number_of(device), not_after_.values(1).number_of(role)})
        .Set(seconds(certificate->not_after->time_since_epoch()));
  }

  Counters handshakes_;
  Gauges not_after_;
};

}  // namespace

std::unique_ptr<MetricGroup> make_tls_metrics(prometheus::Registry& registry, const MetricNames& names) {
  return std::make_unique<TlsMetrics>(registry, names);
}

}  // namespace dcmwatch
