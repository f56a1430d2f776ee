// The real captures that are rewritten, with what dcmwatch tells of them as they are.
#pragma once

#include <map>
#include <string>

#include "records.h"

namespace dcmwatch::metamorphic {

struct RealCapture {
  Frames frames;
  Records records;
};

/// Read and told once in a run.
inline const RealCapture& real_capture(const std::string& name) {
  static std::map<std::string, RealCapture> captures;
  const auto [capture, fresh] = captures.try_emplace(name);
  if (fresh) {
    capture->second.frames = frames_of(std::filesystem::path{DCMWATCH_ROOT} / "pcaps" / name);
    capture->second.records = records_of(capture->second.frames);
  }
  return capture->second;
}

}  // namespace dcmwatch::metamorphic
