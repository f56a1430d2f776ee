#include "output/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "output/samples.h"

namespace dcmwatch {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

RunFigures run() {
  RunFigures run;
  run.captures = {"incident.pcap"};
  run.first = samples::kStart;
  run.last = samples::kStart + 2472s;
  run.packets = 48'211;
  run.bytes = 61'300'000;
  run.took = 400ms;
  return run;
}

std::string rendered(Summary& summary) {
  summary.finish();
  return summary.render(run());
}

/// A rogue that queries the PACS, pulls by C-GET, and has the archive send more to it.
void observe_incident(Summary& summary) {
  DicomAssociation asked = samples::association();
  asked.calling_ae = "WS1";
  asked.end.reset();
  summary.observe(samples::rogue(asked, Phase::start));
  DicomOperation find = samples::operation(0x0020);
  find.query_level = "STUDY";
  find.pending_responses = 12;
  find.request_bytes = 100;
  find.response_bytes = 2'900;
  summary.observe(samples::rogue(find));
  DicomOperation get = samples::operation(0x0010);
  get.query_level = "STUDY";
  get.pending_responses = 4;  // progress, not matches
  get.request_bytes = 100;
  get.sub_operations = {.remaining = 0, .completed = 3, .failed = 1, .warning = 1};
  summary.observe(samples::rogue(get));
  DicomOperation back = samples::operation();
  back.invoker = Invoker::acceptor;
  for (int i = 0; i < 4; ++i) summary.observe(samples::rogue(back));
  DicomOperation move = samples::operation(0x0021);
  move.query_level = "STUDY";
  move.move_destination = "OLDWS";
  move.sub_operations = {.remaining = 0, .completed = 3, .failed = 0, .warning = 0};
  move.request_bytes = 100;
  summary.observe(samples::rogue(move));
  move.status = 0xa801;
  move.sub_operations = {};
  summary.observe(samples::rogue(move));
  asked.end = DicomEnd::released;
  summary.observe(samples::rogue(asked));

  Observation stored = samples::observation(samples::operation(), Phase::end, 67);
  stored.event.parties = samples::parties("10.20.20.10", "10.20.99.66");
  Declared& declared = test::change(stored.declared);
  declared.source = {"pacs", "archive", "archive"};
  declared.destination = {};
  for (int i = 0; i < 3; ++i) summary.observe(stored);
  summary.observe(samples::observation(Link{LinkKind::move_caused_store, LinkCertainty::originator, 66, 67}));
}

TEST(Summary, OfNothing) {
  const Summary summary{{}};
  EXPECT_EQ(summary.render({}),
            "Capture\n  no packet\n\nWhat was not visible\n  everything: no packet was read\n\nFindings\n  nothing was "
            "judged: no packet was read\n");
}

TEST(Summary, SaysWhoSpeaksTlsAndWhoseCertificateExpires) {
  Summary summary{{}};
  summary.observe(samples::observation(samples::tls()));
  summary.observe(samples::observation(samples::tls(TlsHandshake::refused), Phase::end, 8));
  TlsConnection old = samples::tls();
  old.version = kTls10;
  summary.observe(samples::rogue(old));
  const std::string page = rendered(summary);
  EXPECT_THAT(page, HasSubstr("1 completed, 1 refused"));
  EXPECT_THAT(page, HasSubstr("1 unknown_ca"));
  EXPECT_THAT(page, HasSubstr("a version before TLS 1.2"));
  EXPECT_THAT(page, HasSubstr("expires in 9 d 23 h"));
}

TEST(Summary, SaysThatNoFlowWasJudgedWithoutAModel) {
  RunFigures unjudged = run();
  unjudged.against_model = false;
  const std::string text = Summary{{}}.render(unjudged);
  EXPECT_THAT(text, HasSubstr("Findings\n  no finding\n  no flow was judged, since no model was given (--model): only "
                              "rules that need none\n"));
}

TEST(Summary, SaysWhichCapturesCouldNotBeReadWhole) {
  Summary summary{{}};
  summary.observe(samples::observation(CaptureNote{"capture.broken_off", "cut.pcap", 1}));
  EXPECT_THAT(rendered(summary), HasSubstr("  1 capture broke off: what came after was not seen (cut.pcap)\n"));

  RunFigures broken = run();
  broken.failures = {"cut.pcap: breaks off (truncated dump file)"};
  const std::string text = summary.render(broken);
  EXPECT_THAT(text, HasSubstr("What was not visible\n  cut.pcap: breaks off (truncated dump file)\n\n"));
  EXPECT_THAT(text, Not(HasSubstr("no gap was noticed")));
}

TEST(Summary, TellsNotesInWords) {
  Summary summary{{}};
  summary.observe(samples::observation(CaptureNote{"decode.unknown_link_type", "day.pcap", 3}));
  summary.observe(samples::observation(CaptureNote{"assemble.bad_checksum", "", 2}));
  summary.observe(samples::observation(CaptureNote{"limit.reached", "connections", 1}));
  EXPECT_THAT(rendered(summary),
              HasSubstr("  2 TCP segments were left out: their checksums are wrong, unlike others of their senders\n"
                        "  3 packets are of a link layer that dcmwatch does not know (day.pcap)\n"
                        "  1 connection was forgotten, since too many were open\n"));
}

TEST(Summary, BeginsWithTheCapture) {
  Summary summary{{}};
  EXPECT_THAT(rendered(summary), HasSubstr("Capture\n"
                                           "  incident.pcap\n"
                                           "  2026-03-02 08:00:00.000 to 2026-03-02 08:41:12.000 UTC (41 min 12 s)\n"
                                           "  48,211 packets, 61.3 MB, read in 400 ms\n"));
  RunFigures lossy = run();
  lossy.dropped_packets = 12;
  EXPECT_THAT(summary.render(lossy), HasSubstr("12 packets lost while capturing"));
}

TEST(Summary, TellsDicomByPair) {
  Summary summary{{}};
  for (int i = 0; i < 3; ++i) summary.observe(samples::observation(samples::operation()));
  summary.observe(samples::observation(samples::operation(0x0001, 0xa700)));
  DicomOperation unanswered = samples::operation(0x0030);
  unanswered.status.reset();
  unanswered.request_bytes = 0;
  summary.observe(samples::observation(unanswered));
  summary.observe(samples::observation(samples::association()));
  DicomAssociation rejected = samples::association();
  rejected.accepted = false;
  rejected.rejection = DicomRejection{1, 1, 7};
  summary.observe(samples::observation(rejected));
  EXPECT_THAT(
      rendered(summary),
      HasSubstr("DICOM\n"
                "  from  to    associations  rejected  broken off  objects    volume  operations\n"
                "  ct1   pacs             2         1           -        3  400.0 kB  1 C-ECHO (1 unanswered),\n"
                "                                                                     4 C-STORE (1 failed)\n"));
}

TEST(Summary, TellsEachAssociationInALine) {
  Summary summary{{.width = 140}};
  for (int i = 0; i < 3; ++i) summary.observe(samples::observation(samples::operation()));
  summary.observe(samples::observation(samples::operation(0x0001, 0x0122)));
  DicomOperation find = samples::operation(0x0020);
  find.sop_class_uid = "1.2.840.10008.5.1.4.31";
  find.pending_responses = 4;
  summary.observe(samples::observation(find));
  summary.observe(samples::observation(samples::association()));
  DicomAssociation rejected = samples::association();
  rejected.accepted = false;
  rejected.end = DicomEnd::rejected;
  rejected.contexts = {};
  rejected.rejection = DicomRejection{1, 1, 7};
  summary.observe(samples::observation(rejected));
  EXPECT_THAT(rendered(summary), HasSubstr("Associations\n"
                                           "  began         from → to   titles      what happened\n"
                                           "  08:00:00.000  ct1 → pacs  CT1 → PACS  sent 3 CT Images, 300.0 kB; "
                                           "sent 1 CT Image, 100.0 kB: failure 0122, SOP class not supported;\n"
                                           "                                        asked the worklist: 4 matches;\n"
                                           "                                        1 of 2 contexts refused (abstract "
                                           "syntax not supported): Verification SOP Class;\n"
                                           "                                        released after 1.5 s\n"
                                           "  08:00:00.000  ct1 → pacs  CT1 → PACS  refused by the service user: "
                                           "rejected-permanent, called AE title not recognized\n"));
}

TEST(Summary, TellsThatAWorklistHadNothing) {
  Summary summary{{.width = 140}};
  DicomOperation find = samples::operation(0x0020);
  find.sop_class_uid = "1.2.840.10008.5.1.4.31";
  find.pending_responses = 0;
  summary.observe(samples::observation(find));
  summary.observe(samples::observation(samples::association()));
  EXPECT_THAT(rendered(summary), HasSubstr("asked the worklist: 0 matches;"));
}

TEST(Summary, TellsWhatWasNotFinishedOrNeverAnswered) {
  Summary summary{{.width = 400}};
  DicomOperation store = samples::operation(0x0001);
  store.status.reset();
  store.answered.reset();
  store.request_broken_off = true;
  summary.observe(samples::observation(store));
  DicomOperation echo = samples::operation(0x0030);
  echo.status.reset();
  echo.answered.reset();
  summary.observe(samples::observation(echo));
  DicomOperation stranger = samples::operation(0x0001);
  stranger.sop_class_uid = "31";
  summary.observe(samples::observation(stranger));
  summary.observe(samples::observation(samples::association()));
  EXPECT_THAT(rendered(summary), HasSubstr("began to send 1 CT Image, 100.0 kB, not finished; echo never answered; "
                                           "sent 1 object of unknown class '31', 100.0 kB;"));
}

TEST(Summary, TellsWhoBrokeTheStandard) {
  Summary summary{{.width = 400}};
  EXPECT_THAT(rendered(summary), Not(HasSubstr("Breaks of the standard")));
  Violation low{.name = "dicom.uid", .clause = "PS3.8 F.1", .severity = Severity::low, .meaning = "It is no UID."};
  Violation high{.name = "dicom.pdu_type",
                 .clause = "PS3.8 9.3.1",
                 .by_opener = false,
                 .severity = Severity::high,
                 .meaning = "It is no PDU."};
  for (int i = 0; i < 3; ++i) summary.observe(samples::observation(low));
  summary.observe(samples::observation(high));
  summary.observe(samples::observation(CaptureNote{"hl7.repeated_violations", "hl7.message_type", 2}));
  EXPECT_THAT(rendered(summary),
              HasSubstr("Breaks of the standard\n"
                        "  who   towards  how bad  times  what           rule\n"
                        "  pacs  ct1      high         1  It is no PDU.  dicom.pdu_type, PS3.8 9.3.1\n"
                        "  ct1   pacs     low          3  It is no UID.  dicom.uid, PS3.8 F.1\n"
                        "  and 2 more breaks of hl7.message_type on the same connections\n"));
}

TEST(Summary, TellsWhoWasSlow) {
  Summary summary{{.width = 400}};
  DicomOperation store = samples::operation(0x0001);
  store.slowest = SlowPart::receiver;
  store.answered = samples::mark(2110ms);
  summary.observe(samples::observation(store));
  summary.observe(samples::observation(samples::association()));
  EXPECT_THAT(rendered(summary), HasSubstr("sent 1 CT Image, 100.0 kB; slow: the receiver (2.1 s);"));

  DicomAssociation association = samples::association();
  association.setup_time = 3s;
  association.release_time = 2s;
  summary.observe(samples::observation(association));
  EXPECT_THAT(rendered(summary), HasSubstr("accepted only after 3.0 s;"));
  EXPECT_THAT(rendered(summary), HasSubstr("release answered only after 2.0 s;"));
}

TEST(Summary, TellsAProgramInADocument) {
  Summary summary{{.width = 400}};
  DicomOperation store = samples::operation(0x0001);
  StoredObject object;
  object.executable_document = true;
  store.content = DicomContent{object};
  summary.observe(samples::observation(store));
  summary.observe(samples::observation(samples::association()));
  EXPECT_THAT(rendered(summary), HasSubstr("sent 1 CT Image, 100.0 kB, which is a program;"));
}

TEST(Summary, TellsWhatACommitmentAndAStepCameTo) {
  Summary summary{{.width = 400}};
  const auto see = [&](std::uint16_t command, const char* sop_class, DicomContent content) {
    DicomOperation operation = samples::operation(command);
    operation.sop_class_uid = sop_class;
    operation.content = std::move(content);
    summary.observe(samples::observation(operation));
  };
  StorageCommitment commitment;
  commitment.referenced = 3;
  see(0x0130, "1.2.840.10008.1.20.1", DicomContent{commitment});
  commitment.referenced = 2;
  commitment.failed = 1;
  see(0x0100, "1.2.840.10008.1.20.1", DicomContent{commitment});
  PerformedStep step;
  step.status = "IN PROGRESS";
  see(0x0120, "1.2.840.10008.3.1.2.3.3", DicomContent{step});
  step.status = "DISCONTINUED";
  step.images = 6;
  see(0x0120, "1.2.840.10008.3.1.2.3.3", DicomContent{step});
  summary.observe(samples::observation(samples::association()));
  EXPECT_THAT(rendered(summary), HasSubstr("asked for storage commitment of 3 objects; "
                                           "reported on storage commitment: 2 objects committed, 1 not; "
                                           "updated a performed procedure step; "
                                           "set a performed procedure step to DISCONTINUED, 6 images; "));
}

TEST(Summary, NothingWasAskedForOnlyIfAllWasSeen) {
  DicomAssociation association = samples::association();
  Summary carried{{.width = 200}};
  carried.observe(samples::observation(association));
  EXPECT_THAT(rendered(carried), HasSubstr("what was asked for was not visible; "));
  association.data_bytes = {};
  Summary empty{{.width = 200}};
  empty.observe(samples::observation(association));
  EXPECT_THAT(rendered(empty), HasSubstr("asked for nothing; "));
  Summary cut{{.width = 200}};
  Observation lost = samples::observation(association);
  lost.event.visibility.lost = true;
  cut.observe(lost);
  EXPECT_THAT(rendered(cut), HasSubstr("what was asked for was not visible; "));
}

TEST(Summary, TellsAHundredAssociationsAndThoseWithTrouble) {
  Summary summary{{.width = 140}};
  DicomAssociation association = samples::association();
  for (int i = 0; i < 130; ++i) summary.observe(samples::observation(association));
  association.end = DicomEnd::reset;
  summary.observe(samples::observation(association));
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("connection reset after 1.5 s\n  and 30 more associations: --events tells each\n"));
}

TEST(Summary, CountsAssociationsThatBrokeOff) {
  Summary summary{{}};
  DicomAssociation association = samples::association();
  for (const DicomEnd end : {DicomEnd::aborted, DicomEnd::reset, DicomEnd::closed, DicomEnd::timeout,
                             DicomEnd::released, DicomEnd::rejected, DicomEnd::open}) {
    association.end = end;
    summary.observe(samples::observation(association));
  }
  EXPECT_THAT(rendered(summary), HasSubstr("  ct1   pacs             7         -           4 "));
}

TEST(Summary, TellsCancelledAndNotVisibleFromUnanswered) {
  Summary summary{{.width = 120}};
  summary.observe(samples::observation(samples::operation(0x0020, 0xfe00)));
  DicomOperation store = samples::operation();
  store.status.reset();
  Observation cut = samples::observation(store);
  cut.event.visibility.unfinished = true;
  summary.observe(cut);
  Hl7Message message = samples::message("");
  message.unanswered.reset();
  cut.event.facts = message;
  summary.observe(cut);
  cut.event.visibility.one_direction = true;
  summary.observe(cut);
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("1 C-FIND (1 cancelled),"));
  EXPECT_THAT(text, HasSubstr("(1 answer not visible)"));
  EXPECT_THAT(text, HasSubstr("    1 waiting for an answer at the end, the oldest for 1.5 s\n"));
  EXPECT_THAT(text, HasSubstr("    messages  AA  unanswered  waiting  not visible  type\n"
                              "           2   -           -        1            1  ADT^A01\n"));
  EXPECT_THAT(text, HasSubstr("not over when the capture ended            1  ct1 → pacs\n"));
}

TEST(Summary, TellsHl7ByInterfaceAsTheMessagesGo) {
  Summary summary{{}};
  for (const char* ack : {"AA", "AA", "AE", "AR", ""}) summary.observe(samples::observation(samples::message(ack)));
  Hl7Message order = samples::message("CA");
  order.message_type = "ORM^O01";
  order.acknowledged = samples::mark(4010ms);
  summary.observe(samples::observation(order));
  Hl7Message back = samples::message();
  back.message_type = "ORU^R01";
  back.sent_by_opener = false;
  summary.observe(samples::observation(back));
  EXPECT_THAT(rendered(summary), HasSubstr("HL7\n"
                                           "  ct1 → pacs (ct1-store)\n"
                                           "    6 messages, answered within 20 ms (median) and 4.0 s (99 %)\n"
                                           "    1 not answered in time\n"
                                           "    last seen 2026-03-02 08:00:01.500\n"
                                           "    messages  AA  AE  AR  CA  unanswered  type\n"
                                           "           5   2   1   1   -           1  ADT^A01\n"
                                           "           1   -   -   -   1           -  ORM^O01\n"
                                           "\n"
                                           "  pacs → ct1 (ct1-store)\n"
                                           "    1 message, answered within 20 ms (median) and 20 ms (99 %)\n"
                                           "    last seen 2026-03-02 08:00:01.500\n"
                                           "    messages  AA  unanswered  type\n"
                                           "           1   1           -  ORU^R01\n"));
}

/// In the enhanced mode, of which the application may answer later.
Hl7Message committed_message(std::uint64_t number) {
  Hl7Message message = samples::message("");
  message.unanswered.reset();
  message.control_id = {number, number};
  message.mode = AcknowledgementMode::enhanced;
  message.accept_wanted = message.ack_wanted = AckCondition::always;
  message.accept_code = "CA";
  message.accepted = samples::mark(30ms);
  message.sent = samples::mark(10ms, number);
  return message;
}

/// What answers it on a connection, and the link that says so.
void observe_answer(Summary& summary, const Hl7Message& to, std::string code, std::uint64_t conversation) {
  Hl7Message answer = samples::message(std::move(code));
  answer.message_seen = false;
  answer.control_id = to.control_id;
  answer.sent = samples::mark(5010ms, 70);
  summary.observe(samples::observation(answer, Phase::end, conversation));
  summary.observe(samples::observation(Link{.kind = LinkKind::message_acknowledged,
                                            .certainty = LinkCertainty::identifier,
                                            .cause = 7,
                                            .effect = conversation,
                                            .delay = 5s,
                                            .cause_packet = to.sent.packet,
                                            .effect_packet = 70},
                                       Phase::end, conversation));
}

TEST(Summary, CountsWhatTheApplicationAnswersOnAnotherConnectionAndNothingTwice) {
  Summary summary{{}};
  for (const std::uint64_t number : {1U, 2U, 3U, 4U}) {
    summary.observe(samples::observation(committed_message(number), Phase::start));
    summary.observe(samples::observation(committed_message(number)));
  }
  observe_answer(summary, committed_message(1), "AA", 8);
  observe_answer(summary, committed_message(2), "AE", 8);
  summary.observe(samples::observation(
      Link{.kind = LinkKind::message_acknowledged, .certainty = LinkCertainty::none, .cause = 7, .cause_packet = 3}));
  EXPECT_THAT(rendered(summary), HasSubstr("  ct1 → pacs (ct1-store)\n"
                                           "    4 messages, answered within 20 ms (median) and 5.0 s (99 %)\n"
                                           "    2 answered by the application on another connection, 1 never\n"
                                           "    last seen 2026-03-02 08:00:01.500\n"
                                           "    messages  AA  AE  CA  unanswered  type\n"
                                           "           4   1   1   2           -  ADT^A01\n"
                                           "\n"
                                           "  Not answered or refused, the first of them\n"
                                           "    sent               from → to   control id  type     what became of it\n"
                                           "    08:00:00, frame 3  ct1 → pacs  00000000    ADT^A01  AE\n"));
}

TEST(Summary, TakesAnApplicationsAnswerForTheCommitThatNeverCame) {
  Summary summary{{}};
  Hl7Message message = committed_message(1);
  message.accept_code.reset();
  message.accepted.reset();
  summary.observe(samples::observation(message, Phase::start));
  observe_answer(summary, message, "AA", 8);
  message.unanswered = WhyUnanswered::timeout;
  summary.observe(samples::observation(message, Phase::progress));
  summary.observe(samples::observation(message));
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("    messages  AA  unanswered  type\n"
                              "           1   1           -  ADT^A01\n"));
  EXPECT_THAT(text, Not(HasSubstr("not answered")));
}

TEST(Summary, TellsHowManyWereNotAnsweredInTimeAndOfTheseLater) {
  Summary summary{{}};
  std::uint64_t number = 0;
  const auto not_in_time = [&] {
    Hl7Message message = samples::message("");
    ++number;
    message.control_id = {number, number};
    message.sent.packet = number;
    message.unanswered = WhyUnanswered::timeout;
    for (int minute = 0; minute < 2; ++minute) summary.observe(samples::observation(message, Phase::progress));
    return message;
  };
  const auto answer = [&](Hl7Message message, const char* code) {
    message.unanswered.reset();
    message.ack_code = code;
    message.acknowledged = samples::mark(40'010ms);
    message.late = true;
    summary.observe(samples::observation(message));
  };
  answer(not_in_time(), "AA");
  answer(not_in_time(), "AR");
  const Hl7Message given_up = not_in_time();
  summary.observe(samples::observation(given_up));
  observe_answer(summary, given_up, "AA", 7);  // after ten minutes its record was told
  Hl7Message again = not_in_time();
  again.unanswered = WhyUnanswered::superseded;
  summary.observe(samples::observation(again));
  const Hl7Message never = not_in_time();
  summary.observe(samples::observation(never));
  EXPECT_THAT(rendered(summary),
              HasSubstr("    5 messages, answered within 40 s (median) and 40 s (99 %)\n"
                        "    5 not answered in time; of these 3 later (2 AA, 1 AR), 1 when sent again\n"
                        "    last seen 2026-03-02 08:00:01.500\n"
                        "    messages  AA  late  unanswered  sent again  type\n"
                        "           5   -     3           1           1  ADT^A01\n"
                        "\n"
                        "  Not answered or refused, the first of them\n"
                        "    sent               from → to   control id  type     what became of it\n"
                        "    08:00:00, frame 3  ct1 → pacs  00000000    ADT^A01  AR\n"
                        "    08:00:00, frame 6  ct1 → pacs  00000000    ADT^A01  not answered in time\n"));
}

TEST(Summary, TellsHowManyMessagesWereSentAgain) {
  Summary summary{{}};
  Hl7Message message = samples::message();
  summary.observe(samples::observation(message));
  message.sent = samples::mark(1s, 9);
  summary.observe(samples::observation(message, Phase::start, 8));
  summary.observe(samples::observation(
      Link{.kind = LinkKind::message_resent, .cause = 7, .effect = 8, .times = 1, .effect_packet = 9}, Phase::end, 8));
  summary.observe(samples::observation(message, Phase::end, 8));
  EXPECT_THAT(rendered(summary), HasSubstr("    2 messages, 1 of them sent again, answered within"));
}

TEST(Summary, TellsTheDeclaredSendersOfAFlowAndThoseThatAreNot) {
  Summary summary{{.width = 140}};
  const auto see = [&](const char* declared_sender, const char* application, const char* ack) {
    Hl7Message message = samples::message(ack);
    message.sending_application = application;
    Observation observation = samples::observation(message);
    Declared& declared = test::change(observation.declared);
    declared.message.sender = declared_sender;
    if (*declared_sender == '\0') test::set_deviations(declared, {{DeviationKind::sender, "HIS", application}});
    summary.observe(observation);
  };
  for (const char* ack : {"AA", "AE"}) see("HIS", "HIS", ack);
  see("*|CLINIC", "WARD", "AA");
  for (const char* rogue : {"ROGUE", "ROGUE", "", "A", "B", "C"}) see("", rogue, "AA");
  EXPECT_THAT(rendered(summary),
              HasSubstr("    messages  AA  AE  unanswered  answered within                  sender\n"
                        "           1   1   -           -  20 ms (median) and 20 ms (99 %)  *|CLINIC\n"
                        "           2   1   1           -  20 ms (median) and 20 ms (99 %)  HIS\n"
                        "           6   6   -           -  20 ms (median) and 20 ms (99 %)  undeclared\n"
                        "    undeclared: ?, A|, B|, ROGUE|, …\n"));
}

TEST(Summary, SaysWhoseAllMessagesOfAFlowAre) {
  Summary summary{{}};
  Observation observation = samples::observation(samples::message());
  test::change(observation.declared).message.sender = "HIS|HOSPITAL";
  summary.observe(observation);
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("    all from HIS|HOSPITAL\n"));
  EXPECT_THAT(text, Not(HasSubstr("sender")));
}

TEST(Summary, CountsAMessageAsSentAgainOnceALaterCopyWasAnsweredOnAnotherConnection) {
  Summary summary{{}};
  const auto copy = [&](std::uint64_t number, bool answered) {
    Hl7Message message = samples::message(answered ? "AA" : "");
    message.sent = samples::mark(std::chrono::seconds{number}, number);
    message.acknowledged.reset();
    Hl7Message begun = samples::message("");
    begun.unanswered.reset();
    begun.sent = message.sent;
    summary.observe(samples::observation(begun, Phase::start, number));
    if (number != 1)
      summary.observe(samples::observation(Link{.kind = LinkKind::message_resent,
                                                .cause = number - 1,
                                                .effect = number,
                                                .cause_packet = number - 1,
                                                .effect_packet = number},
                                           Phase::end, number));
    summary.observe(samples::observation(message, Phase::end, number));
  };
  copy(1, false);
  copy(2, false);
  copy(3, true);
  copy(4, false);
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("    4 messages, 3 of them sent again\n"
                              "    3 not answered in time; of these 2 when sent again\n"));
  EXPECT_THAT(text, HasSubstr("    messages  AA  unanswered  sent again  type\n"
                              "           4   1           1           2  ADT^A01\n"));
}

TEST(Summary, NamesTheFirstMessagesThatFailedByTheirControlIdsBeginning) {
  Summary summary{{}};
  Hl7Message message = samples::message("AE");
  auto error = std::make_shared<Hl7Error>();
  error->code = "101";
  error->location = "PID^1^3";
  error->count = 2;
  message.error = error;
  summary.observe(samples::observation(message));
  for (std::uint64_t number = 0; number < 1000; ++number) {
    Hl7Message later = samples::message("AR");
    later.control_id = {number << 32, 1};
    later.sent = samples::mark(1h - std::chrono::seconds{number}, number);
    summary.observe(samples::observation(later));
  }
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("    08:00:00, frame 1      ct1 → pacs  00112233    ADT^A01  "
                              "AE, error 101 at PID^1^3 and 1 more\n"
                              "    08:43:21, frame 1,000  ct1 → pacs  000003e7    ADT^A01  AR\n"));
  EXPECT_THAT(text, HasSubstr("    and 991 more: see --events\n"));
}

TEST(Summary, NamesAnUndeclaredHl7InterfaceByWhatItsMessagesName) {
  Summary summary{{}};
  summary.observe(samples::rogue(samples::message()));
  Hl7Message nameless = samples::message();
  nameless.sending_application.reset();
  summary.observe(samples::rogue(nameless));
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("  10.20.99.66 → pacs (HIS → ENGINE)\n"));
  EXPECT_THAT(text, HasSubstr("  10.20.99.66 → pacs (? → ENGINE)\n"));
}

TEST(Summary, TellsOfAcknowledgementsWhoseMessagesWereNotSeen) {
  Summary summary{{}};
  Hl7Message acknowledgement = samples::message();
  acknowledgement.message_seen = false;
  summary.observe(samples::observation(acknowledgement));
  EXPECT_THAT(rendered(summary), HasSubstr("  ct1 → pacs (ct1-store)\n"
                                           "    0 messages\n"
                                           "    1 acknowledgement of messages not seen\n"
                                           "    last seen 2026-03-02 08:00:01.500\n"));
}

TEST(Summary, TellsOtherConnections) {
  Summary summary{{}};
  Observation observation = samples::observation(samples::connection());
  observation.event.protocol = Protocol::unidentified;
  summary.observe(observation);
  observation.event.protocol = Protocol::tls;
  summary.observe(observation);
  test::change(observation.declared).flow = {};
  summary.observe(observation);
  EXPECT_THAT(rendered(summary), HasSubstr("Other connections\n"
                                           "  what                  connections    volume\n"
                                           "  flow ct1-store                  1  612.0 kB\n"
                                           "  flow ct1-store (tls)            1  612.0 kB\n"
                                           "  tls                             1  612.0 kB\n"));
}

TEST(Summary, TellsWhoDidNotTakeConnectionsTheDeclaredOnesFirst) {
  Summary summary{{.width = 140}};
  ConnectionFact refused;
  refused.packets = {1, 1};
  refused.end = ConnectionEnd::reset;
  ConnectionFact unanswered;
  unanswered.packets = {57, 0};
  unanswered.end = ConnectionEnd::unanswered;
  unanswered.attempts = UnansweredAttempts{19, Network::around(*IpAddress::parse("10.20.10.0"), 120)};
  const auto see = [&](Observation observation) {
    observation.event.protocol = Protocol::unidentified;
    summary.observe(observation);
  };
  for (int i = 0; i < 3; ++i) see(samples::observation(refused));
  see(samples::observation(unanswered));
  for (int i = 0; i < 50; ++i) see(samples::rogue(refused));
  Observation several = samples::rogue(unanswered);
  several.event.parties.destination = {};
  see(several);
  ConnectionFact reset = samples::connection();
  reset.end = ConnectionEnd::reset;
  see(samples::observation(reset));
  const std::string text = rendered(summary);
  EXPECT_THAT(
      text,
      HasSubstr(
          "Connections that were refused, or that nobody answered\n"
          "  from → to                 refused  unanswered  first              last                declared flow\n"
          "  ct1 → pacs:11112                3          19  08:00:00, frame 4  08:00:01, frame 91  ct1-store\n"
          "  10.20.99.66 → pacs:11112       50           -  08:00:00, frame 4  08:00:01, frame 91  -\n"
          "  10.20.99.66 → several           -          19  08:00:00, frame 4  08:00:01, frame 91  -\n"));
  EXPECT_THAT(text, HasSubstr("  flow ct1-store            1  612.0 kB\n"));
}

TEST(Summary, SaysWhatWasNotVisible) {
  Summary summary{{}};
  Observation observation = samples::observation(samples::association());
  observation.event.visibility.joined_midway = true;
  summary.observe(observation);
  observation.event.facts = samples::connection();
  summary.observe(observation);
  summary.observe(samples::observation(CaptureNote{"capture.truncated_file", "day.pcap", 1}));
  EXPECT_THAT(rendered(summary), HasSubstr("What was not visible\n"
                                           "  why                           connections  where\n"
                                           "  began before the capture did            1  ct1 → pacs\n"
                                           "  1.4 kB sent but not seen                1  ct1 → pacs\n"
                                           "  capture.truncated_file (day.pcap): 1\n"));
}

TEST(Summary, TellsWhatARogueDidAndFollowsWhatItHadMoved) {
  Summary summary{{}};
  observe_incident(summary);
  EXPECT_THAT(
      rendered(summary),
      HasSubstr("Undeclared or deviating: what was done, and what was carried\n"
                "\n"
                "  10.20.99.66 → pacs as WS1\n"
                "    what                                carried                        answers\n"
                "    association                                                        1 accepted\n"
                "    C-FIND STUDY                        got 12 matches, 2.9 kB         1 success\n"
                "    C-GET STUDY                         4 objects completed, 1 failed  1 success\n"
                "    C-MOVE STUDY to OLDWS               3 objects completed            1 failure A801, 1 success\n"
                "    received: C-STORE CT Image Storage  got 4 objects, 400.0 kB        4 success\n"
                "    what it had moved went pacs → 10.20.99.66: 3 objects, 300.0 kB\n"));
}

TEST(Summary, TellsWhichSideSent) {
  Summary summary{{}};
  summary.observe(samples::rogue(samples::operation()));
  summary.observe(samples::rogue(samples::message()));
  Hl7Message back = samples::message("");
  back.unanswered.reset();
  back.sent_by_opener = false;
  Observation cut = samples::rogue(back);
  cut.event.visibility.one_direction = true;
  summary.observe(cut);
  EXPECT_THAT(rendered(summary), HasSubstr("    ADT^A01                   sent 420 B               1 AA\n"
                                           "    C-STORE CT Image Storage  sent 1 object, 100.0 kB  1 success\n"
                                           "    received: ADT^A01         got 420 B                1 not visible\n"));
}

TEST(Summary, ListsOfAConnectionTheMessagesThatDeviateAlone) {
  Summary summary{{}};
  Observation deviating = samples::observation(samples::message());
  test::set_deviations(test::change(deviating.declared), {{DeviationKind::message_type, "ORU^R01", "ADT^A01"}});
  summary.observe(deviating);
  Hl7Message conforming = samples::message();
  conforming.message_type = "ORU^R01";
  conforming.control_id = {2, 2};
  for (int i = 0; i < 3; ++i) summary.observe(samples::observation(conforming));
  EXPECT_THAT(rendered(summary), HasSubstr("Undeclared or deviating: what was done, and what was carried\n"
                                           "\n"
                                           "  ct1 → pacs\n"
                                           "    what     carried     answers\n"
                                           "    ADT^A01  sent 420 B  1 AA\n"
                                           "\n"
                                           "Findings\n"));
}

TEST(Summary, CallsAnAnswerTheSameWhereItDeviatesAsInItsInterface) {
  Summary summary{{.width = 140}};
  std::uint64_t number = 0;
  const auto see = [&](std::optional<std::string> code, std::optional<WhyUnanswered> unanswered, bool late = false,
                       std::optional<AcknowledgementMode> agreed = {}) {
    Hl7Message message = samples::message(code.value_or(""));
    if (code) message.ack_code = *code;
    message.unanswered = unanswered;
    message.late = late;
    ++number;
    message.control_id = {number, number};
    Observation observation = samples::rogue(message);
    test::change(observation.declared).message.ack_mode = agreed;
    summary.observe(observation);
  };
  see("AA", {});
  see("AA", {}, /*late=*/true);
  see("", {});
  see({}, WhyUnanswered::closed);
  see({}, WhyUnanswered::superseded);
  see({}, WhyUnanswered::timeout, false, AcknowledgementMode::none);
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("    messages  AA  no code  late  unanswered  sent again  none wanted  type\n"
                              "           6   1        1     1           1           1            1  ADT^A01\n"));
  EXPECT_THAT(text, HasSubstr("1 AA, 1 late AA, 1 no code, 1 none wanted, 1 sent again, 1 unanswered\n"));
}

TEST(Summary, TellsFindingsByPairAndHowOftenEachRuleMatched) {
  Summary summary{{}};
  summary.observe(samples::finding(Phase::start));
  summary.observe(samples::finding(Phase::end));
  Finding other = samples::finding(Phase::start, samples::rule("other", Level::critical));
  other.number = 2;
  test::set_deviations(test::change(other.example.declared), {{DeviationKind::source_device, "", "10.20.99.66"},
                                                              {DeviationKind::flow, "ct1-store", "10.20.99.66 to pacs"},
                                                              {DeviationKind::flow, "ct1-store", "something else"}});
  summary.observe(other);
  EXPECT_THAT(rendered(summary),
              HasSubstr("Findings\n"
                        "\n"
                        "  10.20.99.66 (undeclared) → pacs (10.20.20.10:11112, zone archive)\n"
                        "    level     times  first seen          what\n"
                        "    CRITICAL      1  08:00:01, frame 91  Undeclared flow\n"
                        "    HIGH          4  08:00:01, frame 91  Undeclared flow\n"
                        "    source.device: observed 10.20.99.66\n"
                        "    flow: observed 10.20.99.66 to pacs, something else; expected ct1-store\n"
                        "\n"
                        "  2 findings: 1 critical, 1 high\n"));
}

TEST(Summary, TellsWhatBecameOfEachException) {
  Summary summary{{.width = 200}};
  Finding finding = samples::finding();
  finding.expired = samples::exception();
  summary.observe(finding);
  RunFigures figures = run();
  figures.exceptions = {{samples::exception(), 0, 0}, {samples::exception(), 5, 0}, {samples::exception(), 1, 1}};
  figures.last = samples::kStart + 30min;
  std::string text = summary.render(figures);
  EXPECT_THAT(text, HasSubstr("    Undeclared flow: an exception held until 2026-03-02 09:00:00"));
  EXPECT_THAT(text, HasSubstr("  excepted: Undeclared flow, until 2026-03-02: never matched (A measurement; Medical "
                              "engineering)\n"));
  EXPECT_THAT(text, HasSubstr("until 2026-03-02: 5 matches not told (A"));
  figures.last = samples::kStart + 2h;
  text = summary.render(figures);
  EXPECT_THAT(text, HasSubstr("until 2026-03-02: never matched; expired (A"));
  EXPECT_THAT(text, HasSubstr("until 2026-03-02: 1 match not told; expired, told since in 1 finding (A"));
}

TEST(Summary, NamesTheCaptureOfAFrameWhereThereAreSeveral) {
  Summary summary{{}};
  summary.observe(samples::finding());
  RunFigures several = run();
  several.captures = {"week/monday.pcap", "week/tuesday.pcap"};
  several.last = samples::kStart + 30h;
  EXPECT_THAT(summary.render(several), HasSubstr("2026-03-02 08:00:01, frame 91 of monday.pcap"));
  several.captures = {"a/day.pcap", "b/day.pcap"};
  EXPECT_THAT(summary.render(several), HasSubstr("frame 91 of a/day.pcap"));
}

TEST(Summary, PutsTheGravestFindingFirst) {
  Summary summary{{}};
  std::uint64_t number = 0;
  for (const Level level : {Level::low, Level::critical, Level::medium}) {
    Finding finding = samples::finding(Phase::start, samples::rule("r", level));
    finding.number = ++number;
    summary.observe(finding);
  }
  const std::string text = rendered(summary);
  EXPECT_LT(text.find("CRITICAL"), text.find("MEDIUM"));
  EXPECT_LT(text.find("MEDIUM"), text.find("LOW"));
  EXPECT_THAT(text, HasSubstr("3 findings: 1 critical, 1 medium, 1 low"));
}

TEST(Summary, IsBoundedAndSaysHowManyMore) {
  Summary summary{{}};
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    Observation observation = samples::rogue(samples::association(), Phase::end, i);
    observation.event.parties.source.address = IpAddress::v4(
        std::array<std::uint8_t, 4>{10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    summary.observe(observation);
    Finding finding = samples::finding();
    finding.number = i;
    summary.observe(finding);
    finding.phase = Phase::end;
    summary.observe(finding);
  }
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("and 500 records between more pairs"));
  EXPECT_THAT(text, HasSubstr("1,000 findings: 1,000 high (of which 100 are shown)"));
}

TEST(Summary, BoundsTheAnswersThatItTellsOfADeed) {
  Summary summary{{}};
  for (unsigned status = 0xc000; status < 0xf000; ++status) {
    DicomOperation find = samples::operation(0x0020);
    find.status = static_cast<std::uint16_t>(status);
    summary.observe(samples::rogue(find));
  }
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("more of other kinds"));
  EXPECT_LT(text.size(), 10'000U);
}

TEST(Summary, SaysWhenItNoLongerFollowsWhatDeviated) {
  Summary summary{{}};
  for (std::uint64_t conversation = 1; conversation <= 8195; ++conversation) {
    summary.observe(samples::rogue(samples::association(), Phase::end, conversation));
  }
  EXPECT_THAT(rendered(summary),
              HasSubstr("and more: 3 conversations no longer followed, since there were too many\n"));
}

TEST(Summary, ShowsNoPseudonymAndNoEscape) {
  Summary summary{{}};
  observe_incident(summary);
  for (const Facts& facts : samples::one_of_each()) summary.observe(samples::rogue(facts));
  DicomAssociation association = samples::association();
  association.calling_ae = "\x1b[2JWS1";
  summary.observe(samples::rogue(association));
  const std::string text = rendered(summary);
  EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(text, Not(HasSubstr("00112233445566778899aabbccddeeff")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Summary, ColoursForATerminal) {
  Summary summary{{.width = 80, .colour = true}};
  summary.observe(samples::finding());
  EXPECT_THAT(rendered(summary), HasSubstr("\x1b[31mHIGH \x1b[0m"));
}

TEST(Summary, TellsWhichStudiesDidNotArrive) {
  Summary summary{{}};
  DicomStudy study = samples::study();
  summary.observe(samples::observation(study));
  study.failed = 0;
  study.missing = study.unsent = 0;
  summary.observe(samples::observation(study));
  summary.observe(samples::observation(study, Phase::progress));
  DicomStudy late;
  late.commitment_failed = 2;
  summary.observe(samples::observation(late));
  Observation nowhere = samples::observation(study);
  nowhere.event.parties.destination = {};
  test::change(nowhere.declared).destination = {};
  nowhere.event.visibility.unfinished = true;
  summary.observe(nowhere);
  const std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("Studies\n"));
  EXPECT_THAT(
      text, testing::ContainsRegex(
                "ct1 +pacs +2 +12 +1 +1 with objects not sent, 1 with failures,\n +1 later reported as not committed"));
  EXPECT_THAT(text, testing::ContainsRegex("ct1 +nowhere that was seen +1"));
  EXPECT_THAT(text, HasSubstr("no gap was noticed")) << "a study that is not over is no connection";
  EXPECT_THAT(text,
              testing::ContainsRegex("01234567 CT SR +ct1 .CT1. → pacs .PACS. +[0-9:.]+ +6 stored of 8 announced, "
                                     "1 failed .A700.,\n +1 not sent"));
}

TEST(Summary, TellsHowFarOrdersGotByTheLastRecordOfEach) {
  Summary summary{{}};
  Workflow workflow = samples::workflow();
  summary.observe(samples::observation(workflow));
  std::string text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("Orders' ways\n  1 order: 0 complete, 1 lacks a step"));
  EXPECT_THAT(text, testing::ContainsRegex("report +- +- +- +1 +- +-"));
  EXPECT_THAT(text, testing::ContainsRegex("01234567 +08:00:00, frame 4 +ct1 → pacs +missing: report"));
  workflow.at(WorkflowStep::report) = {WorkflowStepState::late, samples::kStart};
  summary.observe(samples::observation(workflow));
  text = rendered(summary);
  EXPECT_THAT(text, HasSubstr("1 order: 1 complete\n"));
  EXPECT_THAT(text, testing::ContainsRegex("report +- +1 +- +- +- +-"));
  EXPECT_THAT(text, Not(HasSubstr("Not complete")));
}

TEST(Summary, CountsAnOrderOnceAndWhatMayStillComeApart) {
  Summary summary{{}};
  std::uint64_t number = 0;
  const auto see = [&](bool preliminary, bool failed, bool cancelled) {
    Workflow workflow = samples::workflow();
    workflow.accession = {++number << 32, 0};
    workflow.preliminary = preliminary;
    workflow.cancelled = cancelled;
    if (failed) workflow.at(WorkflowStep::images) = {WorkflowStepState::failed, samples::kStart};
    summary.observe(samples::observation(workflow));
  };
  see(false, false, false);
  see(true, false, false);
  see(false, true, false);
  see(false, true, true);
  const std::string text = rendered(summary);
  EXPECT_THAT(
      text, HasSubstr("  4 orders: 0 complete, 1 lacks a step, 1 not complete when the capture ended, 1 with a failed\n"
                      "    step, 1 cancelled\n"));
  EXPECT_THAT(text, testing::ContainsRegex("report +- +- +- +3 +1 +-"));
}

TEST(Summary, TellsTheWorstStudiesFirstAndHowManyThereAre) {
  Summary summary{{}};
  DicomStudy study;
  for (unsigned i = 1; i <= 30; ++i) {
    study.study = Pseudonym{(0x1000'0000ULL + i) << 32, 0};
    study.failed = i;
    summary.observe(samples::observation(study));
  }
  const std::string text = rendered(summary);
  EXPECT_LT(text.find("1000001e"), text.find("1000000b"));
  EXPECT_THAT(text, HasSubstr("1000000b"));
  EXPECT_THAT(text, Not(HasSubstr("1000000a")));
  EXPECT_THAT(text, HasSubstr("and 10 more: see --events"));
}

TEST(Summary, TellsWhatCouldNotBeAssignedToAStudyAndWhy) {
  Summary summary{{}};
  DicomStudy unassigned;
  unassigned.unassigned = unassigned.stored = 3;
  Observation midway = samples::observation(unassigned);
  midway.event.visibility.joined_midway = true;
  summary.observe(midway);
  unassigned.unassigned = unassigned.stored = 1;
  summary.observe(samples::observation(unassigned));
  std::string text = rendered(summary);
  std::ranges::replace(text, '\n', ' ');
  EXPECT_THAT(text, testing::ContainsRegex("ct1 +pacs +- +4 +- +4 objects of unknown studies"));
  EXPECT_THAT(text, HasSubstr("4 objects could not be assigned to a study: 3 on associations that began before"));
  EXPECT_THAT(text, HasSubstr("1 whose Study Instance UID was not read"));
  EXPECT_THAT(text, HasSubstr("of 4 stored objects the study: see Studies"));
  EXPECT_THAT(text, Not(HasSubstr("no gap was noticed")));
}

}  // namespace
}  // namespace dcmwatch
