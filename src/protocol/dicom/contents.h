// The kinds of content, and what they are made of: the seam within content*.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/dicom/character_set.h"
#include "protocol/dicom/content.h"
#include "protocol/dicom/wanted.h"

namespace dcmwatch::dicom {

std::unique_ptr<MessageContent> open_stored_object(Encoding encoding, const MessageOf& message,
                                                   const ProtocolSettings& settings);
std::unique_ptr<MessageContent> open_query(Encoding encoding, const MessageOf& message,
                                           const ProtocolSettings& settings);
std::unique_ptr<MessageContent> open_worklist_answer(Encoding encoding, const MessageOf& message,
                                                     const ProtocolSettings& settings);
std::unique_ptr<MessageContent> open_storage_commitment(Encoding encoding, const MessageOf& message,
                                                        const ProtocolSettings& settings);
std::unique_ptr<MessageContent> open_performed_step(Encoding encoding, const MessageOf& message,
                                                    const ProtocolSettings& settings);

/// A content that is a table of rows: `Self::rows()`.
template <typename Self>
class TableContent : public MessageContent {
 protected:
  TableContent(Encoding encoding, const ProtocolSettings& settings, std::span<const Row<Self>> rows)
      : MessageContent(encoding, settings), rows_(rows) {}

  /// Whether any attribute that was wanted was there.
  [[nodiscard]] bool says_anything() const { return says_anything_; }

 private:
  Interest on_element(const Element& element) final { return rows_.interest_in(element); }
  void on_value(const Element& element, ByteView value) final {
    says_anything_ = true;
    rows_.take(static_cast<Self&>(*this), element, value);
  }
  void on_item(unsigned depth) final {
    says_anything_ = true;
    rows_.begin_item(static_cast<Self&>(*this), depth);
  }

  WantedRows<Self> rows_;
  bool says_anything_ = false;
};

/// Identifiers in clear until all are there: hashed together they cost a third less. Wiped when told.
class Identifiers {
 public:
  Identifiers() = default;
  Identifiers(const Identifiers&) = delete;
  Identifiers& operator=(const Identifiers&) = delete;
  ~Identifiers() { wipe(); }

  /// `told` is where its pseudonym goes, and outlives this.
  void add(IdentifierKind kind, std::string_view text, const Pseudonymizer& pseudonymizer, Pseudonym& told) {
    if (text.empty()) return;
    if (count_ == kMost || text.size() > text_.size() - size_) {
      told = pseudonymizer.pseudonym(kind, text);
      return;
    }
    std::ranges::copy(text, text_.begin() + size_);
    waiting_[count_++] = {&told, size_, static_cast<std::uint16_t>(text.size()), kind};
    size_ = static_cast<std::uint16_t>(size_ + text.size());
  }

  void tell(const Pseudonymizer& pseudonymizer) {
    std::array<Identifier, kMost> identifiers;
    std::array<Pseudonym, kMost> pseudonyms;
    for (std::size_t i = 0; i < count_; ++i)
      identifiers[i] = {waiting_[i].kind, {text_.data() + waiting_[i].begin, waiting_[i].size}};
    pseudonymizer.pseudonyms(std::span{identifiers}.first(count_), std::span{pseudonyms}.first(count_));
    for (std::size_t i = 0; i < count_; ++i) *waiting_[i].told = pseudonyms[i];
    wipe();
  }

 private:
  struct Waiting {
    Pseudonym* told;
    std::uint16_t begin;
    std::uint16_t size;
    IdentifierKind kind;
  };

  void wipe() {
    std::fill_n(text_.begin(), size_, '\0');
    size_ = 0;
    count_ = 0;
  }

  static constexpr std::size_t kMost = 5;
  static constexpr std::size_t kMostly = 224;  ///< bytes; those of what is longer are told one by one
  std::array<char, kMostly> text_;
  std::array<Waiting, kMost> waiting_;
  std::uint16_t size_ = 0;
  std::uint16_t count_ = 0;
};

/// Of (0008,0060), whose terms are open (PS3.3 C.7.3.1.1.1): capitals and digits, as all of them are. Anything else is
/// none, words least of all.
Code modality_of(ByteView value);

/// The defined term that the value is; empty: none of them. What it says otherwise does not leave.
Code term_of(ByteView value, std::span<const std::string_view> terms);

/// A patient's id or an accession number as its pseudonym stands for it: the identifier alone, without padding, in
/// UTF-8. Its issuer is another attribute; who writes both as HL7's CX, divided by '^', means the same.
std::string identifier_of(ByteView value, const CharacterSet& character_set);

}  // namespace dcmwatch::dicom
