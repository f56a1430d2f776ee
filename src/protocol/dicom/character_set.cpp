#include "protocol/dicom/character_set.h"

#include <iconv.h>

#include <algorithm>
#include <list>
#include <optional>
#include <span>

#include "base/unicode.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

constexpr char kEscape = '\x1b';
constexpr const char* kAscii = "ASCII";
constexpr const char* kEucJp = "EUC-JP";

/// A set of graphic characters that a code element (G0, below 0x80; G1, above) may be. Each is written for iconv as a
/// part of an encoding that holds it: the prefix, then the character's bytes with the highest bit.
struct GraphicSet {
  const char* encoding;     ///< as iconv calls it
  std::uint8_t width = 1;   ///< bytes a character
  char prefix = 0;          ///< EUC's shift (ISO 2022 SS2, SS3); 0: none
  std::string_view escape;  ///< that designates it (PS3.3 tables C.12-3 and C.12-4), without ESC
  bool is_g0 = false;
};

enum SetIndex : std::uint8_t {
  ascii,
  romaji,
  katakana,
  latin1,
  latin2,
  latin3,
  latin4,
  cyrillic,
  arabic,
  greek,
  hebrew,
  latin5,
  latin9,
  thai,
  kanji,
  more_kanji,
  korean,
  chinese
};

// The order of SetIndex.
constexpr auto kSets = std::to_array<GraphicSet>({
    {kAscii, 1, 0, "(B", true},
    {kAscii, 1, 0, "(J", true},  // JIS X 0201 differs in two characters, of which one separates values
    {kEucJp, 1, '\x8e', ")I"},
    {"ISO-8859-1", 1, 0, "-A"},
    {"ISO-8859-2", 1, 0, "-B"},
    {"ISO-8859-3", 1, 0, "-C"},
    {"ISO-8859-4", 1, 0, "-D"},
    {"ISO-8859-5", 1, 0, "-L"},
    {"ISO-8859-6", 1, 0, "-G"},
    {"ISO-8859-7", 1, 0, "-F"},
    {"ISO-8859-8", 1, 0, "-H"},
    {"ISO-8859-9", 1, 0, "-M"},
    {"ISO-8859-15", 1, 0, "-b"},
    {"TIS-620", 1, 0, "-T"},
    {kEucJp, 2, 0, "$B", true},
    {kEucJp, 2, '\x8f', "$(D", true},
    {"EUC-KR", 2, 0, "$)C"},
    {"GB2312", 2, 0, "$)A"},
});

/// PS3.3 tables C.12-2 to C.12-5. Either the sets that the term begins with, or an encoding of its own.
struct DefinedTerm {
  std::string_view name;
  SetIndex g0 = ascii;
  SetIndex g1 = ascii;  ///< ascii: none
  const char* encoding = nullptr;
};

constexpr auto kTerms = std::to_array<DefinedTerm>({
    {"ISO_IR 6"},
    {"ISO_IR 100", ascii, latin1},
    {"ISO_IR 101", ascii, latin2},
    {"ISO_IR 109", ascii, latin3},
    {"ISO_IR 110", ascii, latin4},
    {"ISO_IR 144", ascii, cyrillic},
    {"ISO_IR 127", ascii, arabic},
    {"ISO_IR 126", ascii, greek},
    {"ISO_IR 138", ascii, hebrew},
    {"ISO_IR 148", ascii, latin5},
    {"ISO_IR 203", ascii, latin9},
    {"ISO_IR 13", romaji, katakana},
    {"ISO_IR 166", ascii, thai},
    {"ISO_IR 192", ascii, ascii, "UTF-8"},
    {"GB18030", ascii, ascii, "GB18030"},
    {"GBK", ascii, ascii, "GBK"},
    {"ISO 2022 IR 6"},
    {"ISO 2022 IR 100", ascii, latin1},
    {"ISO 2022 IR 101", ascii, latin2},
    {"ISO 2022 IR 109", ascii, latin3},
    {"ISO 2022 IR 110", ascii, latin4},
    {"ISO 2022 IR 144", ascii, cyrillic},
    {"ISO 2022 IR 127", ascii, arabic},
    {"ISO 2022 IR 126", ascii, greek},
    {"ISO 2022 IR 138", ascii, hebrew},
    {"ISO 2022 IR 148", ascii, latin5},
    {"ISO 2022 IR 203", ascii, latin9},
    {"ISO 2022 IR 13", romaji, katakana},
    {"ISO 2022 IR 166", ascii, thai},
    {"ISO 2022 IR 87"},
    {"ISO 2022 IR 159"},
    {"ISO 2022 IR 149", ascii, korean},
    {"ISO 2022 IR 58", ascii, chinese},
});

bool is_plain(char c) { return static_cast<unsigned char>(c) < 0x80 && c != kEscape; }
bool is_delimiter(char c) { return c == '\\' || c == '\n' || c == '\f' || c == '\r' || c == '\t'; }

/// From one encoding to UTF-8. To make one takes longer than to convert a name with it.
class Converter {
 public:
  explicit Converter(std::string_view encoding)
      : encoding_(encoding), conversion_(iconv_open("UTF-8", encoding.data())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (works()) iconv_close(conversion_);
  }

  [[nodiscard]] std::string_view encoding() const { return encoding_; }

  void append(std::string_view text, std::string& out) {
    if (works()) iconv(conversion_, nullptr, nullptr, nullptr, nullptr);  // as it began
    std::string rest{text};  // iconv takes what it reads as if it would write there
    char* from = rest.data();
    std::size_t left = rest.size();
    while (left != 0) {
      std::array<char, 256> converted;
      char* to = converted.data();
      std::size_t room = converted.size();
      const std::size_t before = left;
      if (works()) iconv(conversion_, &from, &left, &to, &room);
      out.append(converted.data(), to);
      if (left == before) {  // not a character
        out += '?';
        ++from;
        --left;
      }
    }
  }

 private:
  [[nodiscard]] bool works() const { return conversion_ != reinterpret_cast<iconv_t>(-1); }
  std::string_view encoding_;  ///< of the tables above: it ends with a NUL
  iconv_t conversion_;
};

/// One for each encoding is kept, of which the tables have a score, for each thread.
Converter& converter_from(std::string_view encoding) {
  thread_local std::list<Converter> converters;
  const auto known = std::ranges::find(converters, encoding, &Converter::encoding);
  return known != converters.end() ? *known : converters.emplace_back(encoding);
}

/// Converts run by run, each of one encoding.
class Runs {
 public:
  void add(const char* encoding, std::string_view bytes) {
    if (encoding_ != encoding) finish();
    encoding_ = encoding;
    run_ += bytes;
  }

  std::string finish() {
    if (!run_.empty()) converter_from(encoding_).append(run_, text_);
    run_.clear();
    return text_;
  }

 private:
  const char* encoding_ = nullptr;
  std::string run_;
  std::string text_;
};

/// PS3.5 6.1.2.5: what the bytes below and above 0x80 are, as escape sequences designate it.
class CodeElements {
 public:
  explicit CodeElements(const DefinedTerm& first) : first_(first) { begin(); }

  std::string to_utf8(std::string_view text) {
    Runs runs;
    while (!text.empty()) {
      if (text.front() == kEscape) {
        text.remove_prefix(designate(text.substr(1)));
        continue;
      }
      text.remove_prefix(add_character(text, runs));
    }
    return runs.finish();
  }

 private:
  void begin() {
    g0_ = first_.g0;
    g1_ = first_.g1;
  }

  // Gives the length of the escape sequence; of one that is not known, what an escape sequence is (ECMA-35 13.2.1).
  std::size_t designate(std::string_view behind) {
    for (std::size_t i = 0; i < kSets.size(); ++i) {
      if (!behind.starts_with(kSets[i].escape)) continue;
      (kSets[i].is_g0 ? g0_ : g1_) = static_cast<SetIndex>(i);
      return 1 + kSets[i].escape.size();
    }
    const auto final = std::ranges::find_if(behind, [](char c) { return c < ' ' || c > '/'; });
    return 1 + static_cast<std::size_t>(final - behind.begin()) + (final == behind.end() ? 0 : 1);
  }

  std::size_t add_character(std::string_view text, Runs& runs) {
    const bool is_low = is_plain(text.front());
    const GraphicSet& set = kSets[is_low ? g0_ : g1_];
    const bool is_control = is_low && static_cast<unsigned char>(text.front()) <= ' ';
    if (is_control || set.encoding == kAscii) {
      // PS3.5 6.1.2.5.3: behind a delimiter it is as it was at the beginning.
      if (is_delimiter(text.front())) begin();
      runs.add(kAscii, text.substr(0, 1));
      return 1;
    }
    std::string character;
    if (set.prefix != 0) character += set.prefix;
    for (const char c : text.substr(0, set.width)) character += static_cast<char>(c | '\x80');
    runs.add(set.encoding, character);
    return std::min<std::size_t>(set.width, text.size());
  }

  const DefinedTerm& first_;
  SetIndex g0_{};
  SetIndex g1_{};
};

void replace_controls(std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t length = control_length(std::string_view{text}.substr(at));
    if (length != 0) text.replace(at, length, "?");
  }
}

}  // namespace

CharacterSet::CharacterSet(ByteView value) {
  std::string_view terms = as_text(value);
  while (!terms.empty() && count_ < kMostTerms) {
    const std::size_t end = std::min(terms.find('\\'), terms.size());
    const auto found = std::ranges::find(kTerms, trimmed(as_bytes(terms.substr(0, end))), &DefinedTerm::name);
    terms_[count_++] = static_cast<std::uint8_t>(found == kTerms.end() ? 0 : found - kTerms.begin() + 1);
    terms.remove_prefix(std::min(end + 1, terms.size()));
  }
}

CharacterSet CharacterSet::utf8() {
  using namespace std::string_view_literals;
  return CharacterSet{as_bytes("ISO_IR 192"sv)};
}

std::string CharacterSet::to_utf8(ByteView text) const {
  const std::string_view written = as_text(text);
  if (std::ranges::all_of(written, is_plain)) return std::string{written};
  static constexpr DefinedTerm kDefault{"ISO_IR 6"};
  const DefinedTerm& first = terms_[0] == 0 ? kDefault : kTerms[terms_[0] - 1U];
  if (!first.encoding) return CodeElements{first}.to_utf8(written);
  std::string converted;
  converter_from(first.encoding).append(written, converted);
  return converted;
}

std::string_view CharacterSet::name() const {
  const auto known = std::ranges::find_if(terms_, [](std::uint8_t term) { return term != 0; });
  return known == terms_.end() ? std::string_view{} : kTerms[*known - 1U].name;
}

DicomName name_of(ByteView value, const CharacterSet& character_set) {
  const std::string_view written = trimmed(value);
  if (std::ranges::all_of(written, is_plain)) {
    DicomName name = written;
    name.replace_if([](char c) { return control_length({&c, 1}) != 0; }, '?');
    return name;
  }
  std::string text = character_set.to_utf8(as_bytes(written));
  replace_controls(text);
  if (text.size() > DicomName{}.place().size()) {
    std::size_t end = DicomName{}.place().size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

}  // namespace dcmwatch::dicom
