// A data set within an association that is in order: the input's first byte chooses the transfer syntax, the second
// what the data set belongs to, the third into which pieces its fragments, and the segments, are cut; the rest is the
// data set.
#include <array>
#include <cstdint>

#include "conversation_properties.h"
#include "protocol/dicom/builder.h"

using namespace dcmwatch;
using test::Octets;
using test::operator+;

namespace {

constexpr std::array<std::string_view, 5> kSyntaxes{test::kImplicit, test::kExplicit, test::kExplicitBig,
                                                    "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"};

/// A request that comes with a data set, or that is answered by one.
struct Service {
  std::uint16_t command;
  std::string_view sop_class;
  bool answered_with_it = false;
};
constexpr std::array<Service, 10> kServices{
    Service{0x0001, test::kCtImageStorage},         Service{0x0001, "1.2.840.10008.5.1.4.1.1.104.1"},
    Service{0x0020, test::kStudyRootFind},          Service{0x0020, "1.2.840.10008.5.1.4.31", true},
    Service{0x0130, "1.2.840.10008.1.20.1"},        Service{0x0100, "1.2.840.10008.1.20.1"},
    Service{0x0140, "1.2.840.10008.3.1.2.3.3"},     Service{0x0120, "1.2.840.10008.3.1.2.3.3"},
    Service{0x0010, "1.2.840.10008.5.1.4.1.2.2.3"}, Service{0x0021, "1.2.840.10008.5.1.4.1.2.2.2"}};

Octets request_for(const Service& service) {
  return test::command_set(test::ui(0x0002, service.sop_class) + test::us(0x0100, service.command) +
                           test::us(0x0110, 1) + test::us(0x0700, 0) + test::us(0x0800, 1) +
                           test::ui(0x1000, "1.2.3.4"));
}

Octets response_to(const Service& service, std::uint16_t status, bool data_set) {
  return test::response(static_cast<std::uint16_t>(service.command | 0x8000), 1, status, data_set);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input{{data, size}};
  const std::string_view syntax = kSyntaxes[input.u8() % kSyntaxes.size()];
  const Service& service = kServices[input.u8() % kServices.size()];
  const std::size_t pieces = std::size_t{1} + input.u8();
  const ByteView rest = input.rest();
  const Octets fuzzed{rest.begin(), rest.end()};
  std::vector<Chunk> chunks;
  const auto say = [&](Direction direction, const Octets& bytes) {
    const auto number = static_cast<std::int64_t>(chunks.size());
    chunks.push_back({direction,
                      {timestamp_from_ns((number + 1) * 1'000'000), 0, static_cast<std::uint64_t>(number)},
                      std::string{as_text(bytes)}});
  };
  const std::size_t maximum = 64 + 16 * pieces;
  say(Direction::forward, test::associate_request("CT1", "PACS", {{1, service.sop_class, {syntax}}}));
  say(Direction::backward, test::associate_accept({{1, 0, syntax}}));
  say(Direction::forward,
      test::message(1, request_for(service), service.answered_with_it ? Octets(8) : fuzzed, maximum));
  if (service.answered_with_it)
    say(Direction::backward, test::message(1, response_to(service, 0xff00, true), fuzzed, maximum));
  say(Direction::backward, test::message(1, response_to(service, 0, false)));
  say(Direction::forward, test::release_request());
  say(Direction::backward, test::release_response());
  fuzz::check_conversation(chunks, pieces);
  return 0;
}
