// A BPF expression as tcpdump takes it, run over views.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace dcmwatch {

/// Compiled once for each link type that is met. Frames with 802.1Q tags are treated as those without: unless the
/// expression itself says `vlan`, it is run over the frame with its tags passed over. (An expression cannot say that
/// by itself: "x or (vlan and x)" is wrong as soon as x holds a `not`.)
/// One thread. Costs what the program costs; a tagged frame is copied besides.
class Filter {
 public:
  /// An empty expression selects everything. Throws FilterError if it compiles for no usual link type.
  explicit Filter(std::string expression);

  [[nodiscard]] bool given() const { return !expression_.empty(); }

  /// A frame of a link type that the expression does not compile for is not selected, and take_fault() says so.
  [[nodiscard]] bool selects(std::uint16_t link_type, ByteView bytes, std::uint32_t wire_bytes);

  /// Empty if all is well, and once it was told.
  std::string take_fault() { return std::exchange(fault_, {}); }

 private:
  struct FreeCode {
    void operator()(bpf_program* program) const;
  };
  struct Program {
    std::uint16_t link_type;
    std::unique_ptr<bpf_program, FreeCode> code;  ///< nullptr: does not compile for this link type
    std::string error;
  };

  const Program& program_for(std::uint16_t link_type);
  [[nodiscard]] ByteView without_tags(std::uint16_t link_type, ByteView bytes);

  std::string expression_;
  bool names_vlan_;
  std::vector<Program> programs_;
  std::vector<std::uint8_t> untagged_;
  std::string fault_;
};

}  // namespace dcmwatch
