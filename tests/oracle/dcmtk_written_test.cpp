// Data sets that DCMTK writes, with what the captures do not have, read by us and by DCMTK: the accounts are equal.
#include <dcmtk/config/osconfig.h>
//
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <random>
#include <vector>

#include "dcmtk_data_sets.h"
#include "event/dicom_names.h"
#include "protocol/dicom/content.h"

namespace dcmwatch::oracle {
namespace {

constexpr std::array kSyntaxes{EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit,
                               EXS_DeflatedLittleEndianExplicit};

std::string written(DcmDataset& data_set, E_TransferSyntax syntax, E_EncodingType lengths) {
  std::vector<char> buffer(1 << 16);
  DcmOutputBufferStream stream{buffer.data(), static_cast<offile_off_t>(buffer.size())};
  data_set.transferInit();
  const OFCondition condition = data_set.write(stream, syntax, lengths, nullptr, EGL_withoutGL);
  data_set.transferEnd();
  stream.flush();
  void* bytes = nullptr;
  offile_off_t size = 0;
  stream.flushBuffer(bytes, size);
  EXPECT_TRUE(condition.good()) << condition.text();
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

struct NoPieces final : dicom::PieceSink {
  void on_piece(const DicomContent&) override { ADD_FAILURE() << "more than a record's lists hold"; }
};

Account ours(const std::string& bytes, E_TransferSyntax syntax, const MessageKind& kind) {
  const ProtocolSettings settings{.limits = {}, .pseudonymizer = &pseudonymizer()};
  const auto field = static_cast<std::uint16_t>(dicom_command_field(kind.command) |
                                                (kind.is_response ? dimse::kResponseBit : std::uint16_t{0}));
  const auto content =
      dicom::open_content({field, kind.sop_class_uid, DcmXfer{syntax}.getXferID(), Timestamp{}}, settings);
  NoPieces pieces;
  content->feed(as_bytes(bytes), pieces);
  content->end();
  DicomOperation operation;
  content->tell(operation, pieces);
  Observation observation;
  observation.event.facts = std::move(operation);
  return account_of(observation);
}

/// In each encoding, with sequences of told and of untold length.
void hold(DcmDataset& data_set, const MessageKind& kind, const std::string& what, Comparison& comparison) {
  for (const E_TransferSyntax syntax : kSyntaxes) {
    for (const E_EncodingType lengths : {EET_ExplicitLength, EET_UndefinedLength}) {
      const std::string where = fmt::format("{} in {}, sequences of {} length", what, DcmXfer{syntax}.getXferName(),
                                            lengths == EET_ExplicitLength ? "told" : "untold");
      const std::string bytes = written(data_set, syntax, lengths);
      DataSet read{bytes, syntax, where};
      Account theirs;
      tell_data_set(theirs, read.item(), kind);
      comparison.compare(where, ours(bytes, syntax, kind), theirs, true);
    }
  }
}

void expect_equal(const Comparison& comparison) {
  for (const Difference& difference : comparison.differences()) ADD_FAILURE() << difference.text();
  std::size_t compared = 0;
  for (const auto& [path, times] : comparison.compared()) compared += times;
  EXPECT_GT(compared, 0U);
  std::cout << fmt::format("{} fields compared\n", compared);
}

/// A key, and values that it may be asked for with.
struct Key {
  DcmTagKey tag;
  std::vector<const char*> values;
};
const std::vector<const char*> kUids{"", "1.2.3", "1.2.3\\1.2.4", "1.2.3\\1.2.4\\1.2.5"};
const std::vector<const char*> kDates{"",  "20261121",  "20261101-20261130", "20200229-20260101",
                                      "*", "20261121-", "-20261121"};
const std::vector<const char*> kTexts{"", "*", "A", "A*", "?B", "A\\B"};
const std::vector<Key> kKeys{
    {DCM_SpecificCharacterSet, {"ISO_IR 100"}},
    {DCM_SOPInstanceUID, kUids},
    {DCM_StudyDate, kDates},
    {DCM_StudyTime, {"", "080000-170000", "12"}},
    {DCM_AccessionNumber, kTexts},
    {DCM_QueryRetrieveLevel, {"PATIENT", "STUDY", "SERIES", "IMAGE", "IMAGE ", "Image", "series", "patient ", "study"}},
    {DCM_ModalitiesInStudy, {"", "CT", "CT\\MR", "C*"}},
    {DCM_TimezoneOffsetFromUTC, {"+0200"}},
    {DCM_PatientName, {"", "*", "DOE^*", "DOE^JANE", "D?E=X"}},
    {DCM_PatientID, kTexts},
    {DCM_PatientBirthDate, kDates},
    {DcmTagKey{0x0011, 0x0010}, {"A PRIVATE CREATOR"}},
    {DCM_StudyInstanceUID, kUids},
    {DCM_SeriesInstanceUID, kUids},
    {DCM_InstanceNumber, {"", "1", "1\\2"}},
    {DCM_Rows, {"", "512"}}};
const std::vector<Key> kScheduledKeys{{DCM_Modality, {"", "CT", "C?"}},
                                      {DCM_ScheduledStationAETitle, kTexts},
                                      {DCM_ScheduledProcedureStepStartDate, kDates}};
const std::vector<Key> kCodeKeys{{DCM_CodeValue, kTexts}, {DCM_CodeMeaning, {""}}};

class Dice {
 public:
  std::size_t below(std::size_t end) { return next_() % end; }
  void put_some(const std::vector<Key>& keys, DcmItem& item) {
    for (const Key& key : keys)
      if (below(2) == 0) item.putAndInsertString(key.tag, key.values[below(key.values.size())]);
  }

 private:
  std::mt19937 next_{20261121};
};

DcmItem* new_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* added = nullptr;
  item.findOrCreateSequenceItem(sequence, added, -2);
  return added;
}

void put_sequence(Dice& dice, DcmItem& item, const DcmTagKey& sequence, const std::vector<Key>& keys) {
  const std::size_t items = dice.below(4);
  if (items == 0) return;
  if (items == 1) item.insertEmptyElement(sequence);
  for (std::size_t i = 1; i < items; ++i) dice.put_some(keys, *new_item(item, sequence));
}

TEST(DcmtkWritten, queries_ask_for_the_same) {
  Dice dice;
  Comparison comparison;
  for (int i = 0; i < 200; ++i) {
    DcmDataset query;
    dice.put_some(kKeys, query);
    put_sequence(dice, query, DCM_ScheduledProcedureStepSequence, kScheduledKeys);
    put_sequence(dice, query, DCM_RequestedProcedureCodeSequence, kCodeKeys);
    for (const MessageKind& kind : {MessageKind{"C-FIND", UID_FINDStudyRootQueryRetrieveInformationModel, false},
                                    MessageKind{"C-MOVE", UID_MOVEStudyRootQueryRetrieveInformationModel, false},
                                    MessageKind{"C-GET", UID_GETPatientRootQueryRetrieveInformationModel, false},
                                    MessageKind{"C-MOVE", UID_MOVEHangingProtocolInformationModel, false}})
      hold(query, kind, fmt::format("{} of {} #{}", kind.command, kind.sop_class_uid, i), comparison);
  }
  expect_equal(comparison);
}

void reference(DcmItem& list, const DcmTagKey& sequence, const char* uid) {
  DcmItem& item = *new_item(list, sequence);
  item.putAndInsertString(DCM_ReferencedSOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
  item.putAndInsertString(DCM_ReferencedSOPInstanceUID, uid);
}

void expect_same(DcmDataset& data_set, std::initializer_list<std::string_view> commands, std::string_view sop_class,
                 const char* what) {
  Comparison comparison;
  for (const std::string_view command : commands) hold(data_set, {command, sop_class, false}, what, comparison);
  expect_equal(comparison);
}

TEST(DcmtkWritten, commitments_count_the_same) {
  DcmDataset report;
  report.putAndInsertString(DCM_TransactionUID, "1.2.3.4");
  for (const char* uid : {"1.2.1", "1.2.2", "1.2.3"}) reference(report, DCM_ReferencedSOPSequence, uid);
  const std::array<Uint16, 3> reasons{0x0110, 0x0112, 0x0110};
  for (const Uint16 reason : reasons) {
    DcmItem& item = *new_item(report, DCM_FailedSOPSequence);
    item.putAndInsertString(DCM_ReferencedSOPInstanceUID, "1.2.9");
    item.putAndInsertUint16(DCM_FailureReason, reason);
  }
  expect_same(report, {"N-EVENT-REPORT", "N-ACTION"}, "1.2.840.10008.1.20.1", "a report of failures");
}

TEST(DcmtkWritten, performed_steps_list_the_same) {
  DcmDataset step;
  step.putAndInsertString(DCM_Modality, "CT");
  step.putAndInsertString(DCM_PatientID, "P1 ");
  step.putAndInsertString(DCM_PerformedStationAETitle, "CT1");
  step.putAndInsertString(DCM_PerformedProcedureStepStatus, "DISCONTINUED");
  for (const char* accession : {"A1", "A2^RIS"}) {
    DcmItem& order = *new_item(step, DCM_ScheduledStepAttributesSequence);
    order.putAndInsertString(DCM_AccessionNumber, accession);
    order.putAndInsertString(DCM_StudyInstanceUID, "1.2.840.1");
    reference(order, DCM_ReferencedStudySequence, "1.2.840.1");
  }
  new_item(step, DCM_PerformedProcedureStepDiscontinuationReasonCodeSequence)
      ->putAndInsertString(DCM_CodeValue, "110513");
  for (int i = 0; i < 2; ++i) {
    DcmItem& series = *new_item(step, DCM_PerformedSeriesSequence);
    series.putAndInsertString(DCM_SeriesInstanceUID, "1.2.840.2");
    for (const char* uid : {"1.2.1", "1.2.2"}) reference(series, DCM_ReferencedImageSequence, uid);
    reference(series, DCM_ReferencedNonImageCompositeSOPInstanceSequence, "1.2.5");
  }
  new_item(step, DCM_PerformedSeriesSequence)->insertEmptyElement(DCM_ReferencedImageSequence);
  expect_same(step, {"N-CREATE", "N-SET"}, "1.2.840.10008.3.1.2.3.3", "a discontinued step");
}

TEST(DcmtkWritten, worklist_answers_tell_the_same) {
  DcmDataset answer;
  answer.putAndInsertString(DCM_AccessionNumber, "A1");
  answer.putAndInsertString(DCM_PatientID, "P1");
  answer.putAndInsertString(DCM_StudyInstanceUID, "1.2.840.1");
  for (const char* modality : {"CT", "MR", "CT"}) {
    DcmItem& step = *new_item(answer, DCM_ScheduledProcedureStepSequence);
    step.putAndInsertString(DCM_Modality, modality);
    step.putAndInsertString(DCM_ScheduledStationAETitle, "CT1\\CT2");
    step.putAndInsertString(DCM_ScheduledProcedureStepStatus, "SCHEDULED");
    new_item(step, DCM_ScheduledProtocolCodeSequence)->putAndInsertString(DCM_CodeValue, "T");
  }
  Comparison comparison;
  hold(answer, {"C-FIND", "1.2.840.10008.5.1.4.31", true}, "an answer of three steps", comparison);
  expect_equal(comparison);
}

}  // namespace
}  // namespace dcmwatch::oracle
