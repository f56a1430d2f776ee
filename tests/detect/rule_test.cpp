#include "detect/rule.h"

#include <gtest/gtest.h>

#include "detect/rules.h"
#include "detect/verdicts.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

// A C-MOVE to WS1 that was answered A702, deviating in its destination and its operation.
Observation example() {
  Event event = operation("10.20.99.66", "10.20.20.10", 11112, "WS1", "PACS", "C-MOVE", "1.2.840.10008.5.1.4.1.2.2.2",
                          Invoker::opener, "OLDWS");
  auto& move = std::get<DicomOperation>(event.facts);
  move.status = 0xA702;
  move.sub_operations.failed = 3;
  Observation observation = observed(std::move(event), {{DeviationKind::operation, "C-FIND", "C-MOVE"},
                                                        {DeviationKind::move_destination, "WS1", "OLDWS"}});
  test::change(observation.declared).destination = {"pacs", "archive", {}};
  return observation;
}

struct Case {
  std::string selection;  // the body of the one selection, in flow style
  bool matches;
};

class SelectionTest : public testing::TestWithParam<Case> {};

TEST_P(SelectionTest, Matches) {
  const auto& [selection, matches] = GetParam();
  const Rule compiled = rule("  s: " + selection + "\n  condition: s\n");
  EXPECT_EQ(compiled.matches(example()), matches) << selection;
  RuleSet rules{compiled};
  Verdicts verdicts{rules};
  const Observation observation = example();
  verdicts.take(observation);
  EXPECT_EQ(verdicts.matches(rules.front()), matches) << selection << " as one of many";
}

INSTANTIATE_TEST_SUITE_P(
    Table, SelectionTest,
    testing::Values(
        // text
        Case{"{dicom.command: C-MOVE}", true}, Case{"{dicom.command: c-move}", true},
        Case{"{dicom.command: C-GET}", false}, Case{"{dicom.command: [C-GET, C-MOVE]}", true},
        Case{"{dicom.command: [C-GET, C-FIND]}", false}, Case{"{dicom.status: A7*}", true},
        Case{"{dicom.status: \"A7??\"}", true}, Case{"{dicom.status: \"0000\"}", false},
        Case{"{dicom.move_destination|startswith: old}", true}, Case{"{dicom.move_destination|endswith: old}", false},
        Case{"{dicom.move_destination|contains: DW}", true},
        Case{"{dicom.move_destination|contains|all: [OLD, WS]}", true},
        Case{"{dicom.move_destination|contains|all: [OLD, XX]}", false},
        Case{"{dicom.sop_class_uid|startswith: [1.2.3, 1.2.840]}", true},
        // lists
        Case{"{flow.deviations: operation}", true}, Case{"{flow.deviations: flow}", false},
        Case{"{flow.deviations: [flow, move_destination]}", true},
        Case{"{flow.deviations|all: [operation, move_destination]}", true},
        Case{"{flow.deviations|all: [operation, flow]}", false}, Case{"{flow.unknown: direction}", false},
        // numbers, truths, addresses
        Case{"{destination.port: 11112}", true}, Case{"{destination.port: 104}", false},
        Case{"{destination.port: [104, 11112]}", true}, Case{"{dicom.sub_operations.failed: 3}", true},
        Case{"{dicom.sub_operations.failed|gte: 3}", true}, Case{"{dicom.sub_operations.failed|gte: 4}", false},
        Case{"{dicom.sub_operations.failed|gt: 2}", true}, Case{"{dicom.sub_operations.failed|gt: 3}", false},
        Case{"{dicom.sub_operations.failed|lte: 3}", true}, Case{"{dicom.sub_operations.failed|lte: 2}", false},
        Case{"{dicom.sub_operations.failed|lt: 4}", true}, Case{"{dicom.sub_operations.failed|lt: 3}", false},
        Case{"{dicom.sub_operations.warning|lt: 3}", false}, Case{"{dicom.request_seen: true}", true},
        Case{"{dicom.request_seen: false}", false}, Case{"{source.ip: 10.20.99.66}", true},
        Case{"{source.ip: 10.20.99.6}", false}, Case{"{source.ip: 10.20.99.*}", true},
        Case{"{source.ip|startswith: \"10.20.99.\"}", true}, Case{"{source.ip|startswith: \"10.20.9.\"}", false},
        // expressions: anywhere, and case matters
        Case{"{dicom.move_destination|re: LDW}", true}, Case{"{dicom.move_destination|re: ldw}", false},
        Case{"{dicom.move_destination|re|i: ldw}", true}, Case{"{dicom.move_destination|re: ^LDW}", false},
        Case{"{dicom.move_destination|re: '^(OLD|NEW)WS$'}", true},
        Case{"{dicom.move_destination|re: [^X, WS$]}", true}, Case{"{dicom.move_destination|re|all: [^O, WS$]}", true},
        Case{"{dicom.move_destination|re|all: [^X, WS$]}", false}, Case{"{dicom.move_destination|re|neq: ^OLD}", false},
        Case{"{source.ip|re: '^10[.]20[.]'}", true}, Case{"{flow.deviations|re: ^move_}", true},
        Case{"{flow.deviations|re: ^zone}", false}, Case{"{source.device|re: .*}", false},
        // case
        Case{"{dicom.move_destination|cased: OLDWS}", true}, Case{"{dicom.move_destination|cased: oldws}", false},
        Case{"{dicom.move_destination|cased|startswith: OLD}", true},
        Case{"{dicom.move_destination|startswith|cased: Old}", false},
        Case{"{dicom.move_destination|cased: \"O*s\"}", false}, Case{"{dicom.move_destination|cased: \"O*S\"}", true},
        // networks
        Case{"{source.ip|cidr: 10.20.0.0/16}", true}, Case{"{source.ip|cidr: 10.21.0.0/16}", false},
        Case{"{source.ip|cidr: [fd00::/8, 10.0.0.0/8]}", true}, Case{"{source.ip|cidr: \"::/0\"}", false},
        Case{"{source.ip|cidr|neq: 10.0.0.0/8}", false}, Case{"{source.ip|cidr|neq: 192.168.0.0/16}", true},
        // difference: of what is there
        Case{"{dicom.command|neq: C-GET}", true}, Case{"{dicom.command|neq: [C-GET, C-MOVE]}", false},
        Case{"{source.device|neq: pacs}", false}, Case{"{destination.port|neq: 104}", true},
        Case{"{dicom.move_destination|startswith|neq: NEW}", true}, Case{"{flow.deviations|neq: flow}", true},
        Case{"{flow.deviations|neq: operation}", false},
        // other fields
        Case{"{dicom.calling_ae|fieldref: dicom.move_destination}", false},
        Case{"{dicom.calling_ae|fieldref: dicom.calling_ae}", true},
        Case{"{dicom.move_destination|endswith|fieldref: dicom.calling_ae}", false},
        Case{"{dicom.move_destination|contains|fieldref: [dicom.called_ae, flow.observed]}", true},
        Case{"{dicom.calling_ae|fieldref|neq: dicom.move_destination}", true},
        Case{"{source.device|fieldref|neq: destination.device}", false},
        Case{"{destination.device|fieldref|neq: source.device}", false},
        Case{"{source.device|fieldref: destination.device}", false},
        Case{"{source.ip|fieldref|neq: destination.ip}", true}, Case{"{source.port|fieldref: destination.port}", false},
        Case{"{event.start|fieldref: event.end}", true},
        // times
        Case{"{event.start|year: 1970}", true}, Case{"{event.start|month: 1, event.start|day: 1}", true},
        Case{"{event.start|hour|gte: 1}", false}, Case{"{event.start|hour: [22, 23, 0]}", true},
        Case{"{event.start|week: 1}", true}, Case{"{event.start|minute|neq: 0}", false},
        // absence
        Case{"{source.device: null}", true}, Case{"{source.device: }", true}, Case{"{destination.device: null}", false},
        Case{"{destination.device: [null, pacs]}", true}, Case{"{source.device: [null, pacs]}", true},
        Case{"{source.device: \"null\"}", false}, Case{"{source.device|exists: false}", true},
        Case{"{source.device|exists: true}", false}, Case{"{destination.device|exists: true}", true},
        Case{"{source.device: ws1}", false}, Case{"{source.device: \"*\"}", false},
        // maps and lists of maps
        Case{"{dicom.command: C-MOVE, dicom.move_destination: OLDWS}", true},
        Case{"{dicom.command: C-MOVE, dicom.move_destination: WS1}", false},
        Case{"[{dicom.command: C-GET}, {dicom.move_destination: OLDWS}]", true},
        Case{"[{dicom.command: C-GET}, {dicom.move_destination: WS1}]", false}));

TEST(Rule, ConditionsJoinSelections) {
  const std::string selections = "  move: {dicom.command: C-MOVE}\n  known: {source.device: \"*\"}\n";
  EXPECT_TRUE(rule(selections + "  condition: move and not known\n").matches(example()));
  EXPECT_FALSE(rule(selections + "  condition: move and known\n").matches(example()));
  EXPECT_TRUE(rule(selections + "  condition: 1 of them\n").matches(example()));
}

/// In which of a record's phases a rule matches, if all of them say what it asks for.
std::string phases(const std::string& detection, const std::string& source = "service: dicom.operation") {
  const Rule compiled = rule(detection, source);
  std::string all;
  Observation told = example();
  for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
    told.event.phase = phase;
    if (compiled.matches(told)) all.append(all.empty() ? "" : " ").append(to_text(phase));
  }
  return all;
}

struct Timing {
  std::string detection;  // in flow style, without its braces
  std::string phases;
};

class Judged : public testing::TestWithParam<Timing> {};

TEST_P(Judged, WhenWhatItAsksForCanNoLongerBecomeFalse) {
  const auto& [detection, expected] = GetParam();
  EXPECT_EQ(phases("  {" + detection + "}\n"), expected) << detection;
}

const std::string kAlways = "start progress end";

INSTANTIATE_TEST_SUITE_P(
    Table, Judged,
    testing::Values(
        // what is there stays
        Timing{"s: {dicom.command: C-MOVE}, condition: s", kAlways},
        Timing{"s: {dicom.status: A7*, dicom.sub_operations.failed|gte: 3}, condition: s", kAlways},
        Timing{"s: {flow.deviations: operation}, condition: s", kAlways},
        Timing{"s: {dicom.status_class|neq: success}, condition: s", kAlways},
        Timing{"s: {dicom.status|exists: true}, condition: s", kAlways},
        // what is known from the start and is not there does not come
        Timing{"s: {dicom.command: C-MOVE}, k: {source.device: '*'}, condition: s and not k", kAlways},
        Timing{"s: {source.device: null, dicom.command|neq: C-GET}, condition: s", kAlways},
        Timing{"s: {source.device|exists: false}, condition: s", kAlways},
        Timing{"s: {dicom.message_id|lt: 5}, condition: s", kAlways},
        Timing{"s: {dicom.calling_ae|fieldref|neq: dicom.move_destination}, condition: s", kAlways},
        // what is not there yet may come
        Timing{"s: {dicom.command: C-MOVE}, k: {dicom.status_class: success}, condition: s and not k", "end"},
        Timing{"s: {dicom.command: C-MOVE, dicom.slowest: null}, condition: s", "end"},
        Timing{"s: {dicom.slowest|exists: false}, condition: s", "end"},
        Timing{"s: {dicom.status: [null, A702]}, condition: s", "end"},
        Timing{"s: {flow.deviations|neq: flow}, condition: s", "end"},
        Timing{"s: {dicom.command: C-MOVE}, k: {flow.deviations: flow}, condition: s and not k", "end"},
        Timing{"s: {dicom.calling_ae|fieldref|neq: dicom.object.station_name}, condition: not s", "end"},
        // a number may grow
        Timing{"s: {dicom.sub_operations.failed|lt: 4}, condition: s", "end"},
        Timing{"s: {dicom.sub_operations.failed|lte: 3}, condition: s", "end"},
        Timing{"s: {dicom.sub_operations.failed: 3}, condition: s", "end"},
        Timing{"s: {dicom.sub_operations.failed|neq: 4}, condition: s", "end"},
        Timing{"s: {dicom.sub_operations.failed|gt: 3}, condition: not s", "end"},
        // an end is put off as long as something goes on
        Timing{"s: {event.end|hour|lt: 24}, condition: s", "end"},
        // an outcome may become another
        Timing{"s: {event.outcome: failure}, condition: s", "end"},
        // turned round twice
        Timing{"s: {dicom.status: null}, condition: not s", kAlways},
        Timing{"s: {dicom.status: A702}, condition: not not s", kAlways},
        Timing{"s: {dicom.status: A702}, t: {dicom.status: '0000'}, condition: not (t and not s)", "end"},
        // one part is enough
        Timing{"s: {dicom.command: C-MOVE}, t: {dicom.slowest: null}, condition: s or t", "end"},
        // who says of which phase he asks
        Timing{"s: {dicom.slowest: null, event.phase: start}, condition: s", "start"},
        Timing{"s: {dicom.slowest: null, event.phase: '*'}, condition: s", kAlways},
        Timing{"s: {dicom.command: C-MOVE}, t: {event.phase: end}, condition: s and not t", "start progress"}));

TEST(Rule, IsJudgedByWhatAnyOfItsDatasetsIsToldLater) {
  const std::string detection = "  {s: {flow.name: null, dicom.command: C-MOVE}, condition: s}\n";
  EXPECT_EQ(phases(detection, "service: dicom.operation"), kAlways);
  EXPECT_EQ(phases(detection, "category: network"), "end") << "a connection's flow may be known by its protocol alone";
}

TEST(Rule, LooksAtItsDatasetsOnly) {
  const std::string detection = "  s: {flow.deviations: operation}\n  condition: s\n";
  EXPECT_TRUE(rule(detection, "service: dicom.operation").matches(example()));
  EXPECT_FALSE(rule(detection, "service: dicom.association").matches(example()));
  EXPECT_TRUE(rule(detection, "category: dicom").matches(example()));
  EXPECT_TRUE(rule(detection, "category: network").matches(example()));
  EXPECT_FALSE(rule(detection, "service: hl7.message").matches(example()));
}

std::string matched(const Rule& rule) {
  RuleSet rules{rule};
  Verdicts verdicts{rules};
  const Observation observation = example();
  verdicts.take(observation);
  std::string text;
  verdicts.append_matched(rules.front(), text);
  return text;
}

TEST(Rule, SaysWhatItWasMatchedBy) {
  const Rule by_deviation = rule("  s: {flow.deviations: [move_destination, flow]}\n  condition: s\n");
  EXPECT_EQ(matched(by_deviation), std::string("move_destination\0OLDWS\0", 23));
  const Rule by_status = rule("  s: {dicom.status: A7*, source.device: null}\n  condition: s\n");
  EXPECT_EQ(matched(by_status), std::string("A702\0", 5));
}

TEST(Rule, SaysWhichDeviationsItCannotDoWithout) {
  const auto needs = [](const std::string& detection) { return rule(detection).needs(); };
  constexpr auto kFlow = only(DeviationKind::flow), kPort = only(DeviationKind::port);
  EXPECT_EQ(needs("  s: {flow.deviations: [flow, port]}\n  condition: s\n"), kFlow | kPort);
  EXPECT_EQ(needs("  s: {flow.deviations: fl*, dicom.status: A700}\n  condition: s\n"), kFlow);
  EXPECT_EQ(needs("  s: {flow.deviations|all: [flow, port]}\n  condition: s\n"), kFlow | kPort);
  EXPECT_EQ(needs("  s: [{flow.deviations: flow}, {flow.deviations: port}]\n  condition: s\n"), kFlow | kPort);
  EXPECT_EQ(needs("  a: {flow.deviations: flow}\n  b: {flow.deviations: port}\n  condition: a or b\n"), kFlow | kPort);
  EXPECT_EQ(needs("  a: {flow.deviations: flow}\n  b: {dicom.status: A700}\n  condition: a and b\n"), kFlow);
  EXPECT_EQ(needs("  a: {flow.deviations: flow}\n  b: {dicom.status: A700}\n  condition: a and not b\n"), kFlow);
  EXPECT_TRUE(needs("  s: {flow.deviations|exists: true}\n  condition: s\n").has_value());

  EXPECT_EQ(needs("  s: {flow.deviations: [flow, null]}\n  condition: s\n"), std::nullopt);
  EXPECT_EQ(needs("  s: {flow.deviations|exists: false}\n  condition: s\n"), std::nullopt);
  EXPECT_EQ(needs("  s: {flow.deviations: flow}\n  condition: not s\n"), std::nullopt);
  EXPECT_EQ(needs("  a: {flow.deviations: flow}\n  b: {dicom.status: A700}\n  condition: a or b\n"), std::nullopt);
  EXPECT_EQ(needs("  s: {flow.unknown: direction}\n  condition: s\n"), std::nullopt);
}

TEST(Rule, SaysWhichFieldsItCannotDoWithout) {
  using Paths = std::vector<std::string>;
  const auto needed = [](const std::string& detection) {
    Paths paths;
    for (const Field* const field : rule(detection).needed) paths.emplace_back(field->path);
    return paths;
  };
  EXPECT_EQ(needed("  s: {dicom.status: A700}\n  condition: s\n"), Paths{"dicom.status"});
  EXPECT_EQ(needed("  s: {dicom.pending_responses|gte: 10, dicom.cancelled: true}\n  condition: s\n"),
            Paths{"dicom.pending_responses"});
  EXPECT_EQ(needed("  s: [{dicom.status: A700}, {dicom.cancelled: true}]\n  condition: s\n"),
            (Paths{"dicom.status", "dicom.cancelled"}));
  EXPECT_EQ(needed("  a: {dicom.status: A700}\n  b: {dicom.cancelled: true}\n  condition: a or b\n"),
            (Paths{"dicom.status", "dicom.cancelled"}));
  EXPECT_EQ(needed("  a: {dicom.status: A700}\n  b: {dicom.cancelled: null}\n  condition: a and not b\n"),
            Paths{"dicom.status"});
  EXPECT_EQ(needed("  s: {dicom.status: [A700, null]}\n  condition: s\n"), Paths{});
  EXPECT_EQ(needed("  s: {dicom.status|exists: false}\n  condition: s\n"), Paths{});
  EXPECT_EQ(needed("  s: {dicom.status: A700}\n  condition: not s\n"), Paths{});
  EXPECT_EQ(needed("  a: {dicom.status: A700}\n  b: {dicom.cancelled: null}\n  condition: a or b\n"), Paths{});
}

}  // namespace
}  // namespace dcmwatch
