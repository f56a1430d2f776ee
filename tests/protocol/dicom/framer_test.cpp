#include "protocol/dicom/pdu_framer.h"

#include <gtest/gtest.h>

#include <sstream>

#include "protocol/dicom/builder.h"
#include "protocol/dicom/violations.h"

namespace dcmwatch::dicom {
namespace {

using namespace test;

// What was cut, as text; pieces of a fragment are joined.
class Cutter {
 public:
  explicit Cutter(bool in_step = true, Limits limits = {}) : framer_(limits, in_step) {}

  Cutter& feed(const Octets& bytes) {
    framer_.feed(bytes, Mark{});
    return drain();
  }
  Cutter& pass(std::uint64_t bytes) {
    framer_.pass(bytes);
    fragment_ += bytes;
    return drain();
  }
  Loss lose(std::uint64_t bytes) {
    const Loss loss = framer_.lose(bytes);
    fragment_ += loss.fragment_bytes;
    return loss;
  }
  Cutter& drain() {
    for (Cut cut = framer_.next(); !std::holds_alternative<NeedMore>(cut); cut = framer_.next()) {
      std::visit([this](const auto& unit) { tell(unit); }, cut);
    }
    return *this;
  }
  [[nodiscard]] std::string told() const { return told_.str(); }
  [[nodiscard]] const PduFramer& framer() const { return framer_; }

 private:
  void tell(const NeedMore&) {}
  void tell(const WholePdu& pdu) { told_ << "pdu" << +pdu.type << ':' << pdu.body.size() << ' '; }
  void tell(const PdvHead& head) {
    told_ << (head.is_command ? "command" : "data") << +head.context_id << (head.is_last ? "!" : "") << ':'
          << head.fragment_bytes << ' ';
    fragment_ = 0;
  }
  void tell(const PdvPiece& piece) {
    fragment_ += piece.bytes.size();
    if (piece.ends) told_ << '=' << fragment_ << ' ';
  }
  void tell(const Illegal& illegal) {
    told_ << kBreachRules[static_cast<std::size_t>(illegal.breach)].name << ':' << illegal.length << ' ';
  }

  PduFramer framer_;
  std::uint64_t fragment_ = 0;
  std::ostringstream told_;
};

Octets session() {
  return associate_request("A", "B", {}) +
         p_data(pdv(1, command_more, Octets(5, 1)) + pdv(1, command_last, Octets(7, 1))) +
         p_data(pdv(1, data_last, {})) + p_data(pdv(3, data_more, Octets(300, 2))) + release_request();
}
const std::string kSession = "pdu1:155 command1:5 =5 command1!:7 =7 data1!:0 =0 data3:300 =300 pdu5:4 ";

TEST(DicomFramer, CutsWhatIsThere) { EXPECT_EQ(Cutter{}.feed(session()).told(), kSession); }

TEST(DicomFramer, HowItComesDoesNotMatter) {
  const Octets whole = session();
  for (std::size_t piece = 1; piece < whole.size(); ++piece) {
    Cutter cutter;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      const std::size_t end = std::min(at + piece, whole.size());
      cutter.feed({whole.begin() + static_cast<std::ptrdiff_t>(at), whole.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    ASSERT_EQ(cutter.told(), kSession) << piece;
  }
}

TEST(DicomFramer, AFragmentMayPassUnread) {
  Cutter cutter;
  cutter.feed(from_hex("0400 00000134 0000012a 0102"));
  EXPECT_EQ(cutter.framer().passable(), 296U);
  cutter.pass(200);
  EXPECT_EQ(cutter.framer().passable(), 96U);
  cutter.pass(96);
  EXPECT_EQ(cutter.told(), "data1!:296 =296 ");
  cutter.feed(from_hex("00000002 0102") + release_request());
  EXPECT_EQ(cutter.told(), "data1!:296 =296 data1!:0 =0 pdu5:4 ");
}

TEST(DicomFramer, JudgesLengthsBeforeItWaits) {
  struct {
    std::string name;
    Octets head;
    std::string told;
  } const cases[] = {
      {"a release of 5 bytes", from_hex("0500 00000005"), "dicom.pdu_length:5 "},
      {"an abort of 4 GB", from_hex("0700 ffffffff"), "dicom.pdu_length:4294967295 "},
      {"a request of 1 GB", from_hex("0100 40000000"), "dicom.pdu_length:1073741824 "},
      {"a request of 10 bytes", from_hex("0100 0000000a"), "dicom.pdu_length:10 "},
      {"P-DATA of 5 bytes", from_hex("0400 00000005"), "dicom.pdu_length:5 "},
      {"a PDV of 1 byte", from_hex("0400 00000010 00000001 0103"), "dicom.pdv_length:1 "},
      {"a PDV longer than its PDU", from_hex("0400 00000010 0000000d 0103"), "dicom.pdv_length:13 "},
      {"a PDV of 4 GB", from_hex("0400 00000010 ffffffff 0103"), "dicom.pdv_length:4294967295 "},
      {"unknown type", from_hex("0900 00000010"), "dicom.pdu_type:16 "},
  };
  for (const auto& c : cases) EXPECT_EQ(Cutter{}.feed(c.head).told(), c.told) << c.name;
}

TEST(DicomFramer, GoesOnAfterAnIllegalUnit) {
  const Octets good = release_request();
  EXPECT_EQ(Cutter{}.feed(pdu(1, Octets(20, 0)) + good).told(), "dicom.pdu_length:20 pdu5:4 ");
  EXPECT_EQ(Cutter{}.feed(p_data(from_hex("0000ffff 0103 0102030405")) + good).told(),
            "dicom.pdv_length:65535 pdu5:4 ");
  EXPECT_EQ(Cutter{}.feed(p_data(pdv(1, 3, {1, 2}) + Octets(3, 0)) + good).told(),
            "command1!:2 =2 dicom.pdv_length:3 pdu5:4 ");
  EXPECT_EQ(Cutter{}.feed(pdu(9, Octets(30, 0xee)) + good).told(), "dicom.pdu_type:30 pdu5:4 ");
}

TEST(DicomFramer, AGapWithinAFragmentCostsOnlyItself) {
  Cutter cutter;
  cutter.feed(from_hex("0400 00000134 0000012a 0102") + Octets(50, 0));
  const Loss loss = cutter.lose(100);
  EXPECT_EQ(loss.fragment_bytes, 100U);
  EXPECT_FALSE(loss.pdvs_lost);
  cutter.drain().feed(Octets(146, 0) + from_hex("00000002 0102") + release_request());
  EXPECT_EQ(cutter.told(), "data1!:296 =296 data1!:0 =0 pdu5:4 ");
}

TEST(DicomFramer, AGapBeyondAFragmentButWithinItsPduKeepsStep) {
  Cutter cutter;
  cutter.feed(from_hex("0400 00000020 0000000a 0102"));
  const Loss loss = cutter.lose(20);
  EXPECT_EQ(loss.fragment_bytes, 8U);
  EXPECT_TRUE(loss.pdvs_lost);
  EXPECT_TRUE(cutter.framer().in_step());
  cutter.drain().feed(Octets(6, 0xaa) + release_request());
  EXPECT_EQ(cutter.told(), "data1!:8 pdu5:4 ");
}

TEST(DicomFramer, AGapInAnAssociationPduLeavesItsHead) {
  const Octets request = associate_request("A", "B", {});
  Cutter cutter;
  cutter.feed({request.begin(), request.begin() + 80});
  const Loss loss = cutter.lose(request.size() - 80);
  ASSERT_TRUE(loss.head);
  EXPECT_EQ(loss.head->type, 1);
  EXPECT_EQ(loss.head->body.size(), 74U);
  EXPECT_EQ(loss.head->extent, Extent::lost);
  cutter.drain().feed(release_request());
  EXPECT_EQ(cutter.told(), "pdu5:4 ");
}

TEST(DicomFramer, AfterALongGapItFindsTheNextPdu) {
  const Octets command = p_data(pdv(1, command_last, echo_request(1)));
  Cutter cutter;
  cutter.feed({command.begin(), command.begin() + 4});
  EXPECT_TRUE(cutter.lose(1000).pdvs_lost);
  EXPECT_FALSE(cutter.framer().in_step());
  cutter.drain().feed(Octets(100, 0x55) + command + command + release_request());
  EXPECT_EQ(cutter.told(), "command1!:68 =68 command1!:68 =68 pdu5:4 ");
  EXPECT_TRUE(cutter.framer().in_step());
}

TEST(DicomFramer, IsNotTakenInByPixels) {
  // Sixteen-bit pixels that read as the head of a P-DATA-TF of 1280 bytes, but nothing follows where it ends.
  const Octets decoy = from_hex("0400 00000500 000004fc 0500") + Octets(3000, 0x11);
  Cutter cutter{false};
  cutter.feed(decoy + p_data(pdv(1, data_last, Octets(20, 0))) + release_request());
  EXPECT_EQ(cutter.told(), "data1!:20 =20 pdu5:4 ");
}

TEST(DicomFramer, TheReservedByteIsNotTested) {
  const auto reserved = [](Octets whole) {
    whole.at(1) = 1;
    return whole;
  };
  const Octets command = reserved(p_data(pdv(1, command_last, echo_request(1))));
  const Octets all = reserved(associate_request("A", "B", {})) + command + reserved(release_request());
  for (const bool in_step : {true, false}) {
    EXPECT_EQ(Cutter{in_step}.feed(all).told(), "pdu1:155 command1!:68 =68 pdu5:4 ") << in_step;
  }
}

// An association's PDU amid pixels looks as they commonly do: what is taken for one is waited for to its end.
TEST(DicomFramer, PixelsAreNoOddAssociation) {
  Octets decoy = from_hex("0107 00001000 0001 0000") + Octets(64, 0xe9) + item(0x77, Octets(9, 0)) + Octets(300, 0xe9);
  Cutter cutter{false};
  cutter.feed(decoy + p_data(pdv(1, data_last, Octets(20, 0))) + release_request());
  EXPECT_EQ(cutter.told(), "data1!:20 =20 pdu5:4 ");
}

TEST(DicomFramer, KeepsLittleWhileItSeeks) {
  Cutter cutter{false};
  for (int i = 0; i < 1000; ++i) cutter.feed(Octets(1000, static_cast<std::uint8_t>(i % 9)));
  EXPECT_EQ(cutter.told(), "");
}

}  // namespace
}  // namespace dcmwatch::dicom
