// What a PDU looks like where more is known of the place than in dicom.h.
#pragma once

#include "base/bytes.h"
#include "protocol/dicom/dicom.h"

namespace dcmwatch::dicom {

/// Within a stream that is DICOM, at any place: pixels may read as anything, so an association's PDU must look as they
/// commonly do. Where a stream begins, looks_like_dicom asks for no more than its receiver does.
Looks looks_like_pdu_amid(ByteView bytes);

}  // namespace dcmwatch::dicom
