#include "model/diagram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace dcmwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kZones = R"(
name: "Radiology <&> \"]; evil"
zones:
  scanners: {networks: [10.0.1.0/24], description: "a \"]; b -> c; <b>&amp; #quot; `x`"}
  archive: {networks: [10.0.2.0/24]}
  office: {networks: [10.0.9.0/24]}
services:
  dicom: {protocol: dicom, ports: [11112]}
  dicom-104: {protocol: dicom, ports: [104]}
  hl7: {protocol: hl7, ports: [2575]}
)";
constexpr const char* kDevices = R"(
devices:
  ct1: {zone: scanners, addresses: [10.0.1.1], ae_titles: ["CT\"]<1>"], description: "x\"]; y"}
  ct2: {zone: scanners, addresses: [10.0.1.2], ae_titles: [CT2]}
  ct3: {zone: scanners, addresses: [10.0.1.3], ae_titles: [CT3]}
  pacs: {zone: archive, addresses: [10.0.2.1, 10.0.2.2], ae_titles: [PACS]}
  vna: {zone: archive, addresses: [10.0.2.3], ae_titles: [VNA]}
groups:
  everybody: {devices: [ct1, ct2, ct3, pacs, vna]}
)";

std::shared_ptr<const Model> model_with(const std::string& flows) {
  return parse_model(std::string{kZones} + kDevices + "flows:\n" + flows, "model.yaml");
}

std::string dicom_flow(const std::string& name, const std::string& from, const std::string& to,
                       const std::string& service = "dicom") {
  return "  " + name + ": {from: " + from + ", to: " + to + ", service: " + service +
         ", operations: [C-STORE], sop_classes: [storage]}\n";
}

Diagram drawn(const std::string& flows, const Sightings* sightings = nullptr, Folding folding = Folding::alike) {
  return diagram_of(*model_with(flows), sightings, folding);
}

std::vector<std::string> names_on(const Diagram::Card& card) {
  std::vector<std::string> names;
  for (const Diagram::Row& row : card.rows) names.push_back(row.name);
  return names;
}

const Diagram::Card& card_at(const Diagram& diagram, const Diagram::End& end) {
  EXPECT_EQ(end.kind, Diagram::End::Kind::card);
  return diagram.cards[end.index];
}

TEST(Diagram, PutsDevicesThatEveryFlowTreatsAlikeOnOneCard) {
  const Diagram diagram = drawn(dicom_flow("store", "zone:scanners", "pacs"));
  ASSERT_EQ(diagram.cards.size(), 3U);
  EXPECT_THAT(names_on(diagram.cards[0]), ElementsAre("ct1", "ct2", "ct3"));
  ASSERT_EQ(diagram.edges.size(), 1U);
  EXPECT_THAT(names_on(card_at(diagram, diagram.edges[0].from)), ElementsAre("ct1", "ct2", "ct3"));
  EXPECT_THAT(names_on(card_at(diagram, diagram.edges[0].to)), ElementsAre("pacs"));
}

TEST(Diagram, LetsAFlowOfAZoneBeginAtTheZoneWhereItsDevicesDiffer) {
  const Diagram diagram = drawn(dicom_flow("store", "zone:scanners", "pacs") + dicom_flow("extra", "ct1", "vna"));
  EXPECT_THAT(names_on(diagram.cards[0]), ElementsAre("ct1"));
  EXPECT_THAT(names_on(diagram.cards[1]), ElementsAre("ct2", "ct3"));
  EXPECT_EQ(diagram.edges[0].from, (Diagram::End{Diagram::End::Kind::zone, 0}));
}

TEST(Diagram, DrawsEachDeviceOrEachZoneForItselfIfAsked) {
  const std::string flows = dicom_flow("store", "zone:scanners", "pacs");
  EXPECT_EQ(drawn(flows, nullptr, Folding::devices).cards.size(), 5U);
  EXPECT_EQ(drawn(flows, nullptr, Folding::zones).cards.size(), 2U);
}

TEST(Diagram, GivesAGroupOfManyKindsACardOfItsOwn) {
  const Diagram diagram = drawn(dicom_flow("all", "everybody", "vna") + dicom_flow("one", "ct1", "pacs") +
                                dicom_flow("two", "ct2", "pacs"));
  const auto group = std::ranges::find(diagram.cards, Diagram::Card::Kind::group, &Diagram::Card::kind);
  ASSERT_NE(group, diagram.cards.end());
  EXPECT_EQ(group->title, "everybody");
  EXPECT_THAT(names_on(*group), ElementsAre("5 devices in 2 zones"));
}

TEST(Diagram, JoinsTwoEndsByOneEdgeHoweverManyFlows) {
  const Diagram diagram = drawn(dicom_flow("a", "ct1", "pacs") + dicom_flow("b", "ct1", "pacs", "dicom-104") +
                                dicom_flow("c", "pacs", "ct1"));
  ASSERT_EQ(diagram.edges.size(), 2U);
  ASSERT_EQ(diagram.edges[0].labels.size(), 2U);
  EXPECT_EQ(diagram.edges[0].labels[1].service, "dicom-104 104");
}

TEST(Diagram, ShowsOnEachEdgeWhatWentThere) {
  Sightings sightings;
  sightings.declared = {{.flow = 0, .from = 0, .to = 3, .seen = {.count = 7, .deviating = 1, .in_part = true}}};
  sightings.devices_in_sight = {true, true, true, true, true};
  const Diagram diagram = drawn(dicom_flow("store", "[ct1, ct2]", "pacs"), &sightings);
  ASSERT_EQ(diagram.edges.size(), 2U);
  EXPECT_EQ(diagram.edges[0].labels[0].seen->count, 7U);
  EXPECT_FALSE(diagram.edges[0].silent());
  EXPECT_TRUE(diagram.edges[1].silent());
  EXPECT_THAT(draw_dot(diagram, {}),
              testing::AllOf(HasSubstr("×7"), HasSubstr("1 deviate"), HasSubstr("style=dashed")));
}

TEST(Diagram, TellsWhatCouldNotBeSeenFromWhatWasSilent) {
  Sightings sightings;
  sightings.declared = {{.flow = 1, .from = 1, .to = 3, .seen = {.in_part = true, .within_tls = true}}};
  sightings.devices_in_sight = {true, true, false, true, false};
  sightings.not_visible = {3};
  const Diagram diagram = drawn(dicom_flow("silent", "ct1", "pacs") + dicom_flow("hidden", "ct2", "pacs") +
                                    dicom_flow("unseen", "ct1", "vna") + dicom_flow("lost", "pacs", "ct2"),
                                &sightings);
  const auto edge = [&](std::size_t index) {
    const Diagram::Edge& one = diagram.edges.at(index);
    return std::vector<bool>{one.silent(), one.hidden(), one.out_of_sight(), one.within_tls()};
  };
  EXPECT_THAT(edge(0), ElementsAre(true, false, false, false));
  EXPECT_THAT(edge(1), ElementsAre(false, true, false, true)) << "whatever is declared";
  EXPECT_THAT(edge(2), ElementsAre(false, false, true, false));
  EXPECT_THAT(edge(3), ElementsAre(false, false, true, false)) << "as coverage has it";
  EXPECT_THAT(draw_dot(diagram, {}), testing::AllOf(HasSubstr("style=dashed"), HasSubstr("style=dotted, penwidth=2"),
                                                    HasSubstr("style=dotted, arrowhead=empty")));
  EXPECT_THAT(draw_mermaid(diagram, {}),
              testing::AllOf(HasSubstr(", silent"), HasSubstr(", could not be seen"), HasSubstr("seen within TLS")));
}

TEST(Diagram, SaysWhetherWhatWasSeenWasWithinTls) {
  Sightings sightings;
  sightings.declared = {{.flow = 0, .from = 0, .to = 3, .seen = {.count = 1, .in_clear = true}},
                        {.flow = 1, .from = 1, .to = 3, .seen = {.count = 1, .within_tls = true, .in_clear = true}}};
  sightings.devices_in_sight = {true, true, false, true, false};
  const Diagram diagram = drawn(dicom_flow("clear", "ct1", "pacs") + dicom_flow("both", "ct2", "pacs"), &sightings);
  EXPECT_THAT(draw_dot(diagram, {}), testing::AllOf(HasSubstr(">in clear<"), HasSubstr(">TLS, and in clear<")));
}

TEST(Diagram, FoldsManyUndeclaredOfAZone) {
  Sightings sightings;
  for (int host = 10; host < 15; ++host) {
    const SeenEnd stranger{.device = std::nullopt, .zone = 2, .address = "10.0.9." + std::to_string(host)};
    sightings.undeclared.push_back({stranger, SeenEnd{.device = 3, .zone = 1, .address = {}}, "tls 443", 2});
  }
  sightings.undeclared.push_back(
      {{.device = std::nullopt, .zone = std::nullopt, .address = "192.0.2.1"}, std::nullopt, "tcp 22", 1});
  const Diagram diagram = drawn(dicom_flow("store", "ct1", "pacs"), &sightings);
  EXPECT_THAT(draw_dot(diagram, {}), testing::AllOf(HasSubstr("undeclared (5)"), HasSubstr(">tls 443<"),
                                                    HasSubstr("×10"), HasSubstr("192.0.2.1")));
  EXPECT_EQ(diagram.edges.size(), 2U);
}

TEST(Diagram, KeepsEveryTextOfAModelWithinItsLabel) {
  const Diagram diagram = drawn(dicom_flow("store", "zone:scanners", "pacs"));
  const std::string dot = draw_dot(diagram, "2026-01-02");
  EXPECT_THAT(dot, testing::AllOf(HasSubstr("Radiology &lt;&amp;&gt; &quot;]; evil"), HasSubstr("x\\\"]; y"),
                                  Not(HasSubstr("<b>&amp;"))));
  const std::string mermaid = draw_mermaid(diagram, "2026-01-02");
  EXPECT_THAT(mermaid, testing::AllOf(HasSubstr("title: \"Radiology <&> \\\"]; evil, 2026-01-02\""),
                                      HasSubstr("CT#34;#93;#60;1#62;"), Not(HasSubstr("`"))));
}

TEST(Diagram, OfTheExampleDepartmentIsTheOneThatWasReviewed) {
  constexpr const char* kFile = DCMWATCH_ROOT "/tests/model/golden/department.dot";
  const auto model = load_model(DCMWATCH_ROOT "/config/model.yaml");
  const std::string dot = draw_dot(diagram_of(*model, nullptr, Folding::alike), "2026-01-02");
  if (std::getenv("DCMWATCH_WRITE_DOCS")) std::ofstream{kFile} << dot;
  std::ifstream file{kFile};
  const std::string reviewed{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(dot, reviewed) << "look at it: dot -Tsvg; then DCMWATCH_WRITE_DOCS=1 writes it anew";
}

}  // namespace
}  // namespace dcmwatch
