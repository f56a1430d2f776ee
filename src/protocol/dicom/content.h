// What one message's data set says, read as it passes: which attributes of which kind of message, and where they go.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "event/event.h"
#include "protocol/conversation.h"
#include "protocol/dicom/data_set.h"
#include "protocol/dicom/inflater.h"
#include "protocol/recycled.h"

namespace dcmwatch::dicom {

/// Of which message a data set is.
struct MessageOf {
  std::uint16_t command_field = 0;
  std::string_view sop_class_uid;
  std::string_view transfer_syntax_uid;  ///< empty: what was agreed was not seen
  Timestamp requested;                   ///< when the request began
};

/// Takes what a record holds where more is to come: lists are told in pieces (event/dicom_content.h).
struct PieceSink {
  virtual ~PieceSink() = default;
  virtual void on_piece(const DicomContent& piece) = 0;
};

/// Order of calls: feed and pass as the data set goes by, until it is done or at its end; end, if it was; tell, once.
/// At most a few kilobytes each, whatever the data set's size (kept_bytes). Identifiers are made pseudonyms and wiped.
class MessageContent : public Recycled, private ElementSink {
 public:
  void feed(ByteView bytes, PieceSink& pieces);
  /// How many of the following bytes need not be fed, but passed; DataSetReader::kEverything once it is done.
  [[nodiscard]] std::uint64_t unwanted() const;
  void pass(std::uint64_t bytes) { reader_.pass(bytes); }
  [[nodiscard]] bool done() const { return reader_.done() || (inflater_ && inflater_->failed()); }
  /// The data set is at its end.
  void end();

  /// Adds what was read to the operation's fact.
  virtual void tell(DicomOperation& fact, PieceSink& pieces) = 0;

  /// Some of what was wanted could not be read within the limits.
  [[nodiscard]] bool beyond_limits() const {
    return reader_.beyond_limits() || cut_short_ || (inflater_ && inflater_->failed());
  }
  [[nodiscard]] const DataSetReader& reader() const { return reader_; }
  /// A UID among what was wanted is none (PS3.5 9.1).
  [[nodiscard]] bool has_illegal_uid() const { return illegal_uid_; }
  /// It asks for studies, or what they have, at no level, at another word's, or at one that is not written in capitals.
  [[nodiscard]] virtual bool has_illegal_level() const { return false; }
  /// In memory.
  [[nodiscard]] std::size_t kept_bytes() const { return own_bytes() + (inflater_ ? Inflater::kept_bytes() : 0); }
  /// Of these, the window of what is deflated: there while something is wanted of it.
  [[nodiscard]] std::size_t window_bytes() const { return inflater_ ? Inflater::kWindowBytes : 0; }

 protected:
  MessageContent(Encoding encoding, const ProtocolSettings& settings);

  [[nodiscard]] const Pseudonymizer& pseudonymizer() const { return *settings_.pseudonymizer; }
  [[nodiscard]] const Limits& limits() const { return settings_.limits; }
  [[nodiscard]] PieceSink& pieces() const { return *pieces_; }
  /// The value without padding, to be made a pseudonym of; noted if it is no UID.
  std::string_view identifying_uid(ByteView value);
  void cut_short() { cut_short_ = true; }
  /// To the data set's end.
  [[nodiscard]] bool read_whole() const { return ended_ && !done(); }
  /// Of the value in hand.
  [[nodiscard]] bool is_big() const { return reader_.big(); }
  /// A US (PS3.5 6.2); nothing if it is as long as no single one.
  [[nodiscard]] std::optional<std::uint16_t> us(ByteView value) const {
    if (value.size() != sizeof(std::uint16_t)) return std::nullopt;
    ByteReader reader{value};
    return is_big() ? reader.u16() : reader.u16_le();
  }

 private:
  /// Itself and its lists, in memory.
  [[nodiscard]] virtual std::size_t own_bytes() const = 0;

  DataSetReader reader_;
  const ProtocolSettings& settings_;
  std::unique_ptr<Inflater> inflater_;  ///< null unless it is deflated
  PieceSink* pieces_ = nullptr;         ///< while it is fed
  bool illegal_uid_ = false;
  bool cut_short_ = false;
  bool ended_ = false;
};

/// Null if nothing is wanted of the message's data set, or if it cannot be read. `settings` outlives it.
std::unique_ptr<MessageContent> open_content(const MessageOf& message, const ProtocolSettings& settings);

}  // namespace dcmwatch::dicom
