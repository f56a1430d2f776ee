// What captures show, gathered to be declared: who is there, and what passes between whom.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "event/event.h"
#include "model/model.h"
#include "model/model_writer.h"
#include "model/studies_asked_for.h"

namespace dcmwatch {

/// How often something was seen, and from when to when.
struct Sighting {
  std::uint64_t count = 0;
  std::optional<Timestamp> first, last;

  void add(const Event& event);
  void add(const Sighting& other);
};

/// What somebody does, from which a role follows.
enum class Conduct : std::uint8_t {
  stores,
  takes_stores,
  asks_worklists,
  answers_worklists,
  reports_steps,
  takes_steps,
  queries,
  answers_queries,
  asks_commitment,
  commits,
  prints,
  takes_prints,
  sends_messages,
  takes_messages
};
inline constexpr std::size_t kConducts = 14;

/// An address.
struct SeenHost {
  Sighting seen;
  std::set<MacAddress> macs;
  std::map<std::string, std::uint64_t> calls_as;                  ///< associations
  std::map<std::string, std::uint64_t> answers_to;                ///< that were accepted
  std::set<std::string> never_accepted;                           ///< of calls_as
  std::set<std::pair<std::string, std::string>> implementations;  ///< class UID, version name
  bool implementations_complete = true;                           ///< all that were seen are there, and can be declared
  std::set<std::string> applications;                             ///< MSH-3 of what it sends
  std::set<std::uint16_t> vlans;
  std::array<bool, kConducts> conduct{};

  [[nodiscard]] bool does(Conduct what) const { return conduct[static_cast<std::size_t>(what)]; }
};

/// The messages of one side of a connection.
struct SeenMessages {
  std::uint64_t count = 0;
  std::set<std::string> types, senders, receivers, versions, processing_ids;
  std::set<AcknowledgementMode> modes;
  bool any_type = false, any_sender = false, any_receiver = false, any_version = false, any_processing_id = false;

  void add(const SeenMessages& other);
};

/// Who opens connections to whom and where.
struct Way {
  IpAddress from, to;
  Transport transport{};
  std::uint16_t port = 0;

  friend auto operator<=>(const Way& one, const Way& other) {
    return std::tie(one.from, one.to, one.transport, one.port) <=>
           std::tie(other.from, other.to, other.transport, other.port);
  }
  friend bool operator==(const Way& one, const Way& other) = default;
};

/// What passed there.
struct SeenTraffic {
  Sighting connections;
  std::uint64_t unanswered = 0;
  std::set<Protocol> protocols;
  // DICOM
  std::uint64_t associations = 0, refused_associations = 0;
  Sighting operations_seen;
  bool accepted = false;                                           ///< an association, or something passed on one
  std::set<std::string> calling, called;                           ///< that can be declared
  bool odd_calling = false, odd_called = false;                    ///< others, that cannot, or too many
  bool accepted_odd_calling = false, accepted_odd_called = false;  ///< and were accepted
  std::set<std::uint16_t> operations, acceptor_operations;
  std::set<std::string> sop_classes;
  bool any_sop_class = false;
  std::map<std::string, std::set<std::uint16_t>> move_destinations;  ///< with the failures that were answered
  std::optional<Duration> slowest_answer;
  std::array<std::uint64_t, kRates> most_studies{};  ///< in an hour of UTC, by RateOf; of what is each device's alone
  std::array<bool, kRates> studies_left_out{};       ///< it may have been more
  // HL7
  Sighting messages_seen;
  SeenMessages by_opener, by_acceptor;
};

/// Order of calls: observe() for each event, in order; then what was seen may be asked for. Bounded by
/// Limits::learnt_hosts, Limits::learnt_ways and Limits::learnt_studies: what comes after these are full is counted and
/// not learnt. Nothing that identifies a person is kept: addresses, titles, UIDs of classes, codes and counts; of
/// studies, no longer than the hour lasts, a part of their pseudonyms.
class Learner {
 public:
  explicit Learner(const Limits& limits = {}) : limits_(limits), studies_(limits.learnt_studies) {}

  void observe(const Event& event);

  [[nodiscard]] const std::map<IpAddress, SeenHost>& hosts() const { return hosts_; }
  [[nodiscard]] const std::map<Way, SeenTraffic>& ways() const { return ways_; }
  /// Observations of hosts and ways beyond the limits.
  [[nodiscard]] std::uint64_t not_learnt() const { return not_learnt_; }
  /// Connections that nobody answered and of which a record does not say the port.
  [[nodiscard]] std::uint64_t without_port() const { return without_port_; }
  /// C-MOVEs to what is no AE title, which no model can allow.
  [[nodiscard]] std::uint64_t undeclarable_destinations() const { return undeclarable_destinations_; }
  /// Studies that were retrieved or queried beyond the limit.
  [[nodiscard]] std::uint64_t studies_not_learnt() const { return studies_.not_kept(); }
  [[nodiscard]] const Sighting& all() const { return all_; }
  /// Whole hours of UTC from the first to the last that was seen.
  [[nodiscard]] std::int64_t whole_hours() const;

 private:
  struct Ends {
    SeenHost* opener = nullptr;
    SeenHost* acceptor = nullptr;
    SeenTraffic* traffic = nullptr;
    bool reversed = false;  ///< what the event calls the source is the one that listens
  };

  SeenHost* host_at(const Endpoint& endpoint, const MacAddress& mac, const Event& event);
  Ends ends_of(const Event& event);
  void observe(const ConnectionFact& connection, const Event& event, const Ends& ends);
  void observe(const DicomAssociation& association, const Event& event, const Ends& ends);
  void observe(const DicomOperation& operation, const Event& event, const Ends& ends);
  void observe(const Hl7Message& message, const Event& event, const Ends& ends);
  template <typename Other>
  void observe(const Other&, const Event&, const Ends&) {}
  void count_studies(const Event& event, SeenTraffic& traffic);
  void note_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae, bool accepted,
                   const Ends& ends);

  Limits limits_;
  std::map<IpAddress, SeenHost> hosts_;
  std::map<Way, SeenTraffic> ways_;
  Sighting all_;
  DistinctStudies<std::pair<const SeenTraffic*, RateOf>> studies_;  ///< of the hour
  Timestamp hour_ = Timestamp::min();
  std::uint64_t not_learnt_ = 0;
  std::uint64_t without_port_ = 0;
  std::uint64_t undeclarable_destinations_ = 0;
};

/// Whether a model can name the title.
bool can_be_declared(std::string_view ae_title);

/// UDP to many, of which the receiver is nobody's device: multicast, or a /24's last address.
bool is_sent_to_many(const Parties& parties);

}  // namespace dcmwatch
