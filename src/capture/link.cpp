#include "capture/link.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>

#include "capture/source.h"

namespace dcmwatch {
namespace {

/// A socket that asks the kernel about interfaces, and carries nothing.
class Question {
 public:
  explicit Question(const std::string& name) : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    std::strncpy(request_.ifr_name, name.c_str(), sizeof request_.ifr_name - 1);
  }
  ~Question() {
    if (socket_ >= 0) close(socket_);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  bool ask(unsigned long what) { return socket_ >= 0 && ioctl(socket_, what, &request_) == 0; }

  /// One of ethtool's numbers; 0 where the driver knows none.
  std::uint32_t ethtool(std::uint32_t command) {
    ethtool_value value{command, 0};
    request_.ifr_data = reinterpret_cast<char*>(&value);
    return ask(SIOCETHTOOL) ? value.data : 0;
  }

  [[nodiscard]] short flags() const { return request_.ifr_flags; }

 private:
  ifreq request_{};
  int socket_;
};

std::string addresses_of(const std::string& name) {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{all, &freeifaddrs};
  std::string addresses;
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || name != each->ifa_name) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, NI_MAXHOST> text{};
    const socklen_t bytes = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (getnameinfo(each->ifa_addr, bytes, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (!addresses.empty()) addresses += ", ";
    addresses += text.data();
  }
  return addresses;
}

}  // namespace

LinkState link_state(const std::string& name) {
  Question question{name};
  if (!question.ask(SIOCGIFFLAGS)) return LinkState::gone;
  constexpr int kDelivers = IFF_UP | IFF_RUNNING;
  return (question.flags() & kDelivers) == kDelivers ? LinkState::up : LinkState::down;
}

bool bind_again(int packet_socket, const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return false;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = static_cast<int>(index);
  promiscuous.mr_type = PACKET_MR_PROMISC;
  return bind(packet_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         setsockopt(packet_socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0;
}

std::vector<std::string> interface_warnings(const std::string& name) {
  std::vector<std::string> warnings;
  if (const std::string addresses = addresses_of(name); !addresses.empty()) {
    warnings.push_back(name + " has the address " + addresses +
                       ": this host would answer on the mirror port; 'ip addr flush dev " + name +
                       "', and switch IPv6 off on it");
  }
  Question question{name};
  const bool gro = question.ethtool(ETHTOOL_GGRO) != 0;
  const bool lro = (question.ethtool(ETHTOOL_GFLAGS) & ETH_FLAG_LRO) != 0;
  if (gro || lro) {
    warnings.push_back(name + " merges packets before they are seen (" + (gro ? "generic" : "large") +
                       " receive offload): counts of packets and retransmissions are not the wire's; 'ethtool -K " +
                       name + " gro off lro off'");
  }
  return warnings;
}

}  // namespace dcmwatch
