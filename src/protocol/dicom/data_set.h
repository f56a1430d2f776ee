// Reads a data set as its fragments pass: elements, sequences and their items (PS3.5 7). What is wanted of it the sink
// says, element by element; all the rest is passed over by its length.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "event/dicom_content.h"

namespace dcmwatch::dicom {

using Tag = DicomTag;

/// How elements are written (PS3.5 A). `deflated` is explicit little, compressed as a whole (PS3.5 A.5); `unproven`:
/// what was agreed was not seen, and one of the first three is believed once the first element shows it.
enum class Encoding : std::uint8_t { implicit_little, explicit_little, explicit_big, deflated, unproven };
/// Nothing for a syntax that is not known: its data sets are sized, not read.
std::optional<Encoding> encoding_of(std::string_view transfer_syntax_uid);

/// The two characters of a value representation as one number (PS3.5 6.2).
constexpr std::uint16_t vr_of(char first, char second) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(first) << 8 | static_cast<unsigned char>(second));
}

inline constexpr std::uint32_t kUndefinedLength = 0xffff'ffff;

struct Element {
  Tag tag = 0;
  std::uint16_t vr = 0;  ///< 0 where the encoding writes none
  std::uint32_t length = 0;
  unsigned depth = 0;  ///< of the items around it; 0: at the top
};

/// What the sink wants of an element.
enum class Interest : std::uint8_t {
  none,        ///< passed over
  value,       ///< its value whole, if it is not too long
  last_value,  ///< likewise, and nothing behind it
  head,        ///< the first bytes of its value
  pieces,      ///< its value as it passes; of encapsulated pixel data, the fragments' contents (PS3.5 A.4)
  items,       ///< of a sequence: the elements in its items
  over         ///< neither this nor anything behind it
};

/// Views die when the call returns.
struct ElementSink {
  virtual ~ElementSink() = default;
  /// Every element at the top and, of a sequence whose items were wanted, in these.
  virtual Interest on_element(const Element& element) = 0;
  /// Of the latest element: whole, or its head.
  virtual void on_value(const Element& element, ByteView value) = 0;
  virtual void on_piece(ByteView /*piece*/) {}
  /// The pieces are complete.
  virtual void on_last_piece() {}
  /// An item begins of a sequence whose items were wanted; `depth` is that of the sequence.
  virtual void on_item(unsigned /*depth*/) {}
};

/// How a data set breaks the rules of PS3.5; event/dicom_violations.h has the clauses.
enum class DataSetDefect : std::uint8_t { nesting, value_representation, odd_length, length, order };

/// How an element begins.
struct ElementHead {
  static constexpr std::size_t kLongest = 12;

  Tag tag = 0;
  std::uint16_t vr = 0;  ///< 0 where none is written
  std::uint32_t length = 0;
  std::uint8_t size = 0;  ///< of the head itself
};

/// What is behind the last that is wanted of a data set: from element to element by their lengths, so as to tell
/// whether the last of them ends where the data set does. Its bytes are fed, or passed where they are unwanted(). It
/// looks no further where an element of undefined length may hold thousands of others: the frames of an image.
class DataSetRest {
 public:
  /// Of which nothing is looked at.
  DataSetRest() = default;
  /// Behind the element `latest`.
  DataSetRest(bool implicit, bool big, Tag latest) : followed_(true), implicit_(implicit), big_(big), latest_(latest) {}

  void feed(ByteView bytes);
  /// An element whose head was read.
  void begin(const ElementHead& head);

  [[nodiscard]] std::uint64_t unwanted() const;
  void pass(std::uint64_t bytes) { skip_bytes_ -= std::min(bytes, skip_bytes_); }
  /// Its elements do not ascend.
  [[nodiscard]] bool is_out_of_order() const { return out_of_order_; }
  /// At the end of the data set: whether one of its elements would go on.
  [[nodiscard]] bool is_cut_short() const {
    return followed_ && (skip_bytes_ != 0 || head_bytes_ != 0 || open_levels_ != 0);
  }

 private:
  bool followed_ = false;
  bool is_last_ = false;  ///< behind the element in hand nothing is looked at
  bool implicit_ = false;
  bool big_ = false;
  bool out_of_order_ = false;
  std::uint8_t head_bytes_ = 0;
  Tag latest_ = 0;  ///< at the top
  std::array<std::uint8_t, ElementHead::kLongest> head_{};
  std::uint32_t open_levels_ = 0;  ///< sequences and items of undefined length
  std::uint64_t skip_bytes_ = 0;
};

/// Feed it a data set's bytes in order, in pieces of any size; pass over what it answers as unwanted(); end it.
/// It holds one element's head and one wanted value, and costs nothing per byte of a value that nobody wants.
class DataSetReader {
 public:
  static constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kLongestValue = 256;  ///< LO: 64 characters of at most 4 bytes

  /// Of a deflated data set it reads what came out of the inflater.
  explicit DataSetReader(Encoding encoding) : encoding_(encoding) {}

  DataSetReader(const DataSetReader&) = delete;
  DataSetReader& operator=(const DataSetReader&) = delete;
  ~DataSetReader() { forget_value(); }

  void feed(ByteView bytes, ElementSink& sink);
  /// The data set is at its end.
  void end();

  /// How many of the following bytes need not be fed, but passed; kEverything once nothing more is wanted.
  [[nodiscard]] std::uint64_t unwanted() const { return done_ ? kEverything : skip_bytes_; }
  void pass(std::uint64_t bytes) {
    if (done_) return;
    skip_bytes_ -= bytes;
    position_ += bytes;
  }
  [[nodiscard]] bool done() const { return done_; }
  /// Whether numbers in the value that the sink is given are big endian.
  [[nodiscard]] bool big() const { return encoding_ == Encoding::explicit_big && !within_implicit(); }
  /// A wanted value was too long, or wanted sequences too deep, to be read.
  [[nodiscard]] bool beyond_limits() const { return beyond_limits_; }
  [[nodiscard]] bool has(DataSetDefect defect) const { return (defects_ & bit(defect)) != 0; }
  [[nodiscard]] bool has_defects() const { return defects_ != 0; }
  /// What followed is not written as the first element seemed to show: what was read of it is not to be believed.
  [[nodiscard]] bool is_disproved() const { return proved_ && has_defects(); }
  /// Once it is done: what is behind.
  [[nodiscard]] const DataSetRest& rest() const { return rest_; }

 private:
  static constexpr std::size_t kDeepest = 16;  ///< of what is wanted

  using Head = ElementHead;

  /// A sequence or an item that is open, and something in it is wanted.
  struct Level {
    static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t end = kNoEnd;  ///< position behind it; kNoEnd: until it is delimited
    bool is_sequence = false;
    bool implicit = false;  ///< written in implicit VR little endian whatever the encoding
    bool first_item = true;
    bool fragments = false;  ///< of encapsulated pixel data
  };

  static constexpr unsigned bit(DataSetDefect defect) { return 1U << static_cast<unsigned>(defect); }
  void tell(DataSetDefect defect) { defects_ = static_cast<std::uint8_t>(defects_ | bit(defect)); }
  void lose_thread(DataSetDefect defect);
  void finish();

  ByteView feed_head(ByteView bytes, ElementSink& sink);
  ByteView gather_head(ByteView bytes, std::size_t size);
  void prove();
  ByteView feed_value(ByteView bytes, ElementSink& sink);
  void forget_value();
  ByteView feed_piece(ByteView bytes, ElementSink& sink);
  void close_ended_levels(ElementSink& sink);
  void close_level(ElementSink& sink);
  [[nodiscard]] Head decode_head(const std::uint8_t* at) const;
  [[nodiscard]] std::size_t head_size() const;

  void on_head(const Head& head, ElementSink& sink);
  void on_element(const Head& head, ElementSink& sink);
  void on_item(const Head& head, ElementSink& sink);
  void on_delimiter(const Head& head, ElementSink& sink);
  void gather(const Head& head, ElementSink& sink);
  void want_pieces(const Head& head, ElementSink& sink);
  void open_level(const Level& level);
  void walk_level(bool implicit);
  [[nodiscard]] std::uint64_t end_of(const Head& head) const {
    return head.length == kUndefinedLength ? Level::kNoEnd : position_ + head.length;
  }

  [[nodiscard]] bool in_sequence() const {
    if (at_top()) return false;
    return walked_levels_ != 0 ? walked_levels_ % 2 != 0 : levels_[depth_ - 1].is_sequence;
  }
  [[nodiscard]] bool at_top() const { return (depth_ | walked_levels_) == 0; }
  /// In what a UN holds.
  [[nodiscard]] bool within_implicit() const {
    return !at_top() && (implicit_level_ != 0 || (depth_ != 0 && levels_[depth_ - 1].implicit));
  }
  [[nodiscard]] bool implicit() const { return encoding_ == Encoding::implicit_little || within_implicit(); }

  Encoding encoding_;
  bool proved_ = false;  ///< by its first element, having been unproven
  bool done_ = false;
  bool beyond_limits_ = false;
  bool last_value_ = false;  ///< nothing behind the value in hand is wanted
  std::uint8_t defects_ = 0;
  std::uint8_t head_bytes_ = 0;
  std::uint8_t depth_ = 0;          ///< of levels_
  std::uint16_t value_length_ = 0;  ///< of the value being gathered; 0: none is
  /// Sequences and items of undefined length of which nothing is wanted, one in the other, in levels_: however deep
  /// they are, they are walked through. An odd number ends with a sequence, an even one with an item.
  std::uint32_t walked_levels_ = 0;
  std::uint32_t implicit_level_ = 0;  ///< of these, the first that is a UN; 0: none is
  std::uint64_t position_ = 0;        ///< behind all that was fed and passed
  std::uint64_t skip_bytes_ = 0;
  std::uint64_t piece_bytes_ = 0;  ///< still to be given in pieces
  Tag tag_ = 0;                    ///< the latest at the top
  Element element_;                ///< whose value is being gathered
  std::array<std::uint8_t, ElementHead::kLongest> head_{};
  DataSetRest rest_;
  std::array<Level, kDeepest> levels_{};
  std::vector<std::uint8_t> value_;  ///< what there is of one that comes in pieces
};

}  // namespace dcmwatch::dicom
