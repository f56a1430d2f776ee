#include "protocol/dicom/planned_association.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/dicom/planned_operations.h"

namespace dcmwatch::test {
namespace {

constexpr std::string_view kApplicationContext = "1.2.840.10008.3.1.1.1";
constexpr std::string_view kTitleCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz0123456789_-.:()+=@#! ";

std::string some_title(Dice& dice) {
  std::string title(1, dice.of(std::string_view{"ABCXYZ059"}));
  while (title.size() < 15 && !dice.one_in(8)) title += dice.of(kTitleCharacters);
  title += 'E';
  return title.find("..") == std::string::npos ? title : "DOTS";
}

// PS3.5 6.2: spaces on both sides are not significant.
Octets title_field(std::string_view title, Dice& dice) {
  const std::size_t before = dice.one_in(10) ? dice.below(17 - title.size()) : 0;
  Octets field = text(std::string(before, ' ') + std::string{title});
  field.resize(16, ' ');
  return field;
}

std::string some_uid(Dice& dice) { return "1.2.826.0.1." + std::to_string(dice.below(2000)) + ".0"; }

std::uint32_t some_maximum_length(Dice& dice) {
  constexpr auto kUsual = std::to_array<std::uint32_t>({0, 16384, 65536, 131072, 4096});
  return dice.one_in(3) ? static_cast<std::uint32_t>(dice.between(8, 300)) : dice.of(kUsual);
}

DicomImplementation some_implementation(Dice& dice) {
  DicomImplementation implementation;
  implementation.class_uid = some_uid(dice);
  if (!dice.one_in(4)) implementation.version_name = "V" + std::to_string(dice.below(1000));
  implementation.maximum_length = some_maximum_length(dice);
  return implementation;
}

std::vector<std::string_view> some_syntaxes(Dice& dice) {
  constexpr std::string_view kPrivate = "1.2.840.113619.5.2";
  std::vector<std::string_view> all;
  for (const PlannedSyntax& syntax : planned_syntaxes()) all.push_back(syntax.uid);
  if (dice.one_in(10)) all.push_back(kPrivate);
  const std::size_t first = dice.below(all.size());
  std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
  all.resize(dice.one_in(4) ? all.size() : dice.between(1, 3));
  return all;
}

std::vector<WrittenContext> some_contexts(Dice& dice) {
  constexpr std::size_t kMost = 128;
  const std::size_t count = dice.one_in(60) ? kMost : dice.one_in(5) ? dice.between(1, 40) : dice.between(1, 7);
  std::vector<std::uint8_t> ids;
  for (std::size_t i = 0; i < kMost; ++i) ids.push_back(static_cast<std::uint8_t>(2 * i + 1));
  if (dice.flip()) std::rotate(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(dice.below(kMost)), ids.end());
  const bool retrieves = dice.one_in(5);  // C-GET, and what is to be stored on the way back
  std::vector<WrittenContext> contexts;
  for (std::size_t i = 0; i < count; ++i) {
    WrittenContext& context = contexts.emplace_back();
    context.id = ids[i];
    context.abstract_syntax = retrieves        ? Uid{i % 4 == 0 ? kStudyRootGet : kCtImageStorage}
                              : dice.one_in(8) ? Uid{some_uid(dice)}
                                               : Uid{dice.of(planned_services()).sop_class_uid};
    for (const std::string_view syntax : some_syntaxes(dice)) context.transfer_syntaxes.emplace_back(syntax);
  }
  return contexts;
}

void answer_contexts(std::vector<WrittenContext>& contexts, Dice& dice) {
  for (WrittenContext& context : contexts) {
    context.result = static_cast<std::uint8_t>(dice.one_in(4) ? dice.between(1, 4) : 0);
    if (context.accepted()) context.accepted_transfer_syntax = dice.of(context.transfer_syntaxes);
  }
}

AsynchronousWindow narrowed(const AsynchronousWindow& proposed, Dice& dice) {
  const auto narrow = [&](std::uint16_t most) {
    return static_cast<std::uint16_t>(most == 0 ? dice.below(5) : dice.between(1, most));
  };
  return {narrow(proposed.invoked), narrow(proposed.performed)};
}

std::vector<RoleSelection> some_roles(const std::vector<WrittenContext>& contexts, UidTexts& uids, Dice& dice) {
  std::vector<RoleSelection> roles;
  for (const WrittenContext& context : contexts) {
    const UidTexts::Place place = uids.find_or_add(context.abstract_syntax);
    const bool known = std::ranges::find(roles, place, &RoleSelection::sop_class) != roles.end();
    const bool wanted = is_planned_storage(context.abstract_syntax) || dice.flip();  // without it, no C-GET
    if (known || !wanted || roles.size() > 20) continue;
    RoleSelection& role = roles.emplace_back();
    role.sop_class = place;
    role.proposed_scu = dice.flip();
    role.proposed_scp = !role.proposed_scu || dice.flip();
  }
  return roles;
}

DicomNegotiation proposed_negotiation(const std::vector<WrittenContext>& contexts, Dice& dice) {
  DicomNegotiation negotiation;
  if (dice.flip()) negotiation.roles = some_roles(contexts, negotiation.uids, dice);
  const auto some_classes = [&](std::vector<UidTexts::Place>& classes) {
    for (std::size_t count = dice.below(3); count > 0; --count) {
      const UidTexts::Place uid = negotiation.uids.find_or_add(dice.of(contexts).abstract_syntax);
      if (std::ranges::find(classes, uid) == classes.end()) classes.push_back(uid);
    }
  };
  some_classes(negotiation.extended);
  some_classes(negotiation.common_extended);
  if (dice.flip())
    negotiation.proposed_window =
        AsynchronousWindow{static_cast<std::uint16_t>(dice.below(6)), static_cast<std::uint16_t>(dice.below(6))};
  if (dice.flip())
    negotiation.user_identity = UserIdentity{static_cast<std::uint8_t>(dice.between(1, 5)), dice.flip(), false};
  return negotiation;
}

void answer_negotiation(DicomNegotiation& negotiation, Dice& dice) {
  for (RoleSelection& role : negotiation.roles) {
    if (dice.one_in(4)) continue;
    role.accepted_scu = role.proposed_scu && dice.flip();
    role.accepted_scp = role.proposed_scp && !dice.one_in(4);
  }
  if (negotiation.proposed_window && dice.flip())
    negotiation.accepted_window = narrowed(*negotiation.proposed_window, dice);
  if (negotiation.user_identity)
    negotiation.user_identity->answered = negotiation.user_identity->response_requested && dice.flip();
}

Octets length16(const Octets& value) { return be16(static_cast<std::uint32_t>(value.size())) + value; }
Octets uid_field(std::string_view uid) { return length16(text(uid)); }

Octets window_item(const std::optional<AsynchronousWindow>& window) {
  return window ? item(0x53, be16(window->invoked) + be16(window->performed)) : Octets{};
}
Octets role_item(std::string_view sop_class, bool scu, bool scp) {
  return item(0x54, uid_field(sop_class) + Octets{static_cast<std::uint8_t>(scu), static_cast<std::uint8_t>(scp)});
}

// Items in ascending order, as the standard lists them, but for those that nobody knows.
Octets user_information(const DicomImplementation& implementation, const Octets& before_version,
                        const Octets& after_version) {
  const Octets version = implementation.version_name.empty() ? Octets{} : item(0x55, text(implementation.version_name));
  return item(0x50, item(0x51, be32(implementation.maximum_length.value_or(0))) +
                        item(0x52, text(implementation.class_uid)) + before_version + version + after_version);
}

Octets proposals(const DicomNegotiation& negotiation, Dice& dice, Octets& after_version) {
  Octets before = window_item(negotiation.proposed_window);
  for (const RoleSelection& role : negotiation.roles)
    before = before + role_item(negotiation.uids.at(role.sop_class), role.proposed_scu, role.proposed_scp);
  for (const UidTexts::Place uid : negotiation.extended)
    after_version = after_version + item(0x56, uid_field(negotiation.uids.at(uid)) + Octets(dice.below(9), 1));
  for (const UidTexts::Place uid : negotiation.common_extended) {
    after_version =
        after_version + item(0x57, uid_field(negotiation.uids.at(uid)) + length16(text("1.2.840.10008.4.2")) + be16(0));
  }
  if (const auto& identity = negotiation.user_identity) {
    const Octets second = identity->type == 2 ? text("passcode") : Octets{};
    after_version = after_version +
                    item(0x58, Octets{identity->type, static_cast<std::uint8_t>(identity->response_requested ? 1 : 0)} +
                                   length16(text("somebody")) + length16(second));
  }
  return before;
}

Octets answers(const DicomNegotiation& negotiation, Dice& dice, Octets& after_version) {
  Octets before = window_item(negotiation.accepted_window);
  for (const RoleSelection& role : negotiation.roles) {
    if (role.accepted_scu)
      before = before + role_item(negotiation.uids.at(role.sop_class), *role.accepted_scu, *role.accepted_scp);
  }
  for (const UidTexts::Place uid : negotiation.extended) {
    if (dice.flip()) after_version = after_version + item(0x56, uid_field(negotiation.uids.at(uid)) + Octets(3, 0));
  }
  if (negotiation.user_identity && negotiation.user_identity->answered)
    after_version = after_version + item(0x59, length16(Octets(dice.below(30), 'k')));
  return before;
}

// PS3.8 9.3.1: what later editions may define is passed over.
Octets unknown_item(DicomNegotiation& negotiation, Dice& dice) {
  constexpr auto kUnknown = std::to_array<std::uint8_t>({0x5a, 0x60, 0xff});
  const std::uint8_t type = dice.of(kUnknown);
  auto& known = negotiation.unknown_items;
  if (std::ranges::find(known, type) == known.end()) known.push_back(type);
  std::ranges::sort(known);
  return item(type, Octets(dice.below(20), 0x20));
}

Octets fixed_part(const DicomAssociation& fact, Dice& dice) {
  // Bits of later versions may be set beside that of the first.
  return be16(dice.one_in(20) ? 3 : 1) + be16(0) + title_field(fact.called_ae->view(), dice) +
         title_field(fact.calling_ae->view(), dice) + Octets(32, 0) + item(0x10, text(kApplicationContext));
}

Octets request_pdu(const DicomAssociation& fact, const std::vector<WrittenContext>& contexts, const Octets& user,
                   Dice& dice) {
  Octets body = fixed_part(fact, dice);
  for (const WrittenContext& context : contexts) {
    Octets value = Octets{context.id, 0, 0, 0} + item(0x30, text(context.abstract_syntax));
    for (const Uid& syntax : context.transfer_syntaxes) value = std::move(value) + item(0x40, text(syntax));
    body = std::move(body) + item(0x20, value);
  }
  return pdu(1, std::move(body) + user);
}

Octets accept_pdu(const DicomAssociation& fact, const std::vector<WrittenContext>& contexts, const Octets& user,
                  Dice& dice) {
  Octets body = fixed_part(fact, dice);
  for (const WrittenContext& context : contexts) {
    // Of one that is refused, the transfer syntax is there and says nothing.
    const std::string_view syntax = context.accepted() ? context.accepted_transfer_syntax.view()
                                    : dice.flip()      ? context.transfer_syntaxes.front().view()
                                                       : std::string_view{};
    body = std::move(body) + item(0x21, Octets{context.id, 0, *context.result, 0} + item(0x40, text(syntax)));
  }
  return pdu(2, std::move(body) + user);
}

DicomRejection some_rejection(Dice& dice) {
  constexpr auto kKnown = std::to_array<DicomRejection>(
      {{1, 1, 1}, {1, 1, 2}, {1, 1, 3}, {1, 1, 7}, {1, 2, 1}, {1, 2, 2}, {2, 3, 1}, {2, 3, 2}, {2, 1, 1}});
  return dice.of(kKnown);
}

PlannedEnd some_end(Dice& dice) {
  if (dice.one_in(15)) return PlannedEnd::rejected;
  if (!dice.one_in(3)) return static_cast<PlannedEnd>(dice.below(static_cast<std::size_t>(PlannedEnd::rejected)));
  constexpr auto kCut = std::to_array<PlannedEnd>({PlannedEnd::aborted_by_opener, PlannedEnd::aborted_by_acceptor,
                                                   PlannedEnd::closed, PlannedEnd::reset, PlannedEnd::capture_ended});
  return dice.of(kCut);
}

std::size_t outstanding(std::uint16_t window) {
  constexpr std::size_t kAny = 40;
  return window == 0 ? kAny : window;
}

}  // namespace

PlannedAssociation plan_association(Dice& dice) {
  PlannedAssociation plan;
  plan.end = some_end(dice);
  DicomAssociation& fact = plan.fact;
  fact.calling_ae = some_title(dice);
  fact.called_ae = some_title(dice);
  fact.application_context = kApplicationContext;
  fact.opener = some_implementation(dice);
  std::vector<WrittenContext> contexts = some_contexts(dice);

  DicomNegotiation negotiation;
  const bool negotiates = dice.flip();
  if (negotiates) negotiation = proposed_negotiation(contexts, dice);
  Octets after_version;
  const Octets before_version = proposals(negotiation, dice, after_version);
  const Octets unknown = negotiates && dice.one_in(4) ? unknown_item(negotiation, dice) : Octets{};
  plan.opening.request =
      request_pdu(fact, contexts, user_information(fact.opener, before_version, after_version + unknown), dice);
  if (plan.end == PlannedEnd::rejected) {
    fact.accepted = false;
    fact.rejection = some_rejection(dice);
    plan.opening.answer = associate_reject(fact.rejection->result, fact.rejection->source, fact.rejection->reason);
  } else {
    fact.accepted = true;
    fact.acceptor = some_implementation(dice);
    answer_contexts(contexts, dice);
    answer_negotiation(negotiation, dice);
    after_version.clear();
    const Octets answered = answers(negotiation, dice, after_version);
    plan.opening.answer = accept_pdu(fact, contexts, user_information(fact.acceptor, answered, after_version), dice);
    if (negotiation.accepted_window) {
      plan.window = {outstanding(negotiation.accepted_window->invoked),
                     outstanding(negotiation.accepted_window->performed)};
    }
    plan.reuses_message_ids = plan.window == std::array<std::size_t, 2>{1, 1} && dice.one_in(4);
    plan.operations = plan_operations(contexts, negotiation, fact, plan.reuses_message_ids, dice);
  }
  const bool negotiated = !negotiation.roles.empty() || !negotiation.extended.empty() ||
                          !negotiation.common_extended.empty() || negotiation.proposed_window ||
                          negotiation.user_identity || !negotiation.unknown_items.empty();
  if (negotiated) fact.negotiation = std::make_shared<const DicomNegotiation>(std::move(negotiation));
  fact.contexts = contexts_of(contexts);
  return plan;
}

}  // namespace dcmwatch::test
