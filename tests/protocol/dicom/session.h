// Whole associations, for tests that cut, mutate or lose parts of them.
#pragma once

#include <string>
#include <vector>

#include "protocol/dicom/wire.h"

namespace dcmwatch::test {

struct Segment {
  Direction direction;
  Octets bytes;
};
using Session = std::vector<Segment>;

inline Segment there(Octets bytes) { return {Direction::forward, std::move(bytes)}; }
inline Segment back(Octets bytes) { return {Direction::backward, std::move(bytes)}; }

/// CT1 opens an association to PACS; contexts 1 verification, 3 CT, 5 find, 7 move, 9 get; explicit VR little endian.
Session opening();
/// The same, each side free to have this many operations outstanding; 0: any number.
Session opening_with_window(std::uint16_t operations);
Session closing();
Session operator+(Session left, const Session& right);

/// Everything that the decoder knows: echo, store, find with matches, move, get with stores backwards, cancel.
Session long_day();

/// Every segment in order.
void play(Wire& wire, const Session& session);

/// A connection whose association is open already.
struct Opened : Wire {
  Opened() { play(*this, opening()); }
};

/// A file of tests/protocol/dicom/recorded: "> hex" by the opener, "< hex" by the acceptor, "# comment".
Session recorded(const std::string& name);

}  // namespace dcmwatch::test
