// Reads the head of a data set as its fragments pass, and says when it has seen all that it wants (PS3.5 7).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace dcmwatch::dicom {

/// (gggg,eeee) as one number; tags ascend within a data set (PS3.5 7.1).
using Tag = std::uint32_t;

inline constexpr Tag kSopClassUid = 0x0008'0016;
inline constexpr Tag kSopInstanceUid = 0x0008'0018;
inline constexpr Tag kAccessionNumber = 0x0008'0050;
inline constexpr Tag kQueryLevel = 0x0008'0052;
inline constexpr Tag kPatientId = 0x0010'0020;
inline constexpr Tag kStudyInstanceUid = 0x0020'000d;

/// How elements are written (PS3.5 A). A deflated or an unknown syntax has none: its data sets are sized, not read.
enum class Encoding : std::uint8_t { implicit_little, explicit_little, explicit_big };
std::optional<Encoding> encoding_of(std::string_view transfer_syntax_uid);

/// Takes the values that were wanted. The view dies when the call returns.
struct AttributeSink {
  virtual ~AttributeSink() = default;
  virtual void on_attribute(Tag tag, ByteView value) = 0;
};

/// Feed it a data set's bytes in order, in pieces of any size; pass over what it answers as unwanted().
/// It holds one element's head and one wanted value, and costs nothing per byte of a value that nobody wants.
class DataSetReader {
 public:
  static constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

  /// `wanted` ascends and outlives the reader.
  DataSetReader(Encoding encoding, std::span<const Tag> wanted) : encoding_(encoding), wanted_(wanted) {}

  void feed(ByteView bytes, AttributeSink& sink);

  /// How many of the following bytes need not be fed, but passed; kEverything once nothing more is wanted.
  [[nodiscard]] std::uint64_t unwanted() const { return done_ ? kEverything : skip_bytes_; }
  void pass(std::uint64_t bytes) {
    if (!done_) skip_bytes_ -= bytes;
  }
  [[nodiscard]] bool done() const { return done_; }
  /// A wanted value was too long, or sequences too deep, to be read.
  [[nodiscard]] bool beyond_limits() const { return beyond_limits_; }

 private:
  static constexpr std::size_t kLongestHead = 12;
  static constexpr std::size_t kLongestValue = 256;  ///< LO: 64 characters of at most 4 bytes
  static constexpr unsigned kDeepest = 16;

  struct Head {
    Tag tag = 0;
    std::uint16_t vr = 0;  ///< as two characters; 0 where the encoding writes none
    std::uint32_t length = 0;
  };

  ByteView feed_head(ByteView bytes, AttributeSink& sink);
  ByteView feed_value(ByteView bytes, AttributeSink& sink);
  [[nodiscard]] std::size_t head_size() const;
  [[nodiscard]] bool head_is_explicit() const;
  [[nodiscard]] Head decode_head() const;
  void on_head(const Head& head, AttributeSink& sink);
  void on_nested_head(const Head& head);
  void open_sequence(const Head& head);
  void skip_value(const Head& head);
  [[nodiscard]] std::uint16_t u16(std::size_t at) const;
  [[nodiscard]] std::uint32_t u32(std::size_t at) const;

  Encoding encoding_;
  std::span<const Tag> wanted_;
  std::array<std::uint8_t, kLongestHead> head_{};
  std::array<std::uint8_t, kLongestValue> value_{};
  std::size_t head_bytes_ = 0;
  std::size_t value_bytes_ = 0;
  std::size_t value_length_ = 0;  ///< of the wanted value being gathered; 0: none is
  std::uint64_t skip_bytes_ = 0;
  Tag tag_ = 0;                 ///< the latest at the top
  unsigned depth_ = 0;          ///< sequences and items of undefined length that are open
  unsigned implicit_from_ = 0;  ///< the depth below which a UN is written in implicit VR; 0: none
  bool done_ = false;
  bool beyond_limits_ = false;
};

}  // namespace dcmwatch::dicom
