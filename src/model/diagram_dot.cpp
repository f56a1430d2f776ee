// Graphviz DOT, laid out by `dot`: https://graphviz.org/doc/info/lang.html and shapes.html#html.
#include <algorithm>
#include <array>
#include <string_view>

#include "model/diagram.h"

namespace dcmwatch {
namespace {

using namespace std::string_view_literals;

// Okabe and Ito's colours, told apart by the colour-blind; what they say is said by line or word, too.
constexpr std::string_view kDicom = "#0072B2", kHl7 = "#007A5A", kOther = "#7A5195", kUndeclared = "#D55E00",
                           kSilent = "#5F6B76", kUnseen = "#7B8794", kInk = "#1F2933", kPale = "#5F6B76",
                           kPaper = "#FFFFFF";
constexpr std::array kZoneTints{"#EEF5FB"sv, "#EFF8F2"sv, "#FBF6EA"sv, "#F6F0F8"sv,
                                "#EDF7F8"sv, "#FBF1EE"sv, "#F3F4F0"sv, "#F2F2F7"sv};
constexpr std::string_view kFont = "Helvetica,Arial,sans-serif";

constexpr unsigned kLabelPadding = 3;  // what is drawn is a little wider than what Graphviz reckons

std::string_view ink_of(ServiceProtocol protocol) {
  switch (protocol) {
    case ServiceProtocol::dicom: return kDicom;
    case ServiceProtocol::hl7: return kHl7;
    case ServiceProtocol::other: return kOther;
  }
  return kInk;
}

std::string_view shape_of(DeviceRole role) {
  switch (role) {
    case DeviceRole::archive: return "cylinder";
    case DeviceRole::modality: return "box3d";
    case DeviceRole::information_system: return "tab";
    case DeviceRole::engine:
    case DeviceRole::router:
    case DeviceRole::balancer: return "hexagon";
    case DeviceRole::algorithm: return "component";
    case DeviceRole::printer: return "note";
    case DeviceRole::monitor:
    case DeviceRole::scanner: return "octagon";
    case DeviceRole::migration: return "folder";
    case DeviceRole::vendor: return "house";
    case DeviceRole::workstation:
    case DeviceRole::unspecified: break;
  }
  return "box";
}

// Of an HTML-like label (XML 1.0 2.4); a control character is none in XML.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

// Of a quoted string, where a backslash begins an escape of Graphviz's own.
std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return out + '"';
}

// Graphviz takes no element without content.
std::string font(std::string_view text, std::string_view ink, unsigned points) {
  if (text.empty()) return {};
  return "<FONT COLOR=\"" + std::string{ink} + "\" POINT-SIZE=\"" + std::to_string(points) + "\">" + std::string{text} +
         "</FONT>";
}

std::string bold(std::string_view text) { return text.empty() ? std::string{} : "<B>" + std::string{text} + "</B>"; }

std::string cell(std::string_view content, std::string_view attributes = "ALIGN=\"LEFT\"") {
  return "<TD " + std::string{attributes} + '>' + std::string{content} + "</TD>";
}

std::string table(std::string_view rows, unsigned padding, std::string_view attributes = {}) {
  return "<TABLE " + std::string{attributes} + R"(BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING=")" +
         std::to_string(padding) + "\">" + std::string{rows} + "</TABLE>";
}

// Graphviz puts it where there is room, be that on a zone's border: which is not to strike it through.
std::string edge_label(std::string_view rows) {
  return table(rows, kLabelPadding, R"(BGCOLOR="#FFFFFFD9" STYLE="ROUNDED" )");
}

class Dot {
 public:
  Dot(const Diagram& diagram, const std::string& date) : diagram_(diagram), date_(date) {}

  std::string draw() {
    line("// Data flows as declared; made by dcmwatch model draw.");
    line("digraph flows {");
    put_defaults();
    for (std::size_t zone = 0; zone < diagram_.zones.size(); ++zone) put_zone(zone);
    for (std::size_t card = 0; card < diagram_.cards.size(); ++card) {
      if (!diagram_.cards[card].zone) put_card(card, "  ");
    }
    for (const Diagram::Conduit& conduit : diagram_.conduits) put_conduit(conduit);
    for (const Diagram::Edge& edge : diagram_.edges) put_edge(edge);
    line("}");
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text).append("\n"); }

  void put_defaults() {
    const std::string font_name = "fontname=\"" + std::string{kFont} + "\"";
    line("  graph [rankdir=LR, compound=true, newrank=true, splines=spline, nodesep=0.28, ranksep=1.1, pad=0.4, " +
         font_name + ", fontcolor=\"" + std::string{kInk} + "\", labelloc=t, labeljust=l, bgcolor=\"" +
         std::string{kPaper} + "\"];");
    line("  node [shape=box, style=\"filled\", fillcolor=\"" + std::string{kPaper} +
         "\", color=\"#7B8794\", margin=\"0.12,0.06\", " + font_name + ", fontsize=11, fontcolor=\"" +
         std::string{kInk} + "\"];");
    line("  edge [" + font_name + ", fontsize=10, fontcolor=\"" + std::string{kInk} +
         "\", arrowsize=0.7, penwidth=1.3];");
    line("  label=" + heading() + ';');
  }

  std::string heading() const {
    const std::string title = diagram_.title.empty() ? "Data flows" : diagram_.title;
    std::string subtitle = diagram_.overlaid ? "Data flows, declared and observed" : "Data flows as declared";
    if (!date_.empty()) subtitle += " · " + date_;
    std::string rows = "<TR>" + cell(font(bold(escaped(title)), kInk, 26)) + "</TR><TR>" +
                       cell(font(escaped(subtitle), kPale, 13)) + "</TR><TR>" + cell(legend()) +
                       "</TR><TR><TD HEIGHT=\"12\"></TD></TR>";
    return "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"3\">" + rows + "</TABLE>>";
  }

  // Cells, since blanks at the ends of a text are no room in SVG.
  std::string legend() const {
    std::string cells;
    const auto say = [&](const std::string& text) { cells += cell(font(text, kPale, 11)) + cell("", "WIDTH=\"12\""); };
    const auto entry = [&](std::string_view line_text, std::string_view ink, std::string_view meaning) {
      cells += cell(font(line_text, ink, 12));
      say(escaped(meaning));
    };
    entry("━━▶", kDicom, "DICOM");
    entry("━━▶", kHl7, "HL7");
    entry("━━▶", kOther, "other services");
    entry("══▶", kInk, "within TLS only");
    if (diagram_.overlaid) {
      entry("×12", kInk, "seen so often");
      entry("╌╌▶ ∅", kSilent, "silent: in sight, and not seen");
      entry("┈┈▷ ?", kUnseen, "could not be seen");
      entry("━━▶", kUndeclared, "undeclared");
    }
    if (!diagram_.conduits.empty()) entry("▬▬", "#D9C58B", "conduit");
    say("the arrow points at who listens");
    if (diagram_.denials != 0)
      say(std::to_string(diagram_.denials) + (diagram_.denials == 1 ? " denial" : " denials") + " not drawn");
    return table("<TR>" + cells + "</TR>", 2);
  }

  // A node above the zone's first card, for a label of the zone itself is drawn over by what passes through it.
  void put_zone_head(std::size_t index) {
    const Diagram::Zone& zone = diagram_.zones[index];
    const auto row = [](const std::string& content) {
      return "<TR>" + cell(content, R"(ALIGN="LEFT" COLSPAN="2")") + "</TR>";
    };
    std::string rows = "<TR>" + cell(font(bold(escaped(zone.name)), kInk, 14)) +
                       (zone.security_level
                            ? cell(font("SL-T " + std::to_string(*zone.security_level), kDicom, 10), R"(ALIGN="RIGHT")")
                            : cell("")) +
                       "</TR>";
    if (!zone.purpose.empty()) rows += row(wrapped(zone.purpose));
    if (!zone.networks.empty()) rows += row(font(escaped(zone.networks), kPale, 9));
    const std::string head = "head_" + std::to_string(index);
    line("    " + head + " [shape=plain, style=\"\", label=<" + table(rows, 1) + ">];");
    line("    {rank=same; " + head + "; " + first_of(index) + ";}");
    line("    " + first_of(index) + " -> " + head + " [style=invis];");
  }

  std::string first_of(std::size_t zone) const {
    const auto& cards = diagram_.zones[zone].cards;
    return cards.empty() ? empty_node(zone) : node(cards.front());
  }

  void put_zone(std::size_t index) {
    const Diagram::Zone& zone = diagram_.zones[index];
    line("  subgraph cluster_" + std::to_string(index) + " {");
    line("    graph [label=\"\", style=\"rounded,filled\", color=\"#B8C2CC\", penwidth=1.2, margin=14, fillcolor=\"" +
         std::string{kZoneTints[index % kZoneTints.size()]} + "\", tooltip=" + dot_string(zone.name) + "];");
    put_zone_head(index);
    for (const std::size_t card : zone.cards) put_card(card, "    ");
    // A cluster has to hold something to be drawn.
    if (zone.cards.empty())
      line("    " + empty_node(index) + " [shape=plaintext, style=\"\", label=<" + font("no device", kSilent, 10) +
           ">];");
    line("  }");
  }

  // Broken between words, so that a purpose does not stretch its zone over the sheet.
  static std::string wrapped(std::string_view text) {
    constexpr std::size_t kColumns = 38;
    std::string out, row;
    const auto flush = [&] {
      if (!row.empty()) out += font(escaped(row), kPale, 10) + "<BR ALIGN=\"LEFT\"/>";
      row.clear();
    };
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      if (!row.empty() && row.size() + 1 + word.size() > kColumns) flush();
      if (!word.empty()) row += (row.empty() ? "" : " ") + std::string{word};
      text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    flush();
    return out;
  }

  void put_card(std::size_t index, std::string_view indent) {
    const Diagram::Card& card = diagram_.cards[index];
    std::string rows;
    if (!card.title.empty())
      rows +=
          "<TR>" +
          cell(font(bold(escaped(card.title)), card.kind == Diagram::Card::Kind::undeclared ? kUndeclared : kInk, 11),
               "ALIGN=\"LEFT\" COLSPAN=\"3\"") +
          "</TR>";
    std::string tooltip;
    for (const Diagram::Row& row : card.rows) {
      rows += card.rows.size() == 1 && card.kind == Diagram::Card::Kind::devices ? lone_row(row, card.role)
                                                                                 : shared_row(row, card);
      if (!row.description.empty()) tooltip += (tooltip.empty() ? "" : "; ") + row.name + ": " + row.description;
    }
    if (card.not_shown != 0)
      rows += "<TR>" +
              cell(font("and " + std::to_string(card.not_shown) + " more", kPale, 9), "ALIGN=\"LEFT\" COLSPAN=\"3\"") +
              "</TR>";
    line(std::string{indent} + node(index) + " [" + attributes_of(card) +
         "tooltip=" + dot_string(tooltip.empty() ? " " : tooltip) +
         ", label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">" + rows + "</TABLE>>];");
  }

  static std::string attributes_of(const Diagram::Card& card) {
    switch (card.kind) {
      case Diagram::Card::Kind::devices: {
        const std::string_view shape = shape_of(card.role);
        // Graphviz rounds boxes alone.
        return "shape=" + std::string{shape} + ", " + (shape == "box" ? "style=\"rounded,filled\", " : "");
      }
      case Diagram::Card::Kind::group: return "style=\"rounded,filled,dashed\", fillcolor=\"#F7F9FA\", ";
      case Diagram::Card::Kind::undeclared:
        return "style=\"rounded,filled,dashed\", penwidth=1.6, color=\"" + std::string{kUndeclared} +
               "\", fillcolor=\"#FDF1E8\", ";
    }
    return {};
  }

  static std::string lone_row(const Diagram::Row& row, DeviceRole role) {
    std::string rows = "<TR>" + cell(font(bold(escaped(row.name)), kInk, 12), "") + "</TR>";
    const auto put = [&](const std::string& text) {
      if (!text.empty()) rows += "<TR>" + cell(font(escaped(text), kPale, 9), "") + "</TR>";
    };
    put(std::string{to_text(role)});
    put(row.titles);
    put(row.addresses);
    return rows;
  }

  static std::string shared_row(const Diagram::Row& row, const Diagram::Card& card) {
    const bool devices = card.kind == Diagram::Card::Kind::devices;
    return "<TR>" + cell(devices ? font(bold(escaped(row.name)), kInk, 11) : font(escaped(row.name), kPale, 10)) +
           cell(font(escaped(row.titles), kPale, 9)) + cell(font(escaped(row.addresses), kPale, 9)) + "</TR>";
  }

  static std::string node(std::size_t card) { return "card_" + std::to_string(card); }
  static std::string empty_node(std::size_t zone) { return "empty_" + std::to_string(zone); }

  /// A card that stands for a zone: edges are cut off where they meet the zone's border.
  std::string anchor(std::size_t zone) const {
    const auto& cards = diagram_.zones[zone].cards;
    return cards.empty() ? empty_node(zone) : node(cards[cards.size() / 2]);
  }
  std::string anchor(const Diagram::End& end) const {
    return end.kind == Diagram::End::Kind::card ? node(end.index) : anchor(end.index);
  }

  // Cut off at the zone only where the other end lies outside of it.
  std::string cut(const Diagram::End& end, const Diagram::End& other, std::string_view where) const {
    if (end.kind == Diagram::End::Kind::card) return {};
    const auto other_zone =
        other.kind == Diagram::End::Kind::zone ? std::optional{other.index} : diagram_.cards[other.index].zone;
    if (other_zone == end.index) return {};
    return ", " + std::string{where} + "=cluster_" + std::to_string(end.index);
  }

  void put_edge(const Diagram::Edge& edge) {
    std::string text = "  " + anchor(edge.from) + " -> " + anchor(edge.to) + " [";
    if (edge.labels.empty()) {
      text +=
          "color=\"" + std::string{kUndeclared} + "\", penwidth=2.6, label=<" + edge_label(undeclared_rows(edge)) + '>';
    } else {
      text += style_of(edge) + "label=<" + label_of(edge) + '>';
    }
    line(text + cut(edge.from, edge.to, "ltail") + cut(edge.to, edge.from, "lhead") + "];");
  }

  static std::string undeclared_rows(const Diagram::Edge& edge) {
    constexpr std::size_t kRows = 4;
    std::string rows;
    const auto put = [&](const std::string& what, std::uint64_t count) {
      rows += "<TR>" + cell(font("undeclared", kUndeclared, 11)) + cell(font(escaped(what), kUndeclared, 10)) +
              cell(font(bold("×" + std::to_string(count)), kUndeclared, 10)) + "</TR>";
    };
    std::size_t put_so_far = 0;
    std::uint64_t more = 0;
    for (const auto& [what, count] : edge.undeclared) ++put_so_far <= kRows ? put(what, count) : void(more += count);
    if (more != 0) put("others", more);
    return rows;
  }

  static std::string style_of(const Diagram::Edge& edge) {
    if (edge.out_of_sight()) return "style=dotted, arrowhead=empty, color=\"" + std::string{kUnseen} + "\", ";
    if (edge.silent()) return "style=dashed, color=\"" + std::string{kSilent} + "\", ";
    const ServiceProtocol protocol = edge.labels.front().protocol;
    const bool same = std::ranges::all_of(edge.labels, [&](const auto& label) { return label.protocol == protocol; });
    const std::string ink{same ? ink_of(protocol) : kInk};
    const bool observed = edge.labels.front().seen.has_value();
    return std::string{edge.hidden() ? "style=dotted, penwidth=2, "
                       : observed    ? "penwidth=2, "
                                     : ""} +
           "color=\"" + (edge.within_tls() ? ink + ":" + std::string{kPaper} + ":" + ink : ink) + "\", ";
  }

  static std::string label_of(const Diagram::Edge& edge) {
    std::string rows;
    for (const Diagram::Label& label : edge.labels) rows += "<TR>" + cells_of(label) + "</TR>";
    return edge_label(rows);
  }

  // In no bold type but at the end, since Graphviz may know the widths of the plain one alone.
  static std::string cells_of(const Diagram::Label& label) {
    const bool unseen = label.seen && label.seen->count == 0 && !label.seen->in_part;
    const std::string_view ink = !unseen ? ink_of(label.protocol) : label.seen->out_of_sight ? kUnseen : kSilent;
    std::string cells =
        cell(font(escaped(label.flow), ink, 11)) + cell(font(escaped(label.service), unseen ? ink : kPale, 9));
    const auto put = [&](const std::string& text, std::string_view colour) {
      if (!text.empty()) cells += cell(font(text, colour, 9));
    };
    put(tls_of(label),
        label.seen && label.seen->in_clear && label.tls == TransportSecurity::required ? kUndeclared : kInk);
    if (!label.seen) return cells;
    if (unseen) put(label.seen->out_of_sight ? "? could not be seen" : "∅ silent", ink);
    if (label.seen->count != 0) put(bold("×" + std::to_string(label.seen->count)), kInk);
    if (label.seen->count == 0 && label.seen->in_part) put("seen, not its content", kPale);
    if (label.seen->deviating != 0) put(bold(std::to_string(label.seen->deviating) + " deviate"), kUndeclared);
    return cells;
  }

  // What was seen, where anything was; else what is declared.
  static std::string tls_of(const Diagram::Label& label) {
    if (label.seen && (label.seen->within_tls || label.seen->in_clear)) {
      if (!label.seen->in_clear) return bold("TLS");
      return label.seen->within_tls ? "TLS, and in clear" : "in clear";
    }
    switch (label.tls) {
      case TransportSecurity::required: return bold("TLS");
      case TransportSecurity::forbidden: return "no TLS";
      case TransportSecurity::allowed: break;
    }
    return {};
  }

  void put_conduit(const Diagram::Conduit& conduit) {
    line("  " + anchor(conduit.from) + " -> " + anchor(conduit.to) +
         " [color=\"#E9DDB8\", penwidth=9, arrowhead=none, label=<" +
         font(escaped(conduit.name + ": " + conduit.services), "#8A7636", 9) + ">, ltail=cluster_" +
         std::to_string(conduit.from) + ", lhead=cluster_" + std::to_string(conduit.to) + "];");
  }

  const Diagram& diagram_;
  const std::string& date_;
  std::string out_;
};

}  // namespace

std::string draw_dot(const Diagram& diagram, const std::string& date) { return Dot{diagram, date}.draw(); }

}  // namespace dcmwatch
