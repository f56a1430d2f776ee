#include <gtest/gtest.h>

#include <random>

#include "protocol/dicom/builder.h"
#include "protocol/dicom/dicom.h"

namespace dcmwatch::test {
namespace {

struct Case {
  std::string name;
  Octets bytes;
  Looks looks;
};

Octets head(const Octets& whole, std::size_t size) {
  return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
}

Octets with(Octets bytes, std::size_t at, std::uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}

// Its items in this order instead.
Octets request_of(const Octets& items) {
  return pdu(1, be16(1) + be16(0) + text("PACS            CT1             ") + Octets(32, 0) + items);
}

std::vector<Case> cases() {
  const Octets name = item(0x10, text("1.2.840.10008.3.1.1.1"));
  const Octets offer = item(0x20, from_hex("01000000") + item(0x30, text(kVerification)) + item(0x40, text(kImplicit)));
  const Octets user = item(0x50, item(0x51, be32(16384)));
  const Octets request = associate_request("CT1", "PACS", {{1, kVerification, {kImplicit}}});
  const Octets accept = associate_accept({{1, 0, kImplicit}});
  const Octets echo = message(1, echo_request(1));
  return {
      {"nothing", {}, Looks::need_more},
      {"request", request, Looks::yes},
      {"request up to its titles", head(request, 42), Looks::yes},
      {"request within its titles", head(request, 41), Looks::need_more},
      {"acceptance", accept, Looks::yes},
      {"acceptance up to its titles", head(accept, 42), Looks::need_more},
      {"rejection", associate_reject(1, 1, 7), Looks::yes},
      {"rejection with result 0", associate_reject(0, 1, 7), Looks::no},
      {"release request", release_request(), Looks::yes},
      {"release response", release_response(), Looks::yes},
      {"abort", abort_pdu(2, 6), Looks::yes},
      {"abort with an unknown source", abort_pdu(9, 0), Looks::no},
      {"command", echo, Looks::yes},
      {"command, its head", head(echo, 12), Looks::need_more},
      {"data", p_data(pdv(3, data_more, Octets(1000, 7))), Looks::yes},
      {"data, its head", head(p_data(pdv(3, data_more, Octets(1000, 7))), 12), Looks::yes},
      {"even context id", p_data(pdv(2, data_more, Octets(1000, 7))), Looks::no},
      {"impossible control header", p_data(pdv(3, 4, Octets(1000, 7))), Looks::no},
      {"command that begins with no group length", p_data(pdv(3, command_last, Octets(100, 7))), Looks::no},
      {"command and data in one PDU", p_data(pdv(1, 3, store_request(1)) + pdv(1, 2, ct_image(10))), Looks::yes},
      {"PDV longer than its PDU", from_hex("04000000000a 0000000a 0103 0000"), Looks::no},
      {"request too short for its fields", from_hex("010000000010 0001"), Looks::no},
      {"request of two megabytes", from_hex("010000200000 0001"), Looks::no},
      {"request of version 2", with(request, 7, 2), Looks::yes},
      {"request of version 2, its head", from_hex("0100000000c8 0002"), Looks::need_more},
      {"request of version 2 between names that are no text", with(with(request, 7, 2), 12, 0xff), Looks::no},
      {"request of version 2 that begins with an unknown item", with(with(request, 7, 2), 74, 0x99), Looks::no},
      {"acceptance of version 2", with(accept, 7, 2), Looks::no},
      {"reserved byte set", with(request, 1, 1), Looks::yes},
      {"reserved byte set, acceptance", with(accept, 1, 0xff), Looks::yes},
      {"reserved byte set, command", with(echo, 1, 7), Looks::yes},
      {"reserved byte set, abort", with(abort_pdu(2, 6), 1, 1), Looks::yes},
      {"calling title in Latin-1", with(request, 27, 0xe9), Looks::yes},
      {"called title of control characters", with(request, 10, 1), Looks::yes},
      {"title in Latin-1, before its items", head(with(request, 27, 0xe9), 74), Looks::need_more},
      {"user information first", request_of(user + name + offer), Looks::yes},
      {"context first", request_of(offer + name + user), Looks::yes},
      {"unknown items first", request_of(item(0x77, Octets(9, 0)) + item(0x01, {}) + name + offer + user), Looks::yes},
      {"within an unknown item", head(request_of(item(0x77, Octets(9, 0)) + name), 80), Looks::need_more},
      {"unknown item alone", request_of(item(0x77, Octets(9, 0))), Looks::no},
      {"unknown item beyond its PDU", request_of(from_hex("7700ffff") + name), Looks::no},
      {"an acceptance's item in a request", request_of(item(0x21, Octets(9, 0))), Looks::no},
      {"zeros for items", request_of(Octets(100, 0)), Looks::no},
      {"unknown type", from_hex("0800"), Looks::no},
      {"HTTP", text("GET / HTTP/1.1\r\n"), Looks::no},
      {"TLS", from_hex("160301020001"), Looks::no},
      {"HL7", text("\x0bMSH|^~\\&|"), Looks::no},
      {"zeros", Octets(100, 0), Looks::no},
  };
}

TEST(DicomRecognise, Table) {
  for (const Case& c : cases()) EXPECT_EQ(looks_like_dicom(c.bytes), c.looks) << c.name;
}

TEST(DicomRecognise, NeverTakesBackANo) {
  for (const Case& c : cases()) {
    if (c.looks != Looks::yes) continue;
    for (std::size_t size = 0; size <= c.bytes.size(); ++size) {
      EXPECT_NE(looks_like_dicom(head(c.bytes, size)), Looks::no) << c.name << ' ' << size;
    }
  }
}

// DCMTK writes these twelve bytes in a segment of their own.
TEST(DicomRecognise, TheHeadsOfAPduAndItsPdvAreWaitedOn) {
  for (const Octets& command : {echo_request(1), store_request(8), store_response(8), move_request(4, "WS1"),
                                response(0x8020, 3, 0xff00, true)}) {
    const Octets whole = message(5, command);
    for (std::size_t size = 1; size < 20; ++size) {
      EXPECT_EQ(looks_like_dicom(head(whole, size)), Looks::need_more) << size;
    }
    EXPECT_EQ(looks_like_dicom(head(whole, 20)), Looks::yes) << "with the group length's element";
    EXPECT_EQ(looks_like_dicom(whole), Looks::yes);
  }
}

TEST(DicomRecognise, TwelveRandomBytesAreNotWaitedOn) {
  std::mt19937 random{20260102};
  int waited_on = 0;
  for (int run = 0; run < 1'000'000; ++run) {
    Octets bytes(12);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    bytes[0] = 4;
    EXPECT_EQ(looks_like_dicom(bytes), Looks::no);
    bytes[0] = static_cast<std::uint8_t>(1 + random() % 7);
    waited_on += looks_like_dicom(bytes) == Looks::no ? 0 : 1;
  }
  EXPECT_LT(waited_on, 100) << "of a million that begin like a PDU already";
}

TEST(DicomRecognise, RandomBytesAreNotDicom) {
  std::mt19937 random{20260101};
  for (int run = 0; run < 1'000'000; ++run) {
    Octets bytes(100);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    bytes[0] = static_cast<std::uint8_t>(1 + random() % 7);
    EXPECT_NE(looks_like_dicom(bytes), Looks::yes);
  }
}

}  // namespace
}  // namespace dcmwatch::test
