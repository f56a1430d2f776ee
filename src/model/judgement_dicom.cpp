#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "event/dicom_names.h"
#include "model/allowance.h"
#include "model/judgement.h"

namespace dcmwatch {
namespace {

std::string sop_class_name(std::string_view uid) {
  const std::string_view name = dicom_uid_name(uid);
  return std::string{name.empty() ? uid : name};
}

std::string operation_name(std::uint16_t command_field, Invoker invoker) {
  const std::string_view name = dicom_command_name(command_field);
  std::string text = name.empty() ? "command " + std::to_string(command_field) : std::string{name};
  if (invoker == Invoker::acceptor) text += " by acceptor";
  return text;
}

bool differ_in_case_alone(std::string_view one, std::string_view other) {
  const auto upper = [](unsigned char c) { return std::toupper(c); };
  return std::ranges::equal(one, other, {}, upper, upper);
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return true;
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return text == pattern;
}

std::string implementation_text(std::string_view class_uid, std::string_view version_name) {
  std::string text{class_uid.empty() ? "any class" : class_uid};
  if (!version_name.empty()) text.append(" ").append(version_name);
  return text;
}

void describe_transfer_syntaxes(const Flow& flow, std::set<std::string>& expected) {
  for (const std::string& uid : flow.transfer_syntaxes.values) expected.insert(sop_class_name(uid));
}

}  // namespace

// Of several that share an address, those that use the titles that were seen.
void Judgement::by_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae) {
  if (calling_ae) {
    keep_those(source_, [&, title = trimmed(*calling_ae)](std::uint32_t device) {
      return contains(model_.devices[device].calls_as, title) || contains(model_.devices[device].presents, title);
    });
  }
  if (called_ae) {
    keep_those(destination_, [&, title = trimmed(*called_ae)](std::uint32_t device) {
      return contains(model_.devices[device].answers_to, title);
    });
  }
}

void Judgement::judge_titles(const std::optional<AeTitle>& calling_ae, const std::optional<AeTitle>& called_ae) {
  judge_title(called_ae, DeviationKind::called_ae_title, UnknownKind::called_ae_title, &Flow::called_ae,
              all_of(acceptor(), &Device::answers_to));
  judge_title(calling_ae, DeviationKind::calling_ae_title, UnknownKind::calling_ae_title, &Flow::calling_ae,
              titles_called_by(opener()));
}

std::vector<std::string> Judgement::titles_called_by(const End& end) const {
  std::vector<std::string> titles = all_of(end, &Device::calls_as);
  const std::vector<std::string> presented = all_of(end, &Device::presents);
  titles.insert(titles.end(), presented.begin(), presented.end());
  return titles;
}

void Judgement::judge_title(const std::optional<AeTitle>& seen, DeviationKind kind, UnknownKind unseen,
                            std::optional<Allowed<std::string>> Flow::*restriction,
                            const std::vector<std::string>& own) {
  if (!seen) return unknown(unseen);
  const std::string_view title = trimmed(*seen);
  const auto titles = [&](const Flow& flow) -> const std::vector<std::string>& {
    return flow.*restriction ? (flow.*restriction)->values : own;
  };
  const auto allowed_by = [&](const Flow& flow) {
    return (flow.*restriction && (flow.*restriction)->any) || contains(titles(flow), title);
  };
  if (narrow_to(allowed_by)) return;
  Expected expected, but_for_case;
  for (const Flow* const flow : flows_) {
    for (const std::string& declared : titles(*flow)) {
      expected.insert(declared);
      if (differ_in_case_alone(declared, title)) but_for_case.insert(declared);
    }
  }
  if (but_for_case.empty()) {
    deviate(kind, joined(expected),
            title_and_owner(title, kind == DeviationKind::calling_ae_title ? opener() : acceptor()));
    return;
  }
  narrow_to([&](const Flow& flow) {
    return std::ranges::any_of(titles(flow),
                               [&](const std::string& declared) { return but_for_case.contains(declared); });
  });
  deviate(DeviationKind::ae_title_case, joined(but_for_case), std::string{title});
}

// Where no flow says which titles are meant: those of others are not, whoever uses them.
void Judgement::judge_borrowed_titles(const std::optional<AeTitle>& calling_ae,
                                      const std::optional<AeTitle>& called_ae) {
  if (!parties_.opener_known) return;
  const auto judge = [this](const std::optional<AeTitle>& seen, const End& end, std::vector<std::string> own,
                            DeviationKind kind) {
    const std::string_view title = seen ? trimmed(*seen) : std::string_view{};
    if (lookup_.owners_of_title(title).empty() || contains(own, title)) return;
    deviate(kind, own.empty() ? "one of its own" : joined({own.begin(), own.end()}), title_and_owner(title, end));
  };
  judge(called_ae, acceptor(), all_of(acceptor(), &Device::answers_to), DeviationKind::called_ae_title);
  judge(calling_ae, opener(), titles_called_by(opener()), DeviationKind::calling_ae_title);
}

// "WS1, which is ws1's"
std::string Judgement::title_and_owner(std::string_view title, const End& end) const {
  std::string text{title};
  const auto owners = lookup_.owners_of_title(title);
  const auto stands_there = [&](std::uint32_t owner) {
    return std::ranges::find(end.devices, owner) != end.devices.end();
  };
  if (owners.empty() || std::ranges::any_of(owners, stands_there)) return text;
  text.append(", which is ").append(model_.devices[owners.front()].name).append("'s");
  if (owners.size() > 1) text += " and others'";
  return text;
}

bool Judgement::declare_transfer_syntaxes() const {
  return lookup_.judges().transfer_syntaxes &&
         std::ranges::any_of(flows_, [](const Flow* flow) { return !flow->transfer_syntaxes.any; });
}

// An association may serve several flows: each syntax has to be some flow's.
void Judgement::judge_accepted_transfer_syntaxes(const DicomAssociation& association) {
  if (!declare_transfer_syntaxes() || association.accepted == false) return;
  Expected accepted, undeclared;
  for (const PresentationContext& context : association.contexts) {
    if (context.accepted() && !context.accepted_transfer_syntax.empty())
      accepted.emplace(context.accepted_transfer_syntax);
  }
  if (!association.accepted || accepted.empty()) return unknown(UnknownKind::transfer_syntax);
  for (const std::string& uid : accepted) {
    if (std::ranges::none_of(flows_, [&](const Flow* flow) { return allows(flow->transfer_syntaxes, uid); }))
      undeclared.insert(sop_class_name(uid));
  }
  if (undeclared.empty()) {
    narrow_to([&](const Flow& flow) {
      return std::ranges::all_of(accepted, [&](const std::string& uid) { return allows(flow.transfer_syntaxes, uid); });
    });
    return;
  }
  Expected expected;
  for (const Flow* const flow : flows_) describe_transfer_syntaxes(*flow, expected);
  deviate(DeviationKind::transfer_syntax, joined(expected), joined(undeclared));
}

// PS3.7 9.1.5: a C-ECHO has no data set to be written in any.
void Judgement::judge_transfer_syntax(const DicomOperation& operation) {
  if (!declare_transfer_syntaxes() || operation.command_field == dimse::kEcho) return;
  const Uid& uid = operation.transfer_syntax_uid;
  if (uid.empty()) return unknown(UnknownKind::transfer_syntax);
  narrow(
      DeviationKind::transfer_syntax, sop_class_name(uid),
      [&](const Flow& flow) { return allows(flow.transfer_syntaxes, uid); }, describe_transfer_syntaxes);
}

// Each side as far as its own words were seen: the opener's with the request, the acceptor's with the acceptance.
void Judgement::judge_implementations(const DicomAssociation& association) {
  if (!lookup_.judges().implementations) return;
  judge_implementation(opener(), association.opener);
  if (association.accepted != false) judge_implementation(acceptor(), association.acceptor);
}

void Judgement::judge_implementation(const End& end, const DicomImplementation& seen) {
  const auto device = end.device();
  if (!device) return;
  const std::vector<ExpectedImplementation>& declared = model_.devices[*device].implementations;
  if (declared.empty()) return;
  if (seen.class_uid.empty() && seen.version_name.empty()) return unknown(UnknownKind::implementation);
  Expected expected;
  for (const ExpectedImplementation& one : declared) {
    if (fits(one.class_uid, seen.class_uid) && fits(one.version_name, trimmed(seen.version_name))) return;
    expected.insert(implementation_text(one.class_uid, one.version_name));
  }
  deviate(DeviationKind::implementation, joined(expected),
          implementation_text(seen.class_uid, trimmed(seen.version_name)));
}

void Judgement::judge_operation(const DicomOperation& operation) {
  const bool moves = operation.command_field == dimse::kMove;
  if (!operation.request_seen || operation.command_field == 0) {
    unknown(UnknownKind::operation);
    unknown(UnknownKind::sop_class);
    if (moves) unknown(UnknownKind::move_destination);
    return;
  }
  const Invoker invoker = !reversed_                             ? operation.invoker
                          : operation.invoker == Invoker::opener ? Invoker::acceptor
                                                                 : Invoker::opener;
  const bool declared = narrow(
      DeviationKind::operation, operation_name(operation.command_field, invoker),
      [&](const Flow& flow) { return allows_operation(flow, operation.command_field, invoker); },
      [&](const Flow& flow, Expected& expected) {
        const Operations& operations = invoker == Invoker::opener ? flow.operations : flow.acceptor_operations;
        for (const std::uint16_t field : operations.values) expected.insert(operation_name(field, invoker));
      });
  // What an undeclared operation is about needs no second deviation; where a retrieval sends the images to does.
  if (declared) {
    judge_sop_class(operation);
    judge_transfer_syntax(operation);
  }
  if (moves) judge_move_destination(operation, declared);
}

void Judgement::judge_sop_class(const DicomOperation& operation) {
  if (operation.sop_class_uid.empty()) return unknown(UnknownKind::sop_class);
  narrow(
      DeviationKind::sop_class, sop_class_name(operation.sop_class_uid),
      [&](const Flow& flow) { return allows_sop_class(flow, operation.command_field, operation.sop_class_uid); },
      [](const Flow& flow, Expected& expected) {
        for (const std::string_view family : family_names(flow.sop_classes.families)) expected.emplace(family);
        for (const std::string& uid : flow.sop_classes.uids) expected.insert(sop_class_name(uid));
      });
}

// The title means a device only through the archive's own table, so what is declared is the title.
void Judgement::judge_move_destination(const DicomOperation& operation, bool operation_declared) {
  const std::string_view title = trimmed(operation.move_destination);
  if (title.empty()) return unknown(UnknownKind::move_destination);
  narrow(
      DeviationKind::move_destination, std::string{title},
      [&](const Flow& flow) {
        if (!operation_declared || flow.move_destinations.any) return lookup_.is_declared_title(title);
        return allows(flow.move_destinations, title);
      },
      [](const Flow& flow, Expected& expected) {
        if (flow.move_destinations.any) expected.insert("any title of a declared device");
        expected.insert(flow.move_destinations.values.begin(), flow.move_destinations.values.end());
      });
}

// Whoever asks: a title that no declared device has leads nobody knows where.
void Judgement::judge_strangers_move(const DicomOperation& operation) {
  const std::string_view title = trimmed(operation.move_destination);
  if (title.empty() || lookup_.is_declared_title(title)) return;
  deviate(DeviationKind::move_destination, "a title of a declared device", std::string{title});
}

// A study's source is who sent the objects, whoever opened the connection: of a C-GET, the acceptor.
void Judgement::find_storing_flow(const DicomStudy& study) {
  judge_titles(reversed_ ? study.receiver_ae : study.sender_ae, reversed_ ? study.sender_ae : study.receiver_ae);
  const Invoker sender = reversed_ ? Invoker::acceptor : Invoker::opener;
  narrow_to([&](const Flow& flow) { return allows_operation(flow, dimse::kStore, sender); });
}

}  // namespace dcmwatch
