// Of a C-STORE's data set: what the object is, who made it and when (PS3.3 C.7, C.12).
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "protocol/dicom/contents.h"
#include "protocol/dicom/date_time.h"
#include "protocol/dicom/wire_text.h"

namespace dcmwatch::dicom {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kEncapsulatedDocuments = "1.2.840.10008.5.1.4.1.1.104.";

/// What begins as an executable of Windows, Linux, macOS (of either order, or for several processors) or a script does.
constexpr std::array kExecutables{"MZ"sv,
                                  "\x7f"
                                  "ELF"sv,
                                  "\xfe\xed\xfa\xce"sv,
                                  "\xfe\xed\xfa\xcf"sv,
                                  "\xce\xfa\xed\xfe"sv,
                                  "\xcf\xfa\xed\xfe"sv,
                                  "\xca\xfe\xba\xbe"sv,
                                  "#!"sv};

/// What a document of a MIME type has in its first bytes; nothing: any.
struct DocumentType {
  std::string_view mime_type;
  std::string_view mark;
};
// PS3.3 A.45 and A.85: no others leave, for they are words.
constexpr std::array kDocumentTypes{DocumentType{"application/pdf", "%PDF-"}, DocumentType{"text/XML", "<"},
                                    DocumentType{"model/stl", ""}, DocumentType{"model/obj", ""},
                                    DocumentType{"model/mtl", ""}};

std::optional<bool> yes_or_no(ByteView value) {
  const std::string_view text = trimmed(value);
  if (text == "YES") return true;
  if (text == "NO") return false;
  return std::nullopt;
}

std::optional<std::uint32_t> decimal(ByteView value) {
  const std::string_view text = trimmed(value);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// RFC 2045 5.1: without regard to case.
DicomName mime_type_of(ByteView value) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto found = std::ranges::find_if(kDocumentTypes, [&, text = trimmed(value)](const DocumentType& type) {
    return std::ranges::equal(text, type.mime_type, {}, lower, lower);
  });
  return found == kDocumentTypes.end() ? std::string_view{} : found->mime_type;
}

/// SHA-256 of what passes. It does not leave as it is: who has the images could tell by it whose they are.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() { EVP_MD_CTX_free(context_); }

  void add(ByteView bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  Text<64> hexadecimal() {
    std::array<unsigned char, 32> digest;
    EVP_DigestFinal_ex(context_, digest.data(), nullptr);
    constexpr std::string_view kDigits = "0123456789abcdef";
    Text<64> text;
    for (const unsigned char byte : digest) {
      text.append(kDigits.substr(byte >> 4, 1));
      text.append(kDigits.substr(byte & 0xfU, 1));
    }
    return text;
  }

 private:
  EVP_MD_CTX* context_;
};

class StoredObjectContent final : public TableContent<StoredObjectContent> {
 public:
  StoredObjectContent(Encoding encoding, const MessageOf& message, const ProtocolSettings& settings)
      : TableContent(encoding, settings, rows_of(message, settings)), requested_(message.requested) {
    if (settings.digest_pixel_data) digest_.emplace();
  }

  void tell(DicomOperation& fact, PieceSink&) override {
    if (!says_anything()) return;
    if (fact.sop_class_uid.empty()) fact.sop_class_uid = object_.sop_class_uid;
    if (fact.instance.empty()) identify(IdentifierKind::instance_uid, instance_, fact.instance);
    identifiers_.tell(pseudonymizer());
    instance_ = {};
    fact.patient = patient_;
    fact.accession = accession_;
    fact.study = study_;
    tell_created();
    tell_document();
    fact.content = fact.content.with(std::move(object_));
  }

 private:
  [[nodiscard]] std::size_t own_bytes() const override { return sizeof(*this); }

  using Rows = std::span<const Row<StoredObjectContent>>;
  using Self = StoredObjectContent;

  static Rows all_rows() {
    static constexpr auto kRows = std::to_array<Row<Self>>({
        {{0x0008'0005}, [](Self& c, ByteView v) { c.take_character_set(v); }},
        {{0x0008'0012}, [](Self& c, ByteView v) { c.created_.date = trimmed(v); }},
        {{0x0008'0013}, [](Self& c, ByteView v) { c.created_.time = trimmed(v); }},
        {{0x0008'0016}, [](Self& c, ByteView v) { c.take_sop_class(v); }},
        {{0x0008'0018}, [](Self& c, ByteView v) { c.instance_ = c.identifying_uid(v); }, Interest::value, kSought},
        {{0x0008'0022}, [](Self& c, ByteView v) { c.acquired_.date = trimmed(v); }},
        {{0x0008'002a}, [](Self& c, ByteView v) { c.acquired_at_ = trimmed(v); }},
        {{0x0008'0032}, [](Self& c, ByteView v) { c.acquired_.time = trimmed(v); }},
        {{0x0008'0050}, [](Self& c, ByteView v) { c.identify(IdentifierKind::accession_number, v, c.accession_); }},
        {{0x0008'0060}, [](Self& c, ByteView v) { c.object_.modality = modality_of(v); }},
        {{0x0008'0070}, [](Self& c, ByteView v) { c.object_.manufacturer = c.name(v); }},
        {{0x0008'0080}, [](Self& c, ByteView v) { c.object_.institution = c.name(v); }},
        {{0x0008'0201}, [](Self& c, ByteView v) { c.offset_ = offset_of(trimmed(v)); }},
        {{0x0008'1010}, [](Self& c, ByteView v) { c.object_.station_name = c.name(v); }},
        {{0x0008'1090}, [](Self& c, ByteView v) { c.object_.model = c.name(v); }},
        {{0x0010'0020},
         [](Self& c, ByteView v) { c.identify(IdentifierKind::patient_id, v, c.patient_); },
         Interest::value,
         kSought},
        {{0x0012'0062}, [](Self& c, ByteView v) { c.object_.deidentified = yes_or_no(v); }},
        {{0x0018'1020}, [](Self& c, ByteView v) { c.take_software_versions(v); }, Interest::head},
        {{0x0020'000d},
         [](Self& c, ByteView v) { c.identify(IdentifierKind::study_uid, c.identifying_uid(v), c.study_); },
         Interest::value,
         kSought},
        {{0x0020'000e},
         [](Self& c, ByteView v) { c.identify(IdentifierKind::series_uid, c.identifying_uid(v), c.object_.series); },
         Interest::value,
         kSought},
        {{0x0028'0008}, [](Self& c, ByteView v) { c.object_.frames = decimal(v); }},
        {{0x0028'0010}, [](Self& c, ByteView v) { c.object_.rows = c.us(v); }},
        {{0x0028'0011}, [](Self& c, ByteView v) { c.object_.columns = c.us(v); }},
        {{0x0028'0301}, [](Self& c, ByteView v) { c.object_.burned_in_annotation = yes_or_no(v); }},
        // Of encapsulated documents only:
        {{0x0042'0011}, [](Self& c, ByteView v) { c.take_document(as_text(v)); }, Interest::head},
        {{0x0042'0012}, [](Self& c, ByteView v) { c.object_.document_type = mime_type_of(v); }},
        // On request only:
        {{0x7fe0'0010}, [](Self&, ByteView) {}, Interest::pieces},
    });
    static_assert(ascend(kRows));
    return kRows;
  }

  // Nothing behind the last row is read, so these are as few as will do.
  static Rows rows_of(const MessageOf& message, const ProtocolSettings& settings) {
    constexpr std::size_t kDigestRows = 1;
    constexpr std::size_t kDocumentRows = 2;
    const Rows all = all_rows();
    if (settings.digest_pixel_data) return all;
    const bool is_document = message.sop_class_uid.starts_with(kEncapsulatedDocuments);
    return all.first(all.size() - kDigestRows - (is_document ? 0 : kDocumentRows));
  }

  void on_piece(ByteView piece) override { digest_->add(piece); }
  void on_last_piece() override {
    object_.pixel_digest = pseudonymizer().pseudonym(IdentifierKind::pixel_data, digest_->hexadecimal());
  }

  void take_sop_class(ByteView value) {
    static_cast<void>(identifying_uid(value));
    object_.sop_class_uid = uid(value);
  }

  void take_character_set(ByteView value) {
    character_set_ = CharacterSet{value};
    object_.character_set = character_set_.name();
  }

  // LO with several values: the first.
  void take_software_versions(ByteView value) {
    const std::string text = character_set_.to_utf8(value);
    object_.software_versions = name_of(as_bytes(first_value(text)), CharacterSet::utf8());
  }

  void identify(IdentifierKind kind, std::string_view text, Pseudonym& told) {
    identifiers_.add(kind, text, pseudonymizer(), told);
  }
  void identify(IdentifierKind kind, ByteView value, Pseudonym& told) {
    identify(kind, identifier_of(value, character_set_), told);
  }

  [[nodiscard]] DicomName name(ByteView value) const { return name_of(value, character_set_); }

  void tell_created() {
    auto created = date_time_of(created_.date, created_.time, offset_);
    if (!created) created = date_time_of(acquired_at_, offset_);
    if (!created) created = date_time_of(acquired_.date, acquired_.time, offset_);
    if (!created) return;
    object_.created = created->time;
    const Duration skew = requested_ - created->time;
    // No clock is wrong by more and remains unnoticed: an older object was sent late, or sent again.
    constexpr Duration kMostSkew = std::chrono::hours{24};
    if (created->offset_told && skew <= kMostSkew && skew >= -kMostSkew) object_.clock_skew = skew;
  }

  void take_document(std::string_view head) {
    const auto begins_head = [&](std::string_view mark) { return head.starts_with(mark); };
    object_.executable_document = std::ranges::any_of(kExecutables, begins_head);
    for (std::size_t i = 0; i < kDocumentTypes.size(); ++i)
      looks_like_[i] = head.find(kDocumentTypes[i].mark) != std::string_view::npos;
  }

  void tell_document() {
    const auto type = std::ranges::find(kDocumentTypes, object_.document_type.view(), &DocumentType::mime_type);
    if (type == kDocumentTypes.end() || !object_.executable_document) return;
    object_.mistyped_document = !looks_like_[static_cast<std::size_t>(type - kDocumentTypes.begin())];
  }

  struct Written {
    Text<16> date;
    Text<16> time;
  };

  Timestamp requested_;
  StoredObject object_;
  CharacterSet character_set_;
  Uid instance_;
  Pseudonym patient_, accession_, study_;
  Written created_, acquired_;
  Text<26> acquired_at_;
  std::optional<std::chrono::minutes> offset_;
  std::array<bool, kDocumentTypes.size()> looks_like_{};
  std::optional<Digest> digest_;
  Identifiers identifiers_;
};

}  // namespace

std::unique_ptr<MessageContent> open_stored_object(Encoding encoding, const MessageOf& message,
                                                   const ProtocolSettings& settings) {
  return std::make_unique<StoredObjectContent>(encoding, message, settings);
}

}  // namespace dcmwatch::dicom
