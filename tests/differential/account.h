// An independent decoder's account of a public capture, and ours, in the same words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dcmwatch::differential {

/// ../shared/corpus beside the repository; it is no part of it.
std::filesystem::path corpus();

/// What is compared, by its name: "packets", "tcp segments", and for each stream "10.0.0.1:1024 > 10.0.0.2:80 #1" the
/// bytes that the first end sent on the first connection between the two: "463 bytes c67cd380afd8" (the beginning of
/// their SHA-256). Gaps are left out, and so are streams without a byte.
using Account = std::map<std::string, std::string>;

struct Capture {
  std::string name;   ///< its path within the corpus
  bool streams_told;  ///< else the account is of its packets alone
  Account theirs;
};

/// Every capture that the corpus has an account of, by name.
std::vector<Capture> accounts();

/// What capture, decode and assemble make of it.
Account our_account(const Capture& capture);

}  // namespace dcmwatch::differential
