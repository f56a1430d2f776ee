// Data sets as they are meant (PS3.5 7), and their bytes in each encoding: no code in common with the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/dicom/builder.h"
#include "protocol/dicom/dice.h"

namespace dcmwatch::test {

/// How elements are written (PS3.5 A), apart from how pixels are.
enum class Writing : std::uint8_t { implicit_little, explicit_little, explicit_big, deflated };

struct PlannedSyntax {
  std::string_view uid;
  Writing writing;
  bool encapsulated = false;
};
/// Those that a plan proposes.
const std::vector<PlannedSyntax>& planned_syntaxes();
/// Null for one that nobody but its vendor knows.
const PlannedSyntax* planned_syntax(std::string_view uid);

struct PlannedElement;
using PlannedDataSet = std::vector<PlannedElement>;  ///< ascending

struct PlannedSequence {
  std::vector<PlannedDataSet> items;
  bool undefined_length = false;
  bool undefined_items = false;
  bool as_unknown = false;  ///< where VRs are written, as UN of undefined length: implicit within (PS3.5 6.2.2)
};

/// Encapsulated pixel data (PS3.5 A.4): the offset table, then the fragments.
struct PlannedFragments {
  std::vector<Octets> items;
};

struct PlannedElement {
  std::uint32_t tag = 0;
  std::string_view vr;
  /// Text (padded when written), numbers of two or of four bytes, bytes of no order, or what is nested.
  std::variant<std::string, std::vector<std::uint16_t>, std::vector<std::uint32_t>, Octets, PlannedSequence,
               PlannedFragments>
      value;
};

/// `element` at its place, or in the place of the one with its tag.
void put(PlannedDataSet& data_set, PlannedElement element);

Octets encode(const PlannedDataSet& data_set, Writing writing);

/// Legal elements that no service is about: some of them private, some nested, identifiers of others in these.
PlannedDataSet unimportant_elements(Dice& dice, unsigned deepest = 3);
PlannedElement planned_pixel_data(Dice& dice, bool encapsulated);

}  // namespace dcmwatch::test
