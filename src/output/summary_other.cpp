// Connections that carried neither DICOM nor HL7: one line a declared flow, and one a protocol that no flow declares.
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Row {
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;
};

/// "tls", "flow vendor-vpn (tls)"; what the content does not tell, the flow that declares it does.
std::string what_of(const Observation& observation, std::uint64_t bytes) {
  const std::string protocol{to_text(observation.event.protocol)};
  const Declared& declared = *observation.declared;
  if (declared.flow.empty() || !declared.deviations.empty()) return protocol;
  const std::string flow = "flow " + shown(declared.flow);
  if (observation.event.protocol != Protocol::unidentified) return flow + " (" + protocol + ')';
  return bytes == 0 ? flow + " (nothing was sent)" : flow;
}

class OtherSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* connection = std::get_if<ConnectionFact>(&observation.event.facts);
    const Protocol protocol = observation.event.protocol;
    if (!connection || observation.event.phase != Phase::end || protocol == Protocol::dicom ||
        protocol == Protocol::hl7 || never_came_about(observation.event, *connection))
      return;
    const std::uint64_t bytes = connection->bytes[0] + connection->bytes[1];
    Row& row = rows_[what_of(observation, bytes)];
    ++row.connections;
    row.bytes += bytes;
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.empty()) return;
    Table table{{{"what"}, {"connections", Align::right}, {"volume", Align::right}, {""}}, {}};
    for (const auto& [what, row] : rows_) {
      table.rows.push_back({{what}, {grouped(row.connections)}, {bytes_text(row.bytes)}, {}});
    }
    page.heading("Other connections");
    page.table(table);
  }

 private:
  std::map<std::string, Row> rows_;  ///< bounded by the declared flows
};

}  // namespace

std::unique_ptr<SummarySection> make_other_section() { return std::make_unique<OtherSection>(); }

}  // namespace dcmwatch
