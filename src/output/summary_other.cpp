// Connections that carried neither DICOM nor HL7: one line a declared flow, and one a protocol that no flow declares.
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Row {
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;
};

using Carried = std::pair<Protocol, std::string>;  ///< what it is by its content, and the declared flow's name

/// "tls", "flow vendor-vpn (tls)"; what the content does not tell, the flow that declares it does
std::string name_of(const Carried& carried) {
  const std::string protocol{to_text(carried.first)};
  if (carried.second.empty()) return protocol;
  return "flow " + carried.second + (carried.first == Protocol::unidentified ? "" : " (" + protocol + ')');
}

class OtherSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* connection = std::get_if<ConnectionFact>(&observation.event.facts);
    const Protocol protocol = observation.event.protocol;
    if (!connection || observation.event.phase != Phase::end || protocol == Protocol::dicom ||
        protocol == Protocol::hl7)
      return;
    Row& row = rows_[{protocol, shown(observation.declared.flow)}];
    ++row.connections;
    row.bytes += connection->bytes[0] + connection->bytes[1];
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.empty()) return;
    Table table{{{"what"}, {"connections", Align::right}, {"volume", Align::right}, {""}}, {}};
    for (const auto& [carried, row] : rows_) {
      table.rows.push_back({{name_of(carried)}, {grouped(row.connections)}, {bytes_text(row.bytes)}, {}});
    }
    page.heading("Other connections");
    page.table(table);
  }

 private:
  std::map<Carried, Row> rows_;  ///< bounded by the declared flows
};

}  // namespace

std::unique_ptr<SummarySection> make_other_section() { return std::make_unique<OtherSection>(); }

}  // namespace dcmwatch
