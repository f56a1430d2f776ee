// Cuts the messages of a handshake out of its records (RFC 8446 4, 5.1): a record may hold several, and a message may
// stretch over several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "protocol/pending.h"
#include "protocol/tls/record_framer.h"

namespace dcmwatch::tls {

/// RFC 8446 B.3, RFC 5246 A.4: those that are looked at.
enum class MessageType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_url = 21,  // RFC 6066 5
  certificate_status = 22,
  supplemental_data = 23  // RFC 4680
};

struct Message {
  MessageType type{};
  ByteView body;             ///< its head, at most the limit; dies at the next call
  std::uint32_t length = 0;  ///< of the whole body
  bool cut = false;          ///< body is not all of it: limit or loss
};

/// Order of calls: feed, then next until it gives nothing.
class HandshakeMessages {
 public:
  explicit HandshakeMessages(std::size_t head_limit) : head_limit_(head_limit) {}

  /// A record's body, which must live until next has given nothing.
  void feed(ByteView body);
  std::optional<Message> next();
  /// Nothing follows: what there is of a message that is not whole.
  std::optional<Message> broken_off();

  /// Whether a message is not whole, so that only handshake records may follow (RFC 8446 5.1).
  [[nodiscard]] bool is_within_message() const { return pending_.size() != 0 || passed_over_ != 0; }
  [[nodiscard]] std::size_t kept_bytes() const { return pending_.kept_bytes(); }

 private:
  std::size_t head_limit_;
  Pending pending_;
  ByteView rest_;
  std::size_t passed_over_ = 0;  ///< still to come of a message that was given by its head
};

}  // namespace dcmwatch::tls
