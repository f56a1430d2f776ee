// Says what was forgotten to stay within a limit.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/conversation.h"

namespace dcmwatch::dicom {

/// What one limit took in one connection: told when it first happens, and at the close for all the rest, or a hostile
/// peer would make a note a message.
class Forgotten {
 public:
  Forgotten(Emitter& emitter, std::string_view name) : emitter_(emitter), name_(name) {}

  void add(const Mark& first, const Mark& last, std::uint64_t count = 1) {
    if (count == 0) return;
    if (told_) {
      untold_ += count;
      return;
    }
    told_ = true;
    emitter_.emit(Phase::end, first, last, CaptureNote{name_, {}, count});
  }

  void on_close(const Mark& mark) {
    if (untold_ != 0) emitter_.emit(Phase::end, mark, mark, CaptureNote{name_, {}, untold_});
  }

 private:
  Emitter& emitter_;
  std::string_view name_;
  std::uint64_t untold_ = 0;
  bool told_ = false;
};

}  // namespace dcmwatch::dicom
