// A captured stream cut into PDUs and messages, by none of the program's own code: sound streams only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/captured_streams.h"

namespace dcmwatch::oracle {

/// PS3.8 9.3.1
enum Type : std::uint8_t { request = 1, accept, reject, data, release_request, release_response, abort };

/// The whole of it, with its header.
struct SeenPdu {
  Direction direction{};
  std::string bytes;

  [[nodiscard]] std::uint8_t type() const { return static_cast<std::uint8_t>(bytes.front()); }
  /// The stream's end does not cut it.
  [[nodiscard]] bool is_whole() const;
};

/// PS3.7 6.3: a command set and the data set that follows it, put together from their fragments (PS3.8 E).
struct SeenMessage {
  Direction direction{};
  std::uint8_t context_id = 0;
  std::string command;
  std::string data_set;
  bool complete = false;  ///< false: the stream ended before the message's last fragment

  friend bool operator==(const SeenMessage&, const SeenMessage&) = default;
};

/// What was opened by one A-ASSOCIATE-RQ.
struct SeenAssociation {
  std::string request;
  std::string answer;  ///< A-ASSOCIATE-AC or -RJ; empty if there was none
  std::vector<SeenMessage> messages;
  std::vector<SeenPdu> after_opening;  ///< P-DATA-TF, A-RELEASE and A-ABORT, to its end
};

/// The messages of one direction of one association, fragment by fragment.
class Messages {
 public:
  /// `begun`: with the direction and the context of the fragment, which is a command's or a data set's.
  void on_fragment(SeenMessage begun, bool is_command, bool is_last, std::string_view fragment,
                   std::vector<SeenMessage>& messages);

 private:
  std::optional<std::size_t> at_;
  bool in_command_ = false;
};

/// Empty if the stream does not begin with an association request.
std::vector<SeenAssociation> associations_of(const CapturedStream& stream);

}  // namespace dcmwatch::oracle
