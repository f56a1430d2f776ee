// Every bound in one place. A hostile network can make dcmwatch forget, and say that it forgot; it cannot make it grow.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/timestamp.h"

namespace dcmwatch {

/// Reaching a limit is always counted, and the victim is stated beside each.
struct Limits {
  // decode, per reader
  std::size_t decode_layers = 32;            ///< headers around a segment; victim: the packet
  std::size_t fragment_datagrams = 1024;     ///< IP datagrams awaiting fragments; victim: the oldest of them
  std::size_t fragment_bytes = 4 << 20;      ///< of all their fragments; victim: the oldest of them
  std::size_t fragments_per_datagram = 128;  ///< victim: the datagram
  Duration fragment_timeout = std::chrono::seconds{30};  ///< victim: the datagram (RFC 8200 asks receivers for 60 s)
  Duration fragment_linger =
      std::chrono::milliseconds{100};  ///< a mirror's second copies of a whole datagram's fragments

  // assemble, per partition (there are kPartitions of them)
  std::size_t connections = 16384;           ///< victim: what is worth least, of those the one idle longest
  std::size_t unanswered_connections = 512;  ///< of these, SYNs that nobody answered; victim: the oldest is counted
  std::size_t half_seen_connections = 1024;  ///< of these, in each state that anyone can feign; victim: as above
  std::size_t closed_connections = 2048;     ///< that linger for late packets; victim: the one closed longest
  std::size_t unanswered_networks = 16;      ///< told by network in a minute; victim: the network of those beyond
  std::size_t unanswered_destinations = 32;  ///< listed of those of a record, and ports; victim: the highest
  std::size_t answered_records = 16;         ///< answered and no more, told one by one in a minute; the rest: counted
  std::size_t refused_records = 16;          ///< refused connections told one by one in a minute; the rest: counted
  static constexpr std::uint64_t glimpse_packets = 3;            ///< by which nothing is known: anyone can send that
  static constexpr std::uint64_t one_sided_packets = 8;          ///< likewise, where nothing was seen of the other side
  static constexpr std::uint64_t many_one_sided_packets = 1024;  ///< likewise, though one end is seen both ways
  static constexpr std::uint64_t datagrams_each_way = 32;  ///< likewise, of UDP: a server answers what is forged, too
  std::size_t glimpse_records = 16;        ///< such connections told one by one in a minute; the rest: counted
  std::size_t ends_per_advance = 16;       ///< connections ended by timers at once; the others wait for the next
  std::size_t progress_per_advance = 16;   ///< connections told to go on at once; likewise
  std::size_t held_bytes = 256 * 1024;     ///< held out of order, and to keep it; victim: the hole of who holds most
  std::size_t unacknowledged_blocks = 64;  ///< of 4 KiB, to tell conflicting retransmissions; beyond: not told
  std::size_t held_segments_per_connection = 1024;  ///< victim: the hole becomes a gap
  std::size_t holes_per_direction = 64;  ///< in skipped bytes, still to be filled; victim: the oldest is missing
  std::int64_t sequence_window_bytes =
      16 * 1024 * 1024;  ///< beyond what is expected; victim: the segment, unless others follow it
  Duration duplicate_window = std::chrono::milliseconds{20};  ///< within which a mirror shows a packet again
  Duration reorder_window = std::chrono::milliseconds{100};  ///< how long a hole waits once its bytes were acknowledged
  Duration unacknowledged_window = std::chrono::seconds{10};  ///< and where no acknowledgement is seen
  Duration handshake_timeout = std::chrono::seconds{30};      ///< a connection never answered
  Duration unproven_timeout = std::chrono::minutes{10};       ///< joined midway, or unanswered: one direction seen
  Duration half_closed_timeout = std::chrono::minutes{2};     ///< one FIN, then silence
  Duration reset_quiet = std::chrono::seconds{1};             ///< after a RST that is not exactly where it should be
  Duration closed_linger = std::chrono::seconds{10};  ///< late packets of a closed connection still belong to it
  Duration udp_timeout = std::chrono::seconds{60};
  Duration idle_timeout = std::chrono::hours{24 * 7};  ///< HL7 connections idle for days and are healthy

  // protocol
  std::size_t kept_bytes = 768 * 1024;       ///< per partition: units in hand, open facts; victim: who keeps most
  std::size_t identify_bytes = 512;          ///< bytes after which a stream that nobody recognises stays unidentified
  std::size_t resync_bytes = 1024 * 1024;    ///< how far a stream joined midway is searched for the start of a unit
  std::size_t dicom_pdu_bytes = 512 * 1024;  ///< association PDUs; P-DATA is streamed and has no such bound
  std::size_t dicom_context_transfer_syntaxes = 64;  ///< proposed for a context, PS3.6 has fifty; victim: those beyond
  std::size_t dicom_association_transfer_syntaxes =
      1024;  ///< of an association, those of a list that comes twice once; victim: those beyond
  std::size_t dicom_negotiated_items = 128;         ///< of a kind, of an association: roles, …; victim: those beyond
  std::size_t dicom_stranger_bytes = 1536;          ///< UIDs that PS3.6 does not have, of contexts and again of these
                                                    ///< items; victim: those beyond
  std::size_t dicom_association_bytes = 12 * 1024;  ///< agreed and open, of one association; victim: the oldest open
                                                    ///< request but for the latest
  Duration dicom_answer_timeout = std::chrono::seconds{30};  ///< an association request that nobody answers
  std::size_t dicom_pending_operations = 256;                ///< open requests of one association; victim: the oldest
  std::size_t dicom_query_keys = 64;                         ///< told of a query's identifier; those beyond are counted
  std::size_t dicom_retrieval_uids =
      512;  ///< kept of a C-MOVE's or C-GET's at each level; beyond: whatever is stored may be asked for
  std::size_t dicom_content_instances = 256;  ///< listed in a record; more come in further records of Phase::progress
  std::size_t dicom_scheduled_steps = 32;     ///< likewise; of one data set, the rest is forgotten
  std::size_t dicom_failure_reasons = 16;     ///< different ones of a commitment; the rest is forgotten
  std::uint64_t dicom_inflated_bytes = 1 << 20;  ///< of a deflated data set's head; victim: what it says behind them
  std::size_t hl7_message_bytes = 512 * 1024;    ///< wanted head of a message; the rest is skipped and counted
  std::size_t hl7_block_messages = 1024;         ///< told of one block, a batch; victim: those beyond are counted
  std::size_t hl7_orders = 32;                   ///< told of one message; those beyond are counted
  std::size_t hl7_patient_ids = 16;              ///< other ids, and merges, told of one message; victim: those beyond
  std::size_t hl7_pending_messages = 256;        ///< messages awaiting their acknowledgement; victim: the oldest
  Duration hl7_answer_timeout = std::chrono::seconds{30};  ///< a message that nobody answers
  Duration hl7_late_answer = std::chrono::minutes{10};     ///< for which its answer is still waited for; victim: it is
                                                           ///< told as it is
  std::size_t tls_message_bytes = 16 * 1024;               ///< wanted head of a handshake message; the rest is skipped
  std::size_t tls_protected_records = 64;  ///< of a side, by whose lengths it is told how a handshake ends; beyond: it
                                           ///< is not known
  std::size_t tls_certificate_names = 16;  ///< told of one certificate; victim: those beyond

  // relate, detect
  std::size_t relate_open = 4096;                       ///< open facts of a kind awaiting a partner; victim: the oldest
  Duration relate_linger = std::chrono::minutes{1};     ///< for what comes late to those that found theirs
  Duration retrieval_linger = std::chrono::minutes{1};  ///< after a C-MOVE, for what it caused
  std::size_t retrieval_effects = 64;                   ///< conversations of one; beyond: not told
  std::size_t retrieval_candidates = 256;  ///< looked at for one C-STORE, the latest first; beyond: not, and a doubt
  Duration hl7_application_timeout = std::chrono::minutes{10};  ///< an application's answer on whichever connection
  Duration hl7_control_id_window = std::chrono::hours{24};      ///< in which a sender gives none twice
  std::size_t hl7_control_ids = 65536;                          ///< kept for so long; victim: the one first seen
  Duration hl7_silence = std::chrono::minutes{10};  ///< of an interface, so that what follows may be a burst
  Duration hl7_burst_pause = std::chrono::seconds{1};
  Duration remembered = std::chrono::hours{1};  ///< orders, digests, told studies: forgotten sooner, to make room, is
                                                ///< counted; later, it is a matter of course
  std::size_t listed_instances = 262'144;  ///< of operations that are not over; victim: those of the oldest operation
  Duration commitment_window = std::chrono::hours{24 * 7};  ///< a storage commitment's report; told studies wait for it
  Duration step_window = std::chrono::hours{24};            ///< a performed step's end
  std::size_t step_studies = 16;                            ///< of one; beyond: not followed
  std::size_t studies = 4096;  ///< open, victim: the quietest is told; and as many told, victim: the oldest
  Duration study_quiet = std::chrono::minutes{10};  ///< after which a study is over
  std::size_t study_instances = 65536;              ///< told apart; beyond: each counts as another
  std::size_t studies_instances = 200'000;  ///< in all; victim: the oldest that was told, else the quietest is told
  std::size_t instance_studies = 16;        ///< that one is known of beside the first; beyond: no report finds them
  std::size_t studies_ways = 16384;         ///< from sender to receiver; victim: likewise
  static constexpr std::size_t study_ways = 32;  ///< of one, as many as Ways has bits for; beyond: counted only
  static constexpr std::size_t study_announcers =
      8;                                 ///< of one, likewise; victim: one who sent nothing, else the latest
  std::size_t study_series = 128;        ///< counted of one, each way
  std::size_t study_modalities = 16;     ///< told of one, each way
  std::size_t study_conversations = 16;  ///< of one, each way, whose refused contexts are told; victim: the oldest
  std::size_t study_failures = 16;       ///< different reasons told of one, each way; the others together as one more
  std::size_t orders = 65536;            ///< study and accession numbers; victim: the oldest
  std::size_t workflows = 8192;          ///< orders' ways; victim: one that nobody accepted a step of,
                                         ///< else of who first told of most, the one not seen longest is told
  std::size_t workflow_studies = 16;     ///< of an order, and orders of a study; beyond: not joined
  std::size_t patient_merges = 4096;     ///< victim: the oldest
  std::size_t patient_merge_chain = 16;  ///< of one patient, one after the other; beyond: not followed
  Duration workflow_quiet = std::chrono::hours{24};       ///< after which an order's way is told as it is
  Duration workflow_window = std::chrono::hours{24 * 7};  ///< after which one that was told is over: a matter of course
  std::size_t pixel_digests = 65536;                      ///< victim: the one not seen longest
  std::size_t flow_devices = 65536;  ///< watched each for itself; victim: those of the last flows, watched together
  std::size_t flow_studies =
      200'000;  ///< retrieved or queried in an hour, kept of the flows that declare a rate of them; beyond: not judged
  std::size_t title_places = 4096;  ///< AE titles, by where they were used; victim: the one not used longest
  Duration title_window = std::chrono::minutes{10};  ///< in which no title is used in two places
  std::size_t implementations = 4096;                ///< of devices; victim: those of the one not seen longest
  std::size_t balanced_legs =
      1024;  ///< associations and messages with a balancer; victim: the oldest, whose other leg counts, too
  Duration balanced_leg_window = std::chrono::seconds{5};  ///< between the two
  std::size_t hosts_seen_both_ways = 65536;                ///< kept in mind; victim: the one first seen
  Duration seen_both_ways_for = std::chrono::hours{1};     ///< a host is taken for one of which the mirror shows both
  std::size_t unanswered_records = 64;  ///< networks told in a minute; victim: the network of those beyond
  std::size_t findings = 10000;         ///< distinct findings remembered; victim: the oldest
  std::size_t rule_findings = 64;       ///< of one rule, new in a stretch of time, of sources that nobody declared;
                                        ///< and as many further ones of those that have one. Victim: those beyond
                                        ///< are told together
  Duration rule_findings_stretch = std::chrono::minutes{10};
  std::size_t counted_things = 65536;        ///< that findings, and each correlation, know as counted while they last;
                                             ///< victim: that asked for longest ago, which counts again
  std::size_t correlation_groups = 8192;     ///< of one correlation; victim: that whose latest match is the oldest,
                                             ///< of windows judged at their close that opened first
  std::size_t correlation_bytes = 16 << 20;  ///< of one correlation's groups; victim: likewise

  // model
  std::size_t flows_of_pair = 1000;          ///< declared between the same two ends; victim: the model, told where
  std::size_t joined_pairs = 1'000'000;      ///< of ends, by all flows; victim: likewise
  std::size_t comparison_steps = 2'000'000;  ///< of what a difference of two models is held against; victim: the rest
                                             ///< is told as if nothing else allowed it, and that is said
  std::size_t drawn_pairs = 65536;  ///< of ends, counted for a drawing; victim: those beyond count with the last

  // learning a model
  std::size_t learnt_hosts = 20000;  ///< addresses; beyond: not learnt
  std::size_t learnt_ways = 50000;   ///< from one to another and where; beyond: not learnt
  std::size_t learnt_studies =
      200'000;  ///< retrieved or queried in an hour; beyond: no rate is learnt of whose they are

  // between the threads
  std::size_t batch_packets = 512;
  std::size_t batch_bytes = 512 * 1024;   ///< small, since tiny units make many facts of few bytes
  std::size_t batches_in_flight = 16;     ///< replay waits; live sheds and says so
  std::size_t records_in_flight = 16384;  ///< made known and not yet judged; beyond, shards wait for the analyst
  Duration progress_interval = std::chrono::minutes{1};
  Duration quiet_progress_interval =
      std::chrono::hours{1};  ///< while nothing is seen of a connection, it is told ever less often, until so seldom
};

}  // namespace dcmwatch
