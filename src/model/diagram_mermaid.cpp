// Mermaid's flowchart: https://mermaid.js.org/syntax/flowchart.html
#include <algorithm>
#include <array>
#include <string_view>

#include "model/diagram.h"

namespace dcmwatch {
namespace {

constexpr std::string_view kDicom = "#0072B2", kHl7 = "#007A5A", kOther = "#7A5195", kUndeclared = "#D55E00",
                           kSilent = "#5F6B76", kUnseen = "#7B8794";

std::string_view ink_of(const Diagram::Edge& edge) {
  if (edge.labels.empty()) return kUndeclared;
  if (edge.out_of_sight()) return kUnseen;
  if (edge.silent()) return kSilent;
  switch (edge.labels.front().protocol) {
    case ServiceProtocol::dicom: return kDicom;
    case ServiceProtocol::hl7: return kHl7;
    case ServiceProtocol::other: return kOther;
  }
  return kOther;
}

// Within quotes, where Mermaid takes #34; for a character and reads Markdown and HTML.
std::string escaped(std::string_view text) {
  constexpr std::string_view kMeant = "\"#<>&`\\*_~[]{}()|;%";
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (kMeant.find(c) != std::string_view::npos) {
      out += '#' + std::to_string(code) + ';';
    } else {
      out += code < 0x20 || code == 0x7f ? ' ' : c;
    }
  }
  return out;
}

struct Outline {
  std::string_view open, close;
};

Outline outline_of(const Diagram::Card& card) {
  if (card.kind == Diagram::Card::Kind::group) return {"([", "])"};
  switch (card.role) {
    case DeviceRole::archive: return {"[(", ")]"};
    case DeviceRole::engine:
    case DeviceRole::router:
    case DeviceRole::balancer: return {"{{", "}}"};
    case DeviceRole::information_system:
    case DeviceRole::algorithm: return {"[[", "]]"};
    case DeviceRole::vendor:
    case DeviceRole::migration: return {"[/", "\\]"};
    case DeviceRole::modality:
    case DeviceRole::workstation:
    case DeviceRole::printer:
    case DeviceRole::monitor:
    case DeviceRole::scanner:
    case DeviceRole::unspecified: break;
  }
  return {"[", "]"};
}

class Mermaid {
 public:
  Mermaid(const Diagram& diagram, const std::string& date) : diagram_(diagram), date_(date) {}

  std::string draw() {
    std::string title = diagram_.title.empty() ? "Data flows" : diagram_.title;
    if (!date_.empty()) title += ", " + date_;
    // A YAML string, in which nothing but these two means anything.
    std::string quoted;
    for (const char c : title) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    line("---\ntitle: \"" + quoted + "\"\n---");
    line("flowchart LR");
    for (std::size_t zone = 0; zone < diagram_.zones.size(); ++zone) put_zone(zone);
    for (std::size_t card = 0; card < diagram_.cards.size(); ++card) {
      if (!diagram_.cards[card].zone) put_card(card, "  ");
    }
    for (const Diagram::Edge& edge : diagram_.edges) put_edge(edge);
    for (const Diagram::Conduit& conduit : diagram_.conduits) put_conduit(conduit);
    put_inks();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text).append("\n"); }

  void put_zone(std::size_t index) {
    const Diagram::Zone& zone = diagram_.zones[index];
    std::string label = "<b>" + escaped(zone.name) + "</b>";
    if (zone.security_level) label += " SL-T " + std::to_string(*zone.security_level);
    if (!zone.purpose.empty()) label += "<br/>" + escaped(zone.purpose);
    if (!zone.networks.empty()) label += "<br/>" + escaped(zone.networks);
    line("  subgraph zone_" + std::to_string(index) + "[\"" + label + "\"]");
    for (const std::size_t card : zone.cards) put_card(card, "    ");
    if (zone.cards.empty()) line("    empty_" + std::to_string(index) + "[\"no device\"]");
    line("  end");
  }

  void put_card(std::size_t index, std::string_view indent) {
    const Diagram::Card& card = diagram_.cards[index];
    std::string label = card.title.empty() ? "" : "<b>" + escaped(card.title) + "</b>";
    for (const Diagram::Row& row : card.rows) {
      if (!label.empty()) label += "<br/>";
      label += card.title.empty() ? "<b>" + escaped(row.name) + "</b>" : escaped(row.name);
      for (const std::string* const detail : {&row.titles, &row.addresses}) {
        if (!detail->empty()) label += " · " + escaped(*detail);
      }
    }
    if (card.not_shown != 0) label += "<br/>and " + std::to_string(card.not_shown) + " more";
    const auto [open, close] = outline_of(card);
    line(std::string{indent} + "card_" + std::to_string(index) + std::string{open} + '"' + label + '"' +
         std::string{close} + (card.kind == Diagram::Card::Kind::undeclared ? ":::undeclared" : ""));
  }

  static std::string end(const Diagram::End& end) {
    return (end.kind == Diagram::End::Kind::card ? "card_" : "zone_") + std::to_string(end.index);
  }

  void put_edge(const Diagram::Edge& edge) {
    std::string label;
    for (const Diagram::Label& flow : edge.labels) {
      if (!label.empty()) label += "<br/>";
      label += escaped(flow.flow + ", " + flow.service);
      if (flow.tls == TransportSecurity::required) label += ", TLS";
      if (flow.tls == TransportSecurity::forbidden) label += ", no TLS";
      if (flow.seen && flow.seen->count != 0) label += ", ×" + std::to_string(flow.seen->count);
      if (flow.seen && flow.seen->count == 0) {
        label += flow.seen->in_part        ? ", seen, not its content"
                 : flow.seen->out_of_sight ? ", could not be seen"
                                           : ", silent";
      }
      if (flow.seen && flow.seen->within_tls) label += ", seen within TLS";
      if (flow.seen && flow.seen->in_clear) label += ", seen in clear";
      if (flow.seen && flow.seen->deviating != 0) label += ", " + std::to_string(flow.seen->deviating) + " deviate";
    }
    for (const auto& [what, count] : edge.undeclared)
      label += (label.empty() ? "" : "<br/>") + escaped("undeclared " + what) + " ×" + std::to_string(count);
    put_link(end(edge.from),
             edge.silent() || edge.out_of_sight() ? "-.->"
             : edge.within_tls()                  ? "==>"
                                                  : "-->",
             end(edge.to), label, ink_of(edge));
  }

  void put_conduit(const Diagram::Conduit& conduit) {
    put_link("zone_" + std::to_string(conduit.from), "-.-", "zone_" + std::to_string(conduit.to),
             "conduit " + escaped(conduit.name + ": " + conduit.services), "#8A7636");
  }

  void put_link(const std::string& from, std::string_view arrow, const std::string& to, const std::string& label,
                std::string_view ink) {
    line("  " + from + ' ' + std::string{arrow} + "|\"" + label + "\"| " + to);
    inks_.emplace_back(ink);
  }

  void put_inks() {
    line("  classDef undeclared stroke:" + std::string{kUndeclared} + ",stroke-dasharray:4 3");
    for (std::size_t link = 0; link < inks_.size(); ++link)
      line("  linkStyle " + std::to_string(link) + " stroke:" + inks_[link]);
  }

  const Diagram& diagram_;
  const std::string& date_;
  std::string out_;
  std::vector<std::string> inks_;  ///< of the links, by their number
};

}  // namespace

std::string draw_mermaid(const Diagram& diagram, const std::string& date) { return Mermaid{diagram, date}.draw(); }

}  // namespace dcmwatch
