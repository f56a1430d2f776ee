// What is taken for TLS, and what is not.
#include <string>

#include "wire.h"

namespace dcmwatch::test {
namespace {

using namespace std::string_literals;

Looks looks(std::string_view bytes) { return looks_like_tls(as_bytes(bytes)); }

const std::string kSslv2Hello = "\x80\x1C\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x05"s + std::string(16, 'c');

TEST(TlsRecognition, KnowsItsRecords) {
  for (const std::string& whole :
       {record(22, client_hello(u16(0x1301), "")), record(22, server_hello(0x1301)),
        record(22, client_hello(u16(0x1301), ""), 0x0301), protected_record(23, 100), alert(2, 40), kSslv2Hello}) {
    EXPECT_EQ(looks(whole), Looks::yes);
    EXPECT_EQ(looks(whole.substr(0, 1)), Looks::need_more);
    EXPECT_EQ(looks(whole.substr(0, 4)), Looks::need_more);
  }
}

TEST(TlsRecognition, TakesNothingElseForThem) {
  EXPECT_EQ(looks("GET / HTTP/1.1"), Looks::no);
  EXPECT_EQ(looks("\x01\x00\x00\x00\x00\xCD"s), Looks::no) << "DICOM";
  EXPECT_EQ(looks("\x0BMSH|"), Looks::no);
  EXPECT_EQ(looks("\x16\x02\x01"s), Looks::no);
  EXPECT_EQ(looks(record(22, message(16, "key"))), Looks::no) << "from the middle of a handshake";
  EXPECT_EQ(looks(record(23, "")), Looks::no);
  EXPECT_EQ(looks("\x17\x03\x03\xFF\xFF"s), Looks::no) << "longer than a record may be";
  EXPECT_EQ(looks("\x80\x1C\x01\x03\x01\x00\x04\x00\x00\x00\x10"s + std::string(20, 'c')), Looks::no)
      << "lengths that do not add up";
}

}  // namespace
}  // namespace dcmwatch::test
