#include "model/address_spans.h"

#include <array>

namespace dcmwatch {
namespace {

constexpr unsigned kAddressBits = 128, kByteBits = 8;

AddressNumber number_of(const IpAddress& address) {
  AddressNumber number = 0;
  for (const std::uint8_t byte : address.bytes()) number = number << kByteBits | byte;
  return number;
}

IpAddress address_of(AddressNumber number) {
  std::array<std::uint8_t, kAddressBits / kByteBits> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= kByteBits)
    *byte = static_cast<std::uint8_t>(number);
  return IpAddress::v6(bytes);
}

std::string text_of(const Interval<AddressNumber>& span) {
  const IpAddress first = address_of(span.first);
  if (span.first == span.last) return to_text(first);
  for (unsigned prefix = 0; prefix < kAddressBits; ++prefix) {
    const Network block = Network::around(first, prefix);
    if (spans_of({block}) == AddressSpans{span}) return to_text(block);
  }
  return to_text(first) + '-' + to_text(address_of(span.last));
}

}  // namespace

AddressSpans spans_of(const std::vector<Network>& networks) {
  AddressSpans spans;
  for (const Network& network : networks) {
    const AddressNumber first = number_of(network.base());
    const unsigned prefix = network.prefix_bits();
    const AddressNumber rest = prefix == 0 ? ~AddressNumber{0} : (AddressNumber{1} << (kAddressBits - prefix)) - 1;
    spans.push_back({first, first | rest});
  }
  return joined(std::move(spans));
}

std::vector<std::string> texts_of(const AddressSpans& spans) {
  std::vector<std::string> texts;
  for (const auto& span : spans) texts.push_back(text_of(span));
  return texts;
}

}  // namespace dcmwatch
