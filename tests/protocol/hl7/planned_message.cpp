#include "planned_message.h"

#include "base/limits.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace dcmwatch::test {
namespace {

using Letters = std::vector<std::string_view>;

/// How a sender writes: MSH-18, iconv's name of it, and letters of it beyond ASCII. Some of the Chinese ones end with
/// bytes that are delimiters.
struct Writing {
  std::string_view msh_18;
  std::string_view told;
  const char* encoding;
  Letters letters;
};

const std::array kWritings{
    Writing{"", "", "ASCII", {}},
    Writing{"ASCII", "ASCII", "ASCII", {}},
    Writing{"8859/1", "8859/1", "ISO-8859-1", {"Ä", "ö", "ß", "é"}},
    Writing{"8859/2", "8859/2", "ISO-8859-2", {"ł", "Ő", "č"}},
    Writing{"8859/3", "8859/3", "ISO-8859-3", {"Ħ", "ġ"}},
    Writing{"8859/4", "8859/4", "ISO-8859-4", {"ķ", "Ų"}},
    Writing{"8859/5", "8859/5", "ISO-8859-5", {"Ж", "д"}},
    Writing{"8859/6", "8859/6", "ISO-8859-6", {"ع", "ش"}},
    Writing{"8859/7", "8859/7", "ISO-8859-7", {"Ω", "λ", "ή"}},
    Writing{"8859/8", "8859/8", "ISO-8859-8", {"ש", "ם"}},
    Writing{"8859/9", "8859/9", "ISO-8859-9", {"ğ", "İ", "ı"}},
    Writing{"8859/15", "8859/15", "ISO-8859-15", {"€", "œ", "ž"}},
    Writing{"UNICODE UTF-8", "UNICODE UTF-8", "UTF-8", {"Ä", "漢", "字", "😀"}},
    Writing{"BIG-5", "BIG-5", "BIG5", {"許", "功", "蓋", "漢"}},
    Writing{"GB 18030-2000", "GB 18030-2000", "GB18030", {"漢", "字", "丂", "俓"}},
    Writing{"KS X 1001", "KS X 1001", "EUC-KR", {"한", "글"}},
    Writing{"CNS 11643-1992", "CNS 11643-1992", "EUC-TW", {"許", "功", "漢"}},
    Writing{"JIS X 0202", "JIS X 0202", "ISO-2022-JP", {"漢", "カ", "山"}},
    Writing{"JAS2020", "JAS2020", "ISO-2022-JP", {"漢", "ひ"}},
    Writing{"UNICODE", "UNICODE", "UTF-8", {"é", "漢"}},
    Writing{"~ISO IR87", "", "ISO-2022-JP", {"漢", "字", "山"}},
};

// To make one takes longer than to write a word with it: they are kept as long as the tests run.
iconv_t conversion_to(const char* encoding) {
  static auto& conversions = *new std::map<std::string_view, iconv_t>;
  const auto [found, added] = conversions.try_emplace(encoding);
  if (added) found->second = iconv_open(encoding, "UTF-8");
  return found->second;
}

std::string encoded(const char* encoding, std::string_view utf8) {
  const bool is_ascii = std::ranges::all_of(utf8, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii) return std::string{utf8};
  const iconv_t conversion = conversion_to(encoding);
  std::string from{utf8};
  std::string to(utf8.size() * 4 + 16, '\0');
  char* in = from.data();
  char* out = to.data();
  std::size_t left = from.size();
  std::size_t room = to.size();
  const bool fits = iconv(conversion, &in, &left, &out, &room) != static_cast<std::size_t>(-1) &&
                    iconv(conversion, nullptr, nullptr, &out, &room) != static_cast<std::size_t>(-1);
  if (!fits) throw std::logic_error{"a letter that the character set does not have"};
  to.resize(to.size() - room);
  return to;
}

/// A field, or a component of one: what it means.
using Meaning = std::string;
using Components = std::vector<Meaning>;
using Repetitions = std::vector<Components>;
using Fields = std::map<unsigned, Repetitions>;

class Planner {
 public:
  Planner(Dice& dice, const Pseudonymizer& pseudonymizer) : dice_(dice), pseudonymizer_(pseudonymizer) {}

  PlannedMessage plan() {
    plan_writing();
    plan_header();
    if (dice_.one_in(3)) plan_software();
    if (dice_.flip()) plan_event();
    if (dice_.one_in(10)) other_segment();
    if (!dice_.one_in(4)) plan_patient();
    if (dice_.flip()) plan_visit();
    if (dice_.flip()) other_segment();
    if (dice_.flip()) plan_orders();
    if (dice_.one_in(10)) plan_continuation();
    facts_.content = any_ ? std::make_shared<const Hl7Content>(std::move(content_)) : nullptr;
    return {facts_, content_text_};
  }

 private:
  void plan_writing() {
    writing_ = &dice_.of(kWritings);
    if (dice_.flip()) return;
    std::string pool = "|^~\\&#*+!%$;:@";
    for (char* delimiter : {&field_, &component_, &repetition_, &escape_, &subcomponent_}) {
      const std::size_t at = dice_.below(pool.size());
      *delimiter = pool[at];
      pool.erase(at, 1);
    }
  }

  // A text without blanks at its ends, so that it is what its pseudonym is of.
  std::string word() {
    static constexpr std::string_view kInner = "abcXYZ0123456789-_/. |^~\\&#*+!%$;:@'";
    static constexpr std::string_view kOuter = "abcXYZ0123456789|^~\\&#*";
    std::string text{dice_.of(kOuter)};
    for (std::size_t letters = dice_.below(12); letters != 0; --letters) {
      if (!writing_->letters.empty() && dice_.one_in(4)) {
        text += dice_.of(writing_->letters);
      } else {
        text += dice_.of(kInner);
      }
    }
    return text + dice_.of(kOuter);
  }

  std::string digits(std::size_t count) {
    std::string text;
    while (text.size() < count) text += static_cast<char>('0' + dice_.below(10));
    return text;
  }
  std::string uid() { return "1.2." + digits(dice_.between(1, 20)) + "." + digits(3); }

  std::string time() {
    std::string text = "20240229";
    if (dice_.flip()) text += "2359";
    if (text.size() > 8 && dice_.flip()) text += "58";
    if (text.size() == 14 && dice_.one_in(3)) text += ".1234";
    if (dice_.one_in(3)) text += "+0100";
    return text;
  }

  // 2.7: what would delimit is escaped; other characters may be.
  std::string written(std::string_view meaning) {
    std::string text;
    for (const char c : meaning) {
      const auto escape = [&](std::string_view letters) { (text += escape_).append(letters) += escape_; };
      if (c == field_) {
        escape("F");
      } else if (c == component_) {
        escape("S");
      } else if (c == repetition_) {
        escape("R");
      } else if (c == escape_) {
        escape("E");
      } else if (c == subcomponent_) {
        escape("T");
      } else if (c >= 'a' && c <= 'c' && dice_.one_in(30)) {
        escape(std::string{"X6"} + static_cast<char>(c - 'a' + '1'));
      } else {
        text += c;
      }
    }
    return encoded(writing_->encoding, text);
  }

  std::string written(const Repetitions& repetitions) {
    std::string text;
    for (const Components& components : repetitions) {
      if (&components != &repetitions.front()) text += repetition_;
      for (const Meaning& meaning : components) {
        if (&meaning != &components.front()) text += component_;
        text += written(meaning);
      }
    }
    return text;
  }

  // From 1; fields that are not given are empty, or filled with what is nobody's business.
  void segment(std::string_view name, const Fields& fields, unsigned most = 0) {
    const std::size_t begin = content_text_.size();
    content_text_.append(name);
    const unsigned last = std::max(most, fields.empty() ? 0 : fields.rbegin()->first);
    for (unsigned number = name == "MSH" ? 3 : 1; number <= last; ++number) {
      content_text_ += field_;
      const auto found = fields.find(number);
      if (found != fields.end())
        content_text_ += written(found->second);
      else if (name != "MSH" && dice_.one_in(4))
        content_text_ += written({{word(), word()}, {word()}});
    }
    if (name != "MSH" && dice_.one_in(20)) split_at(dice_.between(begin + name.size(), content_text_.size()));
    content_text_ += '\r';
  }

  // HL7 v2 2.10.2: anywhere, in the midst of a character or of an escape sequence, too.
  void split_at(std::size_t place) { content_text_.insert(place, std::string{"\rADD"} + field_); }

  void other_segment() {
    static constexpr std::array<std::string_view, 5> kOthers{"NTE", "NK1", "AL1", "DG1", "ZXY"};
    segment(dice_.of(kOthers), {{1, {{"1"}}}, {3, {{word()}}}}, 5);
  }

  Pseudonym pseudonym(IdentifierKind kind, std::string_view text) { return pseudonymizer_.pseudonym(kind, text); }

  // On the wire an identifier may be padded, and others follow it.
  Components identifier(const std::string& id, std::string_view issuer = {}) {
    Components components{dice_.one_in(4) ? id + "  " : id};
    if (!issuer.empty() || dice_.flip()) components.insert(components.end(), {"", "", std::string{issuer}});
    return components;
  }

  void plan_header() {
    struct Type {
      std::string_view type, event;
    };
    static constexpr std::array kTypes{Type{"ADT", "A01"}, Type{"ADT", "A40"}, Type{"ORM", "O01"}, Type{"ORU", "R01"},
                                       Type{"OMI", "O23"}, Type{"SIU", "S12"}, Type{"MDM", "T02"}};
    static constexpr std::array<std::string_view, 8> kVersions{"2.1", "2.2", "2.3.1", "2.4",
                                                               "2.5", "2.6", "2.7",   "2.8.2"};
    const Type& type = dice_.of(kTypes);
    event_ = type.event;
    // Before MSH-18 nothing says that bytes of a character may be delimiters.
    const bool may_trail = writing_->msh_18.starts_with('B') || writing_->msh_18.starts_with('G');
    const auto name = [&] { return may_trail ? "RIS" : word(); };
    const std::string sent_by = name(), facility = name(), to = name(), to_facility = name(), control_id = name();
    facts_.message_type = std::string{type.type} + "^" + std::string{type.event};
    facts_.version = dice_.of(kVersions);
    facts_.processing_id = dice_.of(std::array{"P", "T", "D"});
    facts_.character_set = writing_->told;
    facts_.message_time = time();
    facts_.sending_application = sent_by;
    facts_.sending_facility = facility;
    facts_.receiving_application = to;
    facts_.receiving_facility = to_facility;
    facts_.control_id = pseudonym(IdentifierKind::control_id, control_id);
    content_text_ = std::string{"MSH"} + field_ + component_ + repetition_ + escape_ + subcomponent_;
    Components sender{sent_by};
    if (dice_.one_in(4)) {
      sender.insert(sender.end(), {"1.2.40", "ISO"});
      origin_.universal_ids[0] = {"1.2.40", "ISO"};
    }
    Components message_type{std::string{type.type}, std::string{type.event}};
    if (dice_.flip()) message_type.push_back(message_type[0] + "_" + message_type[1]);
    Fields fields{{3, {sender}},
                  {4, {{facility}}},
                  {5, {{to}}},
                  {6, {{to_facility}}},
                  {7, {{std::string{facts_.message_time.view()}}}},
                  {9, {message_type}},
                  {10, {{control_id}}},
                  {11, {{std::string{facts_.processing_id.view()}}}},
                  {12, {{std::string{facts_.version.view()}, ""}}}};
    facts_.mode = AcknowledgementMode::original;
    if (dice_.flip()) {
      fields[15] = {{"AL"}};
      fields[16] = {{"NE"}};
      facts_.mode = AcknowledgementMode::enhanced;
      facts_.accept_wanted = AckCondition::always;
      facts_.ack_wanted = AckCondition::never;
    }
    if (dice_.one_in(4)) {
      fields[17] = {{"DEU"}};
      origin_.country = "DEU";
    }
    if (dice_.one_in(4)) {
      fields[21] = {{"PROFILE_1", "HL7"}, {"OTHER"}};
      origin_.profile = "PROFILE_1";
    }
    // The repetitions of MSH-18 are none of its text.
    Repetitions sets;
    for (std::string_view rest = writing_->msh_18; !rest.empty();) {
      const std::size_t end = std::min(rest.find('~'), rest.size());
      sets.push_back({std::string{rest.substr(0, end)}});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!sets.empty()) fields[18] = sets;
    say_origin();
    if (dice_.one_in(20)) {
      fields[14] = {{"pointer"}};
      facts_.part = Hl7Part::last;
    }
    segment("MSH", fields, 16);
  }

  void say_origin() {
    if (origin_.country.empty() && origin_.profile.empty() && origin_.software_product.empty() &&
        origin_.event_facility.empty() && origin_.universal_ids[0].id.empty())
      return;
    content_.origin = std::make_unique<const Hl7Origin>(origin_);
    any_ = true;
  }

  void plan_software() {
    const std::string vendor = word(), version = word(), product = word();
    segment("SFT", {{1, {{vendor, "L"}}}, {2, {{version}}}, {3, {{product}}}}, 6);
    origin_.software_vendor = vendor;
    origin_.software_version = version;
    origin_.software_product = product;
    say_origin();
  }

  void plan_event() {
    const std::string recorded = time(), occurred = time(), facility = word();
    const bool another = dice_.one_in(5);
    segment("EVN",
            {{1, {{another ? "A99" : std::string{event_}}}}, {2, {{recorded}}}, {6, {{occurred}}}, {7, {{facility}}}});
    content_.recorded = recorded;
    content_.occurred = occurred;
    if (another) content_.event_type = "A99";
    origin_.event_facility = facility;
    any_ = true;
    say_origin();
  }

  void plan_patient() {
    const std::string id = word();
    Repetitions ids{identifier(id)};
    facts_.patient = pseudonym(IdentifierKind::patient_id, id);
    if (dice_.flip()) {
      const std::string issuer = dice_.flip() ? "HIS" : word();
      ids = {identifier(id, issuer)};
      content_.patient_issuer = pseudonym(IdentifierKind::issuer, issuer);
      any_ = true;
    }
    for (std::size_t more = dice_.below(3); more != 0; --more) {
      const std::string other = word();
      ids.push_back(identifier(other));
      content_.patients.push_back(pseudonym(IdentifierKind::patient_id, other));
      any_ = true;
    }
    Fields fields{{2, {{}}}, {3, ids}, {4, {{}}}, {18, {{}}}};
    if (dice_.one_in(4)) {
      const std::string external = word();
      fields[2] = {identifier(external)};
      content_.patients.push_back(pseudonym(IdentifierKind::patient_id, external));
      any_ = true;
    }
    if (dice_.one_in(3)) {
      const std::string account = word();
      fields[18] = {identifier(account)};
      content_.account = pseudonym(IdentifierKind::visit_number, account);
      any_ = true;
    }
    segment("PID", fields, 30);
    if (!dice_.one_in(4)) return;
    const std::string merged = word();
    segment("MRG", {{1, {identifier(merged)}}}, 7);
    content_.merges.push_back({facts_.patient, pseudonym(IdentifierKind::patient_id, merged)});
    any_ = true;
  }

  void plan_visit() {
    const std::string visit = word();
    segment("PV1", {{19, {identifier(visit)}}}, 44);
    content_.visit = pseudonym(IdentifierKind::visit_number, visit);
    any_ = true;
  }

  void plan_orders() {
    for (std::size_t count = dice_.one_in(20) ? 40 : dice_.between(1, 3); count != 0; --count) plan_order();
    any_ = true;
    facts_.placer_order = content_.orders.front().placer;
    facts_.filler_order = content_.orders.front().filler;
    facts_.order_control = content_.orders.front().control;
    for (const Hl7Order& order : content_.orders) {
      facts_.accession = accession_of(order, {});
      if (!facts_.accession.empty()) break;
    }
  }

  void plan_order() {
    Hl7Order order;
    const auto accession = [&order](AccessionField field) -> Pseudonym& {
      return order.accession[static_cast<std::size_t>(field)];
    };
    const auto number_pseudonym = [this](const std::string& id) { return pseudonym(IdentifierKind::order_number, id); };
    const auto accession_pseudonym = [this](const std::string& id) {
      return pseudonym(IdentifierKind::accession_number, id);
    };
    const std::string placer = word(), filler = word(), other = word(), number = word(), study = uid();
    order.control = dice_.of(std::array{"NW", "CA", "SC", "RE"});
    order.status = dice_.of(std::array{"SC", "CM", "IP"});
    const bool in_orc = dice_.flip();
    Fields orc{
        {1, {{std::string{order.control.view()}}}}, {2, {{}}}, {3, {{}}}, {5, {{std::string{order.status.view()}}}}};
    Fields obr{{2, {{}}}, {3, {{}}}, {18, {{}}}, {25, {{}}}};
    (in_orc ? orc : obr)[2] = {identifier(placer)};
    order.placer = number_pseudonym(placer);
    if (dice_.flip()) {
      orc[3] = {identifier(filler)};
      order.filler = number_pseudonym(filler);
      accession(AccessionField::orc_3) = accession_pseudonym(filler);
    }
    if (dice_.flip()) {
      const std::string& obr_3 = dice_.flip() ? filler : other;
      obr[3] = {identifier(obr_3)};
      if (order.filler.empty()) order.filler = number_pseudonym(obr_3);
      accession(AccessionField::obr_3) = accession_pseudonym(obr_3);
    }
    if (dice_.one_in(3)) {
      obr[18] = {identifier(number)};
      accession(AccessionField::obr_18) = accession_pseudonym(number);
    }
    if (dice_.flip()) {
      order.result_status = dice_.of(std::array{"F", "P", "C"});
      obr[25] = {{std::string{order.result_status.view()}}};
    }
    segment("ORC", orc, 12);
    segment("OBR", obr, 30);
    const std::size_t way = dice_.below(4);
    if (way != 0) order.study = pseudonym(IdentifierKind::study_uid, study);
    if (way == 1) segment("ZDS", {{1, {{study, "100", "Application", "DICOM"}}}});
    if (way == 2) {
      const std::string ipc_1 = word();
      segment("IPC", {{1, {identifier(ipc_1)}}, {2, {{word()}}}, {3, {{study}}}, {4, {{word()}}}});
      accession(AccessionField::ipc_1) = accession_pseudonym(ipc_1);
    }
    for (std::size_t observations = dice_.below(3); observations != 0; --observations) {
      segment("OBX", {{3, {{"110180X", word(), "DCM"}}}, {5, {{word()}}}, {11, {{observation_status()}}}});
    }
    if (way == 3) {
      segment("OBX", {{3, {{"110180", "Study Instance UID", "DCM"}}}, {5, {{study}}}, {11, {{observation_status()}}}});
    }
    if (content_.orders.size() < Limits{}.hl7_orders)
      content_.orders.push_back(order);
    else
      ++content_.orders_not_told;
  }

  // Each that an order which is told has, once.
  std::string observation_status() {
    const std::string status{dice_.of(std::array{"F", "P", "C", "X"})};
    Code& told = content_.observation_statuses;
    if (content_.orders.size() < Limits{}.hl7_orders && told.view().find(status) == std::string_view::npos)
      told.append(status);
    return status;
  }

  void plan_continuation() {
    segment("DSC", {{1, {{"pointer"}}}, {2, {{"F"}}}});
    facts_.part = facts_.part == Hl7Part::last ? Hl7Part::middle : Hl7Part::first;
  }

  Dice& dice_;
  const Pseudonymizer& pseudonymizer_;
  const Writing* writing_ = nullptr;
  char field_ = '|', component_ = '^', repetition_ = '~', escape_ = '\\', subcomponent_ = '&';
  std::string_view event_;
  Hl7Message facts_;
  Hl7Content content_;
  Hl7Origin origin_;
  bool any_ = false;  ///< content_ says anything
  std::string content_text_;
};

}  // namespace

PlannedMessage plan_message(Dice& dice, const Pseudonymizer& pseudonymizer) {
  return Planner{dice, pseudonymizer}.plan();
}

}  // namespace dcmwatch::test
