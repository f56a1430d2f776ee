// The kinds of content, and what they are made of: the seam within content*.cpp.
#pragma once

#include <memory>
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
      : MessageContent(encoding, settings), rows_(static_cast<Self&>(*this), rows) {}

  /// Whether any attribute that was wanted was there.
  [[nodiscard]] bool says_anything() const { return says_anything_; }

 private:
  Interest on_element(const Element& element) final { return rows_.interest_in(element); }
  void on_value(const Element& element, ByteView value) final {
    says_anything_ = true;
    rows_.take(element, value);
  }
  void on_item(unsigned depth) final {
    says_anything_ = true;
    rows_.begin_item(depth);
  }

  WantedRows<Self> rows_;
  bool says_anything_ = false;
};

/// CS of a closed table: capitals, digits, space and underscore, at most 16; anything else is no code (PS3.5 6.2).
Code code_of(ByteView value);

/// A patient's id or an accession number as its pseudonym stands for it: the identifier alone, without padding, in
/// UTF-8. Its issuer is another attribute; who writes both as HL7's CX, divided by '^', means the same.
std::string identifier_of(ByteView value, const CharacterSet& character_set);

}  // namespace dcmwatch::dicom
