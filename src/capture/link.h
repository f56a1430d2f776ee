// The network interface behind a live source: whether it is there, and what about it would spoil the capture.
#pragma once

#include <string>

namespace dcmwatch {

/// What keeps an interface from delivering packets.
enum class LinkState { up, down, gone };

/// Cheap enough to be asked on every idle turn. `name` as `ip link` shows it.
[[nodiscard]] LinkState link_state(const std::string& name);

/// A packet socket outlives its interface, but is bound to that one's index: this binds it to the interface that bears
/// the name now, promiscuous as before. Needs no privilege. False if that failed; try again later.
[[nodiscard]] bool bind_again(int packet_socket, const std::string& name);

}  // namespace dcmwatch
