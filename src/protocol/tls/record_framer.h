// Cuts TLS records out of one direction of a stream (RFC 8446 5.1, RFC 5246 6.2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/timestamp.h"
#include "protocol/pending.h"

namespace dcmwatch::tls {

/// RFC 8446 B.1
enum class ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24
};

/// What TLSCiphertext may be long (RFC 5246 6.2.3; of TLS 1.3 less, RFC 8446 5.2).
inline constexpr std::size_t kLongestRecord = (1U << 14U) + 2048;
inline constexpr std::size_t kRecordHeader = 5;
/// A level and a description (RFC 8446 6): an alert that nothing protects. A protected one is longer.
inline constexpr std::size_t kAlertBytes = 2;

/// Where a unit stands.
struct Where {
  std::uint64_t offset = 0;  ///< in the stream
  std::uint64_t length = 0;  ///< with its header
  Mark first;                ///< the packet of its first byte
};

struct Record {
  ContentType type{};
  std::uint16_t version = 0;  ///< as its header says, which for compatibility's sake may not be the one spoken
  std::uint16_t length = 0;   ///< of what follows the header
  ByteView body;              ///< empty if it is protected; dies at the framer's next call
  Where where;
};

/// A hello in the form of SSL 2.0 (RFC 5246 E.2), which only begins a stream.
struct Sslv2Hello {
  ByteView body;  ///< from the message's type on
  Where where;
};

/// What is no record. Nothing follows: where the next one begins cannot be known.
struct NoRecord {
  enum class Why : std::uint8_t { type, length };
  Why why{};
  Where where;
};

using Unit = std::variant<Record, Sslv2Hello, NoRecord>;

/// Order of calls: feed, next until it gives nothing, then appetite. A record whose body matters (a handshake's, or an
/// alert's, that nothing protects) is given when it is whole; every other at its header, and its body is counted off.
/// A record in one segment is given in place; one split across segments is copied once.
class RecordFramer {
 public:
  /// `bytes` must live until next has given nothing.
  void feed(const Mark& mark, ByteView bytes);
  std::optional<Unit> next();
  /// How many of the bytes behind those fed belong to a record that was given.
  [[nodiscard]] std::uint64_t appetite();

  /// Whether the bodies of handshake records that follow are protected.
  void set_protected(bool is_protected) { protected_ = is_protected; }

  /// The stream breaks off: what there is of the body of a handshake record, to be read as far as it goes.
  std::optional<Record> broken_off();
  [[nodiscard]] std::size_t kept_bytes() const { return pending_.kept_bytes(); }

 private:
  [[nodiscard]] bool wants_body(ContentType type, std::uint16_t length) const;
  std::optional<Unit> next_sslv2_hello();
  void consume(std::size_t bytes);
  [[nodiscard]] Where here(std::uint64_t length) const { return {offset_, length, first_}; }

  Pending pending_;
  ByteView rest_;
  Mark mark_;   ///< of the bytes that were fed last
  Mark first_;  ///< of the first byte of rest_
  std::uint64_t offset_ = 0;
  std::uint64_t passed_over_ = 0;  ///< still to come of a body that is not wanted
  bool protected_ = false;
};

}  // namespace dcmwatch::tls
