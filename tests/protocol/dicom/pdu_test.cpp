#include "protocol/dicom/pdu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/builder.h"
#include "protocol/dicom/violations.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

DecodedPdu decode(const Octets& whole) { return decode_pdu(whole.at(0), ByteView{whole}.subspan(kPduHeaderBytes)); }

std::vector<std::string_view> names_of(const std::vector<Fault>& faults) {
  std::vector<std::string_view> names;
  for (const Fault& fault : faults) names.push_back(kBreachRules[static_cast<std::size_t>(fault.breach)].name);
  return names;
}

const Octets kTitles = text("PACS            CT1             ");
const Octets kName = item(0x10, text("1.2.840.10008.3.1.1.1"));
const Octets kOffer =
    item(0x20, from_hex("01000000") + item(0x30, text("1.2.840.10008.1.1")) + item(0x40, text("1.2.840.10008.1.2")));
const Octets kAnswer = item(0x21, from_hex("01000000") + item(0x40, text("1.2.840.10008.1.2")));
const Octets kClassUid = item(0x52, text("1.2.3.4"));
Octets user_information(const Octets& more) { return item(0x50, item(0x51, be32(16384)) + kClassUid + more); }
const Octets kUser = user_information({});

Octets request_of(const Octets& items) { return pdu(1, be16(1) + be16(0) + kTitles + Octets(32, 0) + items); }
Octets accept_of(const Octets& items) { return pdu(2, be16(1) + be16(0) + kTitles + Octets(32, 0) + items); }
Octets request_between(std::string_view called, std::string_view calling) {
  return pdu(1, be16(1) + be16(0) + text(called) + text(calling) + Octets(32, 0) + kName + kOffer + kUser);
}

TEST(DicomPdu, Request) {
  const Octets bytes = associate_request(
      " CT1", "PACS", {{1, kVerification, {kImplicit}}, {3, kCtImageStorage, {kExplicit, kImplicit}}});
  const DecodedPdu decoded = decode(bytes);
  EXPECT_THAT(names_of(decoded.faults), IsEmpty());
  const auto& request = std::get<AssociateRequest>(decoded.pdu);
  EXPECT_EQ(request.calling_ae, "CT1");
  EXPECT_EQ(request.called_ae, "PACS");
  EXPECT_EQ(request.application_context, "1.2.840.10008.3.1.1.1");
  ASSERT_EQ(request.contexts.size(), 2U);
  EXPECT_EQ(request.contexts[1].id, 3);
  EXPECT_EQ(request.contexts[1].abstract_syntax, kCtImageStorage);
  EXPECT_THAT(request.transfer_syntaxes_of(request.contexts[1]), testing::ElementsAre(kExplicit, kImplicit));
  EXPECT_EQ(request.implementation.maximum_length, 16384U);
  EXPECT_EQ(request.implementation.class_uid, "1.2.276.0.7230010.3.0.3.6.7");
  EXPECT_EQ(request.implementation.version_name, "OFFIS_DCMTK_367");
}

TEST(DicomPdu, Accept) {
  const Octets bytes = associate_accept({{1, 0, kImplicit}, {3, 4, kExplicit}});
  const DecodedPdu decoded = decode(bytes);
  EXPECT_THAT(names_of(decoded.faults), IsEmpty());
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

// PS3.7 D.3.3.3 to D.3.3.7, byte for byte.
TEST(DicomPdu, WhatARequestRarelyHolds) {
  const Octets more = from_hex("53000004 0005 0003") +                                       // window: 5, 3
                      item(0x54, be16(5) + text("1.2.3") + from_hex("01 00")) +              // roles
                      item(0x54, be16(5) + text("1.2.4") + from_hex("00 01")) +              //
                      item(0x56, be16(5) + text("1.2.5") + from_hex("0101")) +               // extended
                      item(0x57, be16(5) + text("1.2.6") + be16(3) + text("1.2") + be16(0))  // common extended
                      + item(0x58, from_hex("02 01") + be16(4) + text("user") + be16(6) + text("secret")) +
                      item(0x5a, Octets(7, 0)) + item(0xff, {});
  const Octets bytes = associate_request("A", "B", {{1, kVerification, {kImplicit}}}, 4096, more);
  const DecodedPdu decoded = decode(bytes);
  EXPECT_THAT(names_of(decoded.faults), IsEmpty());
  const auto& request = std::get<AssociateRequest>(decoded.pdu);
  EXPECT_EQ(request.implementation.version_name, "OFFIS_DCMTK_367");
  ASSERT_TRUE(request.rare);
  const RareItems& rare = *request.rare;
  EXPECT_EQ(rare.window->invoked, 5);
  EXPECT_EQ(rare.window->performed, 3);
  ASSERT_EQ(rare.roles.size(), 2U);
  EXPECT_EQ(rare.roles[0].sop_class_uid, "1.2.3");
  EXPECT_TRUE(rare.roles[0].scu && !rare.roles[0].scp);
  EXPECT_TRUE(!rare.roles[1].scu && rare.roles[1].scp);
  EXPECT_THAT(rare.extended, ElementsAre("1.2.5"));
  EXPECT_THAT(rare.common_extended, ElementsAre("1.2.6"));
  EXPECT_EQ(rare.user_identity->type, 2);
  EXPECT_TRUE(rare.user_identity->response_requested);
  EXPECT_TRUE(rare.unknown.test(0x5a) && rare.unknown.test(0xff));
  EXPECT_EQ(rare.unknown.count(), 2U);
}

TEST(DicomPdu, WhatAnAcceptanceRarelyHolds) {
  const Octets bytes = accept_of(kName + kAnswer +
                                 user_information(from_hex("53000004 0001 0001") + item(0x59, be16(2) + Octets{1, 2}) +
                                                  item(0x54, be16(5) + text("1.2.3") + from_hex("01 01")) +
                                                  item(0x56, be16(5) + text("1.2.5"))));
  const DecodedPdu decoded = decode(bytes);
  EXPECT_THAT(names_of(decoded.faults), IsEmpty());
  const auto& accept = std::get<AssociateAccept>(decoded.pdu);
  ASSERT_TRUE(accept.rare);
  EXPECT_TRUE(accept.rare->identity_answered);
  EXPECT_EQ(accept.rare->window->invoked, 1);
  EXPECT_EQ(accept.rare->roles.size(), 1U);
  EXPECT_THAT(accept.rare->extended, ElementsAre("1.2.5"));
}

TEST(DicomPdu, WhatMostDoNotHoldCostsThemNothing) {
  EXPECT_FALSE(std::get<AssociateRequest>(decode(request_of(kName + kOffer + kUser)).pdu).rare);
  EXPECT_FALSE(std::get<AssociateAccept>(decode(accept_of(kName + kAnswer + kUser)).pdu).rare);
}

TEST(DicomPdu, AHeadGivesAHead) {
  const Octets whole = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}}, 16384,
                                         item(0x54, be16(5) + text("1.2.3") + from_hex("01 00")));
  for (std::size_t size = kPduHeaderBytes; size < whole.size(); ++size) {
    const DecodedPdu decoded = decode_pdu(1, ByteView{whole}.subspan(kPduHeaderBytes, size - kPduHeaderBytes));
    const auto& request = std::get<AssociateRequest>(decoded.pdu);
    EXPECT_EQ(request.calling_ae, size < 42 ? "" : "CT1") << size;
    // Where an item ends nothing tells that others are missing.
    if (size < 74) {
      EXPECT_THAT(names_of(decoded.faults), Contains("dicom.association_pdu")) << size;
    }
  }
}

struct Faulty {
  std::string fault;
  Octets bytes;
};

std::vector<Faulty> faulty() {
  const Octets verification = item(0x30, text(kVerification));
  const Octets implicit = item(0x40, text(kImplicit));
  const auto offer = [&](std::uint8_t id, const Octets& items) { return item(0x20, Octets{id, 0, 0, 0} + items); };
  const auto answer = [&](std::uint8_t result, const Octets& items) {
    return item(0x21, Octets{1, 0, result, 0} + items);
  };
  const auto request_with = [&](const Octets& item) { return request_of(kName + kOffer + user_information(item)); };
  const auto accept_with = [&](const Octets& item) { return accept_of(kName + kAnswer + user_information(item)); };
  return {
      {"dicom.association_pdu", request_of(kName + kOffer + kUser + from_hex("10000050 31"))},
      {"dicom.association_pdu", request_of(kName + kOffer + kUser + from_hex("1000"))},
      {"dicom.association_pdu", request_of(kName + item(0x20, from_hex("01000000 30000009 31")) + kUser)},
      {"dicom.association_pdu", request_of(kName + item(0x20, from_hex("0100")) + kUser)},
      {"dicom.association_pdu", pdu(1, be16(1))},
      {"dicom.association_pdu", pdu(2, be16(1))},
      {"dicom.item_length", request_of(kName + kOffer + item(0x50, item(0x51, be16(1)) + kClassUid))},
      {"dicom.item_length", request_with(from_hex("53000003 000000"))},
      {"dicom.item_length", request_with(item(0x54, be16(9) + text("1.2.3") + from_hex("0100")))},
      {"dicom.item_length", request_with(item(0x54, be16(5) + text("1.2.3") + from_hex("010000")))},
      {"dicom.item_length", request_with(item(0x55, {}))},
      {"dicom.item_length", request_with(item(0x55, text("SEVENTEEN_LETTERS")))},
      {"dicom.item_length", request_with(item(0x56, be16(9) + text("1.2")))},
      {"dicom.item_length", request_with(item(0x57, be16(9) + text("1.2")))},
      {"dicom.item_length", request_with(item(0x58, from_hex("0100") + be16(9) + text("user") + be16(0)))},
      {"dicom.item_length", accept_with(item(0x59, be16(1)))},
      {"dicom.item_nesting", request_of(kName + kOffer + kUser + implicit)},
      {"dicom.item_nesting", request_of(kName + kOffer + kUser + kAnswer)},
      {"dicom.item_nesting", request_with(kName)},
      {"dicom.item_nesting", request_with(item(0x59, be16(0)))},
      {"dicom.item_nesting", accept_with(item(0x58, from_hex("0100") + be16(0) + be16(0)))},
      {"dicom.item_nesting", accept_with(item(0x57, be16(3) + text("1.2") + be16(0) + be16(0)))},
      {"dicom.item_nesting", accept_of(kName + answer(0, verification + implicit) + kUser)},
      {"dicom.protocol_version", pdu(1, be16(2) + be16(0) + kTitles + Octets(32, 0) + kName + kOffer + kUser)},
      {"dicom.protocol_version", pdu(2, be16(0) + be16(0) + kTitles + Octets(32, 0) + kName + kAnswer + kUser)},
      {"dicom.ae_title", request_between("PA\\CS           ", "CT1             ")},
      {"dicom.ae_title", request_between("PACS            ", "CT1\n            ")},
      {"dicom.ae_title", request_between("PACS            ", "CT\xc3\xa4            ")},
      {"dicom.ae_title", request_between("PACS            ", "                ")},
      {"dicom.ae_title", request_between(std::string(16, '\0'), "CT1             ")},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, text("Doe^Jane")) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, text("1.02.3")) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, text("1..3")) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, text("1.3.")) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, text(".3")) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, item(0x30, {}) + implicit) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, verification + item(0x40, text("1.2") + Octets{0})) + kUser)},
      {"dicom.uid", request_of(kName + offer(1, verification + item(0x40, text(std::string(65, '1')))) + kUser)},
      {"dicom.uid", request_with(item(0x54, be16(3) + text("1.a") + from_hex("0100")))},
      {"dicom.uid", accept_of(kName + answer(0, item(0x40, text("1.2 "))) + kUser)},
      {"dicom.application_context", request_of(kOffer + kUser)},
      {"dicom.application_context", accept_of(kName + kName + kAnswer + kUser)},
      {"dicom.application_context_name", request_of(item(0x10, text("1.2.3")) + kOffer + kUser)},
      {"dicom.presentation_context", request_of(kName + kUser)},
      {"dicom.presentation_context", accept_of(kName + kUser)},
      {"dicom.even_context_id", request_of(kName + offer(2, verification + implicit) + kUser)},
      {"dicom.even_context_id", request_of(kName + offer(0, verification + implicit) + kUser)},
      {"dicom.repeated_context_id", request_of(kName + kOffer + kOffer + kUser)},
      {"dicom.repeated_context_id", accept_of(kName + kAnswer + kAnswer + kUser)},
      {"dicom.abstract_syntax", request_of(kName + offer(1, implicit) + kUser)},
      {"dicom.abstract_syntax", request_of(kName + offer(1, verification + verification + implicit) + kUser)},
      {"dicom.transfer_syntax", request_of(kName + offer(1, verification) + kUser)},
      {"dicom.transfer_syntax", accept_of(kName + answer(0, {}) + kUser)},
      {"dicom.transfer_syntax", accept_of(kName + answer(0, implicit + implicit) + kUser)},
      {"dicom.user_information", request_of(kName + kOffer)},
      {"dicom.user_information", accept_of(kName + kAnswer + kUser + kUser)},
      {"dicom.maximum_length_item", request_of(kName + kOffer + item(0x50, kClassUid))},
      {"dicom.maximum_length_item", request_with(item(0x51, be32(0)))},
      {"dicom.implementation_class_uid", accept_of(kName + kAnswer + item(0x50, item(0x51, be32(0))))},
      {"dicom.implementation_class_uid", request_with(kClassUid)},
      {"dicom.user_identity_type", request_with(item(0x58, from_hex("0600") + be16(0) + be16(0)))},
      {"dicom.context_result", accept_of(kName + answer(5, implicit) + kUser)},
      {"dicom.rejection_code", associate_reject(3, 1, 1)},
      {"dicom.rejection_code", associate_reject(1, 4, 1)},
      {"dicom.suspicious_ae_title", request_between("              A ", "CT1.OR$         ")},
      {"dicom.rejection_code", associate_reject(1, 1, 4)},
      {"dicom.rejection_code", associate_reject(2, 3, 0)},
      {"dicom.abort_code", abort_pdu(1, 0)},
      {"dicom.abort_code", abort_pdu(2, 3)},
  };
}

TEST(DicomPdu, TellsWhatIsWrongAndNothingElse) {
  for (const Faulty& c : faulty()) EXPECT_THAT(names_of(decode(c.bytes).faults), ElementsAre(c.fault)) << c.fault;
}

TEST(DicomPdu, WhatIsLegalIsNoFault) {
  const Octets refused = item(0x21, from_hex("01000300"));
  const Octets legal[] = {
      request_of(kName + kOffer + kUser),
      request_of(kUser + kOffer + kName),
      request_of(kName + kOffer + user_information(item(0x99, Octets(5, 1)))),
      accept_of(kName + kAnswer + kUser),
      accept_of(kName + refused + kUser),
      accept_of(kName + item(0x21, from_hex("01000400") + item(0x40, text("not looked at"))) + kUser),
      pdu(1, be16(3) + be16(9) + kTitles + Octets(32, 7) + kName + kOffer + kUser),
      pdu(2, be16(1) + be16(9) + Octets(32, 0) + Octets(32, 7) + kName + kAnswer + kUser),
      request_between("              A ", "CT1.OR#         "),
      associate_reject(1, 1, 1),
      associate_reject(1, 1, 2),
      associate_reject(2, 1, 3),
      associate_reject(1, 1, 7),
      associate_reject(1, 2, 1),
      associate_reject(2, 2, 2),
      associate_reject(2, 3, 1),
      associate_reject(2, 3, 2),
      abort_pdu(0, 77),
      abort_pdu(2, 0),
      abort_pdu(2, 1),
      abort_pdu(2, 2),
      abort_pdu(2, 4),
      abort_pdu(2, 5),
      abort_pdu(2, 6),
      release_request(),
      release_response(),
  };
  for (const Octets& bytes : legal) EXPECT_THAT(names_of(decode(bytes).faults), IsEmpty());
}

TEST(DicomPdu, AFaultTellsWhereItIs) {
  const DecodedPdu decoded = decode(request_of(kName + kOffer + item(0x50, kClassUid + item(0x55, {})) + kOffer));
  ASSERT_THAT(names_of(decoded.faults),
              ElementsAre("dicom.item_length", "dicom.maximum_length_item", "dicom.repeated_context_id"));
  const auto user = static_cast<std::uint32_t>(kAssociationFixedBytes + kName.size() + kOffer.size());
  EXPECT_EQ(decoded.faults[0].offset, user + 4 + kClassUid.size());
  EXPECT_EQ(decoded.faults[0].length, 4U);
  EXPECT_EQ(decoded.faults[1].offset, user);
  EXPECT_EQ(decoded.faults[1].length, 4 + kClassUid.size() + 4);
  EXPECT_EQ(decoded.faults[2].length, kOffer.size());
}

TEST(DicomPdu, ARepeatedContextIsTheFirst) {
  const Octets other = item(0x20, from_hex("01000000") + item(0x30, text("1.2.3")) + item(0x40, text("1.2.4")));
  const Octets bytes = request_of(kName + kOffer + other + kUser);
  const auto request = std::get<AssociateRequest>(decode(bytes).pdu);
  ASSERT_EQ(request.contexts.size(), 1U);
  EXPECT_EQ(request.contexts[0].abstract_syntax, kVerification);
}

TEST(DicomPdu, OnlyItsOwnAlphabetLeaves) {
  const Octets whole = associate_request("CT\x01\x02", "P\xc3\xa9", {{1, "1.2.Doe", {"Jane"}}});
  const DecodedPdu decoded = decode(whole);
  const auto& request = std::get<AssociateRequest>(decoded.pdu);
  EXPECT_EQ(request.calling_ae, "CT??");
  EXPECT_EQ(request.called_ae, "P??");
  EXPECT_EQ(request.contexts[0].abstract_syntax, "");
  EXPECT_THAT(request.transfer_syntaxes_of(request.contexts[0]), testing::ElementsAre(""));
}

}  // namespace
}  // namespace dcmwatch::dicom
