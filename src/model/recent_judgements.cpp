#include "model/recent_judgements.h"

#include <array>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace dcmwatch {
namespace {

/// What is judged of every event that is about a connection.
struct Path {
  std::array<std::uint8_t, 16> source;
  std::array<std::uint8_t, 16> destination;
  std::uint16_t source_port;  ///< 0 if the source is known to have opened: it is any port then
  std::uint16_t destination_port;
  Transport transport;
  Protocol protocol;
  bool opener_known;
  std::uint8_t dataset;
};
static_assert(std::has_unique_object_representations_v<Path>);

Path path_of(const Event& event) {
  const Parties& parties = event.parties;
  return {.source = parties.source.address.bytes(),
          .destination = parties.destination.address.bytes(),
          .source_port = parties.opener_known ? std::uint16_t{0} : parties.source.port,
          .destination_port = parties.destination.port,
          .transport = parties.transport,
          .protocol = event.protocol,
          .opener_known = parties.opener_known,
          .dataset = static_cast<std::uint8_t>(event.facts.index())};
}

/// Writes all that a judgement depends on: what judgement.cpp reads of a fact is here.
class KeyWriter {
 public:
  explicit KeyWriter(std::string& key) : key_(key) {}

  void add(const Path& path) { add_bytes(&path, sizeof path); }

  void operator()(const ConnectionFact&) {}
  void operator()(const Violation&) {}
  void operator()(const Link&) {}
  void operator()(const CaptureNote&) {}
  void operator()(const DicomAssociation& association) {
    add_if(association.calling_ae);
    add_if(association.called_ae);
  }
  void operator()(const DicomOperation& operation) {
    const std::array<std::uint16_t, 3> codes{operation.command_field, static_cast<std::uint16_t>(operation.invoker),
                                             static_cast<std::uint16_t>(operation.request_seen)};
    add_bytes(codes.data(), sizeof codes);
    add_if(operation.calling_ae);
    add_if(operation.called_ae);
    add(operation.sop_class_uid);
    add(operation.move_destination);
  }
  void operator()(const Hl7Message& message) {
    key_.push_back(static_cast<char>(message.message_seen));
    key_.push_back(static_cast<char>(message.sent_by_opener));
    add(message.message_type);
  }

 private:
  void add_bytes(const void* bytes, std::size_t size) { key_.append(static_cast<const char*>(bytes), size); }

  // With its length before it, so that no two lists of texts are one key.
  void add(std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    add_bytes(&length, sizeof length);
    key_.append(text);
  }

  template <typename Text>
  void add_if(const std::optional<Text>& text) {
    key_.push_back(static_cast<char>(text.has_value()));
    if (text) add(*text);
  }

  std::string& key_;
};

}  // namespace

const Declared& RecentJudgements::judge(const Event& event) {
  key_.clear();
  KeyWriter writer{key_};
  writer.add(path_of(event));
  std::visit(writer, event.facts);
  Judgement& place = remembered_[std::hash<std::string_view>{}(key_) % kPlaces];
  if (place.key != key_) {
    place.declared = lookup_.judge(event);
    place.key = key_;
  }
  return place.declared;
}

}  // namespace dcmwatch
