// Text off the wire, made fit to leave: each kind has its own alphabet, and what is outside it does not pass.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "event/event.h"

namespace dcmwatch::dicom {

/// Without the padding of PS3.5 6.2: spaces and NUL at both ends.
std::string_view trimmed(ByteView value);

/// PS3.5 6.4: of several values, with a backslash between two.
constexpr std::string_view first_value(std::string_view values) { return values.substr(0, values.find('\\')); }

/// PS3.5 6.2, AE and the like: printable ASCII, at most 16 characters; anything else becomes '?'.
AeTitle ae_title(ByteView value);

/// PS3.5 6.2, AE: ASCII without control characters and backslash, and not of spaces alone.
bool is_legal_ae_title(ByteView value);

/// Legal, yet with characters that a shell, a file name or a query has another meaning for.
bool is_suspicious_ae_title(std::string_view title);

/// PS3.8 F.1 to the letter: components of digits, without leading zeros, none of them empty, and no padding.
bool is_legal_uid(ByteView value);

/// PS3.5 9.1: digits and dots, at most 64; empty if it is no UID, so that nothing else can hide in one.
std::string_view uid(ByteView value);

}  // namespace dcmwatch::dicom
