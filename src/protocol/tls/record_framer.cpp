#include "protocol/tls/record_framer.h"

#include <algorithm>
#include <utility>

namespace dcmwatch::tls {
namespace {

constexpr std::uint8_t kSslv2Length = 0x80;  // the first bit of a length of two bytes
constexpr std::size_t kSslv2Header = 2;
constexpr std::uint16_t kLongestSslv2Hello = 4096;

bool is_content_type(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(ContentType::change_cipher_spec) &&
         type <= static_cast<std::uint8_t>(ContentType::heartbeat);
}

}  // namespace

void RecordFramer::feed(const Mark& mark, ByteView bytes) {
  const std::size_t passed = std::min<std::uint64_t>(passed_over_, bytes.size());
  passed_over_ -= passed;
  offset_ += passed;
  if (pending_.size() == 0) first_ = mark;
  mark_ = mark;
  rest_ = pending_.join(bytes.subspan(passed));
}

std::optional<Unit> RecordFramer::next() {
  if (offset_ == 0 && !rest_.empty() && (rest_[0] & kSslv2Length) != 0) return next_sslv2_hello();
  if (!rest_.empty() && !is_content_type(rest_[0])) return NoRecord{NoRecord::Why::type, here(kRecordHeader)};
  ByteReader reader{rest_};
  Record record;
  record.type = static_cast<ContentType>(reader.u8());
  record.version = reader.u16();
  record.length = reader.u16();
  record.where = here(kRecordHeader + record.length);
  if (reader.failed()) {
    pending_.keep(rest_);
    return std::nullopt;
  }
  if (record.version >> 8U != 3) return NoRecord{NoRecord::Why::type, record.where};
  if (record.length > kLongestRecord) return NoRecord{NoRecord::Why::length, record.where};
  if (!wants_body(record.type, record.length)) {
    consume(kRecordHeader + record.length);
    return record;
  }
  record.body = reader.take(record.length);
  if (reader.failed()) {
    pending_.keep(rest_);
    return std::nullopt;
  }
  consume(kRecordHeader + record.length);
  return record;
}

bool RecordFramer::wants_body(ContentType type, std::uint16_t length) const {
  if (type == ContentType::handshake) return !protected_;
  return type == ContentType::alert && length == kAlertBytes;
}

std::optional<Unit> RecordFramer::next_sslv2_hello() {
  ByteReader reader{rest_};
  const std::uint16_t length = reader.u16() & 0x7FFFU;
  const ByteView body = reader.take(length);
  if (length > kLongestSslv2Hello) return NoRecord{NoRecord::Why::type, here(kRecordHeader)};
  if (reader.failed()) {
    pending_.keep(rest_);
    return std::nullopt;
  }
  const Sslv2Hello hello{body, here(kSslv2Header + length)};
  consume(kSslv2Header + length);
  return hello;
}

void RecordFramer::consume(std::size_t bytes) {
  const std::size_t here = std::min(bytes, rest_.size());
  offset_ += here;
  passed_over_ = bytes - here;
  rest_ = rest_.subspan(here);
  first_ = mark_;
}

std::uint64_t RecordFramer::appetite() {
  const std::uint64_t unwanted = std::exchange(passed_over_, 0);
  offset_ += unwanted;
  return unwanted;
}

std::optional<Record> RecordFramer::broken_off() {
  const ByteView kept = pending_.join({});
  ByteReader reader{kept};
  Record record;
  record.type = static_cast<ContentType>(reader.u8());
  record.version = reader.u16();
  record.length = reader.u16();
  record.body = reader.rest();
  record.where = here(kRecordHeader + record.length);
  if (reader.failed() || record.type != ContentType::handshake || protected_) return std::nullopt;
  return record;
}

}  // namespace dcmwatch::tls
