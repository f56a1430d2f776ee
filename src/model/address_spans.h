// Within `model`: blocks of addresses by what they hold, however they were cut.
#pragma once

#include <string>
#include <vector>

#include "base/endpoint.h"
#include "model/intervals.h"

namespace dcmwatch {

/// An address as a number, IPv4 in its mapped form.
__extension__ using AddressNumber = unsigned __int128;
using AddressSpans = Intervals<AddressNumber>;

AddressSpans spans_of(const std::vector<Network>& networks);
/// Each as an address, a block or, where it is none, as "10.0.0.3-10.0.0.9".
std::vector<std::string> texts_of(const AddressSpans& spans);

}  // namespace dcmwatch
