// Rules in a few words.
#pragma once

#include <string>
#include <utility>

#include "declared.h"
#include "detect/rule.h"

namespace dcmwatch::test {

/// A rule whose detection is given, indented by two.
inline std::string rule_text(const std::string& detection, const std::string& source = "service: dicom.operation",
                             const std::string& id = "test") {
  return "title: A test\nid: " + id + "\nlevel: high\nlogsource: {product: dcmwatch, " + source + "}\ndetection:\n" +
         detection;
}

inline Rule rule(const std::string& detection, const std::string& source = "service: dicom.operation",
                 const std::string& id = "test") {
  return parse_rule(rule_text(detection, source, id), "r");
}

inline Observation observed(Event event, std::vector<Deviation> deviations = {}) {
  Observation observation;
  observation.event = std::move(event);
  set_deviations(test::change(observation.declared), std::move(deviations));
  return observation;
}

}  // namespace dcmwatch::test
