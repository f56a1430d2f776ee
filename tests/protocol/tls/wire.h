// TLS records as text, and a connection on which they are said.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/conversation.h"
#include "protocol/said.h"
#include "protocol/tls/tls.h"

namespace dcmwatch::test {

std::string u16(std::size_t number);
std::string record(int type, std::string_view body, int version = 0x0303);
/// A handshake message (RFC 8446 4).
std::string message(int type, std::string_view body);
std::string extension(int type, std::string_view content);
std::string server_name(std::string_view host);
/// `suites` in two bytes each.
std::string client_hello(std::string_view suites, std::string_view extensions, int version = 0x0303);
std::string server_hello(int suite, std::string_view extensions = {}, int version = 0x0303, bool retry = false);
std::string certificate_message(std::string_view der);

inline const std::string kTls13Chosen = extension(43, "\x03\x04");
inline const std::string kTls13Offered = extension(43, std::string_view{"\x04\x03\x04\x03\x03", 5});
inline const std::string kChangeCipherSpec = record(20, "\x01");
/// So many bytes that nobody can read.
std::string protected_record(int type, std::size_t bytes);
std::string alert(int level, int description);

class Wire final : private EventSink {
 public:
  explicit Wire(bool joined_midway = false, Limits limits = {});

  /// Honours the appetite, as the assembler does.
  Wire& say(const Said& said);
  Wire& say_byte_by_byte(const Said& said);
  Wire& say_all(const std::vector<Said>& script, bool byte_by_byte = false);
  Wire& close(CloseReason reason = CloseReason::finished);
  Wire& give_up_kept();
  [[nodiscard]] std::size_t kept_bytes() const { return sink_->kept_bytes(); }
  /// How many bytes the conversation was given to read.
  [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  /// The one of Phase::end; a failure if there is another number of them.
  [[nodiscard]] TlsConnection told() const;
  [[nodiscard]] Visibility visibility() const;
  [[nodiscard]] std::vector<std::string> violations() const;
  /// "start 1.3 unknown", "end 1.3 completed", "tls.record_type", with "lost", "unfinished", "undecodable".
  [[nodiscard]] std::vector<std::string> summary() const;

 private:
  Event& next_event() override { return events_.emplace_back(); }
  void pass(Direction direction, std::string_view bytes);

  Pseudonymizer pseudonymizer_{"a key that is for tests only"};
  ProtocolSettings settings_;
  Connection connection_;
  std::vector<Event> events_;
  Emitter emitter_;
  std::unique_ptr<StreamSink> sink_;
  std::array<Appetite, 2> unwanted_{};
  std::uint64_t read_bytes_ = 0;
  Mark mark_;
};

}  // namespace dcmwatch::test
