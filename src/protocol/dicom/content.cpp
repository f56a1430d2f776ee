#include "protocol/dicom/content.h"

#include <algorithm>
#include <array>

#include "event/dicom_names.h"
#include "protocol/dicom/contents.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

/// One row a kind of message. An empty SOP class stands for all.
struct Kind {
  std::uint16_t command_field;
  std::string_view sop_class_uid;
  std::unique_ptr<MessageContent> (*open)(Encoding, const MessageOf&, const ProtocolSettings&);
};

constexpr std::array kKinds{
    Kind{dimse::kStore, "", open_stored_object},
    Kind{dimse::kFind, "", open_query},
    Kind{dimse::kGet, "", open_query},
    Kind{dimse::kMove, "", open_query},
    Kind{dimse::kFind | dimse::kResponseBit, sop_class::kModalityWorklist, open_worklist_answer},
    Kind{dimse::kEventReport, sop_class::kStorageCommitment, open_storage_commitment},
    Kind{dimse::kAction, sop_class::kStorageCommitment, open_storage_commitment},
    Kind{dimse::kSet, sop_class::kPerformedProcedureStep, open_performed_step},
    Kind{dimse::kCreate, sop_class::kPerformedProcedureStep, open_performed_step},
};

}  // namespace

MessageContent::MessageContent(Encoding encoding, const ProtocolSettings& settings)
    : reader_(encoding), settings_(settings) {
  if (encoding == Encoding::deflated) inflater_ = std::make_unique<Inflater>(settings.limits.dicom_inflated_bytes);
}

void MessageContent::feed(ByteView bytes, PieceSink& pieces) {
  pieces_ = &pieces;
  if (!inflater_) return reader_.feed(bytes, *this);
  inflater_->feed(bytes, [this](ByteView plain) {
    reader_.feed(plain, *this);
    return !reader_.done();
  });
}

std::uint64_t MessageContent::unwanted() const {
  if (done()) return DataSetReader::kEverything;
  return inflater_ ? 0 : reader_.unwanted();
}

void MessageContent::end() {
  ended_ = true;
  if (!done()) reader_.end();
}

std::string_view MessageContent::identifying_uid(ByteView value) {
  const std::string_view text = trimmed(value);
  illegal_uid_ |= !text.empty() && !is_legal_uid(as_bytes(text));
  return text;
}

Code modality_of(ByteView value) {
  const std::string_view text = trimmed(value);
  const auto legal = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  const bool is_long_as = text.size() >= 2 && text.size() <= Code{}.place().size();
  return is_long_as && std::ranges::all_of(text, legal) ? text : std::string_view{};
}

Code term_of(ByteView value, std::span<const std::string_view> terms) {
  const auto term = std::ranges::find(terms, trimmed(value));
  return term == terms.end() ? std::string_view{} : *term;
}

std::string identifier_of(ByteView value, const CharacterSet& character_set) {
  const std::string text = character_set.to_utf8(value);
  return std::string{normalised(std::string_view{text}.substr(0, text.find('^')))};
}

std::unique_ptr<MessageContent> open_content(const MessageOf& message, const ProtocolSettings& settings) {
  const auto kind = std::ranges::find_if(kKinds, [&](const Kind& row) {
    return row.command_field == message.command_field &&
           (row.sop_class_uid.empty() || row.sop_class_uid == message.sop_class_uid);
  });
  if (kind == kKinds.end()) return nullptr;
  const auto encoding =
      message.transfer_syntax_uid.empty() ? Encoding::unproven : encoding_of(message.transfer_syntax_uid);
  return encoding ? kind->open(*encoding, message, settings) : nullptr;
}

}  // namespace dcmwatch::dicom
