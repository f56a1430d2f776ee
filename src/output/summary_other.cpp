// Connections that carried neither DICOM nor HL7: one line a protocol.
#include "output/summary_section.h"
#include "output/wording.h"

namespace dcmwatch {
namespace {

struct Row {
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;
};

class OtherSection final : public SummarySection {
 public:
  void observe(const Observation& observation) override {
    const auto* connection = std::get_if<ConnectionFact>(&observation.event.facts);
    const Protocol protocol = observation.event.protocol;
    if (!connection || observation.event.phase != Phase::end || protocol == Protocol::dicom ||
        protocol == Protocol::hl7)
      return;
    Row& row = rows_[protocol];
    ++row.connections;
    row.bytes += connection->bytes[0] + connection->bytes[1];
  }

  void render(TextPage& page, const RunFigures&) const override {
    if (rows_.empty()) return;
    Table table{{{"protocol"}, {"connections", Align::right}, {"volume", Align::right}, {""}}, {}};
    for (const auto& [protocol, row] : rows_) {
      table.rows.push_back({{std::string{to_text(protocol)}}, {grouped(row.connections)}, {bytes_text(row.bytes)}, {}});
    }
    page.heading("Other connections");
    page.table(table);
  }

 private:
  std::map<Protocol, Row> rows_;
};

}  // namespace

std::unique_ptr<SummarySection> make_other_section() { return std::make_unique<OtherSection>(); }

}  // namespace dcmwatch
