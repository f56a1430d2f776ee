// Objects of a line that are the same for most records of a conversation, kept as they were written last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/fields.h"

namespace dcmwatch {

/// Who the two ends are, what the model calls them, and the hash that is the connection's Community ID are written once
/// for all records that share them. Only the surroundings decide whether they do; the conversation says where to look.
/// One conversation takes another's place: what is forgotten is written again.
class KeptObjects {
 public:
  static constexpr std::size_t kMost = 3;  ///< objects of a record

  KeptObjects();

  class Entry {
   public:
    /// Empty if it is not kept.
    [[nodiscard]] std::string_view object(std::size_t number) const {
      return {text_.data() + objects_[number].begin, objects_[number].size};
    }

    /// Keeps the object if there is space for it.
    void keep(std::size_t number, std::string_view object);

   private:
    friend class KeptObjects;
    struct Object {
      std::uint16_t begin = 0;
      std::uint16_t size = 0;
    };

    [[nodiscard]] bool is_of(const Surroundings& surroundings) const;
    void begin(const Surroundings& surroundings);

    Parties parties_;
    Protocol protocol_ = Protocol::unidentified;
    std::array<std::string, 4> names_;
    std::array<Object, kMost> objects_{};
    std::uint16_t size_ = 0;
    std::array<char, 640> text_;
  };

  /// What is kept of these surroundings; nothing yet, if they are not those that were written of last.
  Entry& of(const Observation& observation);

 private:
  std::vector<Entry> entries_;
};

}  // namespace dcmwatch
