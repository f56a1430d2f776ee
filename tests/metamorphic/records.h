// What dcmwatch tells of a capture, and how two tellings differ.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frames.h"

namespace dcmwatch::metamorphic {

/// A record by its fields' dotted paths. Packets are named by their numbers in the real capture; conversations by their
/// ends and how many there were between them before, since numbers depend on what else goes on.
using Fields = std::map<std::string, std::string, std::less<>>;
using Records = std::vector<Fields>;

/// "" where the record has no such field.
std::string_view value_of(const Fields& record, std::string_view path);
/// A conversation's own, for all of its records the same: its ends and which of those between them it is.
std::string_view conversation_of(const Fields& record);

/// Every phase of every record, in the order told. `address` says what an address is called (as itself, if empty).
Records records_of(const Frames& frames, unsigned shards = 1,
                   const std::function<IpAddress(const IpAddress&)>& address = {});

/// What a record is, of what is told in one order: its dataset, and its phase but for the end; a note's name.
std::string kind_of(const Fields& record);

/// Paths of fields that may differ: "event.end" in every record, "connection/event.end" in records of that kind alone;
/// "violation/*": records of that kind may come, go and differ.
using MayDiffer = std::vector<std::string_view>;

struct Difference {
  std::string field;  ///< as in MayDiffer
  std::string text;   ///< in words, with the conversation
};

/// Records are held against each other conversation by conversation and kind by kind, in the order in which each
/// telling has them.
std::vector<Difference> differences(const Records& real, const Records& transformed, const MayDiffer& may_differ);

}  // namespace dcmwatch::metamorphic
