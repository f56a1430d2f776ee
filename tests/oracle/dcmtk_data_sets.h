// Data sets as DCMTK reads them, and what they say.
#pragma once

#include <dcmtk/config/osconfig.h>
//
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcxfer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account.h"

namespace dcmwatch::oracle {

/// Throws std::runtime_error, naming `what`, where DCMTK cannot read it.
class DataSet {
 public:
  DataSet(const std::string& bytes, E_TransferSyntax syntax, std::string_view what);

  [[nodiscard]] DcmItem& item() { return data_set_; }

 private:
  DcmDataset data_set_;
};

/// The first value without padding. "" if the element is not there, or empty.
std::string text_of(DcmItem& item, const DcmTagKey& tag);
std::optional<std::uint32_t> number_of(DcmItem& item, const DcmTagKey& tag);
/// How many values the element has.
unsigned long values_of(DcmItem& item, const DcmTagKey& tag);

void put_unless_empty(Account& account, std::string_view path, std::string_view value);
void put_pseudonym(Account& account, std::string_view path, IdentifierKind kind, std::string_view identifier);

/// Of which message a data set is.
struct MessageKind {
  std::string_view command;  ///< the request's: "C-FIND"
  std::string_view sop_class_uid;
  bool is_response = false;
};

/// Adds to the operation's account what one of its data sets says.
void tell_data_set(Account& account, DcmItem& data_set, const MessageKind& kind);

}  // namespace dcmwatch::oracle
