#include "protocol/dicom/planned_data_set.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace dcmwatch::test {
namespace {

constexpr std::uint32_t kUndefined = 0xffff'ffff;
constexpr std::uint32_t kItem = 0xfffe'e000;
constexpr std::uint32_t kItemEnd = 0xfffe'e00d;
constexpr std::uint32_t kSequenceEnd = 0xfffe'e0dd;

// PS3.5 7.1.2: those with two reserved bytes and a length of four.
constexpr auto kLongVrs =
    std::to_array<std::string_view>({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"});

class Writer {
 public:
  Writer(Octets& out, bool with_vr, bool big) : out_(out), with_vr_(with_vr), big_(big) {}

  void write(const PlannedDataSet& data_set) {
    for (const PlannedElement& element : data_set) write(element);
  }

 private:
  void write(const PlannedElement& element) {
    std::visit([&](const auto& value) { write(element, value); }, element.value);
  }

  void write(const PlannedElement& element, const std::string& text) {
    const bool odd = text.size() % 2 != 0;
    head(element.tag, element.vr, static_cast<std::uint32_t>(text.size() + (odd ? 1 : 0)));
    out_.insert(out_.end(), text.begin(), text.end());
    if (odd) out_.push_back(element.vr == "UI" ? '\0' : ' ');
  }
  void write(const PlannedElement& element, const std::vector<std::uint16_t>& numbers) {
    head(element.tag, element.vr, static_cast<std::uint32_t>(2 * numbers.size()));
    for (const std::uint16_t number : numbers) u16(number);
  }
  void write(const PlannedElement& element, const std::vector<std::uint32_t>& numbers) {
    head(element.tag, element.vr, static_cast<std::uint32_t>(4 * numbers.size()));
    for (const std::uint32_t number : numbers) u32(number);
  }
  void write(const PlannedElement& element, const Octets& bytes) {
    head(element.tag, element.vr, static_cast<std::uint32_t>(bytes.size()));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  void write(const PlannedElement& element, const PlannedSequence& sequence) {
    if (sequence.as_unknown && with_vr_) {
      head(element.tag, "UN", kUndefined);
      Writer{out_, false, false}.write_items(sequence, true);
      Writer{out_, false, false}.delimiter(kSequenceEnd, 0);
      return;
    }
    const std::size_t length_at = head(element.tag, "SQ", kUndefined) - 4;
    write_items(sequence, sequence.undefined_items);
    if (sequence.undefined_length) {
      delimiter(kSequenceEnd, 0);
    } else {
      mend_length(length_at);
    }
  }

  void write_items(const PlannedSequence& sequence, bool undefined) {
    for (const PlannedDataSet& item : sequence.items) {
      delimiter(kItem, kUndefined);
      const std::size_t length_at = out_.size() - 4;
      write(item);
      if (undefined) {
        delimiter(kItemEnd, 0);
      } else {
        mend_length(length_at);
      }
    }
  }

  void write(const PlannedElement& element, const PlannedFragments& fragments) {
    head(element.tag, "OB", kUndefined);
    for (const Octets& fragment : fragments.items) {
      delimiter(kItem, static_cast<std::uint32_t>(fragment.size()));
      out_.insert(out_.end(), fragment.begin(), fragment.end());
    }
    delimiter(kSequenceEnd, 0);
  }

  // Where the value begins.
  std::size_t head(std::uint32_t tag, std::string_view vr, std::uint32_t length) {
    u16(static_cast<std::uint16_t>(tag >> 16));
    u16(static_cast<std::uint16_t>(tag));
    if (!with_vr_) {
      u32(length);
      return out_.size();
    }
    out_.insert(out_.end(), vr.begin(), vr.end());
    if (std::ranges::find(kLongVrs, vr) != kLongVrs.end()) {
      u16(0);
      u32(length);
    } else {
      u16(static_cast<std::uint16_t>(length));
    }
    return out_.size();
  }
  void delimiter(std::uint32_t tag, std::uint32_t length) {
    u16(static_cast<std::uint16_t>(tag >> 16));
    u16(static_cast<std::uint16_t>(tag));
    u32(length);
  }
  void mend_length(std::size_t at) {
    Octets length;
    Writer{length, with_vr_, big_}.u32(static_cast<std::uint32_t>(out_.size() - at - 4));
    std::ranges::copy(length, out_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void u16(std::uint16_t value) {
    const auto high = static_cast<std::uint8_t>(value >> 8);
    const auto low = static_cast<std::uint8_t>(value);
    out_.push_back(big_ ? high : low);
    out_.push_back(big_ ? low : high);
  }
  void u32(std::uint32_t value) {
    const auto high = static_cast<std::uint16_t>(value >> 16);
    const auto low = static_cast<std::uint16_t>(value);
    u16(big_ ? high : low);
    u16(big_ ? low : high);
  }

  Octets& out_;
  bool with_vr_;
  bool big_;
};

// A raw stream (RFC 1951), padded to an even length (PS3.5 A.5). It refers back four kilobytes at most.
Octets deflated(const Octets& plain) {
  constexpr int kWindowBits = 12;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -kWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"zlib"};
  Octets out(deflateBound(&stream, plain.size()));
  Octets in = plain;
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (out.size() % 2 != 0) out.push_back(0);
  return out;
}

std::string some_text(Dice& dice, std::size_t most) {
  std::string text(dice.below(most), ' ');
  for (char& c : text) c = dice.of(std::string_view{"abc XYZ^.,0123456789"});
  return text;
}
Octets some_bytes(Dice& dice, std::size_t most) {
  Octets bytes(2 * dice.below(most / 2));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice.number());
  return bytes;
}
std::vector<std::uint16_t> some_shorts(Dice& dice) {
  std::vector<std::uint16_t> numbers(dice.below(4));
  for (std::uint16_t& number : numbers) number = static_cast<std::uint16_t>(dice.number());
  return numbers;
}

struct KnownElement {
  std::uint32_t tag;
  std::string_view vr;
};

// Of no service's interest at the top of a data set.
constexpr auto kUnimportant = std::to_array<KnownElement>({
    {0x0008'0008, "CS"}, {0x0008'0064, "CS"}, {0x0008'0090, "PN"}, {0x0008'1030, "LO"}, {0x0008'103e, "LO"},
    {0x0008'1140, "SQ"}, {0x0008'2112, "SQ"}, {0x0010'0010, "PN"}, {0x0010'0040, "CS"}, {0x0010'4000, "LT"},
    {0x0018'0010, "LO"}, {0x0018'0050, "DS"}, {0x0018'9073, "FD"}, {0x0018'9087, "FD"}, {0x0020'0010, "SH"},
    {0x0020'0013, "IS"}, {0x0020'0052, "UI"}, {0x0020'9057, "UL"}, {0x0028'0009, "AT"}, {0x0028'0106, "US"},
    {0x0028'1050, "DS"}, {0x0040'0275, "SQ"}, {0x0040'0555, "SQ"}, {0x0054'0016, "SQ"}, {0x0070'0001, "SQ"},
    {0x0088'0140, "UI"}, {0x5400'0100, "SQ"},
});

// What would be another's identifier if somebody took a nested one for the data set's own.
constexpr auto kNested = std::to_array<KnownElement>({{0x0008'0016, "UI"},
                                                      {0x0008'0018, "UI"},
                                                      {0x0008'0050, "SH"},
                                                      {0x0008'0060, "CS"},
                                                      {0x0008'1155, "UI"},
                                                      {0x0010'0020, "LO"},
                                                      {0x0020'000d, "UI"},
                                                      {0x0020'000e, "UI"},
                                                      {0x0028'0010, "US"}});

PlannedElement an_element(Dice& dice, std::uint32_t tag, std::string_view vr, unsigned deepest);

PlannedSequence some_sequence(Dice& dice, unsigned deepest) {
  PlannedSequence sequence;
  sequence.undefined_length = dice.flip();
  sequence.undefined_items = dice.flip();
  sequence.as_unknown = dice.one_in(8);
  sequence.items.resize(deepest == 0 ? 0 : dice.below(3));
  for (PlannedDataSet& item : sequence.items) {
    item = unimportant_elements(dice, deepest - 1);
    if (dice.flip()) {
      const KnownElement& nested = dice.of(kNested);
      put(item, an_element(dice, nested.tag, nested.vr, 0));
    }
  }
  return sequence;
}

PlannedElement an_element(Dice& dice, std::uint32_t tag, std::string_view vr, unsigned deepest) {
  if (vr == "SQ") return {tag, vr, some_sequence(dice, deepest)};
  if (vr == "US") return {tag, vr, some_shorts(dice)};
  if (vr == "UL") return {tag, vr, std::vector<std::uint32_t>(dice.below(3), 4711)};
  if (vr == "AT") return {tag, vr, std::vector<std::uint16_t>(2 * dice.below(3), 0x0018)};
  if (vr == "FD") return {tag, vr, Octets(8 * dice.below(3), 0x40)};
  if (vr == "OB" || vr == "UN") return {tag, vr, some_bytes(dice, 60)};
  if (vr == "UI") return {tag, vr, std::string{dice.flip() ? "1.2.3.999.4" : "1.2.3.999"}};
  if (vr == "CS") return {tag, vr, std::string{dice.flip() ? "SECONDARY" : ""}};
  if (vr == "DS" || vr == "IS") return {tag, vr, std::to_string(dice.below(100000))};
  return {tag, vr, some_text(dice, vr == "LT" ? 300 : 16)};
}

// PS3.5 7.8: a creator reserves a block of elements.
void put_private_elements(PlannedDataSet& data_set, Dice& dice, unsigned deepest) {
  constexpr auto kGroups = std::to_array<std::uint32_t>({0x0009, 0x0019, 0x0029, 0x0043, 0x07a1, 0x7fe1});
  constexpr auto kVrs = std::to_array<std::string_view>({"LO", "UN", "OB", "US", "SQ", "DS", "UL"});
  const std::uint32_t group = dice.of(kGroups) << 16;
  put(data_set, {group | 0x0010, "LO", std::string{"PRIVATE CREATOR"}});
  for (std::size_t count = dice.below(3); count > 0; --count) {
    const auto number = static_cast<std::uint32_t>(0x1000 + dice.below(256));
    put(data_set, an_element(dice, group | number, dice.of(kVrs), deepest));
  }
}

}  // namespace

const std::vector<PlannedSyntax>& planned_syntaxes() {
  static const std::vector<PlannedSyntax> kSyntaxes{
      {"1.2.840.10008.1.2", Writing::implicit_little},
      {"1.2.840.10008.1.2.1", Writing::explicit_little},
      {"1.2.840.10008.1.2.2", Writing::explicit_big},
      {"1.2.840.10008.1.2.1.99", Writing::deflated},
      {"1.2.840.10008.1.2.4.50", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.4.70", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.4.80", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.4.90", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.4.102", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.4.201", Writing::explicit_little, true},
      {"1.2.840.10008.1.2.5", Writing::explicit_little, true},
  };
  return kSyntaxes;
}

const PlannedSyntax* planned_syntax(std::string_view uid) {
  const auto found = std::ranges::find(planned_syntaxes(), uid, &PlannedSyntax::uid);
  return found == planned_syntaxes().end() ? nullptr : &*found;
}

void put(PlannedDataSet& data_set, PlannedElement element) {
  const auto at = std::ranges::lower_bound(data_set, element.tag, {}, &PlannedElement::tag);
  if (at != data_set.end() && at->tag == element.tag) {
    *at = std::move(element);
  } else {
    data_set.insert(at, std::move(element));
  }
}

Octets encode(const PlannedDataSet& data_set, Writing writing) {
  Octets out;
  Writer{out, writing != Writing::implicit_little, writing == Writing::explicit_big}.write(data_set);
  return writing == Writing::deflated ? deflated(out) : out;
}

PlannedDataSet unimportant_elements(Dice& dice, unsigned deepest) {
  PlannedDataSet data_set;
  for (std::size_t count = dice.below(6); count > 0; --count) {
    const KnownElement& known = dice.of(kUnimportant);
    put(data_set, an_element(dice, known.tag, known.vr, deepest));
  }
  if (dice.one_in(3)) put_private_elements(data_set, dice, deepest);
  return data_set;
}

PlannedElement planned_pixel_data(Dice& dice, bool encapsulated) {
  constexpr std::uint32_t kPixelData = 0x7fe0'0010;
  if (!encapsulated) return {kPixelData, "OW", std::vector<std::uint16_t>(dice.below(800), 0x5a5a)};
  PlannedFragments fragments;
  fragments.items.resize(dice.between(2, 5));
  for (Octets& item : fragments.items) item = some_bytes(dice, 300);
  if (dice.flip()) fragments.items.front().clear();
  return {kPixelData, "OB", std::move(fragments)};
}

}  // namespace dcmwatch::test
