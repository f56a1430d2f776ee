// Prints what the decoder reads of message files, one line a field: file, field, value. For the comparison with other
// decoders.
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "protocol/hl7/message.h"
#include "protocol/hl7/mllp_framer.h"

namespace {

using namespace dcmwatch;
using namespace dcmwatch::hl7;

struct Printed {
  const char* name;
  Field field;
  unsigned component;
};

constexpr std::array kPrinted{
    Printed{"MSH.3.1", Field::sending_application, 1},
    Printed{"MSH.4.1", Field::sending_facility, 1},
    Printed{"MSH.5.1", Field::receiving_application, 1},
    Printed{"MSH.6.1", Field::receiving_facility, 1},
    Printed{"MSH.9.1", Field::message_type, 1},
    Printed{"MSH.9.2", Field::message_type, 2},
    Printed{"MSH.10.1", Field::control_id, 1},
    Printed{"MSH.11.1", Field::processing_id, 1},
    Printed{"MSH.12.1", Field::version_id, 1},
    Printed{"MSH.15.1", Field::accept_acknowledgement, 1},
    Printed{"MSH.16.1", Field::application_acknowledgement, 1},
    Printed{"MSH.18.1", Field::character_set, 1},
    Printed{"MSA.1.1", Field::acknowledgement_code, 1},
    Printed{"MSA.2.1", Field::acknowledged_control_id, 1},
    Printed{"PID.3.1", Field::patient_identifiers, 1},
    Printed{"MSH.7.1", Field::message_time, 1},
    Printed{"MSH.17.1", Field::country, 1},
    Printed{"SFT.1.1", Field::software_vendor, 1},
    Printed{"SFT.2.1", Field::software_version, 1},
    Printed{"SFT.3.1", Field::software_product, 1},
    Printed{"EVN.1.1", Field::event_type, 1},
    Printed{"EVN.2.1", Field::recorded, 1},
    Printed{"EVN.7.1", Field::event_facility, 1},
    Printed{"PID.2.1", Field::external_patient_id, 1},
    Printed{"PID.3.4", Field::patient_identifiers, 4},
    Printed{"PID.4.1", Field::alternate_patient_ids, 1},
    Printed{"PID.18.1", Field::account_number, 1},
    Printed{"DSC.1.1", Field::continued, 1},
    Printed{"PV1.19.1", Field::visit_number, 1},
};

struct PrintedOrder {
  const char* name;
  OrderField field;
};

constexpr std::array kPrintedOfOrders{
    PrintedOrder{"ORC.1.1", OrderField::control},         PrintedOrder{"ORC.2.1", OrderField::orc_placer},
    PrintedOrder{"ORC.3.1", OrderField::orc_filler},      PrintedOrder{"ORC.5.1", OrderField::status},
    PrintedOrder{"OBR.2.1", OrderField::obr_placer},      PrintedOrder{"OBR.3.1", OrderField::obr_filler},
    PrintedOrder{"OBR.18.1", OrderField::placer_field_1}, PrintedOrder{"OBR.25.1", OrderField::result_status},
    PrintedOrder{"IPC.1.1", OrderField::accession},
};

void print(const char* file, const Message& message) {
  std::string scratch;
  for (const Printed& printed : kPrinted) {
    const std::string_view value =
        unescape(message.component(printed.field, printed.component), message.delimiters, scratch);
    std::printf("%s\t%s\t%.*s\n", file, printed.name, static_cast<int>(value.size()), value.data());
  }
  // Their first order of the message: where its ORC and OBR are the message's first.
  if (message.orders.empty()) return;
  for (const PrintedOrder& printed : kPrintedOfOrders) {
    const std::string_view value =
        unescape(message.component_of(message.orders.front().raw(printed.field)), message.delimiters, scratch);
    std::printf("%s\t%s\t%.*s\n", file, printed.name, static_cast<int>(value.size()), value.data());
  }
}

void read(const char* file) {
  std::ifstream in{file, std::ios::binary};
  std::string stream{std::istreambuf_iterator<char>{in}, {}};
  stream = static_cast<char>(kStartBlock) + stream + static_cast<char>(kEndBlock) + static_cast<char>(kCarriageReturn);
  MllpFramer framer{stream.size(), false};
  framer.feed({}, as_bytes(stream));
  while (const auto unit = framer.next()) {
    const Block* block = std::get_if<Block>(&*unit);
    if (!block) continue;
    const auto decoded = decode_message(block->content, block->cut);
    if (const Message* message = std::get_if<Message>(&decoded)) {
      print(file, *message);
    } else {
      std::printf("%s\tmalformed\t\n", file);
    }
  }
}

}  // namespace

int main(int count, char** files) {
  for (int at = 1; at < count; ++at) read(files[at]);
}
