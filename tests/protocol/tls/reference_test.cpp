// docs/tls.md
#include "../reference_page.h"

#include <gtest/gtest.h>

#include "event/tls_violations.h"

namespace dcmwatch::tls {
namespace {

TEST(TlsReference, IsWhatTheTableSays) {
  EXPECT_TRUE(test::is_up_to_date(DCMWATCH_ROOT "/docs/tls.md", test::fields_table({"tls."}),
                                  test::violations_table(kFlawRules)))
      << "docs/tls.md is out of date; DCMWATCH_WRITE_DOCS=1 test_protocol_tls --gtest_filter='TlsReference.*' writes "
         "it anew";
}

}  // namespace
}  // namespace dcmwatch::tls
