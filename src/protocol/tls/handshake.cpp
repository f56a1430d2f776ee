#include "protocol/tls/handshake.h"

#include <algorithm>

namespace dcmwatch::tls {
namespace {

Message message_of(ByteReader& reader) {
  Message message;
  message.type = static_cast<MessageType>(reader.u8());
  message.length = static_cast<std::uint32_t>(reader.u8()) << 16U;
  message.length |= reader.u16();
  return message;
}

}  // namespace

void HandshakeMessages::feed(ByteView body) {
  const std::size_t passed = std::min(passed_over_, body.size());
  passed_over_ -= passed;
  rest_ = pending_.join(body.subspan(passed));
}

std::optional<Message> HandshakeMessages::next() {
  ByteReader reader{rest_};
  Message message = message_of(reader);
  message.cut = message.length > head_limit_;
  message.body = reader.take(std::min<std::size_t>(message.length, head_limit_));
  if (reader.failed()) {
    pending_.keep(rest_);
    rest_ = {};
    return std::nullopt;
  }
  const std::size_t beyond = message.length - message.body.size();
  const std::size_t passed = std::min(beyond, reader.remaining());
  passed_over_ = beyond - passed;
  rest_ = reader.rest().subspan(passed);
  return message;
}

std::optional<Message> HandshakeMessages::broken_off() {
  ByteReader reader{pending_.join({})};
  Message message = message_of(reader);
  if (reader.failed()) return std::nullopt;
  message.body = reader.rest();
  message.cut = true;
  return message;
}

}  // namespace dcmwatch::tls
