// Rules in the shape in which they are published, for other log sources than ours.
#include "detect/sigma_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detect/rules.h"
#include "model/events.h"

namespace dcmwatch {
namespace {

using namespace test;

const std::string kRules = DCMWATCH_ROOT "/tests/detect/sigma";

const SigmaFields& bundled() {
  static const SigmaFields kBundled = SigmaFields::load(DCMWATCH_ROOT "/config/sigma-fields.yml");
  return kBundled;
}

Rule published(const std::string& name) {
  return load_rules(kRules + '/' + name + ".yml", {.foreign = &bundled()}).front();
}

Observation over_tls(Event event, std::uint64_t bytes) {
  event.protocol = Protocol::tls;
  std::get<ConnectionFact>(event.facts).bytes = {bytes, 100};
  return observed(std::move(event));
}

TEST(SigmaFields, CorrelationsGroupByTheirNames) {
  const auto load = [](const std::string& group_by) {
    return parse_rules(
        "title: Many\nid: many\nlevel: low\ncorrelation: {type: value_count, rules: [open], group-by: [" + group_by +
            "], timespan: 1h, condition: {gte: 3, field: DestinationPort}}\n---\n"
            "title: A connection\nname: open\nlogsource: {category: network_connection, product: windows}\n"
            "detection: {s: {Initiated: 'true'}, condition: s}\n",
        "r", {.foreign = &bundled()});
  };
  const RuleSet rules = load("SourceIp");
  const Correlation::Member& member = rules.front().correlation->members.front();
  EXPECT_EQ(member.group_by.front().field, find_field("source.ip"));
  EXPECT_EQ(member.counted.field, find_field("destination.port"));
  EXPECT_THROW(load("source.ip"), ConfigurationError) << "as the counted rule's own selections";
  EXPECT_THROW(load("SourceIsIpv6"), ConfigurationError) << "its values are patterns";
  EXPECT_THROW(load("Image"), ConfigurationError);
}

TEST(SigmaFields, PublishedRulesLoad) { EXPECT_EQ(load_rules(kRules, {.foreign = &bundled()}).size(), 4U); }

TEST(SigmaFields, AConnectionOfSysmon) {
  const Rule remote = published("net_connection_rare_remote_port");
  EXPECT_TRUE(remote.matches(observed(connection("10.0.0.1", "203.0.113.7", 5938))));
  EXPECT_FALSE(remote.matches(observed(connection("10.0.0.1", "203.0.113.7", 443))));
  EXPECT_FALSE(remote.matches(observed(connection("10.0.0.1", "10.0.0.2", 5938)))) << "within";
  EXPECT_FALSE(remote.matches(observed(connection("10.20.30.40", "203.0.113.7", 5938)))) << "the jump host";
  EXPECT_FALSE(remote.matches(observed(connection("10.0.0.1", "fd00::1", 5938))));
  EXPECT_TRUE(remote.matches(observed(connection("10.0.0.1", "2001:db8::1", 5938))));
  EXPECT_FALSE(remote.matches(observed(association("10.0.0.1", "203.0.113.7", 5938, "A", "B")))) << "once is enough";
  Event guessed = connection("10.0.0.1", "203.0.113.7", 5938);
  guessed.parties.opener_known = false;
  EXPECT_FALSE(remote.matches(observed(std::move(guessed)))) << "who opened it is not known";
}

TEST(SigmaFields, AFirewallsConnection) {
  const Rule watchlist = published("net_firewall_watchlist");
  EXPECT_TRUE(watchlist.matches(observed(connection("10.0.0.1", "203.0.113.7", 80))));
  EXPECT_TRUE(watchlist.matches(observed(connection("198.51.100.24", "10.0.0.1", 80))));
  EXPECT_FALSE(watchlist.matches(observed(connection("10.0.0.1", "10.0.0.2", 80))));
  const Rule snmp = published("net_firewall_snmp");
  const auto udp = [](const char* source, std::uint16_t port) {
    return observed(connection(source, "10.0.0.2", port, Protocol::unidentified, Transport::udp));
  };
  EXPECT_TRUE(snmp.matches(udp("10.0.0.1", 161)));
  EXPECT_TRUE(snmp.matches(udp("10.0.0.1", 162)));
  EXPECT_FALSE(snmp.matches(udp("10.20.90.7", 161)));
  EXPECT_FALSE(snmp.matches(observed(connection("10.0.0.1", "10.0.0.2", 161)))) << "over TCP";
}

TEST(SigmaFields, AConnectionOfZeek) {
  const Rule tls = published("zeek_conn_tls_unanswered");
  EXPECT_TRUE(tls.matches(over_tls(connection("10.0.0.1", "203.0.113.7", 443), 2'000'000)));
  EXPECT_FALSE(tls.matches(over_tls(connection("10.0.0.1", "203.0.113.7", 443), 2'000)));
  EXPECT_FALSE(tls.matches(over_tls(connection("10.0.0.1", "10.0.0.2", 443), 2'000'000)));
  Event unanswered = connection("10.0.0.1", "203.0.113.7", 8443);
  std::get<ConnectionFact>(unanswered.facts).end = ConnectionEnd::unanswered;
  EXPECT_TRUE(tls.matches(observed(std::move(unanswered))));
}

std::string errors_of(const std::string& source, const std::string& selection) {
  try {
    parse_rule("title: A test\nid: test\nlevel: low\nlogsource: " + source + "\ndetection:\n  s: " + selection +
                   "\n  condition: s\n",
               "r", {.foreign = &bundled()});
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return {};
}

TEST(SigmaFields, WhatIsNotSeenHereIsRefusedByName) {
  EXPECT_EQ(errors_of("{category: process_creation, product: windows}", "{Image: x}"),
            "r:4:12: log source is none of ours: category 'process_creation', product 'windows'; write 'product: "
            "dcmwatch', or say in the field map what it is here");
  EXPECT_EQ(errors_of("{category: network_connection}", "{Image|endswith: x}"),
            "r:6:7: field 'Image' is not seen here; a network does not show which program speaks");
  EXPECT_EQ(errors_of("{category: firewall}", "{action: accept}"),
            "r:6:7: field 'action' is not seen here; a mirror port shows what was sent, not what a firewall decided");
  EXPECT_EQ(errors_of("{category: firewall}", "{dest_port: 80}"),
            "r:6:7: field 'dest_port' is none that the field map knows of this log source; did you mean 'dst_port'?");
  EXPECT_EQ(errors_of("{category: network_connection}", "{Initiated: 'false'}"),
            "r:6:18: the field map does not know value 'false'; known: true");
  EXPECT_EQ(errors_of("{product: zeek, service: conn}", "{service|contains: ss}"),
            "r:6:25: the field map translates the values of this field, which must be whole; leave out the modifier");
  EXPECT_EQ(
      errors_of("{category: firewall}", "{dst_ip|fieldref: src_port}"),
      "r:6:24: 'src_port' is not of the kind of 'destination.ip'; compare texts with texts, numbers with numbers, "
      "addresses with addresses");
  EXPECT_EQ(errors_of("{category: firewall}", "[word]"),
            "r:6:7: selection 's' must be a map of fields or a list of such maps; words without a field are not "
            "supported");
}

// As a conn.log has one line for each connection, when it is over.
TEST(SigmaFields, WhatMayStillComeIsAskedOfTheEndAlone) {
  const auto phases = [](const std::string& detection) {
    const Rule rule = parse_rule("title: A test\nlogsource: {product: zeek, service: conn}\ndetection: " + detection,
                                 "r", {.foreign = &bundled()});
    std::string all;
    for (const Phase phase : {Phase::start, Phase::end}) {
      Event event = connection("10.0.0.1", "10.0.0.2", 11112);
      event.phase = phase;
      if (phase == Phase::end) std::get<ConnectionFact>(event.facts).end = ConnectionEnd::reset;
      if (rule.matches(observed(std::move(event)))) all += to_text(phase);
    }
    return all;
  };
  EXPECT_EQ(phases("{s: {id.resp_p: 11112}, condition: s}"), "startend");
  EXPECT_EQ(phases("{s: {id.resp_p: 11112}, f: {id.orig_h: 10.0.0.9}, condition: s and not f}"), "startend");
  EXPECT_EQ(phases("{s: {id.resp_p: 11112}, f: {conn_state: SF}, condition: s and not f}"), "end");
  EXPECT_EQ(phases("{s: {resp_bytes|lt: 1}, condition: s}"), "end");
}

TEST(SigmaFields, RulesNeedNotSayWhatTheSpecificationLeavesOpen) {
  const RuleSet rules = parse_rules(
      "title: Many\ncorrelation: {type: event_count, rules: [one], group-by: [src_ip], timespan: 1h, condition: {gte: "
      "3}}\n---\n"
      "title: One\nname: one\nlogsource: {category: firewall}\ndetection: {s: {dst_port: 80}, condition: s}\n---\n"
      "title: Two\ntags: []\nfields:\nstatus:\ndescription:\nimpact: high\nrunbook: http://x\ntaxonomy: ecs\n"
      "logsource: {category: firewall}\ndetection: {s: {dst_port: 81}, condition: s}\n",
      "r", {.foreign = &bundled()});
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules.at(2).info->level, Level::low);
  EXPECT_TRUE(rules.at(2).info->impact.empty());
  EXPECT_FALSE(rules.at(0).info->id.empty());
  EXPECT_NE(rules.at(0).info->id, rules.at(2).info->id);
}

TEST(SigmaFields, TheSourceThatSaysMostCounts) {
  const SigmaFields map = SigmaFields::parse(
      "sources:\n"
      "  - {logsource: {category: firewall}, means: connection, fields: {a: source.ip}}\n"
      "  - {logsource: {category: firewall, product: acme}, means: [connection, violation], fields: {b: source.ip}}\n",
      "m");
  EXPECT_EQ(map.find({"firewall", "other", ""})->fields.count("a"), 1U);
  EXPECT_EQ(map.find({"firewall", "acme", "traffic"})->fields.count("b"), 1U);
  EXPECT_EQ(map.find({"", "acme", ""}), nullptr);
}

TEST(SigmaFields, ARuleIsAnotherWhereItsFieldsMeanSomethingElse) {
  const auto print = [](const std::string& ours) {
    const SigmaFields map = SigmaFields::parse(
        "sources:\n  - {logsource: {category: firewall}, means: [connection], fields: {who: " + ours + "}}\n", "f");
    return parse_rules(
               "title: t\nid: t\nlevel: low\nlogsource: {category: firewall}\n"
               "detection: {s: {who: 10.0.0.1}, condition: s}\n",
               "r", {.foreign = &map})
        .front()
        .print;
  };
  EXPECT_EQ(print("source.ip"), print("source.ip"));
  EXPECT_NE(print("source.ip"), print("destination.ip"));
}

TEST(SigmaFields, MistakesAreToldWithPlaceAndFix) {
  const auto errors = [](const std::string& text) -> std::string {
    try {
      SigmaFields::parse(text, "m");
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_EQ(errors("sources:\n  - {logsource: {category: x}, means: connections, fields: {a: source.ipp}}\n"),
            "m:2:39: unknown dataset 'connections'; did you mean 'connection'?\n"
            "m:2:64: unknown field 'source.ipp'; did you mean 'source.ip'?");
  EXPECT_EQ(errors("sources:\n  - {logsource: {}, means: connection, fields: {a: source.ip}, field: x}\n"),
            "m:2:17: 'logsource' says nothing; write a category, a product or a service\n"
            "m:2:64: a source has no setting 'field'; did you mean 'fields'?");
}

}  // namespace
}  // namespace dcmwatch
