// From both directions' bytes to one fact: frames records, reads what of the handshake nothing protects, and judges by
// the lengths and the order of what is protected how it ended.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "protocol/conversation.h"
#include "protocol/recycled.h"
#include "protocol/tls/certificate.h"
#include "protocol/tls/handshake.h"
#include "protocol/tls/hello.h"
#include "protocol/tls/record_framer.h"
#include "protocol/tls/tls.h"
#include "protocol/tls/violations.h"

namespace dcmwatch {
namespace tls {
namespace {

constexpr std::uint8_t kFatal = 2;

// A protected alert of TLS 1.3 (RFC 8446 5.2): level, description and content type, with an authentication tag of 16
// bytes, or of 8 (RFC 6655). A Finished is longer: header, a hash of 32 bytes or more, content type and tag.
constexpr std::array<std::uint16_t, 2> kProtectedAlerts{2 + 1 + 16, 2 + 1 + 8};
constexpr std::uint16_t kShortestFinished = 4 + 32 + 1 + 8;

bool may_be_alert(std::uint16_t length) {
  return std::ranges::find(kProtectedAlerts, length) != kProtectedAlerts.end();
}

// RFC 9325 3.1.1
bool is_obsolete(TlsVersion version) {
  return std::ranges::find(kTlsVersions, version) < std::ranges::find(kTlsVersions, kTls12);
}

/// Who sends a message of the handshake (RFC 5246 7.4). What TLS 1.3 protects is not among them.
enum class Sender : std::uint8_t { client, server, either };
struct MessageRule {
  MessageType type;
  Sender sender;
};
constexpr std::array kMessageRules{MessageRule{MessageType::hello_request, Sender::server},
                                   MessageRule{MessageType::client_hello, Sender::client},
                                   MessageRule{MessageType::server_hello, Sender::server},
                                   MessageRule{MessageType::new_session_ticket, Sender::server},
                                   MessageRule{MessageType::certificate, Sender::either},
                                   MessageRule{MessageType::server_key_exchange, Sender::server},
                                   MessageRule{MessageType::certificate_request, Sender::server},
                                   MessageRule{MessageType::server_hello_done, Sender::server},
                                   MessageRule{MessageType::certificate_verify, Sender::client},
                                   MessageRule{MessageType::client_key_exchange, Sender::client},
                                   MessageRule{MessageType::finished, Sender::either},
                                   MessageRule{MessageType::certificate_url, Sender::client},
                                   MessageRule{MessageType::certificate_status, Sender::server},
                                   MessageRule{MessageType::supplemental_data, Sender::either}};

// A stream may begin within a record, and behind a handshake, if its beginning was not seen.
bool begins_midway(const Connection& connection) {
  return connection.joined_midway || connection.sent(Direction::forward).missing_bytes != 0 ||
         connection.sent(Direction::backward).missing_bytes != 0;
}

bool is_early(CloseReason reason) {
  return reason == CloseReason::evicted || reason == CloseReason::timed_out || reason == CloseReason::capture_ended;
}

class Conversation final : public StreamSink, public Recycled {
 public:
  Conversation(Emitter& emitter, const ProtocolSettings& settings)
      : emitter_(emitter),
        limits_(settings.limits),
        midway_(begins_midway(emitter.connection())),
        sides_{Side{settings.limits}, Side{settings.limits}},
        violations_(emitter) {}

  Appetite on_bytes(Direction direction, const Mark& mark, ByteView bytes) override;
  void on_skipped(Direction, const Mark&, const Mark&, std::uint64_t, std::uint64_t) override {}
  void on_gap(Direction direction, const Mark& mark, std::uint64_t missing) override;
  void give_up_kept(const Mark& mark) override;
  void on_close(const Mark& mark, CloseReason reason) override;

 private:
  /// What is known of what one direction sent.
  struct Side {
    explicit Side(const Limits& limits) : messages(limits.tls_message_bytes) {}

    RecordFramer framer;
    HandshakeMessages messages;
    std::size_t protected_records = 0;
    bool read_to_end = false;     ///< nothing of it is wanted any more
    bool changed_cipher = false;  ///< what follows is protected (before TLS 1.3)
    bool finished = false;        ///< its Finished went by (before TLS 1.3)
    bool alerted = false;         ///< a record that may be a protected alert went by (TLS 1.3)
    bool flight_ended = false;    ///< of the client: a record that may hold its Finished went by (TLS 1.3)
  };

  Side& side(Direction direction) { return sides_[index_of(direction)]; }
  [[nodiscard]] bool is_client(Direction direction) const { return client_ == direction; }
  /// Or a draft of it, whose numbers are greater.
  [[nodiscard]] bool is_tls13() const { return fact_.version && *fact_.version > kTls12; }
  [[nodiscard]] bool in_step() const { return !midway_ && !lost_ && !undecodable_; }
  void set_client(Direction direction);

  void take(const Record& record, Direction direction, const Mark& mark);
  void take(const Sslv2Hello& hello, Direction direction, const Mark& mark);
  void take(const NoRecord& stranger, Direction direction, const Mark& mark);
  void take_handshake(const Record& record, Direction direction, const Mark& mark);
  void take_change_cipher(Direction direction);
  void take_alert(const Record& record, Direction direction, const Mark& mark);
  void take_protected(const Record& record, Direction direction, const Mark& mark);
  void take_protected_by_tls13(const Record& record, Direction direction, const Mark& mark);

  void on_message(const Message& message, Direction direction, const Where& where, const Mark& mark);
  [[nodiscard]] bool belongs(const MessageRule& rule, Direction direction) const;
  void on_client_hello(const ClientHello& hello, Direction direction, const Where& where);
  void on_server_hello(const Message& message, Direction direction, const Where& where, const Mark& mark);
  void on_retry(Direction direction);
  void on_certificate(const Message& message, Direction direction, const Where& where, const Mark& mark);

  void begin(const Where& where) {
    if (!first_) first_ = where.first;
  }
  void on_protected_alert(Direction direction, const Mark& mark);
  void check_finished(const Mark& mark);
  void tell_malformed(Flaw flaw, Direction direction, const Where& where, const Mark& mark);
  void read_broken_off(Direction direction, const Mark& mark);
  void lose(Direction direction, const Mark& mark);
  void stop(Direction direction);
  void give_up(Direction direction, const Mark& mark);
  void finish(TlsHandshake handshake, const Mark& mark, bool unfinished = false);
  void count_kept();

  Emitter& emitter_;
  const Limits& limits_;
  const bool midway_;
  std::array<Side, 2> sides_;
  Violations violations_;
  TlsConnection fact_;
  std::optional<Mark> first_;
  std::optional<Timestamp> hello_time_;
  std::optional<Direction> client_;
  bool ticket_offered_ = false;
  bool early_data_ = false;
  bool server_hello_done_ = false;
  bool other_certificates_ = false;
  bool lost_ = false;
  bool undecodable_ = false;
  bool gave_up_ = false;  ///< the handshake may be over, unseen
  bool ended_ = false;
};

Appetite Conversation::on_bytes(Direction direction, const Mark& mark, ByteView bytes) {
  Side& here = side(direction);
  if (here.read_to_end) return kWantNothing;
  here.framer.feed(mark, bytes);
  while (const std::optional<Unit> unit = here.framer.next()) {
    std::visit([&](const auto& each) { take(each, direction, mark); }, *unit);
    if (here.read_to_end) break;
  }
  count_kept();
  return here.read_to_end ? kWantNothing : here.framer.appetite();
}

void Conversation::on_gap(Direction direction, const Mark& mark, std::uint64_t) {
  if (!side(direction).read_to_end) lose(direction, mark);
  count_kept();
}

void Conversation::give_up_kept(const Mark& mark) {
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    Side& here = side(direction);
    if (here.framer.kept_bytes() + here.messages.kept_bytes() != 0) lose(direction, mark);
  }
  count_kept();
}

void Conversation::on_close(const Mark& mark, CloseReason reason) {
  if (ended_) return;
  const bool both_seen = !emitter_.connection().one_direction_only() && in_step() && !gave_up_;
  // Behind the hellos of TLS 1.3 everything is protected, and what was not seen to end may have.
  const bool maybe_over = client_ && is_tls13() && side(*client_).protected_records != 0;
  const bool abandoned = both_seen && !is_early(reason) && !maybe_over;
  finish(abandoned ? TlsHandshake::abandoned : TlsHandshake::unknown, mark, is_early(reason));
}

// ---- Records

void Conversation::take(const Record& record, Direction direction, const Mark& mark) {
  begin(record.where);
  // Behind the handshake only one thing is still of interest: whether it goes on as TLS.
  if (ended_) return stop(direction);
  constexpr std::uint16_t kLatestVersion = 0x0304;
  if (record.version > kLatestVersion) violations_.tell(Flaw::record_version, direction, record.where, mark);
  switch (record.type) {
    case ContentType::handshake: return take_handshake(record, direction, mark);
    case ContentType::change_cipher_spec: return take_change_cipher(direction);
    case ContentType::alert: return take_alert(record, direction, mark);
    case ContentType::application_data: return take_protected(record, direction, mark);
    case ContentType::heartbeat: return;
  }
}

void Conversation::take(const Sslv2Hello& hello, Direction direction, const Mark& mark) {
  begin(hello.where);
  if (is_sslv2_client_hello(hello.body)) {
    violations_.tell(Flaw::sslv2_hello, direction, hello.where, mark);
    return on_client_hello(read_sslv2_hello(hello.body), direction, hello.where);
  }
  if (!client_ || is_client(direction) || !is_sslv2_server_hello(hello.body))
    return take(NoRecord{NoRecord::Why::type, hello.where}, direction, mark);
  // SSL 2.0 goes on in a form of its own.
  fact_.version = kSsl2;
  fact_.server_hello_seen = true;
  violations_.tell(Flaw::obsolete_version, direction, hello.where, mark);
  finish(TlsHandshake::unknown, mark);
}

void Conversation::take(const NoRecord& stranger, Direction direction, const Mark& mark) {
  const bool too_long = stranger.why == NoRecord::Why::length;
  const bool cleartext = fact_.handshake == TlsHandshake::completed && !too_long;
  const Flaw flaw = too_long ? Flaw::record_length : cleartext ? Flaw::cleartext : Flaw::record_type;
  tell_malformed(flaw, direction, stranger.where, mark);
  undecodable_ |= in_step() && !ended_;
  give_up(direction, mark);
}

void Conversation::take_handshake(const Record& record, Direction direction, const Mark& mark) {
  Side& here = side(direction);
  if (here.changed_cipher) {
    here.finished = true;
    return check_finished(mark);
  }
  if (record.body.empty()) tell_malformed(Flaw::empty_record, direction, record.where, mark);
  here.messages.feed(record.body);
  while (const std::optional<Message> message = here.messages.next()) {
    on_message(*message, direction, record.where, mark);
    if (here.read_to_end) return;
  }
}

// Before TLS 1.3 what follows is protected. In TLS 1.3 it says nothing (RFC 8446 5), and may come before a second
// hello.
void Conversation::take_change_cipher(Direction direction) {
  if (is_tls13() || (fact_.retried && !fact_.server_hello_seen)) return;
  Side& here = side(direction);
  here.changed_cipher = true;
  here.framer.set_protected(true);
  // RFC 5246 7.3: in a handshake of its own, the server has said before that it is done with its hellos.
  if (fact_.server_hello_seen && !is_client(direction) && !lost_) {
    fact_.resumed = !server_hello_done_;
    if (*fact_.resumed) fact_.resumption = ticket_offered_ ? TlsResumption::ticket : TlsResumption::session_id;
  }
}

void Conversation::take_alert(const Record& record, Direction direction, const Mark& mark) {
  if (record.length < kAlertBytes) return tell_malformed(Flaw::empty_record, direction, record.where, mark);
  if (record.length > kAlertBytes) return on_protected_alert(direction, mark);
  const std::uint8_t level = record.body[0], description = record.body[1];
  fact_.alert = TlsAlert{emitter_.from_opener(direction), level, description};
  if (level != kFatal) return;
  violations_.tell(Flaw::fatal_alert, direction, record.where, mark);
  finish(TlsHandshake::refused, mark);
}

void Conversation::on_protected_alert(Direction direction, const Mark& mark) {
  if (!in_step()) return give_up(direction, mark);
  fact_.alert = TlsAlert{emitter_.from_opener(direction), std::nullopt, std::nullopt};
  finish(TlsHandshake::refused, mark);
}

void Conversation::take_protected(const Record& record, Direction direction, const Mark& mark) {
  Side& here = side(direction);
  if (!fact_.client_hello_seen && !fact_.server_hello_seen) return finish(TlsHandshake::unknown, mark);
  if (++here.protected_records > limits_.tls_protected_records) {
    fact_.not_followed = true;
    return give_up(direction, mark);
  }
  if (is_tls13()) return take_protected_by_tls13(record, direction, mark);
  // The server sends data when it has the client's Finished; the client may do so before (RFC 7918).
  if (fact_.version && !is_client(direction)) finish(TlsHandshake::completed, mark);
}

// What each record holds is protected, too. The client's part ends with its Finished; whoever refuses sends an alert in
// its stead, or in answer to it.
void Conversation::take_protected_by_tls13(const Record& record, Direction direction, const Mark& mark) {
  Side& here = side(direction);
  const bool alert = may_be_alert(record.length);
  if (is_client(direction)) {
    if (alert && !here.flight_ended && !early_data_) return on_protected_alert(direction, mark);
    here.alerted |= alert;
    here.flight_ended |= record.length >= kShortestFinished;
    return;
  }
  const Side& client = side(opposite(direction));
  if (!client.flight_ended) return;
  if (!alert) return finish(TlsHandshake::completed, mark);
  if (!client.alerted) on_protected_alert(direction, mark);
}

// ---- Messages of the handshake

void Conversation::on_message(const Message& message, Direction direction, const Where& where, const Mark& mark) {
  const auto* const rule = std::ranges::find(kMessageRules, message.type, &MessageRule::type);
  if (rule == kMessageRules.end()) {
    tell_malformed(Flaw::handshake_message, direction, where, mark);
    undecodable_ |= in_step();
    return give_up(direction, mark);
  }
  if (message.length > limits_.tls_message_bytes) tell_malformed(Flaw::message_length, direction, where, mark);
  if (!belongs(*rule, direction)) tell_malformed(Flaw::handshake_order, direction, where, mark);
  switch (message.type) {
    case MessageType::client_hello: {
      const ClientHello hello = read_client_hello(message.body, message.cut);
      if (!hello.well_formed) tell_malformed(Flaw::handshake_message, direction, where, mark);
      return on_client_hello(hello, direction, where);
    }
    case MessageType::server_hello: return on_server_hello(message, direction, where, mark);
    case MessageType::certificate: return on_certificate(message, direction, where, mark);
    case MessageType::certificate_request: fact_.client_certificate_requested = true; return;
    case MessageType::server_hello_done: server_hello_done_ = true; return;
    case MessageType::hello_request:
    case MessageType::new_session_ticket:
    case MessageType::server_key_exchange:
    case MessageType::certificate_verify:
    case MessageType::client_key_exchange:
    case MessageType::finished:
    case MessageType::certificate_url:
    case MessageType::certificate_status:
    case MessageType::supplemental_data: return;
  }
}

// Whether its sender may send it, as far as it is known who is who.
bool Conversation::belongs(const MessageRule& rule, Direction direction) const {
  if (rule.sender == Sender::either) return client_ || midway_;
  if (client_) return (rule.sender == Sender::client) == is_client(direction);
  return midway_ || rule.type == MessageType::client_hello || rule.type == MessageType::server_hello;
}

void Conversation::set_client(Direction direction) {
  if (client_) return;
  client_ = direction;
  emitter_.set_opener(direction);
}

void Conversation::on_client_hello(const ClientHello& hello, Direction direction, const Where& where) {
  set_client(direction);
  if (!is_client(direction) || fact_.server_hello_seen) return;
  fact_.client_hello_seen = true;
  fact_.versions_offered = hello.versions;
  fact_.ciphers_offered = hello.ciphers;
  fact_.weak_ciphers_offered = hello.weaknesses;
  fact_.server_name = hello.server_name;
  ticket_offered_ = hello.ticket;
  early_data_ = hello.early_data;
  if (!hello_time_) hello_time_ = where.first.time;
}

void Conversation::on_server_hello(const Message& message, Direction direction, const Where& where, const Mark& mark) {
  const ServerHello hello = read_server_hello(message.body, message.cut);
  if (!hello.well_formed) tell_malformed(Flaw::handshake_message, direction, where, mark);
  set_client(opposite(direction));
  if (is_client(direction) || fact_.server_hello_seen) return;
  if (hello.retry) return on_retry(direction);
  fact_.server_hello_seen = true;
  fact_.version = hello.version;
  fact_.cipher_suite = hello.cipher_suite;
  fact_.application_protocol = hello.application_protocol;
  other_certificates_ = hello.other_certificates;
  if (is_tls13()) {
    fact_.resumed = hello.psk;
    if (hello.psk) fact_.resumption = TlsResumption::psk;
  }
  if (fact_.version && is_obsolete(*fact_.version)) violations_.tell(Flaw::obsolete_version, direction, where, mark);
  if (fact_.cipher_suite && !tls_weaknesses(*fact_.cipher_suite).empty())
    violations_.tell(Flaw::weak_cipher, direction, where, mark);
  emitter_.emit(Phase::start, *first_, mark, fact_, {.lost = lost_});
}

// The hello that follows is in clear, whatever came before it (RFC 8446 4.2.10, D.4).
void Conversation::on_retry(Direction direction) {
  fact_.retried = true;
  for (const Direction each : {direction, opposite(direction)}) {
    side(each).changed_cipher = false;
    side(each).framer.set_protected(false);
  }
}

void Conversation::on_certificate(const Message& message, Direction direction, const Where& where, const Mark& mark) {
  const bool of_client = is_client(direction);
  auto& certificate = of_client ? fact_.client_certificate : fact_.server_certificate;
  if (certificate || !client_) return;
  const CertificateList list = read_certificate_list(message.body, message.cut);
  if (of_client && list.well_formed) fact_.client_certificate_given = !list.empty;
  if (!list.own.empty() && !other_certificates_)
    certificate = read_certificate(list.own, limits_.tls_certificate_names);
  const bool unreadable = !list.own.empty() && !other_certificates_ && !certificate;
  if (!list.well_formed) tell_malformed(Flaw::handshake_message, direction, where, mark);
  if (unreadable) tell_malformed(Flaw::certificate, direction, where, mark);
}

// ---- The end

// Before TLS 1.3, each side's Finished comes behind its change of cipher; who sends the second has verified the first.
void Conversation::check_finished(const Mark& mark) {
  if (fact_.version && sides_[0].finished && sides_[1].finished) finish(TlsHandshake::completed, mark);
}

// Of a stream that was not followed from its beginning, what cannot be read may be our own fault.
void Conversation::tell_malformed(Flaw flaw, Direction direction, const Where& where, const Mark& mark) {
  if (in_step()) violations_.tell(flaw, direction, where, mark);
}

// What is behind a hole cannot be framed; the message before it is read as far as it goes.
void Conversation::lose(Direction direction, const Mark& mark) {
  if (!ended_) {
    lost_ = true;
    read_broken_off(direction, mark);
  }
  give_up(direction, mark);
}

void Conversation::read_broken_off(Direction direction, const Mark& mark) {
  Side& here = side(direction);
  Where where{.first = mark};
  if (const std::optional<Record> record = here.framer.broken_off()) {
    where = record->where;
    take_handshake(*record, direction, mark);
  }
  if (const std::optional<Message> message = here.messages.broken_off()) on_message(*message, direction, where, mark);
}

// Nothing of this direction is wanted any more.
void Conversation::stop(Direction direction) {
  Side& here = side(direction);
  here.read_to_end = true;
  here.framer = RecordFramer{};
  here.messages = HandshakeMessages{limits_.tls_message_bytes};
}

// Nor would it tell how the handshake ends.
void Conversation::give_up(Direction direction, const Mark& mark) {
  gave_up_ = true;
  stop(direction);
  if (side(opposite(direction)).read_to_end) finish(TlsHandshake::unknown, mark);
}

void Conversation::finish(TlsHandshake handshake, const Mark& mark, bool unfinished) {
  if (std::exchange(ended_, true)) return;
  fact_.handshake = handshake;
  if (hello_time_ && handshake != TlsHandshake::unknown) fact_.handshake_time = elapsed(*hello_time_, mark.time);
  if (fact_.client_certificate_requested && handshake == TlsHandshake::completed && in_step())
    fact_.client_certificate_given = fact_.client_certificate_given.value_or(false);
  emitter_.emit(Phase::end, first_.value_or(mark), mark, fact_,
                {.lost = lost_, .unfinished = unfinished, .undecodable = undecodable_});
  if (handshake == TlsHandshake::completed) return;
  for (const Direction direction : {Direction::forward, Direction::backward}) stop(direction);
}

void Conversation::count_kept() {
  std::size_t kept = 0;
  for (const Side& each : sides_) kept += each.framer.kept_bytes() + each.messages.kept_bytes();
  set_kept_bytes(kept);
}

}  // namespace
}  // namespace tls

std::unique_ptr<StreamSink> open_tls(Emitter& emitter, const ProtocolSettings& settings) {
  return std::make_unique<tls::Conversation>(emitter, settings);
}

}  // namespace dcmwatch
