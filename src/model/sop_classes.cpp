#include "model/sop_classes.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "event/dicom_names.h"

namespace dcmwatch {
namespace {

constexpr FamilyMask bit(unsigned number) { return FamilyMask{1} << number; }

constexpr FamilyMask kVerification = bit(0), kImage = bit(1), kReport = bit(2), kPresentation = bit(3),
                     kWaveform = bit(4), kDocument = bit(5), kRadiotherapy = bit(6), kOtherStorage = bit(7),
                     kStudyRoot = bit(8), kPatientRoot = bit(9), kPatientStudyOnly = bit(10), kInstanceRoot = bit(11),
                     kOtherQuery = bit(12), kWorklist = bit(13), kPerformedStep = bit(14), kCommitment = bit(15),
                     kPrint = bit(16), kWorkitem = bit(17), kAvailability = bit(18);

constexpr std::array kFamilies{
    SopClassFamily{"storage", kImage | kReport | kPresentation | kWaveform | kDocument | kRadiotherapy | kOtherStorage,
                   "everything that a C-STORE may carry"},
    SopClassFamily{"query retrieve", kStudyRoot | kPatientRoot | kPatientStudyOnly | kInstanceRoot,
                   "C-FIND, C-MOVE and C-GET of every root"},
    SopClassFamily{"verification", kVerification, "C-ECHO; allowed wherever C-ECHO is"},
    SopClassFamily{"image storage", kImage, "images of every modality, secondary captures and RT images too"},
    SopClassFamily{"structured report storage", kReport, "SR documents, key objects, dose reports"},
    SopClassFamily{"presentation state storage", kPresentation, "GSPS and its relatives"},
    SopClassFamily{"waveform storage", kWaveform, "ECG, haemodynamics, audio"},
    SopClassFamily{"encapsulated document storage", kDocument, "PDF, CDA, STL and the like"},
    SopClassFamily{"radiotherapy storage", kRadiotherapy, "plans, structure sets, doses, records"},
    SopClassFamily{"other storage", kOtherStorage, "raw data, registrations, segmentations, measurements, protocols"},
    SopClassFamily{"study root query retrieve", kStudyRoot, "C-FIND, C-MOVE, C-GET"},
    SopClassFamily{"patient root query retrieve", kPatientRoot, "C-FIND, C-MOVE, C-GET"},
    SopClassFamily{"patient study only query retrieve", kPatientStudyOnly, "retired, still spoken"},
    SopClassFamily{"composite instance retrieve", kInstanceRoot, "C-MOVE and C-GET of single instances"},
    SopClassFamily{"other query", kOtherQuery, "hanging protocols, implants, relevant patient information"},
    SopClassFamily{"modality worklist", kWorklist, "what a modality is to do"},
    SopClassFamily{"modality performed procedure step", kPerformedStep, "what a modality did (MPPS)"},
    SopClassFamily{"storage commitment", kCommitment, "asks for, and reports, safe keeping"},
    SopClassFamily{"print management", kPrint, "film sessions, boxes, printers and their meta SOP classes"},
    SopClassFamily{"unified procedure step", kWorkitem, "workitems (UPS)"},
    SopClassFamily{"instance availability notification", kAvailability, "says what can be retrieved"},
};

struct SopClass {
  std::string_view uid;
  FamilyMask family;
};

// PS3.6 A, sorted as text, with those retired ones that equipment still speaks.
constexpr SopClass kSopClasses[] = {
    {"1.2.840.10008.1.1", kVerification},
    {"1.2.840.10008.1.20.1", kCommitment},
    {"1.2.840.10008.1.20.2", kCommitment},
    {"1.2.840.10008.3.1.2.3.3", kPerformedStep},
    {"1.2.840.10008.3.1.2.3.4", kPerformedStep},
    {"1.2.840.10008.3.1.2.3.5", kPerformedStep},
    {"1.2.840.10008.5.1.1.1", kPrint},
    {"1.2.840.10008.5.1.1.14", kPrint},
    {"1.2.840.10008.5.1.1.15", kPrint},
    {"1.2.840.10008.5.1.1.16", kPrint},
    {"1.2.840.10008.5.1.1.16.376", kPrint},
    {"1.2.840.10008.5.1.1.18", kPrint},
    {"1.2.840.10008.5.1.1.18.1", kPrint},
    {"1.2.840.10008.5.1.1.2", kPrint},
    {"1.2.840.10008.5.1.1.22", kPrint},
    {"1.2.840.10008.5.1.1.23", kPrint},
    {"1.2.840.10008.5.1.1.24.1", kPrint},
    {"1.2.840.10008.5.1.1.26", kPrint},
    {"1.2.840.10008.5.1.1.27", kPrint},
    {"1.2.840.10008.5.1.1.29", kImage},
    {"1.2.840.10008.5.1.1.30", kImage},
    {"1.2.840.10008.5.1.1.31", kPrint},
    {"1.2.840.10008.5.1.1.32", kPrint},
    {"1.2.840.10008.5.1.1.4", kPrint},
    {"1.2.840.10008.5.1.1.4.1", kPrint},
    {"1.2.840.10008.5.1.1.9", kPrint},
    {"1.2.840.10008.5.1.1.9.1", kPrint},
    {"1.2.840.10008.5.1.4.1.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.2.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.1.3.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.10", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.104.1", kDocument},
    {"1.2.840.10008.5.1.4.1.1.104.2", kDocument},
    {"1.2.840.10008.5.1.4.1.1.104.3", kDocument},
    {"1.2.840.10008.5.1.4.1.1.104.4", kDocument},
    {"1.2.840.10008.5.1.4.1.1.104.5", kDocument},
    {"1.2.840.10008.5.1.4.1.1.11", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.11.1", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.10", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.11", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.2", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.3", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.4", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.5", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.6", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.7", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.8", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.11.9", kPresentation},
    {"1.2.840.10008.5.1.4.1.1.12.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.12.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.12.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.12.2.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.12.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.128", kImage},
    {"1.2.840.10008.5.1.4.1.1.128.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.129", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.13.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.13.1.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.13.1.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.13.1.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.13.1.5", kImage},
    {"1.2.840.10008.5.1.4.1.1.130", kImage},
    {"1.2.840.10008.5.1.4.1.1.131", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.14.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.14.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.2.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.2.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.20", kImage},
    {"1.2.840.10008.5.1.4.1.1.200.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.200.2", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.200.3", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.200.4", kOtherQuery},
    {"1.2.840.10008.5.1.4.1.1.200.5", kOtherQuery},
    {"1.2.840.10008.5.1.4.1.1.200.6", kOtherQuery},
    {"1.2.840.10008.5.1.4.1.1.200.7", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.200.8", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.3.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.30", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.4.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.4.2", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.4.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.4.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.481.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.481.10", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.11", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.12", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.13", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.14", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.15", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.16", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.17", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.18", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.19", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.2", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.20", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.21", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.22", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.3", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.4", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.5", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.6", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.7", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.8", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.481.9", kRadiotherapy},
    {"1.2.840.10008.5.1.4.1.1.5", kImage},
    {"1.2.840.10008.5.1.4.1.1.6", kImage},
    {"1.2.840.10008.5.1.4.1.1.6.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.6.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.66", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.2", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.3", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.4", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.5", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.66.6", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.67", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.68.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.68.2", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.7", kImage},
    {"1.2.840.10008.5.1.4.1.1.7.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.7.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.7.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.7.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.1.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.2.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.3", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.4.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.1", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.2", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.3", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.4", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.5", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.6", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.7", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.8", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.77.1.6", kImage},
    {"1.2.840.10008.5.1.4.1.1.77.1.7", kImage},
    {"1.2.840.10008.5.1.4.1.1.78.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.2", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.3", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.4", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.5", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.6", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.7", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.78.8", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.79.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.8", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.80.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.81.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.82.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.88.11", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.22", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.33", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.34", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.35", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.40", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.50", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.59", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.65", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.67", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.68", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.69", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.70", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.71", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.72", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.73", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.74", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.75", kReport},
    {"1.2.840.10008.5.1.4.1.1.88.76", kReport},
    {"1.2.840.10008.5.1.4.1.1.9", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.1.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.1.2", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.1.3", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.2.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.3.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.4.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.4.2", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.5.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.6.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.6.2", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.7.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.7.2", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.7.3", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.7.4", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.9.8.1", kWaveform},
    {"1.2.840.10008.5.1.4.1.1.90.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.1.91.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.1.2.1.1", kPatientRoot},
    {"1.2.840.10008.5.1.4.1.2.1.2", kPatientRoot},
    {"1.2.840.10008.5.1.4.1.2.1.3", kPatientRoot},
    {"1.2.840.10008.5.1.4.1.2.2.1", kStudyRoot},
    {"1.2.840.10008.5.1.4.1.2.2.2", kStudyRoot},
    {"1.2.840.10008.5.1.4.1.2.2.3", kStudyRoot},
    {"1.2.840.10008.5.1.4.1.2.3.1", kPatientStudyOnly},
    {"1.2.840.10008.5.1.4.1.2.3.2", kPatientStudyOnly},
    {"1.2.840.10008.5.1.4.1.2.3.3", kPatientStudyOnly},
    {"1.2.840.10008.5.1.4.1.2.4.2", kInstanceRoot},
    {"1.2.840.10008.5.1.4.1.2.4.3", kInstanceRoot},
    {"1.2.840.10008.5.1.4.1.2.5.3", kInstanceRoot},
    {"1.2.840.10008.5.1.4.20.1", kOtherQuery},
    {"1.2.840.10008.5.1.4.20.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.20.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.31", kWorklist},
    {"1.2.840.10008.5.1.4.33", kAvailability},
    {"1.2.840.10008.5.1.4.34.10", kRadiotherapy},
    {"1.2.840.10008.5.1.4.34.6.1", kWorkitem},
    {"1.2.840.10008.5.1.4.34.6.2", kWorkitem},
    {"1.2.840.10008.5.1.4.34.6.3", kWorkitem},
    {"1.2.840.10008.5.1.4.34.6.4", kWorkitem},
    {"1.2.840.10008.5.1.4.34.6.5", kWorkitem},
    {"1.2.840.10008.5.1.4.34.7", kRadiotherapy},
    {"1.2.840.10008.5.1.4.37.1", kOtherQuery},
    {"1.2.840.10008.5.1.4.37.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.37.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.38.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.38.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.38.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.38.4", kOtherQuery},
    {"1.2.840.10008.5.1.4.39.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.39.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.39.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.39.4", kOtherQuery},
    {"1.2.840.10008.5.1.4.41", kOtherQuery},
    {"1.2.840.10008.5.1.4.42", kOtherQuery},
    {"1.2.840.10008.5.1.4.43.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.43.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.43.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.43.4", kOtherQuery},
    {"1.2.840.10008.5.1.4.44.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.44.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.44.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.44.4", kOtherQuery},
    {"1.2.840.10008.5.1.4.45.1", kOtherStorage},
    {"1.2.840.10008.5.1.4.45.2", kOtherQuery},
    {"1.2.840.10008.5.1.4.45.3", kOtherQuery},
    {"1.2.840.10008.5.1.4.45.4", kOtherQuery},
};

constexpr bool by_uid(const SopClass& one, const SopClass& other) { return one.uid < other.uid; }
static_assert(std::is_sorted(std::begin(kSopClasses), std::end(kSopClasses), by_uid));

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::string folded(std::string_view name) {
  std::string text{name};
  std::ranges::transform(text, text.begin(), lower);
  return text;
}

std::string_view without_suffix(std::string_view name) {
  constexpr std::string_view kSuffix = " sop class";
  const bool ends_so = name.size() > kSuffix.size() && same_name(name.substr(name.size() - kSuffix.size()), kSuffix);
  return ends_so ? name.substr(0, name.size() - kSuffix.size()) : name;
}

}  // namespace

std::span<const SopClassFamily> sop_class_families() { return kFamilies; }

FamilyMask family_of(std::string_view sop_class_uid) {
  const auto* const found =
      std::lower_bound(std::begin(kSopClasses), std::end(kSopClasses), SopClass{sop_class_uid, 0}, by_uid);
  return found != std::end(kSopClasses) && found->uid == sop_class_uid ? found->family : 0;
}

std::optional<FamilyMask> family_from(std::string_view name) {
  for (const SopClassFamily& family : kFamilies) {
    if (same_name(family.name, name)) return family.mask;
  }
  return std::nullopt;
}

std::string_view sop_class_uid_from(std::string_view name) {
  static const std::unordered_map<std::string, std::string_view> kByName = [] {
    std::unordered_map<std::string, std::string_view> uids;
    // A retired class may bear the name of its successor, which sorts after it.
    for (const SopClass& sop_class : kSopClasses)
      uids[folded(without_suffix(dicom_uid_name(sop_class.uid)))] = sop_class.uid;
    return uids;
  }();
  const auto found = kByName.find(folded(without_suffix(name)));
  return found == kByName.end() ? std::string_view{} : found->second;
}

std::vector<std::string_view> sop_class_names() {
  std::vector<std::string_view> names;
  for (const SopClass& sop_class : kSopClasses) names.push_back(without_suffix(dicom_uid_name(sop_class.uid)));
  return names;
}

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  bool in_component = false;
  for (const char c : text) {
    if (c == '.' && !in_component) return false;
    if (c != '.' && (c < '0' || c > '9')) return false;
    in_component = c != '.';
  }
  return in_component && text.find('.') != std::string_view::npos;
}

std::vector<std::string_view> family_names(FamilyMask mask) {
  std::vector<std::string_view> names;
  for (const SopClassFamily& family : kFamilies) {
    if ((mask & family.mask) != family.mask) continue;
    names.push_back(family.name);
    mask &= ~family.mask;
  }
  return names;
}

}  // namespace dcmwatch
