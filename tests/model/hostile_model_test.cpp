// Models that are meant to take long, or to break something: a clear error within a second, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <functional>

#include "model/mistakes.h"

namespace dcmwatch {
namespace {

using namespace test;
using testing::HasSubstr;

constexpr std::size_t kMany =
    20'000;  // a fifth of what is promised to load in a second: tests run with sanitizers, too

// Of this machine's processor, whatever else it is doing; without optimisation.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
constexpr double kMostCpuSeconds = 15;
#else
constexpr double kMostCpuSeconds = 1.5;
#endif

std::string repeated(std::size_t times, const std::function<std::string(std::size_t)>& line) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += line(i);
  return text;
}

std::string number(std::size_t i) { return std::to_string(i); }
std::string address(std::size_t i) {
  return "10." + number(i / 62'500) + '.' + number(i / 250 % 250) + '.' + number(i % 250 + 1);
}

std::string devices(std::size_t count) {
  return "zones: {a: {networks: 10.0.0.0/8}}\nservices: {s: {protocol: other, ports: 22}}\ndevices:\n" +
         repeated(count,
                  [](std::size_t i) { return "  d" + number(i) + ": {zone: a, addresses: " + address(i) + "}\n"; });
}

struct Hostile {
  std::string name;
  std::function<std::string()> text;
  std::string told;  // somewhere in the error; empty: it loads
};

class HostileModel : public testing::TestWithParam<Hostile> {};

TEST_P(HostileModel, IsToldSoon) {
  const std::string text = GetParam().text();
  const std::clock_t begun = std::clock();
  const std::string errors = errors_of(text);
  EXPECT_LT(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC, kMostCpuSeconds);
  EXPECT_THAT(errors, HasSubstr(GetParam().told));
  EXPECT_EQ(errors.empty(), GetParam().told.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Models, HostileModel,
    testing::Values(
        Hostile{"sound_and_large",
                [] {
                  return devices(kMany / 10) + "groups: {all: {devices: [" +
                         repeated(kMany / 10, [](std::size_t i) { return 'd' + number(i) + ','; }) + "]}}\nflows:\n" +
                         repeated(kMany, [](std::size_t i) {
                           return "  f" + number(i) + ": {from: [all, 'zone:a'], to: d" + number(i % (kMany / 10)) +
                                  ", service: s}\n";
                         });
                },
                ""},
        Hostile{"every_name_misspelt",
                [] {
                  return devices(kMany / 10) + "flows:\n" + repeated(kMany, [](std::size_t i) {
                           return "  f" + number(i) + ": {from: x" + number(i) + ", to: d0, service: s}\n";
                         });
                },
                "and 19900 more"},
        Hostile{
            "every_flow_full_of_mistakes",
            [] {
              return "zones: {a: {networks: 10.0.0.0/8}}\nservices: {s: {protocol: dicom, ports: 104}}\ndevices:\n" +
                     repeated(1000,
                              [](std::size_t i) {
                                return "  d" + number(i) + ": {zone: a, addresses: " + address(i) +
                                       ", ae_titles: TITLE" + number(i) + "}\n";
                              }) +
                     "flows:\n" + repeated(kMany, [](std::size_t i) {
                       return "  f" + number(i) +
                              ": {from: d1, to: d2, service: s, operations: [C-STOER], sop_classes: [CT Imge Storage], "
                              "calling_ae: TITEL" +
                              number(i) + ", justifcation: x}\n";
                     });
            },
            "and 79900 more"},
        Hostile{"every_name_the_same",
                [] { return "zones:\n" + repeated(kMany, [](std::size_t) { return "  a: {}\n"; }); },
                "'a' stands here twice"},
        Hostile{"one_address_for_all",
                [] {
                  return "zones: {a: {networks: 10.0.0.0/8}}\ndevices:\n" + repeated(kMany, [](std::size_t i) {
                           return "  d" + number(i) + ": {zone: a, addresses: 10.0.0.1}\n";
                         });
                },
                "overlaps 10.0.0.1 of device 'd0'"},
        Hostile{"one_address_shared_by_all",
                [] {
                  return "zones: {a: {networks: 10.0.0.0/8}}\ndevices:\n" + repeated(kMany, [](std::size_t i) {
                           return "  d" + number(i) + ": {zone: a, shared_addresses: 10.0.0.1}\n";
                         });
                },
                ""},
        Hostile{"one_address_again_and_again",
                [] {
                  return "zones: {a: {networks: [" + repeated(kMany, [](std::size_t) { return "10.0.0.0/8, "; }) +
                         "]}}\ndevices: {}\n";
                },
                ""},
        Hostile{"ranges_of_all_addresses",
                [] {
                  return "zones: {a: {networks: [" +
                         repeated(kMany / 100,
                                  [](std::size_t) { return "'::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', "; }) +
                         "]}}\ndevices: {}\n";
                },
                ""},
        Hostile{"conduits_from_all_to_all",
                [] {
                  const auto zones = repeated(500, [](std::size_t i) { return 'z' + number(i) + ','; });
                  return "zones:\n" +
                         repeated(500,
                                  [](std::size_t i) {
                                    return "  z" + number(i) + ": {networks: 10." + number(i / 250) + '.' +
                                           number(i % 250) + ".0/24}\n";
                                  }) +
                         "devices: {}\nconduits: {c: {from: [" + zones + "], to: [" + zones + "], services: any}}\n";
                },
                "10 000 pairs of zones are the limit"},
        Hostile{"flows_between_the_same_ends",
                [] {
                  return devices(2) + "flows:\n" + repeated(kMany, [](std::size_t i) {
                           return "  f" + number(i) + ": {from: d0, to: d1, service: s}\n";
                         });
                },
                "m:1007:3: flow 'f1000' is one more from 'd0' to 'd1' than can be held; join some of them"},
        Hostile{"a_flow_from_all_to_all",
                [] {
                  const auto all = repeated(1500, [](std::size_t i) { return 'd' + number(i) + ','; });
                  return devices(1500) + "flows: {f: {from: [" + all + "], to: [" + all + "], service: s}}\n";
                },
                "flow 'f', flows join more ends than can be held; let them name groups or zones"},
        Hostile{"denials_without_end",
                [] {
                  return devices(10) + "denials:\n" +
                         repeated(kMany, [](std::size_t i) { return "  x" + number(i) + ": {from: any, to: d1}\n"; });
                },
                "200 are the limit"},
        Hostile{"a_value_without_end", [] { return "name: " + std::string(10'000'000, 'x') + '\n'; },
                "a value of more than 64 KiB"},
        Hostile{"a_key_without_end", [] { return '"' + std::string(100'000, 'x') + "\": 1\n"; },
                "a value of more than 64 KiB"},
        Hostile{
            "titles_without_end",
            [] {
              return "zones: {a: {networks: 10.0.0.0/8}}\ndevices: {d: {zone: a, addresses: 10.0.0.1, ae_titles: [" +
                     repeated(kMany, [](std::size_t i) { return 'T' + number(i) + ','; }) + "]}}\n";
            },
            ""}),
    [](const auto& hostile) { return hostile.param.name; });

}  // namespace
}  // namespace dcmwatch
