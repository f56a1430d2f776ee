// Real peers' bytes (tests/protocol/dicom/recorded), held against what the peers themselves logged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dicom/session.h"

namespace dcmwatch::test {
namespace {

struct Recorded {
  std::string name;
  std::vector<std::string> ends;  ///< what was told at the end of each operation and association
};

const std::vector<Recorded>& all_recorded() {
  static const std::vector<Recorded> kAll{
      {"echo",
       {
           "dicom.operation end C-ECHO 1/1 opener WS1>PACS class=1.2.840.10008.1.1 patient=0 study=0 accession=0 "
           "instance=0 bytes=0+0 status=0000",
           "dicom.association end WS1>PACS accepted=yes contexts=1/1 end=released operations=1 data=0+0",
       }},
      {"find",
       {
           "dicom.operation end C-FIND 1/1 opener WS1>PACS class=1.2.840.10008.5.1.4.1.2.2.1 level=STUDY pending=4 "
           "patient=0 study=0 accession=0 instance=0 bytes=54+568 status=0000",
           "dicom.association end WS1>PACS accepted=yes contexts=1/1 end=released operations=1 data=54+568",
       }},
      {"find-gdcm",
       {
           "dicom.operation end C-FIND 1/1 opener WS2>PACS class=1.2.840.10008.5.1.4.1.2.2.1 level=STUDY pending=4 "
           "patient=0 study=0 accession=0 instance=0 bytes=50+360 status=0000",
           "dicom.association end WS2>PACS accepted=yes contexts=1/1 end=released operations=1 data=50+360",
       }},
      {"move",
       {
           "dicom.operation end C-MOVE 3/1 opener WS1>PACS class=1.2.840.10008.5.1.4.1.2.2.2 level=STUDY to=WS1 "
           "pending=5 sub=-,6,0,0 patient=0 study=1 accession=0 instance=0 bytes=38+0 status=0000",
           "dicom.association end WS1>PACS accepted=yes contexts=2/2 end=released operations=1 data=38+0",
       }},
      {"get",
       {
           "dicom.operation end C-STORE 159/1 acceptor ME>QR class=1.2.840.10008.5.1.4.1.1.7 patient=1 study=1 "
           "accession=1 instance=1 bytes=234+0 status=0000",
           "dicom.operation end C-STORE 159/2 acceptor ME>QR class=1.2.840.10008.5.1.4.1.1.7 patient=1 study=1 "
           "accession=1 instance=1 bytes=234+0 status=0000",
           "dicom.operation end C-GET 1/1 opener ME>QR class=1.2.840.10008.5.1.4.1.2.2.3 level=STUDY pending=2 "
           "sub=-,2,0,0 patient=0 study=1 accession=0 instance=0 bytes=36+0 status=0000",
           "dicom.association end ME>QR accepted=yes contexts=121/121 end=released operations=3 data=36+468",
       }},
      {"reject",
       {
           "dicom.association end WS1>WRONG accepted=no contexts=0/1 rejection=117 end=rejected operations=0 data=0+0",
       }},
      {"abort",
       {
           "dicom.operation end C-ECHO 1/1 opener WS1>PACS class=1.2.840.10008.1.1 patient=0 study=0 accession=0 "
           "instance=0 bytes=0+0 status=0000",
           "dicom.association end WS1>PACS accepted=yes contexts=1/1 abort=00 by opener end=aborted operations=1 "
           "data=0+0",
       }},
      {"performed-step",
       {
           "dicom.operation end N-CREATE 1/1 opener CT1>RIS class=1.2.840.10008.3.1.2.3.3 patient=1 study=1 "
           "accession=1 instance=1 bytes=204+0 status=0000",
           "dicom.association end CT1>RIS accepted=yes contexts=1/1 end=released operations=1 data=204+0",
       }},
      {"commitment",
       {
           "dicom.operation end N-ACTION 1/1 opener CT1>PACS class=1.2.840.10008.1.20.1 patient=0 study=0 accession=0 "
           "instance=1 bytes=502+0 status=0000",
           "dicom.association end CT1>PACS accepted=yes contexts=1/1 end=released operations=1 data=502+0",
       }},
      {"print",
       {
           "dicom.operation end N-GET 1/1 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.16 patient=0 study=0 accession=0 "
           "instance=1 bytes=0+28 status=0000",
           "dicom.operation end N-CREATE 3/2 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.23 patient=0 study=0 "
           "accession=0 instance=1 bytes=16+16 status=0000",
           "dicom.operation end N-CREATE 1/3 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+116 status=0000",
           "dicom.operation end N-CREATE 1/4 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.2 patient=0 study=0 "
           "accession=0 instance=1 bytes=264+440 status=0000",
           "dicom.operation end N-SET 1/5 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.4 patient=0 study=0 accession=0 "
           "instance=1 bytes=2180+10 status=0000",
           "dicom.operation end N-ACTION 1/6 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.2 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+0 status=0000",
           "dicom.operation end N-DELETE 1/7 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.2 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+0 status=0000",
           "dicom.operation end N-DELETE 1/8 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+0 status=0000",
           "dicom.operation end N-DELETE 3/9 opener WS1>PRINT1 class=1.2.840.10008.5.1.1.23 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+0 status=0000",
           "dicom.association end WS1>PRINT1 accepted=yes contexts=2/2 end=released operations=9 data=2460+610",
       }},
      {"procedure-step",
       {
           "dicom.operation end N-CREATE 1/1 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=92+0 status=0000",
           "dicom.operation end N-ACTION 3/2 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=26+0 status=0000",
           "dicom.operation end N-ACTION 5/3 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=46+0 status=0000",
           "dicom.operation end N-GET 5/4 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=0+38 status=0000",
           "dicom.operation end N-SET 5/5 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=68+0 status=0000",
           "dicom.operation end N-ACTION 5/6 opener WS2>US1 class=1.2.840.10008.5.1.4.34.6.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=44+0 status=0000",
           "dicom.association end WS2>US1 accepted=yes contexts=3/3 end=released operations=6 data=276+38",
       }},
      {"commitment-report",
       {
           "dicom.operation end N-ACTION 1/1 opener CT1>US1 class=1.2.840.10008.1.20.1 patient=0 study=0 accession=0 "
           "instance=1 bytes=346+0 status=0000",
           "dicom.operation end N-EVENT-REPORT 1/1 acceptor CT1>US1 class=1.2.840.10008.1.20.1 patient=0 study=0 "
           "accession=0 instance=1 bytes=382+0 status=0000",
           "dicom.association end CT1>US1 accepted=yes contexts=1/1 end=released operations=2 data=346+382",
       }},
      {"performed-step-refused",
       {
           "dicom.operation end N-CREATE 1/1 opener CT1>US1 class=1.2.840.10008.3.1.2.3.3 patient=1 study=1 "
           "accession=1 instance=1 bytes=242+0 status=0110",
           "dicom.operation end N-SET 1/2 opener CT1>US1 class=1.2.840.10008.3.1.2.3.3 patient=0 study=0 accession=0 "
           "instance=1 bytes=642+0 status=0110",
           "dicom.association end CT1>US1 accepted=yes contexts=1/1 end=released operations=2 data=884+0",
       }},
  };
  return kAll;
}

TEST(DicomRecorded, TellsWhatThePeersLogged) {
  for (const Recorded& recorded_session : all_recorded()) {
    Wire wire;
    play(wire, recorded(recorded_session.name));
    wire.close();
    std::vector<std::string> ends;
    for (const Event& event : wire.events()) {
      EXPECT_FALSE(std::holds_alternative<Violation>(event.facts)) << recorded_session.name << ": " << describe(event);
      if (event.phase == Phase::end) ends.push_back(describe(event));
    }
    EXPECT_EQ(ends, recorded_session.ends) << recorded_session.name;
  }
}

}  // namespace
}  // namespace dcmwatch::test
