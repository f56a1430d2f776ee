#include "protocol/character_sets.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <list>

#include "base/unicode.h"

namespace dcmwatch {
namespace {

constexpr char kEscape = '\x1b';
constexpr const char* kAscii = "ASCII";
constexpr const char* kEucJp = "EUC-JP";

/// How the characters of a set are written for iconv: as a part of an encoding that holds it: the prefix, then the
/// character's bytes with the highest bit.
struct SetBytes {
  const char* encoding;     ///< as iconv calls it
  std::uint8_t width = 1;   ///< bytes a character
  char prefix = 0;          ///< EUC's shift (ISO 2022 SS2, SS3); 0: none
  std::string_view escape;  ///< that designates it (PS3.3 tables C.12-3 and C.12-4), without ESC
  bool is_g0 = false;
};

// The order of GraphicSet.
constexpr auto kSets = std::to_array<SetBytes>({
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

bool is_plain(char c) { return static_cast<unsigned char>(c) < 0x80 && c != kEscape; }

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

  /// Gives how many bytes are no character.
  std::size_t append(std::string_view text, std::string& out) {
    std::size_t unknown = 0;
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
        ++unknown;
        ++from;
        --left;
      }
    }
    return unknown;
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
    if (encoding_ != encoding) convert();
    encoding_ = encoding;
    run_ += bytes;
  }

  std::string finish() {
    convert();
    return std::move(text_);
  }

  [[nodiscard]] std::size_t unknown() const { return unknown_; }

 private:
  void convert() {
    if (!run_.empty()) unknown_ += converter_from(encoding_).append(run_, text_);
    run_.clear();
  }

  const char* encoding_ = nullptr;
  std::string run_;
  std::string text_;
  std::size_t unknown_ = 0;
};

/// ISO 2022: what the bytes below and above 0x80 are, as escape sequences designate it.
class CodeElements {
 public:
  CodeElements(const Repertoire& first, std::string_view resets) : first_(first), resets_(resets) { begin(); }

  std::string to_utf8(std::string_view text, std::size_t& unknown) {
    Runs runs;
    while (!text.empty()) {
      if (text.front() == kEscape) {
        text.remove_prefix(designate(text.substr(1)));
        continue;
      }
      text.remove_prefix(add_character(text, runs));
    }
    std::string converted = runs.finish();
    unknown += runs.unknown();
    return converted;
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
      (kSets[i].is_g0 ? g0_ : g1_) = static_cast<GraphicSet>(i);
      return 1 + kSets[i].escape.size();
    }
    const auto final = std::ranges::find_if(behind, [](char c) { return c < ' ' || c > '/'; });
    return 1 + static_cast<std::size_t>(final - behind.begin()) + (final == behind.end() ? 0 : 1);
  }

  std::size_t add_character(std::string_view text, Runs& runs) {
    const bool is_low = is_plain(text.front());
    const SetBytes& set = kSets[static_cast<std::size_t>(is_low ? g0_ : g1_)];
    const bool is_control = is_low && static_cast<unsigned char>(text.front()) <= ' ';
    if (is_control || set.encoding == kAscii) {
      if (resets_.find(text.front()) != std::string_view::npos) begin();
      runs.add(kAscii, text.substr(0, 1));
      return 1;
    }
    std::string character;
    if (set.prefix != 0) character += set.prefix;
    for (const char c : text.substr(0, set.width)) character += static_cast<char>(c | '\x80');
    runs.add(set.encoding, character);
    return std::min<std::size_t>(set.width, text.size());
  }

  const Repertoire& first_;
  std::string_view resets_;
  GraphicSet g0_{};
  GraphicSet g1_{};
};

void replace_controls(std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t length = control_length(std::string_view{text}.substr(at));
    if (length != 0) text.replace(at, length, "?");
  }
}

}  // namespace

bool is_plain_ascii(std::string_view text) { return std::ranges::all_of(text, is_plain); }

std::string to_utf8(const Repertoire& repertoire, std::string_view text, std::string_view resets,
                    std::size_t* unknown) {
  if (is_plain_ascii(text)) return std::string{text};
  std::size_t strangers = 0;
  std::string converted;
  if (repertoire.encoding) {
    strangers = converter_from(repertoire.encoding).append(text, converted);
  } else {
    converted = CodeElements{repertoire, resets}.to_utf8(text, strangers);
  }
  if (unknown) *unknown += strangers;
  return converted;
}

Text<64> as_name(std::string utf8, std::size_t longest_bytes) {
  replace_controls(utf8);
  std::size_t end = std::min(utf8.size(), longest_bytes);
  while (end < utf8.size() && end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xc0U) == 0x80) --end;
  utf8.resize(end);
  return utf8;
}

}  // namespace dcmwatch
