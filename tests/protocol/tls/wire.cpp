#include "wire.h"

#include <algorithm>

namespace dcmwatch::test {
namespace {

std::string byte(std::size_t number) { return {static_cast<char>(number & 0xFFU)}; }
std::string u24(std::size_t number) { return byte(number >> 16U) + u16(number); }
std::string with_length(std::string_view content) { return u16(content.size()) + std::string{content}; }

constexpr std::string_view kRetryRandom =
    "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2"
    "\xC8\xA8\x33\x9C";

}  // namespace

std::string u16(std::size_t number) { return byte(number >> 8U) + byte(number); }

std::string record(int type, std::string_view body, int version) {
  return byte(static_cast<std::size_t>(type)) + u16(static_cast<std::size_t>(version)) + with_length(body);
}

std::string message(int type, std::string_view body) {
  return byte(static_cast<std::size_t>(type)) + u24(body.size()) + std::string{body};
}

std::string extension(int type, std::string_view content) {
  return u16(static_cast<std::size_t>(type)) + with_length(content);
}

std::string server_name(std::string_view host) { return extension(0, with_length(byte(0) + with_length(host))); }

std::string client_hello(std::string_view suites, std::string_view extensions, int version) {
  return message(1, u16(static_cast<std::size_t>(version)) + std::string(32, 'r') + byte(0) + with_length(suites) +
                        byte(1) + byte(0) + with_length(extensions));
}

std::string server_hello(int suite, std::string_view extensions, int version, bool retry) {
  return message(2, u16(static_cast<std::size_t>(version)) +
                        (retry ? std::string{kRetryRandom} : std::string(32, 's')) + byte(0) +
                        u16(static_cast<std::size_t>(suite)) + byte(0) + with_length(extensions));
}

std::string certificate_message(std::string_view der) {
  return message(11, der.empty() ? u24(0) : u24(der.size() + 3) + u24(der.size()) + std::string{der});
}

std::string protected_record(int type, std::size_t bytes) { return record(type, std::string(bytes, '\xE7')); }

std::string alert(int level, int description) {
  return record(21, byte(static_cast<std::size_t>(level)) + byte(static_cast<std::size_t>(description)));
}

Wire::Wire(bool joined_midway, Limits limits)
    : settings_{.limits = limits, .pseudonymizer = &pseudonymizer_}, emitter_(connection_, *this, Protocol::tls) {
  connection_.parties.source = {*IpAddress::parse("10.20.40.30"), 40000};
  connection_.parties.destination = {*IpAddress::parse("10.20.40.20"), 2575};
  connection_.parties.opener_known = !joined_midway;
  connection_.joined_midway = joined_midway;
  for (DirectionStatistics& sent : connection_.direction) sent.packets = 1;
  sink_ = open_tls(emitter_, settings_);
}

void Wire::pass(Direction direction, std::string_view bytes) {
  Appetite& unwanted = unwanted_[index_of(direction)];
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(unwanted, bytes.size()));
  if (unwanted != kWantNothing) unwanted -= skipped;
  if (skipped != 0) sink_->on_skipped(direction, mark_, mark_, skipped, 0);
  bytes.remove_prefix(skipped);
  if (bytes.empty()) return;
  read_bytes_ += bytes.size();
  unwanted = sink_->on_bytes(direction, mark_, as_bytes(bytes));
}

Wire& Wire::say(const Said& said) {
  ++mark_.packet;
  mark_.time += std::chrono::milliseconds{1};
  if (said.missing != 0) {
    sink_->on_gap(said.direction, mark_, said.missing);
  } else {
    pass(said.direction, said.bytes);
  }
  return *this;
}

Wire& Wire::say_byte_by_byte(const Said& said) {
  if (said.missing != 0) return say(said);
  ++mark_.packet;
  mark_.time += std::chrono::milliseconds{1};
  for (std::size_t i = 0; i < said.bytes.size(); ++i) pass(said.direction, std::string_view{said.bytes}.substr(i, 1));
  return *this;
}

Wire& Wire::say_all(const std::vector<Said>& script, bool byte_by_byte) {
  for (const Said& said : script) byte_by_byte ? say_byte_by_byte(said) : say(said);
  return *this;
}

Wire& Wire::close(CloseReason reason) {
  ++mark_.packet;
  mark_.time += std::chrono::milliseconds{1};
  sink_->on_close(mark_, reason);
  return *this;
}

Wire& Wire::give_up_kept() {
  sink_->give_up_kept(mark_);
  return *this;
}

TlsConnection Wire::told() const {
  TlsConnection told;
  int ends = 0;
  for (const Event& event : events_) {
    const auto* fact = std::get_if<TlsConnection>(&event.facts);
    if (!fact || event.phase != Phase::end) continue;
    told = *fact;
    ++ends;
  }
  EXPECT_EQ(ends, 1);
  return told;
}

Visibility Wire::visibility() const {
  for (const Event& event : events_) {
    if (event.phase == Phase::end && std::holds_alternative<TlsConnection>(event.facts)) return event.visibility;
  }
  return {};
}

std::vector<std::string> Wire::violations() const {
  std::vector<std::string> names;
  for (const Event& event : events_) {
    if (const auto* violation = std::get_if<Violation>(&event.facts)) names.emplace_back(violation->name);
  }
  return names;
}

std::vector<std::string> Wire::summary() const {
  std::vector<std::string> lines;
  for (const Event& event : events_) {
    if (const auto* violation = std::get_if<Violation>(&event.facts)) {
      lines.push_back(std::string{violation->name} + (violation->by_opener ? " by opener" : " by acceptor"));
    } else if (const auto* tls = std::get_if<TlsConnection>(&event.facts)) {
      std::string line{to_text(event.phase)};
      line.append(" ").append(tls->version ? tls_version_number(*tls->version) : "?");
      line.append(" ").append(to_text(tls->handshake));
      if (event.visibility.lost) line += " lost";
      if (event.visibility.unfinished) line += " unfinished";
      if (event.visibility.undecodable) line += " undecodable";
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace dcmwatch::test
