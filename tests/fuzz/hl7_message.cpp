// The content of a block, whole and with a tail cut off: the input's first byte says how much.
#include <cstdint>
#include <string>

#include "protocol/hl7/facts.h"
#include "protocol/hl7/message.h"
#include "protocol/hl7/validity.h"

using namespace dcmwatch;
using namespace dcmwatch::hl7;

namespace {

std::uint64_t sum = 0;

// A view that is too long is seen by the sanitizer.
void read(const Message& message, std::string_view text) {
  std::string scratch;
  for (const char character : unescape(message.component_of(text), message.delimiters, scratch))
    sum += static_cast<unsigned char>(character);
}

void decode(ByteView content, bool cut) {
  static const Pseudonymizer kPseudonymizer{"a key for tests only"};
  static LastIssuer last_issuer;
  while (!content.empty()) {
    const auto decoded = decode_message(content, cut);
    std::size_t behind = 0;
    if (const Message* message = std::get_if<Message>(&decoded)) {
      for (std::size_t field = 0; field < kFields; ++field) read(*message, message->raw(static_cast<Field>(field)));
      for (const RawOrder& order : message->orders) {
        for (std::size_t field = 0; field < kOrderFields; ++field)
          read(*message, order.raw(static_cast<OrderField>(field)));
      }
      const CharacterSet character_set{*message};
      sum += character_set.to_utf8(message->text).size() + (character_set.holds(*message) ? 1 : 0);
      sum += breaks_of(*message, cut).none() ? 1 : 0;
      sum += facts_of(*message, character_set, kPseudonymizer, last_issuer).patient.first();
      behind = message->behind;
      if (behind == 0 || behind > content.size()) __builtin_trap();
    } else if (const auto segment = decode_envelope_segment(content)) {
      behind = segment->end;
      if (behind == 0 || behind > content.size()) __builtin_trap();
    } else {
      return;
    }
    content = content.subspan(behind);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::uint8_t less = input.u8();
  const ByteView content = input.rest();
  decode(content, false);
  decode(content.first(content.size() - std::min<std::size_t>(less, content.size())), true);
  return sum == ~std::uint64_t{0} ? 1 : 0;
}
