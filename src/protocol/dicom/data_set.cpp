#include "protocol/dicom/data_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dcmwatch::dicom {
namespace {

constexpr Tag kItem = 0xfffe'e000;
constexpr Tag kItemEnd = 0xfffe'e00d;
constexpr Tag kSequenceEnd = 0xfffe'e0dd;

constexpr std::size_t kShortHead = 8;
constexpr std::size_t kLongHead = 12;

// PS3.5 7.1.2: these have a length of two bytes; all others, future ones too, two reserved bytes and a length of four.
constexpr std::array kShortVrs{vr_of('A', 'E'), vr_of('A', 'S'), vr_of('A', 'T'), vr_of('C', 'S'), vr_of('D', 'A'),
                               vr_of('D', 'S'), vr_of('D', 'T'), vr_of('F', 'D'), vr_of('F', 'L'), vr_of('I', 'S'),
                               vr_of('L', 'O'), vr_of('L', 'T'), vr_of('P', 'N'), vr_of('S', 'H'), vr_of('S', 'L'),
                               vr_of('S', 'S'), vr_of('S', 'T'), vr_of('T', 'M'), vr_of('U', 'I'), vr_of('U', 'L'),
                               vr_of('U', 'S')};
static_assert(std::ranges::is_sorted(kShortVrs));

// One bit for each pair of capital letters: asked of every element.
constexpr std::size_t kLetters = 26;
constexpr std::array<std::uint32_t, kLetters> short_vr_bits() {
  std::array<std::uint32_t, kLetters> bits{};
  for (const std::uint16_t vr : kShortVrs) bits[(vr >> 8) - 'A'] |= 1U << ((vr & 0xffU) - 'A');
  return bits;
}
constexpr auto kShortVrBits = short_vr_bits();

bool is_capital(unsigned character) { return character - 'A' < kLetters; }
bool is_legible(std::uint16_t vr) { return is_capital(vr >> 8) && is_capital(vr & 0xffU); }
bool is_short(std::uint16_t vr) {
  return is_legible(vr) && (kShortVrBits[(vr >> 8) - 'A'] >> ((vr & 0xffU) - 'A') & 1);
}
bool is_sequence(std::uint16_t vr) { return vr == 0 || vr == vr_of('S', 'Q') || vr == vr_of('U', 'N'); }
bool is_delimiter(Tag tag) { return tag >> 16 == 0xfffe; }
bool is_end(Tag tag) { return tag == kItemEnd || tag == kSequenceEnd; }

template <typename Number>
Number number_at(const std::uint8_t* at, bool big) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  if (big == (std::endian::native == std::endian::big)) return number;
  if constexpr (sizeof number == sizeof(std::uint16_t)) {
    return __builtin_bswap16(number);
  } else {
    return __builtin_bswap32(number);
  }
}
std::uint16_t u16(const std::uint8_t* at, bool big) { return number_at<std::uint16_t>(at, big); }
std::uint32_t u32(const std::uint8_t* at, bool big) { return number_at<std::uint32_t>(at, big); }

// Of eight bytes only the size and what stands in these is right, if there are twelve.
ElementHead decode_head_at(const std::uint8_t* at, bool implicit, bool big) {
  ElementHead head;
  head.tag = Tag{u16(at, big)} << 16 | u16(at + 2, big);
  head.size = kShortHead;
  if (implicit || is_delimiter(head.tag)) {
    head.length = u32(at + 4, big);
    return head;
  }
  head.vr = u16(at + 4, true);
  if (!is_legible(head.vr) || is_short(head.vr)) {
    head.length = u16(at + 6, big);
    return head;
  }
  head.size = kLongHead;
  head.length = u32(at + 8, big);
  return head;
}

// Data sets begin with group 0008 (PS3.6), whose values are short but for sequences. So the byte order shows in the
// group, and whether a VR is written in that the length could be none otherwise.
std::optional<Encoding> encoding_shown_by(const std::uint8_t* head) {
  constexpr std::uint16_t kFirstGroup = 0x0008;
  constexpr std::uint32_t kLongestFirst = 1024;
  const bool big = u16(head, true) == kFirstGroup;
  if (!big && u16(head, false) != kFirstGroup) return std::nullopt;
  const std::uint16_t vr = u16(head + 4, true);
  if (is_short(vr) ? u16(head + 6, big) <= kLongestFirst : vr == vr_of('S', 'Q') && u16(head + 6, big) == 0)
    return big ? Encoding::explicit_big : Encoding::explicit_little;
  const std::uint32_t length = u32(head + 4, false);
  if (!big && (length <= kLongestFirst || length == kUndefinedLength)) return Encoding::implicit_little;
  return std::nullopt;
}

// From here on: what is said of each frame (5200,9230), and encapsulated pixel data.
constexpr Tag kFrames = 0x5200'0000;
constexpr Tag kPixelData = 0x7fe0'0008;  // of floats; of integers 0010

struct NamedEncoding {
  std::string_view uid;
  std::optional<Encoding> encoding;
};

constexpr std::string_view kStandardSyntaxes = "1.2.840.10008.1.2.";

// Every other syntax of the standard encapsulates its pixels in explicit VR little endian (PS3.5 A.4).
constexpr std::array kEncodings{
    NamedEncoding{"1.2.840.10008.1.2", Encoding::implicit_little},
    NamedEncoding{"1.2.840.10008.1.2.2", Encoding::explicit_big},
    NamedEncoding{"1.2.840.10008.1.2.1.99", Encoding::deflated},
    NamedEncoding{"1.2.840.10008.1.2.4.95", Encoding::deflated},   // JPIP referenced
    NamedEncoding{"1.2.840.10008.1.2.4.205", Encoding::deflated},  // JPIP HTJ2K referenced
    NamedEncoding{"1.2.840.10008.1.2.6.1", std::nullopt},          // RFC 2557 MIME
    NamedEncoding{"1.2.840.10008.1.2.6.2", std::nullopt},          // XML
};

}  // namespace

std::optional<Encoding> encoding_of(std::string_view transfer_syntax_uid) {
  for (const NamedEncoding& named : kEncodings) {
    if (named.uid == transfer_syntax_uid) return named.encoding;
  }
  if (transfer_syntax_uid.starts_with(kStandardSyntaxes)) return Encoding::explicit_little;
  return std::nullopt;
}

void DataSetReader::feed(ByteView bytes, ElementSink& sink) {
  while (!bytes.empty() && !done_) {
    if (skip_bytes_ != 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, bytes.size()));
      pass(passed);
      bytes = bytes.subspan(passed);
    } else if (value_length_ != 0) {
      bytes = feed_value(bytes, sink);
    } else if (piece_bytes_ != 0) {
      bytes = feed_piece(bytes, sink);
    } else {
      close_ended_levels(sink);
      bytes = feed_head(bytes, sink);
    }
  }
  if (done_) rest_.feed(bytes);
}

// Nothing behind is wanted.
void DataSetReader::finish() {
  done_ = true;
  if (encoding_ != Encoding::deflated && encoding_ != Encoding::unproven)
    rest_ = {encoding_ == Encoding::implicit_little, encoding_ == Encoding::explicit_big, tag_};
}

void DataSetReader::end() {
  if (done_) return;
  if (head_bytes_ != 0 || skip_bytes_ != 0 || value_length_ != 0 || piece_bytes_ != 0)
    return tell(DataSetDefect::length);
  while (walked_levels_ == 0 && depth_ != 0 && levels_[depth_ - 1].end == position_) --depth_;
  if (!at_top()) tell(DataSetDefect::nesting);
}

void DataSetReader::lose_thread(DataSetDefect defect) {
  tell(defect);
  done_ = true;
}

ByteView DataSetReader::feed_value(ByteView bytes, ElementSink& sink) {
  const std::size_t taken = std::min<std::size_t>(bytes.size(), value_length_ - value_.size());
  if (taken == value_length_) {
    sink.on_value(element_, bytes.first(taken));
  } else {
    value_.reserve(value_length_);
    value_.insert(value_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    if (value_.size() < value_length_) return bytes.subspan(taken);
    sink.on_value(element_, value_);
    forget_value();
  }
  position_ += value_length_;
  skip_bytes_ = element_.length - value_length_;
  value_length_ = 0;
  if (last_value_) finish();
  return bytes.subspan(taken);
}

// What it identified is gone from here.
void DataSetReader::forget_value() {
  std::ranges::fill(value_, std::uint8_t{0});
  value_.clear();
}

ByteView DataSetReader::feed_piece(ByteView bytes, ElementSink& sink) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes_, bytes.size()));
  sink.on_piece(bytes.first(taken));
  piece_bytes_ -= taken;
  position_ += taken;
  if (piece_bytes_ == 0 && !in_sequence()) sink.on_last_piece();
  return bytes.subspan(taken);
}

ByteView DataSetReader::feed_head(ByteView bytes, ElementSink& sink) {
  if (encoding_ == Encoding::unproven) {
    bytes = gather_head(bytes, kShortHead);
    if (head_bytes_ == kShortHead) prove();
    if (done_ || encoding_ == Encoding::unproven) return bytes;
  }
  if (head_bytes_ == 0 && bytes.size() >= ElementHead::kLongest) {
    const Head head = decode_head(bytes.data());
    position_ += head.size;
    on_head(head, sink);
    return bytes.subspan(head.size);
  }
  // Twice at most: the first eight bytes tell whether there are twelve.
  while (head_bytes_ < head_size()) {
    if (bytes.empty()) return bytes;
    bytes = gather_head(bytes, head_size());
  }
  const Head head = decode_head(head_.data());
  head_bytes_ = 0;
  position_ += head.size;
  on_head(head, sink);
  return bytes;
}

ByteView DataSetReader::gather_head(ByteView bytes, std::size_t size) {
  const std::size_t taken = std::min(bytes.size(), size - head_bytes_);
  std::copy_n(bytes.begin(), taken, head_.begin() + head_bytes_);
  head_bytes_ = static_cast<std::uint8_t>(head_bytes_ + taken);
  return bytes.subspan(taken);
}

void DataSetReader::prove() {
  const std::optional<Encoding> shown = encoding_shown_by(head_.data());
  proved_ = shown.has_value();
  done_ = !proved_;
  encoding_ = shown.value_or(Encoding::unproven);
}

std::size_t DataSetReader::head_size() const {
  return head_bytes_ < kShortHead ? kShortHead : decode_head(head_.data()).size;
}

DataSetReader::Head DataSetReader::decode_head(const std::uint8_t* at) const {
  const bool is_inner = within_implicit();
  return decode_head_at(at, is_inner || encoding_ == Encoding::implicit_little,
                        !is_inner && encoding_ == Encoding::explicit_big);
}

void DataSetReader::close_ended_levels(ElementSink& sink) {
  while (depth_ != 0 && walked_levels_ == 0 && position_ >= levels_[depth_ - 1].end) close_level(sink);
}

void DataSetReader::close_level(ElementSink& sink) {
  if (walked_levels_ != 0) {
    if (walked_levels_-- == implicit_level_) implicit_level_ = 0;
    return;
  }
  --depth_;
  if (levels_[depth_].fragments) sink.on_last_piece();
}

void DataSetReader::on_head(const Head& head, ElementSink& sink) {
  if (depth_ != 0 && position_ > levels_[depth_ - 1].end) return lose_thread(DataSetDefect::nesting);
  if (is_end(head.tag)) return on_delimiter(head, sink);
  if (in_sequence() != (head.tag == kItem) || (is_delimiter(head.tag) && head.tag != kItem))
    return lose_thread(DataSetDefect::nesting);
  if (head.length % 2 != 0 && head.length != kUndefinedLength) tell(DataSetDefect::odd_length);
  if (depth_ != 0 && head.length != kUndefinedLength && end_of(head) > levels_[depth_ - 1].end)
    return lose_thread(DataSetDefect::nesting);
  if (head.tag == kItem) return on_item(head, sink);
  on_element(head, sink);
}

void DataSetReader::on_delimiter(const Head& head, ElementSink& sink) {
  if (at_top() || in_sequence() != (head.tag == kSequenceEnd)) return lose_thread(DataSetDefect::nesting);
  if (head.length != 0) tell(DataSetDefect::nesting);
  // Where the length tells the end, a delimiter is superfluous, but it is one (PS3.5 7.5.2).
  close_level(sink);
}

void DataSetReader::on_element(const Head& head, ElementSink& sink) {
  if (!implicit() && !is_legible(head.vr)) return lose_thread(DataSetDefect::value_representation);
  if (at_top()) {
    if (head.tag <= tag_ && tag_ != 0) tell(DataSetDefect::order);
    tag_ = head.tag;
  }
  Interest interest = Interest::none;
  if (walked_levels_ == 0) {
    element_ = {head.tag, head.vr, head.length, depth_ / 2U};
    interest = sink.on_element(element_);
  }
  last_value_ = interest == Interest::last_value;
  const bool undefined = head.length == kUndefinedLength;
  const bool is_unknown = head.vr == vr_of('U', 'N');  // what it holds is in implicit VR little endian (PS3.5 6.2.2)
  switch (interest) {
    case Interest::over: finish(); return rest_.begin(head);
    case Interest::value:
    case Interest::last_value:
      if (!undefined) return gather(head, sink);
      break;
    case Interest::head:
      if (!undefined) {
        value_length_ = static_cast<std::uint16_t>(std::min<std::size_t>(head.length, kLongestValue));
        return;
      }
      break;
    case Interest::pieces: return want_pieces(head, sink);
    case Interest::items:
      if (is_sequence(head.vr)) return open_level({end_of(head), true, within_implicit() || is_unknown});
      break;
    case Interest::none: break;
  }
  if (!undefined) {
    skip_bytes_ = head.length;
    return;
  }
  walk_level(is_unknown);
}

void DataSetReader::gather(const Head& head, ElementSink& sink) {
  if (head.length > kLongestValue) {
    beyond_limits_ = true;
    skip_bytes_ = head.length;
  } else if (head.length == 0) {
    sink.on_value(element_, {});
    if (last_value_) finish();
  } else {
    value_length_ = static_cast<std::uint16_t>(head.length);
  }
}

void DataSetReader::want_pieces(const Head& head, ElementSink& sink) {
  if (head.length == kUndefinedLength) return open_level({Level::kNoEnd, true, false, true, true});
  piece_bytes_ = head.length;
  if (piece_bytes_ == 0) sink.on_last_piece();
}

void DataSetReader::on_item(const Head& head, ElementSink& sink) {
  if (walked_levels_ != 0) {
    if (head.length == kUndefinedLength) return walk_level(false);
    skip_bytes_ = head.length;
    return;
  }
  Level& sequence = levels_[depth_ - 1];
  const bool is_first = sequence.first_item;
  sequence.first_item = false;
  if (sequence.fragments) {
    if (head.length == kUndefinedLength) return lose_thread(DataSetDefect::nesting);
    (is_first ? skip_bytes_ : piece_bytes_) = head.length;  // the first is the offset table, no pixels (PS3.5 A.4)
    return;
  }
  sink.on_item(depth_ / 2U);
  open_level({end_of(head), false, sequence.implicit});
}

void DataSetReader::open_level(const Level& level) {
  if (depth_ == kDeepest) {
    done_ = beyond_limits_ = true;
    return;
  }
  levels_[depth_++] = level;
}

void DataSetReader::walk_level(bool implicit) {
  ++walked_levels_;
  if (implicit && implicit_level_ == 0) implicit_level_ = walked_levels_;
}

void DataSetRest::feed(ByteView bytes) {
  while (!bytes.empty() && followed_) {
    if (skip_bytes_ != 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, bytes.size()));
      skip_bytes_ -= passed;
      bytes = bytes.subspan(passed);
      continue;
    }
    if (is_last_) return;
    head_[head_bytes_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (head_bytes_ < kShortHead) continue;
    const ElementHead head = decode_head_at(head_.data(), implicit_, big_);
    if (head_bytes_ == head.size) begin(head);
  }
}

void DataSetRest::begin(const ElementHead& head) {
  if (!followed_) return;
  head_bytes_ = 0;
  if (open_levels_ == 0 && !is_delimiter(head.tag)) {
    out_of_order_ |= head.tag < latest_;
    latest_ = head.tag;
  }
  if (is_end(head.tag)) {
    followed_ = open_levels_ != 0;
    open_levels_ -= followed_ ? 1U : 0U;
  } else if (head.length != kUndefinedLength) {
    skip_bytes_ = head.length;
    is_last_ = head.tag >= kPixelData && open_levels_ == 0;  // only padding may follow
  } else {
    ++open_levels_;
    followed_ = head.tag < kFrames || head.tag == kItem;
  }
  // What cannot be read, or is in another encoding (PS3.5 6.2.2), is not judged.
  const bool undefined_un = head.vr == vr_of('U', 'N') && head.length == kUndefinedLength;
  if (undefined_un || (!implicit_ && !is_delimiter(head.tag) && !is_legible(head.vr))) followed_ = false;
}

std::uint64_t DataSetRest::unwanted() const {
  const bool heads_follow = followed_ && !(is_last_ && skip_bytes_ == 0);
  return heads_follow ? skip_bytes_ : DataSetReader::kEverything;
}

}  // namespace dcmwatch::dicom
