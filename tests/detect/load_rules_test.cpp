#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include "temporary_folder.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "detect/exceptions.h"
#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

const std::string kRules = DCMWATCH_ROOT "/rules/detection";

std::string errors_of(const std::string& text) {
  try {
    parse_rule(text, "r");
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return {};
}

TEST(BundledRules, AllLoadAndSayWhatTheyAreFor) {
  const RuleSet rules = load_rules(kRules);
  for (const Rule& bundled : rules) {
    EXPECT_FALSE(bundled.info->title.empty());
    if (!bundled.reports) continue;
    EXPECT_GT(bundled.info->description.size(), 80U) << bundled.info->title;
    EXPECT_EQ(bundled.info->id.size(), 36U) << "a UUID, as Sigma asks";
    EXPECT_EQ(bundled.info->description.find('\n'), std::string::npos) << bundled.info->title;
  }
}

// A fact that may carry each deviation, and the rule that must see it there. What it is told for without any is not
// about deviations. Whom nobody declared is told of by another rule, too, where HL7 comes from there, or who
// accepts associations.
TEST(BundledRules, EveryDeviationHasItsRule) {
  const RuleSet rules = load_rules(kRules);
  for (int i = 0; i <= static_cast<int>(DeviationKind::order); ++i) {
    const auto kind = static_cast<DeviationKind>(i);
    std::vector<Event> facts{connection("10.0.0.1", "10.0.0.2", 1), association("10.0.0.1", "10.0.0.2", 1, "A", "B"),
                             operation("10.0.0.1", "10.0.0.2", 1, "A", "B", "C-MOVE", ""),
                             message("10.0.0.1", "10.0.0.2", 1, "ADT^A01"),
                             event_of(DicomStudy{}, "10.0.0.1", "10.0.0.2", 1)};
    std::get<DicomAssociation>(facts[1].facts).accepted = true;
    std::set<std::string> matching;
    for (const Event& fact : facts) {
      for (const Rule& bundled : rules) {
        if (bundled.matches(observed(fact))) continue;
        if (bundled.matches(observed(fact, {{kind, "x", "y"}}))) matching.insert(bundled.info->title);
      }
    }
    matching.erase("HL7 messages from an address that nobody declared");
    matching.erase("An undeclared device answers as a DICOM receiver");
    EXPECT_EQ(matching.size(), 1U) << to_text(kind);
  }
}

/// The example of docs/rules.md that begins with this word.
std::string documented(const std::string& beginning) {
  std::ifstream in{DCMWATCH_ROOT "/docs/rules.md"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto begin = text.find("```yaml\n" + beginning) + 8;
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST(RuleReference, ItsExampleLoads) {
  const Rule example = parse_rule(documented("title"), "docs/rules.md");
  EXPECT_TRUE(example.matches(observed(operation("10.0.0.1", "10.0.0.2", 104, "A", "B", "C-MOVE", ""))));
}

TEST(RuleReference, ItsExceptionLoads) {
  EXPECT_EQ(parse_exceptions(documented("exceptions"), "docs/rules.md", load_rules(kRules)).size(), 1U);
}

TEST(LoadRules, KeepWhatAFindingNeeds) {
  const Rule read = parse_rule(
      "title: A title\nid: an-id\nlevel: low\ndescription: >\n  Two\n  lines\ntags: [attack.t1046, tlp.green]\n"
      "logsource: {product: dcmwatch, category: dicom}\ndetection: {s: {dicom.command: C-MOVE}, condition: s}\n",
      "r");
  EXPECT_EQ(read.info->title, "A title");
  EXPECT_EQ(read.info->id, "an-id");
  EXPECT_EQ(read.info->level, Level::low);
  EXPECT_EQ(read.info->description, "Two lines");
  EXPECT_EQ(read.info->tags, (std::vector<std::string>{"attack.t1046", "tlp.green"}));
  EXPECT_EQ(read.counts, Counts::conversations);
}

TEST(LoadRules, KeepWhatACatalogueSays) {
  const Rule read = parse_rule(
      "title: A title\nid: an-id\nlevel: low\nimpact: [patient_safety, availability]\nresponsible: [manufacturer, "
      "supplier]\n"
      "runbook: docs/runbooks/wrong_port.md\nstandards: [IEC 62443-3-3 SR 5.1, 'MDS2 NAUT-1']\n"
      "falsepositives: [Tests, Moves]\n"
      "logsource: {product: dcmwatch, category: dicom}\ndetection: {s: {dicom.command: C-MOVE}, condition: s}\n",
      "r");
  EXPECT_EQ(read.info->impact, (std::vector<std::string>{"patient_safety", "availability"}));
  EXPECT_EQ(read.info->responsible, (std::vector<std::string>{"manufacturer", "supplier"}));
  EXPECT_EQ(read.info->runbook, "docs/runbooks/wrong_port.md");
  EXPECT_EQ(read.info->standards, (std::vector<std::string>{"IEC 62443-3-3 SR 5.1", "MDS2 NAUT-1"}));
  EXPECT_EQ(read.info->false_positives, (std::vector<std::string>{"Tests", "Moves"}));
}

TEST(LoadRules, ACatalogueIsCompleteIfAskedToBe) {
  const std::string rest =
      "logsource: {product: dcmwatch, category: dicom}\ndetection: {s: {dicom.command: C-MOVE}, condition: [s]}\n";
  const auto errors = [&](const std::string& head) -> std::string {
    try {
      parse_rule("title: A title\nid: an-id\nlevel: low\n" + head + rest, "r",
                 {.complete = true, .documents = DCMWATCH_ROOT});
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(errors("falsepositives: [none]\n"),
              testing::AllOf(testing::HasSubstr("no 'description'"), testing::HasSubstr("no 'impact'"),
                             testing::HasSubstr("no 'responsible'"), testing::HasSubstr("no 'runbook'"),
                             testing::Not(testing::HasSubstr("falsepositives"))));
  EXPECT_EQ(errors("description: d\nfalsepositives: [x]\nimpact: [integrity]\nresponsible: supplier\n"
                   "runbook: docs/runbooks/nobody_wrote_this.md\n"),
            "r:8:10: there is no 'docs/runbooks/nobody_wrote_this.md'; write it");
}

TEST(LoadRules, WhatOnlyCorrelationsCountIsNotInTheCatalogue) {
  const auto errors = [](const std::string& of_correlation) -> std::string {
    try {
      parse_rules("title: Many\nid: many\nlevel: low\n" + of_correlation +
                      "correlation: {type: event_count, rules: [move], timespan: 1h, condition: {gte: 3}}\n---\n"
                      "title: A move\nname: move\nlogsource: {product: dcmwatch, category: dicom}\n"
                      "detection: {s: {dicom.command: C-MOVE}, condition: s}\n",
                  "r", {.complete = true});
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return {};
  };
  const std::string all = errors("description: d\n");
  EXPECT_THAT(all, testing::AllOf(testing::HasSubstr("r:1:1: the rule says no 'runbook'"),
                                  testing::HasSubstr("r:1:1: the rule says no 'falsepositives'")));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("'description'")));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("r:6")));
}

struct Mistake {
  std::string text;   // an @ stands where the mistake is told to be
  std::string error;  // without file, line and column
};

class RuleMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(RuleMistakes, AreToldWithPlaceAndFix) {
  auto [text, error] = GetParam();
  const auto mark = text.find('@');
  if (mark != std::string::npos) {
    const auto line_start = text.rfind('\n', mark) + 1;
    text.erase(mark, 1);
    error =
        "r:" + std::to_string(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n') + 1) +
        ':' + std::to_string(mark - line_start + 1) + ": " + error;
  }
  EXPECT_EQ(errors_of(text), error);
}

const std::string kDetection = "detection:\n  s: {dicom.command: C-MOVE}\n  condition: s\n";
const std::string kSource = "logsource: {product: dcmwatch, service: dicom.operation}\n";
const std::string kHead = "title: A test\nid: test\nlevel: high\n";

Mistake selection(const std::string& body, const std::string& error) {
  return {kHead + kSource + "detection:\n  s: " + body + "\n  condition: s\n", error};
}
Mistake source(const std::string& body, const std::string& error) {
  return {kHead + "logsource: " + body + "\n" + kDetection, error};
}
Mistake head(const std::string& text, const std::string& error) { return {text + kSource + kDetection, error}; }

INSTANTIATE_TEST_SUITE_P(
    Heads, RuleMistakes,
    testing::Values(
        head(kHead, ""),
        head(kHead + "author: a\ndate: 2025-01-01\nmodified: x\nreferences: [x]\nfalsepositives: [x]\nlicense: "
                     "x\nrelated: [{id: x, type: y}]\n"
                     "name: n\ntaxonomy: sigma\nscope: [server]\nimpact: [patient_safety, integrity]\n"
                     "responsible: supplier\nrunbook: docs/runbooks/wrong_port.md\nstandards: [IEC 62443-3-3 SR 5.1]\n"
                     "status: stable\ndescription: d\ntags: [attack.t1046]\nfields: [dicom.command]\n",
             ""),
        Mistake{"@", "a rule must be a map of 'key: value' lines"},
        head("@id: x\nlevel: low\n", "a rule has no 'title'; one line that names what was seen"),
        head("@title: x\nlevel: low\n", "a rule has no 'id'; a UUID; it stays when the title changes"),
        head("@title: x\nid: x\n", "a rule has no 'level'; one of: informational, low, medium, high, critical"),
        head("title: x\nid: x\nlevel: @hihg\n", "unknown level 'hihg'; did you mean 'high'?"),
        head("title: x\nid: @a b\nlevel: low\n",
             "'a b' is no id; use a UUID, or 1 to 64 letters, digits, '-', '_' and '.'"),
        head(kHead + "status: @old\n",
             "unknown status 'old'; one of: stable, test, experimental, deprecated, unsupported"),
        head(kHead + "@descripton: x\n", "a rule has no setting 'descripton'; did you mean 'description'?"),
        head(kHead + "tags: [@t1046]\n", "tag 't1046' has no namespace; write attack.t1046 and the like"),
        head(kHead + "impact: [@safety]\n",
             "unknown impact 'safety'; one of: patient_safety, availability, integrity, confidentiality"),
        head(kHead + "responsible: @manufacturers\n", "unknown party 'manufacturers'; did you mean 'manufacturer'?"),
        head(kHead + "runbook: @wiki/wrong_port.md\n",
             "'wiki/wrong_port.md' is no runbook; write docs/runbooks/wrong_port.md and the like"),
        head(kHead + "runbook: @docs/runbooks/../../etc/x.md\n",
             "'docs/runbooks/../../etc/x.md' is no runbook; write docs/runbooks/wrong_port.md and the like"),
        head(kHead + "taxonomy: @ocsf\n", "unknown taxonomy 'ocsf'; one of: sigma, dcmwatch"),
        head(kHead + "tags: []\nfields:\nstatus: ~\ndescription:\nimpact: []\nrunbook:\n", ""),
        head("@title: x\nid: x\nlevel:\n", "a rule has no 'level'; one of: informational, low, medium, high, critical"),
        head(kHead + "fields: [@dicom.comand]\n", "unknown field 'dicom.comand'; see docs/fields.md"),
        Mistake{"@" + kHead + kSource, "a rule has no 'detection'; write selections and a condition"},
        Mistake{"@" + kHead + kDetection,
                "a rule has no 'logsource'; write 'logsource: {product: dcmwatch, service: dicom.operation}'"}));

INSTANTIATE_TEST_SUITE_P(
    Sources, RuleMistakes,
    testing::Values(source("@{product: windows, service: sysmon}",
                           "log source is none of ours: product 'windows', service 'sysmon'; write 'product: "
                           "dcmwatch'; there is no field map to tell what else is meant"),
                    source("@{service: dicom.operation}",
                           "log source is none of ours: service 'dicom.operation'; write 'product: dcmwatch'; there is "
                           "no field map to tell what else is meant"),
                    source("@{product: dcmwatch}",
                           "'logsource' says no 'service'; one of: connection, dicom.association, dicom.operation, "
                           "dicom.study, hl7.message, tls, violation, link, workflow, flow, capture"),
                    source("{product: dcmwatch, service: @dicom.operations}",
                           "unknown service 'dicom.operations'; did you mean 'dicom.operation'?"),
                    source("{product: dcmwatch, category: @firewall}",
                           "unknown category 'firewall'; one of: network, dicom"),
                    source("{product: dcmwatch, service: dicom.operation, @category: network}",
                           "'logsource' has both 'service' and 'category'; keep one"),
                    source("{product: dcmwatch, service: dicom.operation, definition: x}", ""),
                    source("{product: dcmwatch, service: dicom.operation, @host: x}",
                           "'logsource' has no setting 'host'; one of: category, product, service, definition")));

INSTANTIATE_TEST_SUITE_P(
    Detections, RuleMistakes,
    testing::Values(
        selection("{@dicom.comand: C-MOVE}", "unknown field 'dicom.comand'; did you mean 'dicom.command'?"),
        selection("{@rule.id: x}", "field 'rule.id' exists on findings only; ask for what was observed"),
        selection("{dicom.command|@rex: C-.*}", "unknown modifier 'rex'; did you mean 're'?"),
        selection("{source.port|@base64: 1024}",
                  "modifier 'base64' is not supported; no field holds encoded text: compare the text as it is"),
        selection(
            "{dicom.calling_ae|contains|@windash: x}",
            "modifier 'windash' is not supported; it is about the command lines of Windows, which no network shows"),
        selection("{dicom.calling_ae|@expand: '%x%'}",
                  "modifier 'expand' is not supported; nobody fills placeholders in here: write the values out"),
        selection("{dicom.command|contains|@startswith: x}",
                  "modifier 'startswith' does not go with 'contains'; it goes with: all, cased, fieldref, neq"),
        selection("{dicom.command|contains|@contains: x}",
                  "modifier 'contains' stands there twice; it goes with: all, cased, fieldref, neq"),
        selection("{dicom.command|all|@exists: true}", "modifier 'exists' does not go with 'all'; it stands alone"),
        selection("{source.port|gt|@lt: 1024}",
                  "modifier 'lt' does not go with 'gt'; it goes with: minute, hour, day, week, month, year"),
        selection("{dicom.command|@i: x}", "modifier 'i' is one of 're'; write |re|i"),
        selection("{dicom.calling_ae|re: @'CT(1'}", "'CT(1' is no regular expression; missing ): CT(1"),
        selection("{dicom.calling_ae|re: @'(a{1000}){1000}'}",
                  "'(a{1000}){1000}' is no regular expression; invalid repetition size: {1000}"),
        selection("{dicom.calling_ae|re: @'(?=a)'}", "'(?=a)' is no regular expression; invalid perl operator: (?="),
        selection("{dicom.command|re: @STORE$$X}",
                  "field 'dicom.command' is never 'STORE$$X'; one of: C-STORE, C-GET, "
                  "C-FIND, C-MOVE, C-ECHO, N-EVENT-REPORT, N-GET, N-SET, N-ACTION, N-CREATE, N-DELETE"),
        selection("{source.port|re: @1.*}", "'re' makes no sense of 'source.port', a number; see docs/rules.md"),
        selection("{dicom.calling_ae|cidr: @10.0.0.0/8}",
                  "'cidr' makes no sense of 'dicom.calling_ae', a text; see docs/rules.md"),
        selection("{source.ip|cidr: @10.0.0.1/8}",
                  "'10.0.0.1/8' is no network; write 10.20.0.0/16 or fd00::/8, with no bit set beyond"),
        selection("{source.device|fieldref: @destination.devise}",
                  "unknown field 'destination.devise'; did you mean 'destination.device'?"),
        selection("{source.device|fieldref: @destination.ip}",
                  "'destination.ip' is not of the kind of 'source.device'; compare texts with texts, numbers with "
                  "numbers, addresses with addresses"),
        selection("{source.port|startswith|fieldref: @destination.port}",
                  "'destination.port' is no text; leave out the other modifiers"),
        selection("{dicom.command|all: @C-MOVE}", "'all' wants a list; leave it out, for a single value"),
        selection("{event.start|hour: @noon}", "the number 'event.start' cannot be 'noon'; give a whole number"),
        selection("{@'|all': [a, b]}", "words without a field are not supported; name the field that they stand in"),
        selection("{dicom.status|gte: @1}", "'gte' makes no sense of 'dicom.status', a text; see docs/rules.md"),
        selection("{source.port|gte: @[1, 2]}", "'gte' wants one number, not a list"),
        selection("{source.port|gte: @many}", "the number 'source.port' cannot be 'many'; give a whole number"),
        selection("{source.port|gt: @9223372036854775807}", "no number is beyond '9223372036854775807'"),
        selection("{dicom.command|exists: @maybe}", "'exists' wants true or false"),
        selection("{dicom.command: @[]}", "field 'dicom.command' has an empty list; give it a value"),
        selection("{dicom.command: @C-MOOVE}", "field 'dicom.command' is never 'C-MOOVE'; did you mean 'C-MOVE'?"),
        selection("{flow.deviations: @zone.crossing}",
                  "field 'flow.deviations' is never 'zone.crossing'; did you mean 'zone_crossing'?"),
        selection("{flow.deviations: @zone.*}",
                  "field 'flow.deviations' is never 'zone.*'; one of: source.device, destination.device, flow, "
                  "zone_crossing, port, direction, calling_ae, called_ae, operation, sop_class, sender, receiver … and "
                  "25 more"),
        selection("{destination.port: @http}", "the number 'destination.port' cannot be 'http'; give a whole number"),
        selection("{destination.port|startswith: @1}",
                  "'startswith' makes no sense of 'destination.port', a number; see docs/rules.md"),
        selection("{source.ip: @10.0.0}", "'10.0.0' is no address; write 10.20.30.40, fd00::1 or 10.20.30.*"),
        selection("{dicom.request_seen: @1}", "'dicom.request_seen' is true or false"),
        selection("{@hl7.message_type: 'ADT*'}",
                  "the records that are asked never have 'hl7.message_type'; see docs/fields.md, or ask others"),
        selection("{dicom.status: @0}", "field 'dicom.status' is never '0'; write four hexadecimal digits, '0000'"),
        selection("{dicom.status: @'0x0000'}",
                  "field 'dicom.status' is never '0x0000'; write four hexadecimal digits, '0000'"),
        selection("{dicom.status: @'0xA7*'}",
                  "field 'dicom.status' is never '0xA7*'; write four hexadecimal digits, '0000'"),
        selection("{dicom.move_destination: @''}",
                  "field 'dicom.move_destination' is never ''; what is empty is absent: write null"),
        selection("{dicom.calling_ae: '', dicom.status: a7*}", ""),
        selection("{event.start|minute|gte: @60}", "no time has such a part; it is from 0 to 59"),
        selection("{event.start|day|lt: @1}", "no time has such a part; it is from 1 to 31"),
        selection("{event.start|hour|gt: 22, dicom.status|exists: True, dicom.request_seen: TRUE}", ""),
        selection("{event.start: @2024-01-01}",
                  "the time 'event.start' cannot be compared; ask for a part of it (|minute, |hour, |day, |week, "
                  "|month, |year), "
                  "null or |exists"),
        selection("{dicom.command: @{a: b}}", "a value must be a text, a number, true, false or null"),
        selection("{dicom.status|contains: [@~]}", "null goes with no modifier"),
        selection(
            "@{}",
            "selection 's' must be a map of fields or a list of such maps; words without a field are not supported"),
        selection(
            "[@word]",
            "selection 's' must be a map of fields or a list of such maps; words without a field are not supported"),
        selection("@[]", "selection 's' is empty"),
        Mistake{kHead + kSource + "@detection:\n  s: {dicom.command: C-MOVE}\n",
                "'detection' has no 'condition'; write 'condition: selection'"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: @t\n",
                "unknown selection 't'; did you mean 's'?"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: '@t'\n",
                "unknown selection 't'; did you mean 's'?"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: s @| count() > 5\n",
                "aggregations ('| count() ...') are not supported; write a correlation that counts the rule"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: @{s: s}\n",
                "'condition' must be a text, or a list of which one must hold; write 'condition: selection'"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: [s, @t]\n",
                "unknown selection 't'; did you mean 's'?"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  condition: @2 of s*\n",
                "unknown selection '2'; of several, '1 of' and 'all of' can be asked for"},
        Mistake{kHead + kSource + "detection:\n  s: {dicom.command: C-MOVE}\n  @timeframe: 5m\n  condition: s\n",
                "'timeframe' is not supported; a rule is about one record"},
        Mistake{kHead + kSource +
                    "detection:\n  s: {dicom.command: C-MOVE}\n  t: {dicom.command: C-GET}\n  condition: @s\n",
                "the condition does not use selection 't'; use it or remove it"}));

class RuleFolder : public testing::Test {
 protected:
  RuleFolder() { std::filesystem::create_directories(folder_ / "more"); }

  void write(const std::string& name, const std::string& text) const { std::ofstream{folder_ / name} << text; }

  [[nodiscard]] std::string errors() const {
    try {
      load_rules(folder_);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return {};
  }

  TemporaryFolder own_;
  const std::filesystem::path folder_ = own_ / "rules";
};

TEST_F(RuleFolder, IsReadInTheOrderOfItsPaths) {
  const std::string detection = "  s: {dicom.command: C-MOVE}\n  condition: s\n";
  write("b.yml", rule_text(detection, "service: dicom.operation", "two"));
  write("a.yaml", rule_text(detection, "service: dicom.operation", "one"));
  write("more/c.yml", rule_text(detection, "service: dicom.operation", "three"));
  write("notes.txt", "not a rule");
  const RuleSet rules = load_rules(folder_);
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules.at(0).info->id, "one");
  EXPECT_EQ(rules.at(2).info->id, "three");
  EXPECT_EQ(load_rules(folder_ / "b.yml").size(), 1U);
}

TEST_F(RuleFolder, TellsTheMistakesOfAllItsFiles) {
  write("a.yml", rule_text("  s: {x: y}\n  condition: s\n"));
  write("b.yml", rule_text("  s: {y: z}\n  condition: s\n", "service: dicom.operation", "other"));
  const std::string all = errors();
  EXPECT_THAT(all, testing::HasSubstr("a.yml:6:7: unknown field 'x'"));
  EXPECT_THAT(all, testing::HasSubstr("b.yml:6:7: unknown field 'y'"));
}

TEST_F(RuleFolder, WaitsForNoPipe) {
  write("a.yml", rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n"));
  ASSERT_EQ(mkfifo((folder_ / "pipe.yml").c_str(), 0600), 0);
  std::filesystem::create_directory(folder_ / "folder.yml");
  const std::string all = errors();
  EXPECT_THAT(all, testing::HasSubstr("'pipe.yml' is no file"));
  EXPECT_THAT(all, testing::HasSubstr("'folder.yml' is no file"));
}

TEST_F(RuleFolder, HasSoManyRegularExpressionsInAllItsFiles) {
  const auto rule_of = [](const std::string& id) {
    std::string detection = "  s:\n    dicom.calling_ae|re:\n";
    for (int i = 0; i < 128; ++i) detection += "      - 'CT" + std::to_string(i) + "'\n";
    return rule_text(detection + "  condition: s\n", "service: dicom.operation", id);
  };
  for (int i = 0; i < 4; ++i) write(std::to_string(i) + ".yml", rule_of(std::to_string(i)));
  EXPECT_EQ(errors(), "");
  write("9.yml", rule_of("9"));
  EXPECT_THAT(errors(), testing::HasSubstr("9.yml:8:9: too many regular expressions"));
}

TEST_F(RuleFolder, RefusesAnIdTwice) {
  write("a.yml", rule_text("  s: {dicom.command: C-MOVE}\n  condition: s\n"));
  write("b.yml", rule_text("  s: {dicom.command: C-GET}\n  condition: s\n"));
  EXPECT_THAT(errors(), testing::HasSubstr("b.yml:2:5: id 'test' is that of "));
}

TEST_F(RuleFolder, EmptyOrMissingIsAMistake) {
  EXPECT_THAT(errors(), testing::HasSubstr("holds no rule"));
  EXPECT_THROW(load_rules(folder_ / "nowhere"), ConfigurationError);
}

}  // namespace
}  // namespace dcmwatch
