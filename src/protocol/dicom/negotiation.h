// What the two sides negotiate beside their presentation contexts (PS3.7 D.3.3): the request's word, then the answer's.
#pragma once

#include <cstddef>
#include <memory>

#include "base/limits.h"
#include "event/event.h"
#include "protocol/dicom/pdu.h"

namespace dcmwatch::dicom {

/// Order of calls: propose or answer, then fact. Facts of an association are never changed once made: what was known
/// before is copied.
class Negotiation {
 public:
  /// `before` may be null.
  Negotiation(const DicomNegotiation* before, const Limits& limits);

  void propose(const RareItems& request);
  /// False if something is granted that was not proposed (PS3.7 D.3.3.3 to D.3.3.7).
  bool answer(const RareItems& acceptance);

  /// Items beyond Limits::dicom_negotiated_items and dicom_stranger_bytes.
  [[nodiscard]] std::size_t without_room() const { return without_room_; }
  [[nodiscard]] std::size_t kept_bytes() const;
  [[nodiscard]] std::shared_ptr<const DicomNegotiation> fact() &&;

 private:
  bool answer_role(const Role& role);
  bool answer_extended(std::string_view sop_class_uid);
  void add_role(const Role& role);
  void add_unknown(const RareItems& items);
  void add_class(std::vector<UidTexts::Place>& classes, std::string_view uid);
  /// 0: there is no room for it.
  UidTexts::Place place_of(std::string_view uid);

  std::size_t most_;
  std::size_t most_stranger_bytes_;
  std::unique_ptr<DicomNegotiation> fact_;
  std::size_t without_room_ = 0;
};

}  // namespace dcmwatch::dicom
