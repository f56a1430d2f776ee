#include "exchanged.h"

#include <array>

namespace dcmwatch::oracle {
namespace {

constexpr std::size_t kPduHeader = 6, kPdvHeader = 6;

std::uint32_t u32(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return number;
}

}  // namespace

bool SeenPdu::is_whole() const { return bytes.size() == kPduHeader + u32(bytes, 2); }

namespace {

// In the order in which they became whole.
std::vector<SeenPdu> pdus_of(const CapturedStream& stream) {
  std::vector<SeenPdu> pdus;
  std::array<std::string, 2> pending;
  for (const Chunk& chunk : stream.chunks) {
    std::string& bytes = pending[index_of(chunk.direction)] += chunk.bytes;
    while (bytes.size() >= kPduHeader && bytes.size() - kPduHeader >= u32(bytes, 2)) {
      const std::size_t size = kPduHeader + u32(bytes, 2);
      pdus.push_back({chunk.direction, bytes.substr(0, size)});
      bytes.erase(0, size);
    }
  }
  // What the stream's end cut counts with what is there of it.
  for (const Direction direction : {Direction::forward, Direction::backward})
    if (pending[index_of(direction)].size() > kPduHeader) pdus.push_back({direction, pending[index_of(direction)]});
  return pdus;
}

void on_data(const SeenPdu& pdu, Messages& of_direction, std::vector<SeenMessage>& messages) {
  for (std::size_t at = kPduHeader; at + kPdvHeader <= pdu.bytes.size();) {
    const std::size_t length = u32(pdu.bytes, at);
    const auto control = static_cast<std::uint8_t>(pdu.bytes[at + 5]);
    of_direction.on_fragment({pdu.direction, static_cast<std::uint8_t>(pdu.bytes[at + 4]), {}, {}, false},
                             (control & 1) != 0, (control & 2) != 0, pdu.bytes.substr(at + kPdvHeader, length - 2),
                             messages);
    at += 4 + length;
  }
}

}  // namespace

void Messages::on_fragment(SeenMessage begun, bool is_command, bool is_last, std::string_view fragment,
                           std::vector<SeenMessage>& messages) {
  if (is_command && !in_command_) {
    at_ = messages.size();
    messages.push_back(std::move(begun));
  }
  if (is_command) in_command_ = !is_last;
  if (!at_) return;
  SeenMessage& message = messages[*at_];
  (is_command ? message.command : message.data_set) += fragment;
  message.complete = is_last;
}

std::vector<SeenAssociation> associations_of(const CapturedStream& stream) {
  std::vector<SeenAssociation> associations;
  std::array<Messages, 2> messages;
  bool open = false;
  for (const SeenPdu& pdu : pdus_of(stream)) {
    if (associations.empty() && pdu.type() != request) return {};
    if (open && pdu.type() >= data) associations.back().after_opening.push_back(pdu);
    switch (pdu.type()) {
      case request:
        if (open) break;  // within an association it opens none
        associations.push_back({pdu.bytes, {}, {}, {}});
        messages = {};
        open = true;
        break;
      case accept:
      case reject:
        associations.back().answer = pdu.bytes;
        open = pdu.type() == accept;
        break;
      case data:  // what crosses an abort belongs to no message
        if (open) on_data(pdu, messages[index_of(pdu.direction)], associations.back().messages);
        break;
      case release_response:
      case abort: open = false; break;
      default: break;
    }
  }
  return associations;
}

}  // namespace dcmwatch::oracle
