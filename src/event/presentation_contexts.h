// The presentation contexts of an association (PS3.8 9.3.2.2, 9.3.3.2), small enough to be kept for as long as it is
// open: a UID of the registry is its place there, and contexts that propose the same list share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/dicom_names.h"
#include "event/texts.h"

namespace dcmwatch {

/// Some UIDs, each kept once. Order of calls: add as they come.
class UidTexts {
 public:
  /// 0 is "none", as is a UID that is empty or found no room.
  using Place = std::uint16_t;
  static constexpr std::size_t kMostStrangerBytes = 0x8000;

  /// The place of a UID that is registered or was added, else 0. Costs a comparison for each stranger.
  [[nodiscard]] Place find(std::string_view uid) const {
    const Place registered = dicom_uid_place(uid);
    return registered != 0 ? registered : find_stranger(uid);
  }
  /// Of a UID that is not registered.
  [[nodiscard]] Place find_stranger(std::string_view uid) const;
  /// Of a UID that find did not find.
  Place add_stranger(std::string_view uid);
  Place find_or_add(std::string_view uid) {
    const Place found = find(uid);
    return found != 0 ? found : add_stranger(uid);
  }
  /// Dies when something is added.
  [[nodiscard]] std::string_view at(Place place) const {
    if (place < kFirstStranger) return dicom_uid_at(place);
    const std::size_t offset = place - kFirstStranger;
    return std::string_view{strangers_}.substr(offset + 1, static_cast<unsigned char>(strangers_[offset]));
  }
  /// UIDs that the registry does not have, in memory.
  [[nodiscard]] std::size_t stranger_bytes() const { return strangers_.size(); }
  [[nodiscard]] std::size_t kept_bytes() const { return strangers_.capacity(); }
  void clear() { strangers_.clear(); }
  friend bool operator==(const UidTexts&, const UidTexts&) = default;

 private:
  static constexpr Place kFirstStranger = 0x8000;
  std::string strangers_;  ///< each behind a byte that tells its length
};

/// What is kept of all contexts together.
struct KeptContexts {
  struct Context {
    std::uint8_t id = 0;
    std::optional<std::uint8_t> result;
    bool whole = true;  ///< none of those proposed is missing
    UidTexts::Place abstract_syntax = 0;
    UidTexts::Place accepted_transfer_syntax = 0;
    std::uint16_t first_proposed = 0;  ///< in `proposed`
    std::uint16_t proposed = 0;
    friend bool operator==(const Context&, const Context&) = default;
  };

  std::vector<Context> contexts;
  std::vector<UidTexts::Place> proposed;  ///< transfer syntaxes
  UidTexts uids;
  friend bool operator==(const KeptContexts&, const KeptContexts&) = default;
};

/// The transfer syntaxes that a context proposes.
class ProposedTransferSyntaxes {
 public:
  class const_iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = value_type;

    const_iterator() = default;
    const_iterator(const KeptContexts* kept, std::size_t at) : kept_(kept), at_(at) {}
    value_type operator*() const { return kept_->uids.at(kept_->proposed[at_]); }
    const_iterator& operator++() { return ++at_, *this; }
    const_iterator operator++(int) { return {kept_, at_++}; }
    bool operator==(const const_iterator&) const = default;

   private:
    const KeptContexts* kept_ = nullptr;
    std::size_t at_ = 0;
  };
  using value_type = std::string_view;
  using const_reference = std::string_view;

  ProposedTransferSyntaxes(const KeptContexts* kept, const KeptContexts::Context& context)
      : kept_(kept), first_(context.first_proposed), count_(context.proposed) {}
  [[nodiscard]] const_iterator begin() const { return {kept_, first_}; }
  [[nodiscard]] const_iterator end() const { return {kept_, first_ + count_}; }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  const KeptContexts* kept_;
  std::size_t first_;
  std::size_t count_;
};

/// `result` is as in the acceptance (0 accepted … 4), nothing if the acceptance was not seen. Its texts live as long as
/// what it was taken from.
struct PresentationContext {
  std::uint8_t id = 0;
  std::string_view abstract_syntax;
  ProposedTransferSyntaxes transfer_syntaxes;
  std::optional<std::uint8_t> result;
  std::string_view accepted_transfer_syntax;  ///< empty unless accepted

  [[nodiscard]] bool accepted() const { return result == std::uint8_t{0}; }
};

/// Never changed once made: all facts of an association share them.
class PresentationContexts {
 public:
  class const_iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = PresentationContext;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = value_type;

    const_iterator(const KeptContexts* kept, std::size_t at) : kept_(kept), at_(at) {}
    value_type operator*() const { return context_at(*kept_, at_); }
    const_iterator& operator++() { return ++at_, *this; }
    bool operator==(const const_iterator&) const = default;

   private:
    const KeptContexts* kept_;
    std::size_t at_;
  };

  PresentationContexts() = default;
  explicit PresentationContexts(std::shared_ptr<const KeptContexts> kept) : kept_(std::move(kept)) {}

  [[nodiscard]] const_iterator begin() const { return {kept_.get(), 0}; }
  [[nodiscard]] const_iterator end() const { return {kept_.get(), size()}; }
  [[nodiscard]] std::size_t size() const { return kept_ ? kept_->contexts.size() : 0; }
  [[nodiscard]] PresentationContext operator[](std::size_t index) const { return context_at(*kept_, index); }

 private:
  static PresentationContext context_at(const KeptContexts& kept, std::size_t index) {
    const KeptContexts::Context& context = kept.contexts[index];
    return {context.id,
            kept.uids.at(context.abstract_syntax),
            {&kept, context},
            context.result,
            kept.uids.at(context.accepted_transfer_syntax)};
  }

  std::shared_ptr<const KeptContexts> kept_;
};

}  // namespace dcmwatch
