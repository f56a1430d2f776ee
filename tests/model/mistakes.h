// A model with one mistake in it, and what is told of it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "model/model.h"

namespace dcmwatch::test {

// A small model, sound but for what a test puts in its last lines.
inline constexpr std::string_view kSound = R"(zones:
  archive: {networks: [10.0.1.0/24, "fd00::1:0/112"]}
  reading: {networks: 10.0.2.0/24}
  empty: {networks: 10.0.3.0/24}
services:
  dicom: {protocol: dicom, ports: [11112]}
  hl7: {protocol: hl7, ports: 2575}
  ssh: {protocol: other, transport: tcp, ports: [22, 5900-5910]}
  portless: {protocol: dicom}
devices:
  pacs: {zone: archive, addresses: [10.0.1.10, "fd00::1:10"], ae_titles: [PACS, PACS_Q]}
  ws1: {zone: reading, addresses: 10.0.2.11, ae_titles: WS1}
  ris: {zone: archive, addresses: 10.0.1.20}
groups:
  all: {devices: [pacs, ws1]}
)";  // 15 lines

inline std::string errors_of(const std::string& text) {
  try {
    parse_model(text, "m");
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return {};
}

struct Mistake {
  std::string text;   // an @ stands where the mistake is told to be
  std::string error;  // without file, line and column
};

struct Told {
  std::string said;
  std::string expected;
};

inline Told tell(Mistake mistake) {
  auto& [text, error] = mistake;
  if (!text.starts_with("zones:") && !text.starts_with("@")) text.insert(0, kSound);
  const auto mark = text.find('@');
  if (mark != std::string::npos) {
    const auto line_start = text.rfind('\n', mark) + 1;
    text.erase(mark, 1);
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n');
    error = "m:" + std::to_string(lines + 1) + ':' + std::to_string(mark - line_start + 1) + ": " + error;
  }
  return {errors_of(text), error};
}

inline Mistake flow(const std::string& body, const std::string& error) {
  return {"flows:\n  f: {" + body + "}\n", error};
}
inline Mistake whole_flow(const std::string& body, const std::string& error) {
  return {"flows:\n  @f: {" + body + "}\n", error};
}
inline Mistake zone(const std::string& body, const std::string& error) {
  return {"zones:\n  a: {networks: [10.0.0.0/16]}\n" + body + "devices: {}\n", error};
}
inline Mistake device(const std::string& body, const std::string& error) {
  return {"zones:\n  a: {networks: [10.0.0.0/16]}\n  b: {networks: [10.1.0.0/24]}\ndevices:\n" + body, error};
}
inline Mistake service(const std::string& body, const std::string& error) {
  return {"zones: {a: {networks: 10.0.0.0/8}}\ndevices: {}\nservices:\n  s: {" + body + "}\n", error};
}

inline const std::string kHl7Flow = "from: ws1, to: ris, service: hl7, message_types: any";
inline const std::string kDicomFlow = "from: ws1, to: pacs, service: dicom, operations: [C-ECHO]";

}  // namespace dcmwatch::test
