// A morning's small talk: short_associations HOST ECHO_PORT WORKLIST_PORT COUNT THREADS opens COUNT DICOM associations
// one after the other on each thread, two of three for a C-ECHO, one for a worklist C-FIND, each on a TCP connection of
// its own. Prints how many of either succeeded; exit status 1 unless all did.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/scu.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kModalities = 200;
constexpr int kPatients = 20;

struct Work {
  std::string host;
  Uint16 echo_port;
  Uint16 worklist_port;
  int count;
  std::atomic<int> next = 0;
  std::atomic<int> echoes = 0;
  std::atomic<int> finds = 0;
};

/// One association around one request; true if both went well.
template <typename Request>
bool associate(const Work& work, int number, Uint16 port, const char* peer, const char* sop_class, Request request) {
  DcmSCU scu;
  scu.setVerbosePCMode(OFFalse);
  scu.setAETitle(("MODALITY" + std::to_string(number % kModalities)).c_str());
  scu.setPeerAETitle(peer);
  scu.setPeerHostName(work.host.c_str());
  scu.setPeerPort(port);
  OFList<OFString> transfer_syntaxes;
  transfer_syntaxes.push_back(UID_LittleEndianExplicitTransferSyntax);
  transfer_syntaxes.push_back(UID_LittleEndianImplicitTransferSyntax);
  scu.addPresentationContext(sop_class, transfer_syntaxes);
  if (scu.initNetwork().bad() || scu.negotiateAssociation().bad()) return false;
  const bool answered = request(scu, scu.findPresentationContextID(sop_class, "")).good();
  return scu.releaseAssociation().good() && answered;
}

bool echo(const Work& work, int number) {
  return associate(work, number, work.echo_port, "STORAGE", UID_VerificationSOPClass,
                   [](DcmSCU& scu, T_ASC_PresentationContextID context) { return scu.sendECHORequest(context); });
}

bool find(const Work& work, int number) {
  const auto request = [number](DcmSCU& scu, T_ASC_PresentationContextID context) {
    DcmDataset query;
    query.putAndInsertString(DCM_PatientID, ("PID" + std::to_string(number % kPatients)).c_str());
    for (const DcmTagKey& wanted : {DCM_PatientName, DCM_AccessionNumber, DCM_StudyInstanceUID})
      query.putAndInsertString(wanted, "");
    DcmItem* step = nullptr;
    query.findOrCreateSequenceItem(DCM_ScheduledProcedureStepSequence, step, 0);
    for (const DcmTagKey& wanted : {DCM_Modality, DCM_ScheduledStationAETitle, DCM_ScheduledProcedureStepStartDate})
      step->putAndInsertString(wanted, "");
    OFList<QRResponse*> answers;
    const OFCondition result = scu.sendFINDRequest(context, &query, &answers);
    for (QRResponse* answer : answers) delete answer;
    return result;
  };
  return associate(work, number, work.worklist_port, "WORKLIST", UID_FINDModalityWorklistInformationModel, request);
}

void talk(Work& work) {
  for (int number; (number = work.next++) < work.count;) {
    if (number % 3 == 2)
      work.finds += find(work, number);
    else
      work.echoes += echo(work, number);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  OFLog::configure(OFLogger::FATAL_LOG_LEVEL);
  Work work{argv[1], static_cast<Uint16>(std::atoi(argv[2])), static_cast<Uint16>(std::atoi(argv[3])),
            std::atoi(argv[4])};
  std::vector<std::thread> threads;
  for (int left = std::atoi(argv[5]); left > 0; --left) threads.emplace_back(talk, std::ref(work));
  for (std::thread& thread : threads) thread.join();
  std::printf("%d %d\n", work.echoes.load(), work.finds.load());
  return work.echoes + work.finds == work.count ? 0 : 1;
}
