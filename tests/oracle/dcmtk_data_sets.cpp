#include "dcmtk_data_sets.h"

#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcvrda.h>
#include <dcmtk/ofstd/ofstd.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <stdexcept>

#include "base/limits.h"
#include "event/dicom_content.h"
#include "event/dicom_names.h"

namespace dcmwatch::oracle {
namespace {

std::string pseudonym(IdentifierKind kind, std::string_view identifier) {
  return std::string{pseudonymizer().pseudonym(kind, identifier).text()};
}

/// None if the sequence is not there.
std::vector<DcmItem*> items_of(DcmItem& item, const DcmTagKey& tag) {
  DcmSequenceOfItems* sequence = nullptr;
  if (item.findAndGetSequence(tag, sequence).bad()) return {};
  std::vector<DcmItem*> items;
  for (unsigned long i = 0; i < sequence->card(); ++i) items.push_back(sequence->getItem(i));
  return items;
}

/// A text of a data set as a field.
struct TextField {
  const char* path;
  DcmTagKey tag;
};
const TextField kObjectTexts[]{{"dicom.object.sop_class_uid", DCM_SOPClassUID},
                               {"dicom.object.modality", DCM_Modality},
                               {"dicom.object.station_name", DCM_StationName},
                               {"dicom.object.manufacturer", DCM_Manufacturer},
                               {"dicom.object.model", DCM_ManufacturerModelName},
                               {"dicom.object.software_versions", DCM_SoftwareVersions},
                               {"dicom.object.institution", DCM_InstitutionName},
                               {"dicom.object.character_set", DCM_SpecificCharacterSet},
                               {"dicom.object.rows", DCM_Rows},
                               {"dicom.object.columns", DCM_Columns},
                               {"dicom.object.frames", DCM_NumberOfFrames},
                               {"dicom.object.document_type", DCM_MIMETypeOfEncapsulatedDocument}};
/// "YES" or "NO" as a field.
const TextField kObjectFlags[]{{"dicom.object.burned_in_annotation", DCM_BurnedInAnnotation},
                               {"dicom.object.deidentified", DCM_PatientIdentityRemoved}};
const TextField kStepTexts[]{{"dicom.step.status", DCM_PerformedProcedureStepStatus},
                             {"dicom.step.modality", DCM_Modality},
                             {"dicom.step.station_ae", DCM_PerformedStationAETitle}};
const TextField kScheduledTexts[]{{"dicom.worklist.modalities", DCM_Modality},
                                  {"dicom.worklist.stations", DCM_ScheduledStationAETitle},
                                  {"dicom.worklist.statuses", DCM_ScheduledProcedureStepStatus}};

/// An identifier as its pseudonym.
struct Identifying {
  const char* path;
  DcmTagKey tag;
  IdentifierKind kind;
};
const Identifying kSeries{"dicom.object.series", DCM_SeriesInstanceUID, IdentifierKind::series_uid};
const Identifying kInstance{"dicom.instance", DCM_SOPInstanceUID, IdentifierKind::instance_uid};
const Identifying kStudy{"dicom.study", DCM_StudyInstanceUID, IdentifierKind::study_uid};
const Identifying kPatient{"patient.pseudonym", DCM_PatientID, IdentifierKind::patient_id};
const Identifying kAccession{"order.accession", DCM_AccessionNumber, IdentifierKind::accession_number};

// Of HL7's CX, the identifier itself (HL7 v2 2.A.14).
std::string identifier_of(DcmItem& item, const DcmTagKey& tag) {
  const std::string text = text_of(item, tag);
  return text.substr(0, text.find('^'));
}

void put(Account& account, const Identifying& identifying, DcmItem& item) {
  put_pseudonym(account, identifying.path, identifying.kind, identifier_of(item, identifying.tag));
}

void tell_object(Account& account, DcmItem& object) {
  for (const TextField& text : kObjectTexts) put_unless_empty(account, text.path, text_of(object, text.tag));
  for (const Identifying& identifying : {kStudy, kSeries, kPatient, kAccession}) put(account, identifying, object);
  for (const TextField& flag : kObjectFlags) {
    const std::string value = text_of(object, flag.tag);
    if (!value.empty()) account[flag.path] = value == "YES" ? "true" : "false";
  }
}

/// The keys of a query's identifier, in the order in which they come.
class Query {
 public:
  void read(DcmItem& identifier) { read_item(identifier, true); }

  void tell(Account& account) const {
    put_unless_empty(account, "dicom.query.matched", fmt::format("{}", fmt::join(matched_, ", ")));
    put_unless_empty(account, "dicom.query.wildcards", fmt::format("{}", fmt::join(wildcards_, ", ")));
    put_unless_empty(account, "dicom.query.returned", fmt::format("{}", fmt::join(returned_, ", ")));
    if (not_told_ != 0) account["dicom.query.keys_not_told"] = std::to_string(not_told_);
    if (days_ != 0) account["dicom.query.date_range_days"] = std::to_string(days_);
    if (open_range_) account["dicom.query.open_date_range"] = "true";
  }

  /// PS3.4 C.2.2.2.3.
  static bool is_universal(const std::string& value) { return value.empty() || value == "*"; }

  /// PS3.4 C.2.2.2.4: values of these may be patterns; and those of UIDs, which have no such character, of whoever
  /// writes one.
  static bool is_pattern(const DcmElement& key, const std::string& value) {
    constexpr std::array kOfPatterns{EVR_AE, EVR_CS, EVR_LO, EVR_LT, EVR_PN, EVR_SH, EVR_ST, EVR_UC, EVR_UI, EVR_UT};
    return std::ranges::find(kOfPatterns, key.getVR()) != kOfPatterns.end() &&
           value.find_first_of("*?") != std::string::npos;
  }

  static std::string value_of(DcmElement& key) {
    OFString value;
    key.getOFStringArray(value);
    return std::string{normalised({value.data(), value.size()})};
  }

  /// PS3.4 C.4.1.1.3.1: they say how the others are to be read.
  static bool is_no_key(const DcmTagKey& tag) {
    return tag == DCM_SpecificCharacterSet || tag == DCM_QueryRetrieveLevel || tag == DCM_QueryRetrieveView ||
           tag == DCM_TimezoneOffsetFromUTC;
  }

 private:
  void read_item(DcmItem& item, bool is_top) {
    for (unsigned long i = 0; i < item.card(); ++i) {
      DcmElement& key = *item.getElement(i);
      if (key.getETag() == 0 || (is_top && is_no_key(key.getTag()))) continue;
      auto* sequence = dynamic_cast<DcmSequenceOfItems*>(&key);
      if (sequence == nullptr) {
        read_key(key);
      } else if (is_universal(*sequence)) {
        add(returned_, key);
      } else {
        for (unsigned long nested = 0; nested < sequence->card(); ++nested)
          read_item(*sequence->getItem(nested), false);
      }
    }
  }

  // PS3.4 C.2.2.2.6: no item, or none with a key.
  static bool is_universal(DcmSequenceOfItems& sequence) {
    for (unsigned long i = 0; i < sequence.card(); ++i)
      if (sequence.getItem(i)->card() != 0) return false;
    return true;
  }

  void read_key(DcmElement& key) {
    const std::string value = value_of(key);
    add(is_universal(value) ? returned_ : matched_, key);
    if (is_universal(value)) return;
    if (is_pattern(key, value)) wildcards_.push_back(name_of(key));
    if (key.getVR() == EVR_DA && key.getTag() != DCM_PatientBirthDate) read_dates(value);
  }

  void add(std::vector<std::string>& keys, const DcmElement& key) {
    if (matched_.size() + returned_.size() < Limits{}.dicom_query_keys) {
      keys.push_back(name_of(key));
    } else {
      ++not_told_;
    }
  }

  // That these are DCMTK's names is tests/event's to show.
  static std::string name_of(const DcmElement& key) {
    return std::string{dicom_tag_name(std::uint32_t{key.getGTag()} << 16U | key.getETag())};
  }

  // PS3.4 C.2.2.2.5.
  void read_dates(const std::string& value) {
    const std::size_t dash = value.find('-');
    const std::string first = value.substr(0, dash), last = dash == std::string::npos ? first : value.substr(dash + 1);
    if (first.empty() || last.empty()) {
      open_range_ = true;
    } else {
      days_ = std::max(days_, static_cast<long>((day_of(last) - day_of(first)).count()) + 1);
    }
  }

  static std::chrono::sys_days day_of(const std::string& text) {
    OFDate date;
    if (DcmDate::getOFDateFromString(text.c_str(), date).bad()) throw std::runtime_error("no date: " + text);
    return std::chrono::year{static_cast<int>(date.getYear())} / static_cast<int>(date.getMonth()) /
           static_cast<int>(date.getDay());
  }

  std::vector<std::string> matched_, wildcards_, returned_;
  std::size_t not_told_ = 0;
  long days_ = 0;  ///< of the widest range
  bool open_range_ = false;
};

/// How many values are listed of a key at the top; none if all or a pattern is asked for.
unsigned long listed(DcmItem& identifier, const DcmTagKey& tag) {
  DcmElement* key = nullptr;
  if (identifier.findAndGetElement(tag, key).bad()) return 0;
  const std::string value = Query::value_of(*key);
  return Query::is_universal(value) || Query::is_pattern(*key, value) ? 0 : key->getVM();
}

/// PS3.4 C.6.1: the key that is unique at a level.
struct Level {
  std::string_view name;
  DcmTagKey unique_key;
};
const Level kLevels[]{{"PATIENT", DCM_PatientID},
                      {"STUDY", DCM_StudyInstanceUID},
                      {"SERIES", DCM_SeriesInstanceUID},
                      {"IMAGE", DCM_SOPInstanceUID}};
bool is_known(std::string_view level) {
  return std::ranges::any_of(kLevels, [&](const Level& known) { return known.name == level; });
}

void tell_query(Account& account, DcmItem& identifier) {
  Query query;
  query.read(identifier);
  query.tell(account);
  OFString written = text_of(identifier, DCM_QueryRetrieveLevel).c_str();
  OFStandard::toUpper(written);  // it is meant, whatever its letters
  const std::string_view level{written.data(), written.size()};
  put_unless_empty(account, "dicom.query_level", level);
  for (const Level& known : kLevels) {
    if (known.name != level) continue;
    if (const unsigned long keys = listed(identifier, known.unique_key); keys != 0)
      account["dicom.query.unique_keys"] = std::to_string(keys);
  }
}

/// Whether it names any.
bool tell_studies(Account& account, DcmItem& identifier) {
  const unsigned long studies = listed(identifier, kStudy.tag);
  DcmElement* uids = nullptr;
  if (studies == 0 || identifier.findAndGetElement(kStudy.tag, uids).bad()) return false;
  for (unsigned long i = 0; i < studies; ++i) {
    OFString uid;
    uids->getOFString(uid, i);
    put_once(account, "dicom.query.studies", pseudonym(kStudy.kind, {uid.data(), uid.size()}));
  }
  return true;
}

// What is looked through is named if it is one study.
void tell_find(Account& account, DcmItem& identifier) {
  tell_query(account, identifier);
  const std::string level{value_of(account, "dicom.query_level")};
  if (level != "STUDY" && level != "SERIES" && level != "IMAGE") return;
  if (listed(identifier, kStudy.tag) == 1) put(account, kStudy, identifier);
  if (!tell_studies(account, identifier) && level != "STUDY") account["dicom.query.names_no_study"] = "true";
}

// Of patients and studies, but at no level of theirs: whatever the archive takes it for.
void tell_find_at_no_level(Account& account, DcmItem& identifier) {
  if (is_known(value_of(account, "dicom.query_level"))) return;
  if (listed(identifier, kStudy.tag) == 1) put(account, kStudy, identifier);
  tell_studies(account, identifier);
}

// All of a retrieval's identifiers as one, if it has no other keys.
void tell_identifiers(Account& account, DcmItem& identifier) {
  const std::array kTold{kPatient, kAccession, kStudy, kSeries, kInstance};
  std::uint64_t first = 0, last = 0;
  for (unsigned long i = 0; i < identifier.card(); ++i) {
    DcmElement& key = *identifier.getElement(i);
    const std::string value = Query::value_of(key);
    if (key.getETag() == 0 || Query::is_no_key(key.getTag()) || Query::is_universal(value)) continue;
    const auto* told = std::ranges::find(kTold, DcmTagKey{key.getTag()}, &Identifying::tag);
    if (told == kTold.end() || Query::is_pattern(key, value)) return;
    const bool is_list = key.getVR() == EVR_UI;  // a text's backslash is its own
    for (unsigned long n = 0; n < (is_list ? key.getVM() : 1); ++n) {
      OFString one;
      key.getOFString(one, n);
      const auto [front, back] =
          pseudonymizer().pseudonym(told->kind, is_list ? std::string_view{one.data(), one.size()} : value).words();
      first += front;
      last += back;
    }
  }
  put_unless_empty(account, "dicom.query.identifiers", Pseudonym{first, last}.text());
}

// What is sent is named if it is one.
void tell_retrieval(Account& account, DcmItem& identifier) {
  tell_query(account, identifier);
  tell_identifiers(account, identifier);
  for (const Identifying& identifying : {kPatient, kStudy, kInstance})
    if (listed(identifier, identifying.tag) == 1) put(account, identifying, identifier);
  const bool names_studies = tell_studies(account, identifier);
  const std::string level{value_of(account, "dicom.query_level")};
  const bool names_none = level == "PATIENT" ? listed(identifier, kPatient.tag) != 1 : !names_studies;
  if (names_none && is_known(level)) account["dicom.query.names_no_study"] = "true";
}

// Of patients and studies, but at no level of theirs.
void tell_retrieval_at_no_level(Account& account, DcmItem& identifier) {
  if (!is_known(value_of(account, "dicom.query_level")) && listed(identifier, kStudy.tag) == 0)
    account["dicom.query.names_no_study"] = "true";
}

std::string scheduled_step(DcmItem& order, DcmItem& patient) {
  return fmt::format("{}/{}/{}", pseudonym(kAccession.kind, identifier_of(order, kAccession.tag)),
                     pseudonym(kPatient.kind, identifier_of(patient, kPatient.tag)),
                     pseudonym(kStudy.kind, text_of(order, kStudy.tag)));
}

// That no step is told of is an entry as well.
void tell_worklist_answer(Account& account, DcmItem& answer) {
  put_once(account, kScheduledSteps, scheduled_step(answer, answer));
  for (DcmItem* step : items_of(answer, DCM_ScheduledProcedureStepSequence))
    for (const TextField& text : kScheduledTexts) put_once(account, text.path, text_of(*step, text.tag));
}

/// The instances that a sequence's items reference, in the order of their pseudonyms.
class Instances {
 public:
  void add(DcmItem& referencing) {
    const std::string uid = text_of(referencing, DCM_ReferencedSOPInstanceUID);
    if (!uid.empty()) prints_.insert(print_of(pseudonymizer().pseudonym(IdentifierKind::instance_uid, uid)));
  }
  void tell(Account& account, std::string_view path) const {
    put_unless_empty(account, path, fmt::format("{:016x}", fmt::join(prints_, ", ")));
  }

 private:
  std::set<InstancePrint> prints_;
};

void tell_commitment(Account& account, DcmItem& commitment) {
  put_pseudonym(account, "dicom.commitment.transaction", IdentifierKind::transaction_uid,
                text_of(commitment, DCM_TransactionUID));
  const std::vector<DcmItem*> referenced = items_of(commitment, DCM_ReferencedSOPSequence);
  const std::vector<DcmItem*> failed = items_of(commitment, DCM_FailedSOPSequence);
  account["dicom.commitment.referenced"] = std::to_string(referenced.size());
  account["dicom.commitment.failed"] = std::to_string(failed.size());
  Instances instances, failed_instances;
  for (DcmItem* item : referenced) instances.add(*item);
  for (DcmItem* item : failed) {
    failed_instances.add(*item);
    if (const auto reason = number_of(*item, DCM_FailureReason))
      put_once(account, "dicom.commitment.failure_reasons", fmt::format("{:04X}", *reason));
  }
  instances.tell(account, kReferencedInstances);
  failed_instances.tell(account, kFailedInstances);
}

void tell_step(Account& account, DcmItem& step) {
  for (const TextField& text : kStepTexts) put_unless_empty(account, text.path, text_of(step, text.tag));
  for (DcmItem* reason : items_of(step, DCM_PerformedProcedureStepDiscontinuationReasonCodeSequence))
    put_unless_empty(account, "dicom.step.discontinuation_reason", text_of(*reason, DCM_CodeValue));
  put(account, kPatient, step);
  const std::vector<DcmItem*> scheduled = items_of(step, DCM_ScheduledStepAttributesSequence);
  for (DcmItem* order : scheduled) put_once(account, kScheduledSteps, scheduled_step(*order, step));
  if (!scheduled.empty()) {
    put(account, kStudy, *scheduled.front());
    put(account, kAccession, *scheduled.front());
  }
  const std::vector<DcmItem*> series = items_of(step, DCM_PerformedSeriesSequence);
  Instances instances;
  std::size_t images = 0;
  for (DcmItem* one : series) {
    for (const DcmTagKey& list : {DCM_ReferencedImageSequence, DCM_ReferencedNonImageCompositeSOPInstanceSequence}) {
      for (DcmItem* referencing : items_of(*one, list)) {
        instances.add(*referencing);
        ++images;
      }
    }
  }
  account["dicom.step.series"] = std::to_string(series.size());
  account["dicom.step.images"] = std::to_string(images);
  instances.tell(account, kReferencedInstances);
}

/// What is told of a kind of message; an empty SOP class stands for all.
struct Telling {
  std::string_view command;
  std::string_view sop_class_uid;
  bool is_response;
  void (*tell)(Account&, DcmItem&);
};
constexpr std::string_view kWorklist = "1.2.840.10008.5.1.4.31";
constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
constexpr std::string_view kPerformedStep = "1.2.840.10008.3.1.2.3.3";
constexpr auto kAtNoLevel = tell_retrieval_at_no_level;
constexpr auto kFindAtNoLevel = tell_find_at_no_level;
constexpr std::array kTellings{
    Telling{"C-STORE", "", false, tell_object},
    Telling{"C-FIND", "", false, tell_find},
    Telling{"C-FIND", UID_FINDPatientRootQueryRetrieveInformationModel, false, kFindAtNoLevel},
    Telling{"C-FIND", UID_FINDStudyRootQueryRetrieveInformationModel, false, kFindAtNoLevel},
    Telling{"C-GET", "", false, tell_retrieval},
    Telling{"C-MOVE", "", false, tell_retrieval},
    Telling{"C-GET", UID_GETPatientRootQueryRetrieveInformationModel, false, kAtNoLevel},
    Telling{"C-GET", UID_GETStudyRootQueryRetrieveInformationModel, false, kAtNoLevel},
    Telling{"C-MOVE", UID_MOVEPatientRootQueryRetrieveInformationModel, false, kAtNoLevel},
    Telling{"C-MOVE", UID_MOVEStudyRootQueryRetrieveInformationModel, false, kAtNoLevel},
    Telling{"C-FIND", kWorklist, true, tell_worklist_answer},
    Telling{"N-ACTION", kCommitment, false, tell_commitment},
    Telling{"N-EVENT-REPORT", kCommitment, false, tell_commitment},
    Telling{"N-CREATE", kPerformedStep, false, tell_step},
    Telling{"N-SET", kPerformedStep, false, tell_step}};

}  // namespace

DataSet::DataSet(const std::string& bytes, E_TransferSyntax syntax, std::string_view what) {
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  data_set_.transferInit();
  const OFCondition condition = data_set_.read(stream, syntax, EGL_noChange);
  data_set_.transferEnd();
  if (condition.bad()) throw std::runtime_error(fmt::format("{}: {}", what, condition.text()));
}

std::string text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFString(tag, value);
  return std::string{normalised({value.data(), value.size()})};
}

std::optional<std::uint32_t> number_of(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  if (item.findAndGetUint16(tag, value).bad()) return std::nullopt;
  return value;
}

unsigned long values_of(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  return item.findAndGetElement(tag, element).good() ? element->getVM() : 0;
}

void put_unless_empty(Account& account, std::string_view path, std::string_view value) {
  if (!value.empty()) account.insert_or_assign(std::string{path}, std::string{value});
}

void put_pseudonym(Account& account, std::string_view path, IdentifierKind kind, std::string_view identifier) {
  put_unless_empty(account, path, pseudonym(kind, identifier));
}

void tell_data_set(Account& account, DcmItem& data_set, const MessageKind& kind) {
  for (const Telling& telling : kTellings)
    if (telling.command == kind.command && telling.is_response == kind.is_response &&
        (telling.sop_class_uid.empty() || telling.sop_class_uid == kind.sop_class_uid))
      telling.tell(account, data_set);
}

}  // namespace dcmwatch::oracle
