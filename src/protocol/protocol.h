// The room's door: turns the assembler's streams into events.
#pragma once

#include <memory>

#include "assemble/stream.h"
#include "event/event.h"
#include "protocol/conversation.h"

namespace dcmwatch {

/// Identifies what each connection carries, by content and on any port, and hands its streams to that protocol's
/// conversation. One per shard; `settings` and `events` outlive it. Not shared between threads.
class ProtocolHandler final : public StreamHandler {
 public:
  ProtocolHandler(const ProtocolSettings& settings, EventSink& events) : settings_(settings), events_(events) {}

  std::unique_ptr<StreamSink> open(const Connection& connection, const Mark& mark) override;
  void on_progress(const Connection& connection, StreamSink* sink, const Mark& mark) override;
  void on_connection_end(const Connection& connection, StreamSink* sink, const Mark& mark, CloseReason reason) override;
  void on_unanswered(const UnansweredConnections& connections, Timestamp told) override;

 private:
  const ProtocolSettings& settings_;
  EventSink& events_;
};

}  // namespace dcmwatch
