#include "model/recent_judgements.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

const Lookup& department() {
  static const Lookup kDepartment{load_model(DCMWATCH_ROOT "/config/model.yaml")};
  return kDepartment;
}

// The same, with everything declared that a judgement may depend on.
const Lookup& strict_department() {
  static const Lookup kStrict = [] {
    Model model = *department().model();
    for (Zone& zone : model.zones) {
      zone.one_segment = true;
      zone.vlans = {10};
    }
    for (Device& device : model.devices) {
      device.macs = {MacAddress{2, 0, 0, 0, 0, 1}};
      device.implementations = {{"1.2.3", "V1"}};
    }
    for (Service& service : model.services) service.tls = TransportSecurity::required;
    for (Flow& flow : model.flows) {
      flow.windows = Schedule{{{0x7F, 0, 60}}, "UTC"};
      flow.expires = timestamp_from_ns(0) + std::chrono::hours{30};
      flow.expires_on = "1970-01-02";
      flow.answer_within = std::chrono::seconds{2};
      flow.transfer_syntaxes = {.any = false, .values = {"1.2.840.10008.1.2"}};
    }
    return Lookup{std::make_shared<const Model>(std::move(model))};
  }();
  return kStrict;
}

constexpr std::string_view kCt1 = "10.20.10.11", kPacs = "10.20.20.10", kHis = "10.20.60.10", kRogue = "10.20.99.66";

using Change = std::function<void(Event&)>;

template <typename Fact, typename Member, typename Value>
Change set(Member Fact::*member, Value value) {
  return [member, value](Event& event) {
    if (Fact* const fact = std::get_if<Fact>(&event.facts)) fact->*member = value;
  };
}

std::shared_ptr<const Hl7Content> with_universal_id(std::string_view id) {
  const auto content = std::make_shared<Hl7Content>();
  auto origin = std::make_unique<Hl7Origin>();
  origin->universal_ids.fill({id, "ISO"});
  content->origin = std::move(origin);
  return content;
}

PresentationContexts accepting(std::vector<std::string_view> syntaxes) {
  auto kept = std::make_shared<KeptContexts>();
  for (const std::string_view syntax : syntaxes) {
    KeptContexts::Context& context = kept->contexts.emplace_back();
    context.result = std::uint8_t{0};
    context.accepted_transfer_syntax = kept->uids.find_or_add(syntax);
  }
  return PresentationContexts{std::move(kept)};
}

Change at(Duration first, Duration last) {
  return [=](Event& event) {
    event.first.time = timestamp_from_ns(0) + first;
    event.last.time = timestamp_from_ns(0) + last;
  };
}

// One for each thing that a judgement may depend on, and for some that it does not.
std::vector<Change> changes() {
  return {
      [](Event&) {},
      [](Event& event) { event.parties.source.address = IpAddress::parse(kRogue).value(); },
      [](Event& event) { event.parties.destination.address = IpAddress::parse(kRogue).value(); },
      [](Event& event) { event.parties.destination.port = 4242; },
      [](Event& event) { event.parties.source.port = 11112; },
      [](Event& event) { event.parties.opener_known = false; },
      [](Event& event) { event.parties.transport = Transport::udp; },
      [](Event& event) { event.parties.reverse(); },
      [](Event& event) { event.protocol = Protocol::tls; },
      [](Event& event) { event.phase = Phase::start; },
      set(&DicomAssociation::calling_ae, std::optional<std::string>{"WS1"}),
      set(&DicomAssociation::called_ae, std::optional<std::string>{""}),
      set(&DicomAssociation::called_ae, std::optional<std::string>{}),
      set(&DicomOperation::calling_ae, std::optional<std::string>{"WS1"}),
      set(&DicomOperation::called_ae, std::optional<std::string>{}),
      set(&DicomOperation::command_field, std::uint16_t{0x0021}),
      set(&DicomOperation::invoker, Invoker::acceptor),
      set(&DicomOperation::request_seen, false),
      set(&DicomOperation::sop_class_uid, std::string{"1.2.3"}),
      set(&DicomOperation::move_destination, std::string{"NOWHERE"}),
      set(&DicomStudy::ordered, std::optional<bool>{}),
      set(&DicomStudy::ordered, std::optional<bool>{true}),
      set(&DicomStudy::sender_ae, std::optional<AeTitle>{}),
      set(&DicomStudy::receiver_ae, std::optional<AeTitle>{"WS1"}),
      set(&DicomStudy::stored, std::uint64_t{0}),
      set(&DicomStudy::committed, std::uint64_t{1}),
      [](Event& event) { event.visibility.lost = true; },
      set(&Hl7Message::message_type, std::string{"ZZZ^Z01"}),
      set(&Hl7Message::message_seen, false),
      set(&Hl7Message::sending_application, std::optional<Hl7Name>{"HIS"}),
      set(&Hl7Message::sending_facility, std::optional<Hl7Name>{"HOSPITAL"}),
      set(&Hl7Message::receiving_application, std::optional<Hl7Name>{"ENGINE"}),
      set(&Hl7Message::receiving_facility, std::optional<Hl7Name>{"HOSPITAL"}),
      set(&Hl7Message::receiving_application, std::optional<Hl7Name>{}),
      set(&Hl7Message::version, std::string_view{"2.1"}),
      set(&Hl7Message::processing_id, std::string_view{"T"}),
      set(&Hl7Message::mode, std::optional{AcknowledgementMode::enhanced}),
      set(&Hl7Message::ack_code, std::optional<ShortCode>{"AA"}),
      set(&Hl7Message::content, with_universal_id("1.2.3")),
      set(&Hl7Message::content, with_universal_id(std::string(40, '9'))),
      set(&Hl7Message::sent_by_opener, false),
      set(&Violation::name, std::string_view{"dicom.uid"}),
      set(&Violation::by_opener, false),
      set(&Violation::ae_title, std::optional<AeTitle>{"WS1"}),
      set(&Violation::ae_title, std::optional<AeTitle>{"$WS1"}),
      set(&DicomStudy::on_worklist, std::optional<bool>{false}),
      [](Event& event) { event.parties.source_mac = {2, 0, 0, 0, 0, 1}; },
      [](Event& event) { event.parties.destination_mac = {2, 0, 0, 0, 0, 2}; },
      [](Event& event) {
        event.parties.vlan = {20, 0};
      },
      [](Event& event) {
        event.parties.vlan = {20, 10};
      },
      at(std::chrono::minutes{59}, std::chrono::minutes{61}),
      at(std::chrono::hours{2}, std::chrono::hours{2}),
      at(std::chrono::hours{30}, std::chrono::hours{31}),
      set(&ConnectionFact::handshake_time, std::optional<Duration>{std::chrono::seconds{1}}),
      set(&ConnectionFact::packets, std::array<std::uint64_t, 2>{0, 1}),
      [](Event& event) {
        event.proven = false;
        set(&ConnectionFact::packets, std::array<std::uint64_t, 2>{0, 1})(event);
      },
      [](Event& event) {
        event.proven = event.parties.opener_known = false;
        set(&ConnectionFact::packets, std::array<std::uint64_t, 2>{1, 0})(event);
      },
      set(&ConnectionFact::bytes, std::array<std::uint64_t, 2>{20, 40}),
      set(&ConnectionFact::end, std::optional{ConnectionEnd::open}),
      set(&DicomAssociation::accepted, std::optional{true}),
      set(&DicomAssociation::accepted, std::optional{false}),
      set(&DicomAssociation::contexts, accepting({"1.2.840.10008.1.2"})),
      set(&DicomAssociation::contexts, accepting({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})),
      set(&DicomAssociation::contexts, accepting({"1.2.3"})),
      set(&DicomAssociation::opener, DicomImplementation{"1.2.3", "V1", {}}),
      set(&DicomAssociation::acceptor, DicomImplementation{"1.2.4", "V1", {}}),
      set(&DicomOperation::transfer_syntax_uid, Uid{"1.2.840.10008.1.2"}),
      set(&DicomOperation::response_time, std::optional<Duration>{std::chrono::seconds{1}}),
      set(&DicomOperation::response_time, std::optional<Duration>{std::chrono::seconds{3}}),
      set(&Hl7Message::acknowledged, std::optional{Mark{timestamp_from_ns(0) + std::chrono::seconds{3}, 0, 0}}),
  };
}

Event complete_message() {
  Event event = message("10.20.40.30", "10.20.40.20", 2575, "ADT^A01");
  auto& message = std::get<Hl7Message>(event.facts);
  message.sending_application = message.sending_facility = "SOMEBODY";
  message.receiving_application = message.receiving_facility = "ELSE";
  message.version = "2.5.1";
  message.mode = AcknowledgementMode::original;
  return event;
}

std::vector<Event> events() {
  return {
      connection(kCt1, kPacs, 11112),
      connection(kCt1, kPacs, 11112, Protocol::dicom),
      association(kCt1, kPacs, 11112, "CT1", "PACS"),
      operation(kCt1, kPacs, 11112, "CT1", "PACS", "C-STORE", "1.2.840.10008.5.1.4.1.1.2"),
      operation(kRogue, kPacs, 11112, "WS1", "PACS", "C-MOVE", "1.2.840.10008.5.1.4.1.2.2.2", Invoker::opener, "OLDWS"),
      study(kCt1, kPacs, 11112, "CT1", "PACS", false),
      message(kHis, kPacs, 2575, "ADT^A01"),
      complete_message(),
      violation(kCt1, kPacs, "dicom.odd_fragment")};
}

void expect_same(const Declared& one, const Declared& other) {
  EXPECT_EQ(deviations_of(one), deviations_of(other));
  EXPECT_EQ(unknown_of(one), unknown_of(other));
  EXPECT_EQ(one.flow, other.flow);
  EXPECT_EQ(one.tolerated, other.tolerated);
  EXPECT_EQ(one.message, other.message);
  EXPECT_EQ(one.source.device, other.source.device);
  EXPECT_EQ(one.source.zone, other.source.zone);
  EXPECT_EQ(one.destination.device, other.destination.device);
  EXPECT_EQ(one.destination.zone, other.destination.zone);
}

void expect_to_say_what_is_looked_up(const Lookup& lookup) {
  RecentJudgements judgements{lookup};
  for (int round = 0; round < 2; ++round) {
    for (const Event& event : events()) {
      for (const Change& first : changes()) {
        for (const Change& second : changes()) {
          Event changed = event;
          first(changed);
          second(changed);
          expect_same(*judgements.judge(changed), lookup.judge(changed));
        }
      }
    }
  }
}

TEST(RecentJudgements, SayWhatALookupWouldSay) { expect_to_say_what_is_looked_up(department()); }

TEST(RecentJudgements, SayItOfAllThatMayBeDeclared) { expect_to_say_what_is_looked_up(strict_department()); }

TEST(RecentJudgements, DoNotOutliveAWindow) {
  RecentJudgements judgements{strict_department()};
  Event event = connection(kCt1, kPacs, 11112, Protocol::dicom);
  const auto judged_at = [&](Duration time) {
    event.first.time = event.last.time = timestamp_from_ns(0) + time;
    return judgements.judge(event);
  };
  const SharedDeclared open = judged_at(std::chrono::minutes{1});
  EXPECT_TRUE(open == judged_at(std::chrono::minutes{59}));
  const SharedDeclared closed = judged_at(std::chrono::minutes{60});
  EXPECT_NE(deviations_of(*closed), deviations_of(*open));
  EXPECT_TRUE(open == judged_at(std::chrono::seconds{1})) << "time may be said late";
  EXPECT_TRUE(open == judged_at(std::chrono::hours{24})) << "the next day's says the same";
}

TEST(RecentJudgements, TellWhatOverrunsAWindowByALittleFromWhatDoesSoForLong) {
  RecentJudgements judgements{strict_department()};
  Event event = connection(kCt1, kPacs, 11112, Protocol::ssh);
  event.first.time = timestamp_from_ns(0) + std::chrono::minutes{1};
  const auto open_until = [&](Duration time) {
    event.last.time = timestamp_from_ns(0) + time;
    return deviations_of(*judgements.judge(event));
  };
  const auto little = open_until(std::chrono::minutes{61});
  EXPECT_EQ(little, open_until(std::chrono::minutes{74}));
  EXPECT_NE(little, open_until(std::chrono::minutes{75}));
}

TEST(RecentJudgements, AreSharedByTheRecordsThatTheyAreAbout) {
  RecentJudgements judgements{department()};
  Event event = connection(kRogue, kPacs, 11112);
  const SharedDeclared first = judgements.judge(event);
  event.parties.source.port = 50000;
  event.conversation = 2;
  const SharedDeclared second = judgements.judge(event);
  EXPECT_TRUE(first == second);
}

TEST(RecentJudgements, AreSharedByAllThatSayTheSame) {
  RecentJudgements judgements{department()};
  const SharedDeclared one =
      judgements.judge(operation(kRogue, kPacs, 11112, "ROGUE1", "PACS", "C-ECHO", "1.2.840.10008.1.1"));
  const SharedDeclared other =
      judgements.judge(operation(kRogue, kPacs, 11112, "ROGUE2", "PACS", "C-ECHO", "1.2.840.10008.1.1"));
  expect_same(*one, *other);
  EXPECT_TRUE(one == other);
}

TEST(RecentJudgements, LiveOnWhenTheyAreForgotten) {
  SharedDeclared declared;
  {
    RecentJudgements judgements{department()};
    declared = judgements.judge(connection(kRogue, kPacs, 11112));
    for (std::uint16_t port = 0; port < 2 * RecentJudgements::kPlaces; ++port)
      static_cast<void>(judgements.judge(connection(kRogue, kPacs, port)));
  }
  ASSERT_FALSE(declared->deviations.empty());
  EXPECT_EQ(declared->deviations[0].observed, kRogue);
}

}  // namespace
}  // namespace dcmwatch
