// DCMTK's account of what was exchanged.
#pragma once

#include <vector>

#include "account.h"
#include "exchanged.h"

namespace dcmwatch::oracle {

/// A presentation context as DCMTK has it after both sides spoke.
struct AgreedContext {
  std::uint8_t id = 0;
  std::string transfer_syntax;
};

struct DcmtkAssociation {
  Account account;
  std::vector<AgreedContext> contexts;  ///< the accepted ones
  std::vector<SeenMessage> messages;    ///< as DCMTK cuts them, of the opener and then of the acceptor
  bool heard_all = false;               ///< false: not accepted, or a PDU is cut, unknown or longer than DCMTK takes
};

/// Gives the request to DCMTK's acceptor and the answer to its requestor, and to each what follows. Throws
/// std::runtime_error where either of them does not take it.
DcmtkAssociation dcmtk_association(const SeenAssociation& seen);

/// A request paired with its responses by message id and context: what their commands and their data sets say.
struct DcmtkOperation {
  std::string key;  ///< invoker, context and message id: unique among those that are open
  Account account;
  std::size_t request_data_sets = 0, response_data_sets = 0;  ///< that were read
  bool read_all = true;  ///< false: a data set is cut, or its transfer syntax was not agreed
};

/// In the order of their requests. Throws std::runtime_error where DCMTK cannot read a command or a data set.
std::vector<DcmtkOperation> dcmtk_operations(const SeenAssociation& seen, const std::vector<AgreedContext>& contexts);

}  // namespace dcmwatch::oracle
