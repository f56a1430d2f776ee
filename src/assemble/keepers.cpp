#include "assemble/keepers.h"

#include <algorithm>
#include <bit>

namespace dcmwatch {

// Little is as good as nothing: all below a kibibyte are one list.
std::size_t Keepers::list_of(std::size_t bytes) {
  return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(bytes / 1024)), kLists - 1);
}

void Keepers::set(LiveConnection& connection, std::size_t bytes) {
  const std::size_t before = connection.kept_bytes;
  const bool stays = before != 0 && bytes != 0 && list_of(before) == list_of(bytes);
  if (before != 0 && !stays) unlink(connection);
  bytes_ += bytes - before;
  connection.kept_bytes = bytes;
  if (bytes != 0 && !stays) link(connection);
}

LiveConnection* Keepers::most() const {
  const auto found = std::find_if(lists_.rbegin(), lists_.rend(), [](const List& list) { return list.oldest; });
  return found == lists_.rend() ? nullptr : found->oldest;
}

void Keepers::link(LiveConnection& connection) {
  List& list = lists_[list_of(connection.kept_bytes)];
  connection.keeps_older = list.newest;
  (list.newest ? list.newest->keeps_newer : list.oldest) = &connection;
  list.newest = &connection;
}

void Keepers::unlink(LiveConnection& connection) {
  List& list = lists_[list_of(connection.kept_bytes)];
  (connection.keeps_newer ? connection.keeps_newer->keeps_older : list.newest) = connection.keeps_older;
  (connection.keeps_older ? connection.keeps_older->keeps_newer : list.oldest) = connection.keeps_newer;
  connection.keeps_newer = connection.keeps_older = nullptr;
}

}  // namespace dcmwatch
