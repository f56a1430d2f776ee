#include "protocol/dicom/pdu.h"

#include <gtest/gtest.h>

#include "protocol/dicom/builder.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

DecodedPdu decode(const Octets& whole) { return decode_pdu(whole.at(0), ByteView{whole}.subspan(kPduHeaderBytes)); }

TEST(DicomPdu, Request) {
  const Octets bytes = associate_request(
      " CT1", "PACS", {{1, kVerification, {kImplicit}}, {3, kCtImageStorage, {kExplicit, kImplicit}}});
  const DecodedPdu decoded = decode(bytes);
  EXPECT_FALSE(decoded.defect);
  const auto& request = std::get<AssociateRequest>(decoded.pdu);
  EXPECT_EQ(request.calling_ae, "CT1");
  EXPECT_EQ(request.called_ae, "PACS");
  EXPECT_EQ(request.application_context, "1.2.840.10008.3.1.1.1");
  ASSERT_EQ(request.contexts.size(), 2U);
  EXPECT_EQ(request.contexts[1].id, 3);
  EXPECT_EQ(request.contexts[1].abstract_syntax, kCtImageStorage);
  EXPECT_EQ(request.contexts[1].transfer_syntaxes, (std::vector<std::string_view>{kExplicit, kImplicit}));
  EXPECT_EQ(request.implementation.maximum_length, 16384U);
  EXPECT_EQ(request.implementation.class_uid, "1.2.276.0.7230010.3.0.3.6.7");
  EXPECT_EQ(request.implementation.version_name, "OFFIS_DCMTK_367");
}

TEST(DicomPdu, Accept) {
  const Octets bytes = associate_accept({{1, 0, kImplicit}, {3, 4, kExplicit}});
  const DecodedPdu decoded = decode(bytes);
  EXPECT_FALSE(decoded.defect);
  const auto& accept = std::get<AssociateAccept>(decoded.pdu);
  ASSERT_EQ(accept.contexts.size(), 2U);
  EXPECT_EQ(accept.contexts[0].transfer_syntax, kImplicit);
  EXPECT_EQ(accept.contexts[1].result, 4);
  EXPECT_EQ(accept.contexts[1].transfer_syntax, "") << "not significant unless accepted";
}

TEST(DicomPdu, TheShortOnes) {
  const auto reject = std::get<AssociateReject>(decode(associate_reject(2, 3, 1)).pdu).rejection;
  EXPECT_EQ(reject.result, 2);
  EXPECT_EQ(reject.source, 3);
  EXPECT_EQ(reject.reason, 1);
  const auto abort = std::get<Abort>(decode(abort_pdu(2, 6)).pdu);
  EXPECT_EQ(abort.source, 2);
  EXPECT_EQ(abort.reason, 6);
  EXPECT_TRUE(std::holds_alternative<ReleaseRequest>(decode(release_request()).pdu));
  EXPECT_TRUE(std::holds_alternative<ReleaseResponse>(decode(release_response()).pdu));
  EXPECT_EQ(std::get<UnknownPdu>(decode(pdu(9, {1, 2})).pdu).type, 9);
}

// PS3.7 D.3.3: what is negotiated there is passed over, a passcode too.
TEST(DicomPdu, PassesOverOtherUserItems) {
  const Octets more = item(0x53, Octets(4, 1)) + item(0x54, Octets(20, '1')) + item(0x56, Octets(9, 0)) +
                      item(0x57, Octets(9, 0)) +
                      item(0x58, from_hex("0201") + be16(4) + text("user") + be16(6) + text("secret")) +
                      item(0x59, Octets(3, 0)) + item(0x99, Octets(7, 0));
  const Octets bytes = associate_request("A", "B", {}, 4096, more);
  const DecodedPdu decoded = decode(bytes);
  EXPECT_FALSE(decoded.defect);
  EXPECT_EQ(std::get<AssociateRequest>(decoded.pdu).implementation.version_name, "OFFIS_DCMTK_367");
}

TEST(DicomPdu, AHeadGivesAHead) {
  const Octets whole = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  for (std::size_t size = kPduHeaderBytes; size < whole.size(); ++size) {
    const DecodedPdu decoded = decode_pdu(1, ByteView{whole}.subspan(kPduHeaderBytes, size - kPduHeaderBytes));
    const auto& request = std::get<AssociateRequest>(decoded.pdu);
    EXPECT_EQ(request.calling_ae, size < 42 ? "" : "CT1") << size;
    // Where an item ends nothing tells that others are missing.
    EXPECT_TRUE(size >= 74 || decoded.defect == PduDefect::truncated) << size;
  }
}

struct Defective {
  std::string name;
  Octets bytes;
  PduDefect defect;
};

TEST(DicomPdu, TellsWhatIsWrong) {
  const Octets fixed = be16(1) + be16(0) + text("B               A               ") + Octets(32, 0);
  const auto context = [](std::uint8_t id) {
    return item(0x20, Octets{id, 0, 0, 0} + item(0x30, text(kVerification)) + item(0x40, text(kImplicit)));
  };
  const Defective cases[] = {
      {"item runs past the end", pdu(1, fixed + from_hex("10000050 31")), PduDefect::truncated},
      {"item without length", pdu(1, fixed + from_hex("1000")), PduDefect::truncated},
      {"sub-item runs past its item", pdu(1, fixed + item(0x20, from_hex("01000000 30000009 31"))),
       PduDefect::truncated},
      {"even context id", pdu(1, fixed + context(2)), PduDefect::context_id},
      {"context id twice", pdu(1, fixed + context(1) + context(1)), PduDefect::context_id},
      {"a name for a UID", pdu(1, fixed + item(0x10, text("Doe^Jane"))), PduDefect::uid},
      {"fields missing", pdu(1, be16(1)), PduDefect::truncated},
      {"acceptance without fields", pdu(2, be16(1)), PduDefect::truncated},
  };
  for (const Defective& c : cases) EXPECT_EQ(decode(c.bytes).defect, c.defect) << c.name;
}

TEST(DicomPdu, OnlyItsOwnAlphabetLeaves) {
  const Octets whole = associate_request("CT\x01\x02", "P\xc3\xa9", {{1, "1.2.Doe", {"Jane"}}});
  const DecodedPdu decoded = decode(whole);
  const auto& request = std::get<AssociateRequest>(decoded.pdu);
  EXPECT_EQ(request.calling_ae, "CT??");
  EXPECT_EQ(request.called_ae, "P??");
  EXPECT_EQ(request.contexts[0].abstract_syntax, "");
  EXPECT_EQ(request.contexts[0].transfer_syntaxes, std::vector<std::string_view>{""});
}

}  // namespace
}  // namespace dcmwatch::dicom
