// Software that changed since a device was last seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/recently_used.h"
#include "event/record.h"
#include "model/lookup.h"

namespace dcmwatch {

/// What each device called itself (PS3.7 D.3.3.2) in this run: by device, or by address where it is undeclared or one
/// of many in a block; by title; of an opener also by whom it called, since several applications may share its title.
/// What is new is a deviation once that many associations were seen over that long, and is known from then on, so that
/// a device whose applications take turns is told once for each of them that is rare. A device whose software is
/// declared is held against that alone. What is not proven teaches nothing. Limits::implementations; not shared between
/// threads; the lookup and the limits outlive it.
class SeenImplementations {
 public:
  static constexpr std::uint32_t kLearnt = 3;  ///< associations
  static constexpr Duration kLearntIn = std::chrono::hours{1};

  SeenImplementations(const Lookup& lookup, const Limits& limits);

  /// Of a judged association: of its opener, of its acceptor, or of both. The same for every record of it.
  [[nodiscard]] std::vector<Deviation> observe(const Observation& record, const DicomAssociation& association);

  /// Goes on where that of another model was, which is done with: who keeps its name is still known.
  void adopt(SeenImplementations&& old) {
    known_ = std::move(old.known_);
    forgotten_ = old.forgotten_;
  }

  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }

 private:
  /// An end's name: a declared device's, or its address where it is undeclared or one of many in a block.
  struct Name {
    std::uint64_t device = 0;  ///< hash of its name; 0: none, or one of many
    IpAddress address;         ///< of these

    friend bool operator==(const Name&, const Name&) = default;
  };
  /// Who calls itself something: an opener by its title and whom it calls, or an acceptor by its title.
  struct Side {
    bool opens = false;
    Name opener{};  ///< blank, of an acceptor
    AeTitle title{};
    Name acceptor{};
    std::uint16_t port = 0;  ///< of the acceptor

    friend bool operator==(const Side&, const Side&) = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Side& side) const;
  };
  struct Software {
    Uid class_uid;
    AeTitle version;  ///< trimmed

    friend bool operator==(const Software&, const Software&) = default;
  };
  struct Known {
    std::vector<Software> implementations;  ///< the latest new one last
    std::uint32_t associations = 0;
    Timestamp first{};
    std::uint64_t conversation = 0;  ///< the last that was counted
    std::uint64_t changed_in = 0;    ///< conversation
    std::optional<Deviation> change;
  };

  std::optional<Deviation> observe_side(const Side& side, const DicomImplementation& implementation,
                                        const Event& event);
  [[nodiscard]] Name name_of(std::optional<std::size_t> device, const Endpoint& endpoint) const;
  /// Of a device whose software is declared.
  [[nodiscard]] bool is_declared(std::optional<std::size_t> device) const;
  static std::string text_of(const Software& software);

  const Lookup& lookup_;
  std::vector<std::uint64_t> names_;  ///< by device, as Name has it
  RecentlyUsed<Side, Known, Hash> known_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace dcmwatch
