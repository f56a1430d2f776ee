#include "model/fingerprints.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "model/map_reader.h"
#include "model/sop_classes.h"

namespace dcmwatch {
namespace {

constexpr std::array<std::string_view, 4> kConfidences{"none", "low", "medium", "high"};
constexpr std::span kWritableConfidences = std::span{kConfidences}.subspan(1);
constexpr std::array<std::string_view, 1> kVersionPlaces{"follows"};
constexpr std::size_t kVersionNameLength = 16;  // PS3.7 D.3.3.2.3
// Of a UID in nobody's list no more is told than this: iso(1).member-body(2).country.organisation and its like.
constexpr std::size_t kUnknownRootComponents = 4;

using Prints = std::vector<Fingerprint>;

// Calls `visit` for every print whose key the text begins with, the shortest first. Of prints sorted by key, those that
// share the characters read so far stand together; each character narrows them.
template <typename Visit>
void visit_prefixes(const Prints& prints, std::string_view text, Visit visit) {
  auto first = prints.begin();
  auto last = prints.end();
  for (std::size_t read = 0;; ++read) {
    for (; first != last && first->key.size() == read; ++first) visit(*first);
    if (first == last || read == text.size()) return;
    const auto byte = [read](std::string_view key) { return static_cast<unsigned char>(key[read]); };
    const auto next = byte(text);
    first = std::partition_point(first, last, [&](const Fingerprint& print) { return byte(print.key) < next; });
    last = std::partition_point(first, last, [&](const Fingerprint& print) { return byte(print.key) == next; });
  }
}

// Whole components: 1.2.84 is not within 1.2.8.
bool within(std::string_view uid, std::string_view arc) {
  return uid.starts_with(arc) && (uid.size() == arc.size() || uid[arc.size()] == '.');
}

const Fingerprint* longest_arc(const Prints& prints, std::string_view uid) {
  const Fingerprint* found = nullptr;
  visit_prefixes(prints, uid, [&](const Fingerprint& print) {
    if (within(uid, print.key)) found = &print;
  });
  return found;
}

bool fits(const Fingerprint& print, std::string_view version_name, std::string_view class_uid) {
  if (!print.within.empty() && !within(class_uid, print.within)) return false;
  if (!print.wildcard) return version_name.size() == print.key.size();
  return version_name.size() >= print.key.size() + print.suffix.size() && version_name.ends_with(print.suffix);
}

const Fingerprint* longest_name(const Prints& prints, std::string_view version_name, std::string_view class_uid) {
  const Fingerprint* found = nullptr;
  visit_prefixes(prints, version_name, [&](const Fingerprint& print) {
    if (fits(print, version_name, class_uid)) found = &print;
  });
  return found;
}

// The first components of what may be a UID, counted beyond those of `arc`.
std::string_view first_components(std::string_view text, std::size_t arc, std::size_t components) {
  std::size_t end = arc;
  while (components-- != 0) {
    const std::size_t begin = end == 0 ? 0 : end + 1;
    if (begin >= text.size() || (end != 0 && text[end] != '.')) break;
    const std::size_t stop = std::min(text.find_first_not_of("0123456789", begin), text.size());
    if (stop == begin) break;
    end = stop;
  }
  return text.substr(0, end);
}

std::string_view version_after(const Fingerprint& arc, std::string_view class_uid) {
  if (!arc.version_follows || class_uid.size() <= arc.key.size()) return {};
  const std::string_view version = class_uid.substr(arc.key.size() + 1);
  return version.find_first_not_of("0123456789.") == std::string_view::npos ? version : std::string_view{};
}

std::string_view version_in(const Fingerprint& name, std::string_view version_name) {
  if (!name.wildcard) return {};
  version_name.remove_prefix(name.key.size());
  version_name.remove_suffix(name.suffix.size());
  return version_name;
}

bool names_a_thing(const Fingerprint& print) { return !print.toolkit.empty() || !print.product.empty(); }
bool differ(std::string_view one, std::string_view other) { return !one.empty() && !other.empty() && one != other; }
bool agree(std::string_view one, std::string_view other) { return !one.empty() && one == other; }

ImplementationHint hint_of(const Fingerprint& arc, std::string_view class_uid) {
  return {.root = class_uid.substr(0, arc.key.size()),
          .manufacturer = arc.manufacturer,
          .toolkit = arc.toolkit,
          .product = arc.product,
          .version = version_after(arc, class_uid),
          .confidence = names_a_thing(arc) ? arc.confidence : std::min(arc.confidence, Confidence::low)};
}

// Two that say the same are as sure as the surer; of two that contradict one another the name is the likelier, for
// class UIDs are borrowed, but neither is sure.
Confidence confidence_with(const ImplementationHint& hint, const Fingerprint& name) {
  if (differ(hint.toolkit, name.toolkit)) return Confidence::low;
  if (agree(hint.toolkit, name.toolkit) || agree(hint.product, name.product))
    return std::max(hint.confidence, name.confidence);
  return name.confidence;
}

void add(const Fingerprint& name, std::string_view version_name, ImplementationHint& hint) {
  hint.confidence = confidence_with(hint, name);
  // A version in the class UID is of its toolkit, and has the dots that "OFFIS_DCMTK_367" lacks.
  if (hint.version.empty() || !name.product.empty() || differ(hint.toolkit, name.toolkit))
    hint.version = version_in(name, version_name);
  if (!name.toolkit.empty()) hint.toolkit = name.toolkit;
  if (!name.product.empty()) hint.product = name.product;
}

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}

  Prints class_uids, version_names;

  void read(const Node& root) {
    MapReader map{root, "a table of fingerprints", problems_};
    if (const Node* const node = map.optional("registrars")) read_each(*node, &Reader::read_registrar);
    if (const Node* const node = map.required("class_uids", "write '1.2.3: {manufacturer: …}' beneath it"))
      read_each(*node, &Reader::read_class_uid);
    if (const Node* const node = map.required("version_names", "write 'NAME_*: {toolkit: …}' beneath it"))
      read_each(*node, &Reader::read_version_name);
    map.done();
    std::sort(class_uids.begin(), class_uids.end(), shorter_first);
    std::sort(version_names.begin(), version_names.end(), shorter_first);
    inherit_manufacturers();
  }

 private:
  // By key; of one key, what fits fewest names last.
  static bool shorter_first(const Fingerprint& one, const Fingerprint& other) {
    const auto order = [](const Fingerprint& print) {
      return std::tuple{std::string_view{print.key}, !print.wildcard, print.suffix.size()};
    };
    return order(one) < order(other);
  }

  void read_each(const Node& section, void (Reader::*read_one)(const Node&)) {
    if (section.kind != Node::Kind::map)
      return problems_.add(section.key_at, in_quotes(section.key) + " must be a map of 'key: value' lines");
    for (const Node& entry : section.children) (this->*read_one)(entry);
  }

  void read_registrar(const Node& entry) {
    scalar(entry, "who gives out numbers beneath " + in_quotes(entry.key), problems_);
    if (!check_arc(entry.key, entry.key_at)) return;
    Fingerprint print;
    print.key = entry.key;
    print.registrar = true;
    class_uids.push_back(std::move(print));
  }

  void read_class_uid(const Node& entry) {
    MapReader map{entry, "class UID " + in_quotes(entry.key), problems_};
    Fingerprint print = read_common(map);
    print.key = entry.key;
    print.manufacturer = map.text("manufacturer");
    if (const Node* const version = map.optional("version"))
      print.version_follows = one_of(*version, "'version'", kVersionPlaces).has_value();
    map.done();
    if (map.usable() && print.manufacturer.empty() && !names_a_thing(print)) {
      problems_.add(entry.key_at, "class UID " + in_quotes(entry.key) + " says nothing",
                    "write its manufacturer, toolkit or product");
    }
    const bool given = std::any_of(class_uids.begin(), class_uids.end(),
                                   [&](const Fingerprint& other) { return other.registrar && other.key == print.key; });
    if (given) problems_.add(entry.key_at, in_quotes(entry.key) + " is a registrar too", "keep one");
    if (check_arc(entry.key, entry.key_at)) class_uids.push_back(std::move(print));
  }

  void read_version_name(const Node& entry) {
    MapReader map{entry, "version name " + in_quotes(entry.key), problems_};
    Fingerprint print = read_common(map);
    if (const Node* const arc = map.optional("class_uid")) {
      print.within = scalar(*arc, "'class_uid'", problems_).value_or(std::string_view{});
      check_arc(print.within, arc->at);
    }
    map.done();
    if (map.usable() && !names_a_thing(print))
      problems_.add(entry.key_at, "version name " + in_quotes(entry.key) + " names neither toolkit nor product");
    const std::size_t star = entry.key.find('*');
    print.wildcard = star != std::string::npos;
    print.key = entry.key.substr(0, star);
    if (print.wildcard) print.suffix = entry.key.substr(star + 1);
    const std::size_t length = print.key.size() + print.suffix.size();
    if (length == 0 || length > kVersionNameLength || print.suffix.find('*') != std::string::npos) {
      problems_.add(entry.key_at, in_quotes(entry.key) + " is no version name",
                    "1 to 16 characters, and at most one *, which stands for the version");
    }
    version_names.push_back(std::move(print));
  }

  Fingerprint read_common(MapReader& map) {
    Fingerprint print;
    print.toolkit = map.text("toolkit");
    print.product = map.text("product");
    if (const Node* const node = map.required("confidence", "one of: " + listed(kWritableConfidences))) {
      if (const auto index = one_of(*node, "'confidence'", kWritableConfidences))
        print.confidence = static_cast<Confidence>(*index + 1);
    }
    if (const Node* const node = map.required("source", "say where the values come from"))
      scalar(*node, "'source'", problems_);
    return print;
  }

  std::optional<std::size_t> one_of(const Node& node, std::string_view what, std::span<const std::string_view> known) {
    const auto text = scalar(node, what, problems_);
    if (!text) return std::nullopt;
    const auto found = std::find(known.begin(), known.end(), *text);
    if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
    problems_.add(node.at, std::string{what} + " is " + in_quotes(*text), suggest(*text, known));
    return std::nullopt;
  }

  bool check_arc(std::string_view text, Position at) {
    if (is_uid(text)) return true;
    problems_.add(at, in_quotes(text) + " is no arc of UIDs", "write numbers with dots between, as in 1.2.840");
    return false;
  }

  // An arc belongs to the owner of the shortest one around it, unless it was given away.
  void inherit_manufacturers() {
    for (Fingerprint& print : class_uids) {
      if (print.registrar || !print.manufacturer.empty()) continue;
      const std::string_view around = std::string_view{print.key}.substr(0, print.key.rfind('.'));
      if (const Fingerprint* const owner = longest_arc(class_uids, around)) print.manufacturer = owner->manufacturer;
    }
  }

  Problems& problems_;
};

}  // namespace

std::string_view to_text(Confidence confidence) { return kConfidences.at(static_cast<std::size_t>(confidence)); }

Fingerprints Fingerprints::load(const std::filesystem::path& file) {
  Problems problems{file.string()};
  return from(read_document(file, problems), problems);
}

Fingerprints Fingerprints::parse(const std::string& text, const std::string& name) {
  Problems problems{name};
  return from(parse_document(text, problems), problems);
}

Fingerprints Fingerprints::from(const std::optional<Node>& document, Problems& problems) {
  Reader reader{problems};
  if (document) reader.read(*document);
  problems.throw_if_any();
  Fingerprints fingerprints;
  fingerprints.class_uids_ = std::move(reader.class_uids);
  fingerprints.version_names_ = std::move(reader.version_names);
  return fingerprints;
}

ImplementationHint Fingerprints::find(std::string_view class_uid, std::string_view version_name) const {
  ImplementationHint hint;
  const Fingerprint* const arc = longest_arc(class_uids_, class_uid);
  if (!arc) {
    hint.root = first_components(class_uid, 0, kUnknownRootComponents);
  } else if (arc->registrar) {
    hint.root = first_components(class_uid, arc->key.size(), 1);
  } else {
    hint = hint_of(*arc, class_uid);
  }
  if (const Fingerprint* const name = longest_name(version_names_, version_name, class_uid))
    add(*name, version_name, hint);
  return hint;
}

}  // namespace dcmwatch
