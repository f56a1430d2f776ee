#include "protocol/table.h"

#include <array>

#include "protocol/dicom/dicom.h"
#include "protocol/hl7/hl7.h"
#include "protocol/named.h"
#include "protocol/tls/tls.h"

namespace dcmwatch {
namespace {

constexpr std::array kProtocols{
    ProtocolEntry{Protocol::dicom, looks_like_dicom, open_dicom},
    ProtocolEntry{Protocol::hl7, looks_like_mllp, open_hl7},
    ProtocolEntry{Protocol::hllp, looks_like_hllp, nullptr},
    ProtocolEntry{Protocol::tls, looks_like_tls, open_tls},
    ProtocolEntry{Protocol::ssh, looks_like_ssh, nullptr},
    ProtocolEntry{Protocol::http, looks_like_http, nullptr},
};

}  // namespace

std::span<const ProtocolEntry> protocols() { return kProtocols; }

}  // namespace dcmwatch
