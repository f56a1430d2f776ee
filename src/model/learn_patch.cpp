#include "model/learn_patch.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "model/document.h"
#include "model/problems.h"

namespace dcmwatch {
namespace {

constexpr std::size_t kContext = 3;

using Lines = std::vector<std::string>;

/// With their ends; the last may have none.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    lines.emplace_back(text.substr(0, end + 1));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// Lines that come behind so many of the file's.
using Insertions = std::map<std::size_t, Lines>;

/// Blank, or a comment that stands for what follows.
bool is_between_sections(const std::string& line) {
  return line.starts_with('#') || line.find_first_not_of(" \t\r\n") == std::string::npos;
}

class Patching {
 public:
  Patching(const std::string& text, const std::string& file) : file_(file), lines_(lines_of(text)), problems_(file) {
    if (auto document = parse_document(text, problems_)) document_ = *std::move(document);
    problems_.throw_if_any();
    if (!lines_.empty() && lines_.front().ends_with("\r\n")) end_ = "\r\n";
  }

  /// `entries` at an indentation of the section's own; nothing if there are none.
  template <typename Entries>
  void add(std::string_view section, const Entries& entries) {
    const auto found = std::ranges::find(document_.children, section, &Node::key);
    if (found == document_.children.end()) {
      const std::string text = entries("  ");
      if (!text.empty()) new_sections_ += "\n" + std::string{section} + ":\n" + text;
      return;
    }
    const bool has_entries = !found->children.empty();
    const std::string text =
        entries(has_entries ? std::string(found->children.front().key_at.column - 1, ' ') : std::string{"  "});
    if (text.empty()) return;
    if (lines_[found->key_at.line - 1].find('{') != std::string::npos) {
      problems_.add(found->key_at,
                    "section " + in_quotes(section) + " stands on one line, so that nothing can be added",
                    "write its entries on lines of their own");
      problems_.throw_if_any();
    }
    insert(last_line_of(*found), text);
  }

  [[nodiscard]] ModelPatch take() {
    ModelPatch patch;
    if (!new_sections_.empty()) insert(lines_.size(), new_sections_);  // behind what the last one there gets
    for (std::size_t i = 0; i <= lines_.size(); ++i) {
      const auto added = insertions_.find(i);
      if (added != insertions_.end()) {
        if (i > 0 && !lines_[i - 1].ends_with('\n')) patch.patched += end_;
        for (const std::string& line : added->second) patch.patched += line;
      }
      if (i < lines_.size()) patch.patched += lines_[i];
    }
    if (insertions_.empty()) return patch;
    patch.diff = "--- " + file_ + "\n+++ " + file_ + '\n';
    std::size_t shift = 0;
    for (auto at = insertions_.cbegin(); at != insertions_.cend();) at = put_hunk(at, shift, patch.diff);
    return patch;
  }

 private:
  [[nodiscard]] std::size_t last_line_of(const Node& section) const {
    std::size_t end = lines_.size();
    for (const Node& other : document_.children) {
      if (other.key_at.line > section.key_at.line) end = std::min<std::size_t>(end, other.key_at.line - 1);
    }
    while (end > section.key_at.line && is_between_sections(lines_[end - 1])) --end;
    return end;
  }

  void insert(std::size_t behind, const std::string& text) {
    Lines& added = insertions_[behind];
    for (std::string& line : lines_of(text)) {
      line.pop_back();
      added.push_back(line + end_);
    }
  }

  /// Insertions whose contexts touch stand in one.
  Insertions::const_iterator put_hunk(Insertions::const_iterator first, std::size_t& shift, std::string& diff) const {
    auto end = std::next(first);
    std::size_t last = first->first;
    while (end != insertions_.end() && end->first <= last + 2 * kContext) last = (end++)->first;
    const std::size_t begin = first->first - std::min(first->first, kContext);
    const std::size_t stop = std::min(lines_.size(), last + kContext);
    std::string body;
    std::size_t added = 0;
    for (std::size_t i = begin; i <= stop; ++i) {
      const auto here = insertions_.find(i);
      const bool open = i > begin && !lines_[i - 1].ends_with('\n');
      if (here != insertions_.end()) {
        if (open) body += '+' + lines_[i - 1] + end_;
        for (const std::string& line : here->second) body += '+' + line;
        added += here->second.size();
      }
      if (i == stop) break;
      const bool whole = lines_[i].ends_with('\n');
      const bool ends_anew = !whole && insertions_.contains(i + 1);
      body += (ends_anew ? '-' : ' ') + lines_[i] + (whole ? "" : "\n\\ No newline at end of file\n");
    }
    const std::size_t count = stop - begin;
    const auto range = [](std::size_t from, std::size_t lines) {
      return std::to_string(lines == 0 ? from : from + 1) + ',' + std::to_string(lines);
    };
    diff += "@@ -" + range(begin, count) + " +" + range(begin + shift, count + added) + " @@\n" + body;
    shift += added;
    return end;
  }

  std::string file_;
  Lines lines_;
  Problems problems_;
  Node document_;
  std::string end_ = "\n";
  Insertions insertions_;
  std::string new_sections_;
};

}  // namespace

ModelPatch patch_model(const std::string& text, const std::string& file, const Model& known, const Draft& draft) {
  Patching patching{text, file};
  const auto add = [&](std::string_view section, std::size_t first, auto write) {
    patching.add(section, [&](const std::string& indentation) {
      return write(EntriesWanted{.first = first, .indentation = indentation});
    });
  };
  const Model& model = draft.model;
  const ModelRemarks& remarks = draft.remarks;
  add("zones", known.zones.size(), [&](const auto& wanted) { return zone_entries(model, remarks, wanted); });
  add("devices", known.devices.size(), [&](const auto& wanted) { return device_entries(model, remarks, wanted); });
  add("groups", known.groups.size(), [&](const auto& wanted) { return group_entries(model, remarks, wanted); });
  add("services", known.services.size(), [&](const auto& wanted) { return service_entries(model, remarks, wanted); });
  add("flows", known.flows.size(), [&](const auto& wanted) { return flow_entries(model, remarks, wanted); });
  add("conduits", known.conduits.size(), [&](const auto& wanted) { return conduit_entries(model, wanted); });
  return patching.take();
}

}  // namespace dcmwatch
