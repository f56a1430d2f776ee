#include "protocol/dicom/data_set.h"

#include <algorithm>

namespace dcmwatch::dicom {
namespace {

constexpr std::uint32_t kUndefinedLength = 0xffff'ffff;
constexpr Tag kItem = 0xfffe'e000;
constexpr Tag kItemEnd = 0xfffe'e00d;
constexpr Tag kSequenceEnd = 0xfffe'e0dd;

constexpr std::uint16_t vr(char first, char second) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(first) << 8 | static_cast<unsigned char>(second));
}

// PS3.5 table 7.1-1: these have two reserved bytes and a length of four.
constexpr std::array kLongVrs{vr('O', 'B'), vr('O', 'D'), vr('O', 'F'), vr('O', 'L'), vr('O', 'V'),
                              vr('O', 'W'), vr('S', 'Q'), vr('S', 'V'), vr('U', 'C'), vr('U', 'N'),
                              vr('U', 'R'), vr('U', 'T'), vr('U', 'V')};

bool is_long(std::uint16_t value_representation) {
  return std::find(kLongVrs.begin(), kLongVrs.end(), value_representation) != kLongVrs.end();
}

bool is_upper(unsigned character) { return character >= 'A' && character <= 'Z'; }
bool is_delimiter(Tag tag) { return tag >> 16 == 0xfffe; }

struct NamedEncoding {
  std::string_view uid;
  std::optional<Encoding> encoding;
};

constexpr std::string_view kStandardSyntaxes = "1.2.840.10008.1.2.";

// Every other syntax of the standard encapsulates its pixels in explicit VR little endian (PS3.5 A.4).
constexpr std::array kEncodings{
    NamedEncoding{"1.2.840.10008.1.2", Encoding::implicit_little},
    NamedEncoding{"1.2.840.10008.1.2.2", Encoding::explicit_big},
    NamedEncoding{"1.2.840.10008.1.2.1.99", std::nullopt},   // deflated
    NamedEncoding{"1.2.840.10008.1.2.4.95", std::nullopt},   // JPIP referenced, deflated
    NamedEncoding{"1.2.840.10008.1.2.4.205", std::nullopt},  // JPIP HTJ2K referenced, deflated
    NamedEncoding{"1.2.840.10008.1.2.6.1", std::nullopt},    // RFC 2557 MIME
    NamedEncoding{"1.2.840.10008.1.2.6.2", std::nullopt},    // XML
};

}  // namespace

std::optional<Encoding> encoding_of(std::string_view transfer_syntax_uid) {
  for (const NamedEncoding& named : kEncodings) {
    if (named.uid == transfer_syntax_uid) return named.encoding;
  }
  if (transfer_syntax_uid.starts_with(kStandardSyntaxes)) return Encoding::explicit_little;
  return std::nullopt;
}

void DataSetReader::feed(ByteView bytes, AttributeSink& sink) {
  while (!bytes.empty() && !done_) {
    if (skip_bytes_ != 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, bytes.size()));
      skip_bytes_ -= passed;
      bytes = bytes.subspan(passed);
    } else if (value_length_ != 0) {
      bytes = feed_value(bytes, sink);
    } else {
      bytes = feed_head(bytes, sink);
    }
  }
}

ByteView DataSetReader::feed_value(ByteView bytes, AttributeSink& sink) {
  const std::size_t taken = std::min(bytes.size(), value_length_ - value_bytes_);
  std::copy_n(bytes.begin(), taken, value_.begin() + static_cast<std::ptrdiff_t>(value_bytes_));
  value_bytes_ += taken;
  if (value_bytes_ == value_length_) {
    sink.on_attribute(tag_, ByteView{value_}.first(value_length_));
    value_.fill(0);  // what it identified is gone from here
    value_bytes_ = value_length_ = 0;
    done_ = tag_ >= wanted_.back();
  }
  return bytes.subspan(taken);
}

ByteView DataSetReader::feed_head(ByteView bytes, AttributeSink& sink) {
  // Twice at most: the first eight bytes tell whether there are twelve.
  while (head_bytes_ < head_size()) {
    const std::size_t taken = std::min(bytes.size(), head_size() - head_bytes_);
    if (taken == 0) return bytes;
    std::copy_n(bytes.begin(), taken, head_.begin() + static_cast<std::ptrdiff_t>(head_bytes_));
    head_bytes_ += taken;
    bytes = bytes.subspan(taken);
  }
  const Head head = decode_head();
  head_bytes_ = 0;
  if (depth_ == 0) {
    on_head(head, sink);
  } else {
    on_nested_head(head);
  }
  return bytes;
}

bool DataSetReader::head_is_explicit() const {
  if (encoding_ == Encoding::implicit_little || implicit_from_ != 0) return false;
  return !is_delimiter(Tag{u16(0)} << 16 | u16(2));
}

std::size_t DataSetReader::head_size() const {
  constexpr std::size_t kShortHead = 8;
  if (head_bytes_ < kShortHead || !head_is_explicit()) return kShortHead;
  return is_long(vr(static_cast<char>(head_[4]), static_cast<char>(head_[5]))) ? kLongestHead : kShortHead;
}

DataSetReader::Head DataSetReader::decode_head() const {
  Head head;
  head.tag = Tag{u16(0)} << 16 | u16(2);
  if (!head_is_explicit()) {
    head.length = u32(4);
    return head;
  }
  head.vr = static_cast<std::uint16_t>(head_[4] << 8 | head_[5]);
  head.length = is_long(head.vr) ? u32(8) : u16(6);
  return head;
}

void DataSetReader::on_head(const Head& head, AttributeSink& sink) {
  const bool legible = head.vr == 0 ? !head_is_explicit() : is_upper(head.vr >> 8) && is_upper(head.vr & 0xffU);
  if (!legible || is_delimiter(head.tag) || head.tag < tag_ || head.tag > wanted_.back()) {
    done_ = true;  // passed all that is wanted, or lost the thread
    return;
  }
  tag_ = head.tag;
  if (!std::binary_search(wanted_.begin(), wanted_.end(), head.tag)) return skip_value(head);
  if (head.length == 0) {
    sink.on_attribute(head.tag, {});
    done_ = head.tag == wanted_.back();
    return;
  }
  if (head.length > kLongestValue) {
    // Of study UIDs this is a list, which names no study (PS3.4 C.4.2.2.1).
    beyond_limits_ |= head.tag != kStudyInstanceUid;
    return skip_value(head);
  }
  value_length_ = head.length;
}

void DataSetReader::on_nested_head(const Head& head) {
  if (head.tag == kItemEnd || head.tag == kSequenceEnd) {
    --depth_;
    if (depth_ < implicit_from_) implicit_from_ = 0;
    return;
  }
  if (head.tag == kItem && head.length == kUndefinedLength) {
    open_sequence(head);
    return;
  }
  skip_value(head);
}

void DataSetReader::skip_value(const Head& head) {
  if (head.length == kUndefinedLength) return open_sequence(head);
  skip_bytes_ = head.length;
}

void DataSetReader::open_sequence(const Head& head) {
  ++depth_;
  // PS3.5 6.2.2: the content of a UN of undefined length is in implicit VR little endian.
  if (head.vr == vr('U', 'N') && implicit_from_ == 0) implicit_from_ = depth_;
  if (depth_ > kDeepest) done_ = beyond_limits_ = true;
}

std::uint16_t DataSetReader::u16(std::size_t at) const {
  const bool big = encoding_ == Encoding::explicit_big && implicit_from_ == 0;
  return static_cast<std::uint16_t>(big ? head_[at] << 8 | head_[at + 1] : head_[at + 1] << 8 | head_[at]);
}

std::uint32_t DataSetReader::u32(std::size_t at) const {
  const bool big = encoding_ == Encoding::explicit_big && implicit_from_ == 0;
  const std::uint32_t first = u16(at);
  const std::uint32_t second = u16(at + 2);
  return big ? first << 16 | second : second << 16 | first;
}

}  // namespace dcmwatch::dicom
