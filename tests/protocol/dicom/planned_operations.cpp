#include "protocol/dicom/planned_operations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "protocol/dicom/planned_contents.h"
#include "protocol/dicom/wire.h"

namespace dcmwatch::test {
namespace {

// PS3.7 E.1
constexpr std::uint16_t kStore = 0x0001, kGet = 0x0010, kFind = 0x0020, kMove = 0x0021, kEcho = 0x0030,
                        kEventReport = 0x0100, kNGet = 0x0110, kSet = 0x0120, kAction = 0x0130, kCreate = 0x0140,
                        kDelete = 0x0150, kResponse = 0x8000;
constexpr std::uint16_t kNoDataSet = 0x0101;
constexpr std::uint16_t kPending = 0xff00, kPendingWithoutKeys = 0xff01, kCancelled = 0xfe00;

constexpr auto kStoreStatuses = std::to_array<std::uint16_t>({0xb000, 0xb006, 0xb007, 0xa700, 0xa900, 0xc123, 0x0122});
constexpr auto kFindFailures = std::to_array<std::uint16_t>({0xa700, 0xa900, 0xc001, 0x0122});
constexpr auto kRetrieveFailures = std::to_array<std::uint16_t>({0xa701, 0xa702, 0xa900, 0xb000, 0xc001});
constexpr auto kNormalized =
    std::to_array<std::uint16_t>({0x0001, 0x0107, 0x0116, 0x0106, 0x0110, 0x0112, 0x0119, 0x0120, 0x0213});

constexpr std::string_view kPrivateInstances = "1.2.3.4.7.";

std::string some_instance(Dice& dice) { return std::string{kPrivateInstances} + std::to_string(dice.below(1'000'000)); }

std::uint16_t announced(bool data_set, Dice& dice) {
  constexpr auto kAnyOther = std::to_array<std::uint16_t>({0x0000, 0x0001, 0x0102, 0xfefe});
  return data_set ? dice.of(kAnyOther) : kNoDataSet;
}

}  // namespace

bool is_planned_storage(std::string_view sop_class) { return sop_class.starts_with("1.2.840.10008.5.1.4.1.1."); }

/// Plans one association's operations, one after the other.
class OperationPlanner {
 public:
  OperationPlanner(const std::vector<WrittenContext>& contexts, const DicomNegotiation& negotiation,
                   const DicomAssociation& of, bool reuses_message_ids, Dice& dice)
      : dice_(dice), contexts_(contexts), negotiation_(negotiation), of_(of), reuses_message_ids_(reuses_message_ids) {
    for (std::uint16_t& id : message_ids_) id = static_cast<std::uint16_t>(dice.below(60'000));
  }

  std::vector<PlannedOperation> take() && { return std::move(operations_); }

  // Views and references into what was begun live until the next one is.
  PlannedOperation& begin(const WrittenContext& context, std::uint16_t field, std::string_view sop_class,
                          Invoker invoker = Invoker::opener) {
    PlannedOperation& operation = operations_.emplace_back();
    DicomOperation& fact = operation.fact;
    fact.command_field = field;
    fact.context_id = context.id;
    fact.invoker = invoker;
    fact.calling_ae = of_.calling_ae;
    fact.called_ae = of_.called_ae;
    fact.sop_class_uid = sop_class;
    fact.transfer_syntax_uid = context.accepted_transfer_syntax;
    std::uint16_t& next = message_ids_[invoker == Invoker::opener ? 0 : 1];
    fact.message_id = reuses_message_ids_ ? next : next++;
    return operation;
  }
  [[nodiscard]] PlannedOperation& operation(std::size_t at) { return operations_[at]; }
  [[nodiscard]] std::size_t latest() const { return operations_.size() - 1; }

  /// Contexts on which the acceptor may store what the opener gets (PS3.4 C.5.3).
  [[nodiscard]] std::vector<const WrittenContext*> contexts_to_store_back() const {
    std::vector<const WrittenContext*> found;
    for (const WrittenContext& context : contexts_) {
      const auto& roles = negotiation_.roles;
      const auto place = negotiation_.uids.find(context.abstract_syntax);
      const auto role = std::ranges::find(roles, place, &RoleSelection::sop_class);
      const bool is_scp = role != roles.end() && role->accepted_scp.value_or(false);
      if (is_scp && context.accepted() && is_planned_storage(context.abstract_syntax)) found.push_back(&context);
    }
    return found;
  }
  /// `data_set` is null where there is none; what it says is not told where nobody knows its syntax.
  Octets encoded(PlannedOperation& operation, const PlannedDataSet& data_set) {
    const PlannedSyntax* syntax = planned_syntax(operation.fact.transfer_syntax_uid);
    return encode(data_set, syntax ? syntax->writing : Writing::implicit_little);
  }
  bool is_encapsulated(const PlannedOperation& operation) const {
    const PlannedSyntax* syntax = planned_syntax(operation.fact.transfer_syntax_uid);
    return syntax && syntax->encapsulated;
  }

  [[nodiscard]] Dice& dice() const { return dice_; }

 private:
  Dice& dice_;
  const std::vector<WrittenContext>& contexts_;
  const DicomNegotiation& negotiation_;
  const DicomAssociation& of_;
  bool reuses_message_ids_;
  std::array<std::uint16_t, 2> message_ids_{};
  std::vector<PlannedOperation> operations_;
};

namespace {

// What a data set says cannot be told where its syntax is its vendor's own.
void forget_contents(DicomOperation& fact, const Pseudonym& instance_of_command) {
  if (planned_syntax(fact.transfer_syntax_uid)) return;
  fact.content = {};
  fact.patient = fact.study = fact.accession = {};
  fact.query_level = {};
  fact.instance = instance_of_command;
}

PlannedResponse respond(PlannedOperation& operation, std::uint16_t status, Octets data_set,
                        const SubOperations& counters, Dice& dice) {
  DicomOperation& fact = operation.fact;
  const bool normalized = fact.command_field >= kEventReport;
  Octets elements;
  if (dice.flip()) elements = ui(0x0002, fact.sop_class_uid);
  elements = elements + us(0x0100, fact.command_field | kResponse) + us(0x0120, fact.message_id) +
             us(0x0800, announced(!data_set.empty(), dice)) + us(0x0900, status);
  const bool is_final = status != kPending && status != kPendingWithoutKeys;
  if (is_final && status != 0 && dice.flip()) {
    fact.offending_elements = static_cast<std::uint16_t>(dice.below(3));
    Octets tags = le16(0) + le16(0x0901) + le32(4U * fact.offending_elements);
    for (int i = 0; i < fact.offending_elements; ++i) tags = tags + le16(0x0010) + le16(0x0020);
    fact.error_comment = dice.flip();
    elements = elements + tags + ae(0x0902, fact.error_comment ? "something is wrong" : "");
    if (normalized) {
      fact.error_id = static_cast<std::uint16_t>(dice.below(65536));
      elements = elements + us(0x0903, *fact.error_id);
    }
  }
  const auto counter = [&](std::uint16_t element, const std::optional<std::uint16_t>& count) {
    if (count) elements = elements + us(element, *count);
  };
  counter(0x1020, counters.remaining);
  counter(0x1021, counters.completed);
  counter(0x1022, counters.failed);
  counter(0x1023, counters.warning);
  if (is_final) fact.status = status;
  fact.response_bytes += data_set.size();
  return {status, counters, {command_set(elements), std::move(data_set)}};
}

void request(PlannedOperation& operation, const Octets& priority_or_less, Octets data_set, const Octets& more,
             Dice& dice) {
  DicomOperation& fact = operation.fact;
  const bool requested = fact.command_field >= kNGet && fact.command_field != kCreate;
  operation.request.command = command_set(ui(requested ? 0x0003 : 0x0002, fact.sop_class_uid) +
                                          us(0x0100, fact.command_field) + us(0x0110, fact.message_id) +
                                          priority_or_less + us(0x0800, announced(!data_set.empty(), dice)) + more);
  fact.request_bytes = data_set.size();
  operation.request.data_set = std::move(data_set);
}

Octets priority(DicomOperation& fact, Dice& dice) {
  fact.priority = static_cast<std::uint16_t>(dice.below(3));
  return us(0x0700, *fact.priority);
}

void plan_echo(OperationPlanner& planner, const WrittenContext& context) {
  PlannedOperation& echo = planner.begin(context, kEcho, context.abstract_syntax);
  request(echo, {}, {}, {}, planner.dice());
  echo.responses.push_back(respond(echo, planner.dice().one_in(10) ? 0x0122 : 0, {}, {}, planner.dice()));
}

void plan_store_by(OperationPlanner& planner, const WrittenContext& context, Invoker invoker) {
  Dice& dice = planner.dice();
  PlannedOperation& store = planner.begin(context, kStore, context.abstract_syntax, invoker);
  const std::string instance = some_instance(dice);
  store.fact.instance = pseudonyms().pseudonym(IdentifierKind::instance_uid, instance);
  Octets more = ui(0x1000, instance);
  if (dice.one_in(3)) {
    store.fact.originator_ae = "MOVER";
    store.fact.originator_message_id = static_cast<std::uint16_t>(dice.below(65536));
    more = more + ae(0x1030, "MOVER") + us(0x1031, *store.fact.originator_message_id);
  }
  PlannedDataSet object = plan_stored_object(store, planner.is_encapsulated(store), dice);
  put(object, {0x0008'0018, "UI", instance});
  Octets data_set = planner.encoded(store, object);
  forget_contents(store.fact, store.fact.instance);
  if (!planned_syntax(store.fact.transfer_syntax_uid)) store.created.reset();
  request(store, priority(store.fact, dice), std::move(data_set), more, dice);
  store.responses.push_back(respond(store, dice.one_in(3) ? dice.of(kStoreStatuses) : 0, {}, {}, dice));
}

void plan_store(OperationPlanner& planner, const WrittenContext& context) {
  plan_store_by(planner, context, Invoker::opener);
}

void plan_find(OperationPlanner& planner, const WrittenContext& context) {
  constexpr std::string_view kWorklist = "1.2.840.10008.5.1.4.31";
  Dice& dice = planner.dice();
  PlannedOperation& find = planner.begin(context, kFind, context.abstract_syntax);
  const bool is_worklist = context.abstract_syntax == kWorklist;
  Octets query = planner.encoded(find, is_worklist ? plan_worklist_query(find, dice) : plan_query(find, dice));
  request(find, priority(find.fact, dice), std::move(query), {}, dice);
  find.cancel = dice.one_in(6);
  for (std::size_t i = dice.below(5); i > 0; --i) {
    PlannedDataSet match = is_worklist ? plan_worklist_answer(find, dice) : unimportant_elements(dice);
    put(match, {0x0008'0056, "CS", std::string{"ONLINE"}});
    ++find.fact.pending_responses;
    find.responses.push_back(
        respond(find, dice.flip() ? kPending : kPendingWithoutKeys, planner.encoded(find, match), {}, dice));
  }
  forget_contents(find.fact, {});
  const std::uint16_t status = find.cancel && dice.flip() ? kCancelled : dice.one_in(5) ? dice.of(kFindFailures) : 0;
  find.responses.push_back(respond(find, status, {}, {}, dice));
}

/// How many sub-operations ended how; each of them a pending response or not.
struct Tally {
  std::uint16_t completed = 0, failed = 0, warning = 0;
};

void plan_sub_operations(OperationPlanner& planner, PlannedOperation& retrieval, const Tally& all) {
  Dice& dice = planner.dice();
  auto remaining = static_cast<std::uint16_t>(all.completed + all.failed + all.warning);
  Tally done;
  const bool counts_pending = dice.flip();
  for (; remaining > 0; --remaining) {
    if (done.completed < all.completed) {
      ++done.completed;
    } else {
      ++(done.failed < all.failed ? done.failed : done.warning);
    }
    if (dice.flip()) continue;
    SubOperations counters;
    if (counts_pending)
      counters = {static_cast<std::uint16_t>(remaining - 1), done.completed, done.failed, done.warning};
    ++retrieval.fact.pending_responses;
    retrieval.responses.push_back(respond(retrieval, kPending, {}, counters, dice));
  }
  SubOperations counters{std::nullopt, all.completed, all.failed, all.warning};
  const bool cancelled = retrieval.cancel && dice.flip();
  if (cancelled) counters.remaining = 3;
  const std::uint16_t status = cancelled                             ? kCancelled
                               : all.failed != 0 || all.warning != 0 ? 0xb000
                               : dice.one_in(6)                      ? dice.of(kRetrieveFailures)
                                                                     : 0;
  Octets failed_list;
  if (all.failed != 0) {
    PlannedDataSet list;
    put(list, {0x0008'0058, "UI", some_instance(dice)});
    failed_list = planner.encoded(retrieval, list);
  }
  retrieval.responses.push_back(respond(retrieval, status, std::move(failed_list), counters, dice));
  for (const PlannedResponse& response : retrieval.responses) {
    if (response.counters.completed) retrieval.fact.sub_operations = response.counters;
  }
}

void plan_move(OperationPlanner& planner, const WrittenContext& context) {
  Dice& dice = planner.dice();
  PlannedOperation& move = planner.begin(context, kMove, context.abstract_syntax);
  move.fact.move_destination = "DEST" + std::to_string(dice.below(100));
  Octets identifier = planner.encoded(move, plan_retrieval(move, dice));
  forget_contents(move.fact, {});
  const Octets destination = ae(0x0600, move.fact.move_destination);
  request(move, destination + priority(move.fact, dice), std::move(identifier), {}, dice);
  move.cancel = dice.one_in(6);
  const auto some = [&](std::size_t most) { return static_cast<std::uint16_t>(dice.below(most)); };
  plan_sub_operations(planner, move, {some(5), dice.flip() ? some(3) : std::uint16_t{0}, some(2)});
}

void plan_get(OperationPlanner& planner, const WrittenContext& context) {
  Dice& dice = planner.dice();
  {
    PlannedOperation& get = planner.begin(context, kGet, context.abstract_syntax);
    Octets identifier = planner.encoded(get, plan_retrieval(get, dice));
    forget_contents(get.fact, {});
    request(get, priority(get.fact, dice), std::move(identifier), {}, dice);
    get.cancel = dice.one_in(8);
  }
  const std::size_t cause = planner.latest();
  const std::vector<const WrittenContext*> ways = planner.contexts_to_store_back();
  Tally tally;
  for (std::size_t i = ways.empty() ? 0 : dice.below(4); i > 0; --i) {
    plan_store_by(planner, *dice.of(ways), Invoker::acceptor);
    PlannedOperation& store = planner.operation(planner.latest());
    store.cause = cause;
    const std::uint16_t status = *store.fact.status;
    ++(status == 0 ? tally.completed : status >> 12 == 0xb ? tally.warning : tally.failed);
  }
  plan_sub_operations(planner, planner.operation(cause), tally);
}

/// An N-service's operation. `data_set` may be empty.
void plan_normalized(OperationPlanner& planner, PlannedOperation& operation, std::string_view instance,
                     const PlannedDataSet& data_set, const Octets& after_instance) {
  Dice& dice = planner.dice();
  DicomOperation& fact = operation.fact;
  const std::uint16_t field = fact.command_field;
  const bool requested = field >= kNGet && field != kCreate;
  const Pseudonym of_command = pseudonyms().pseudonym(IdentifierKind::instance_uid, instance);
  fact.instance = of_command;
  Octets encoded = data_set.empty() ? Octets{} : planner.encoded(operation, data_set);
  forget_contents(fact, of_command);
  Octets named = instance.empty() ? Octets{} : ui(requested ? 0x1001 : 0x1000, instance);
  request(operation, {}, std::move(encoded), named + after_instance, dice);
  const bool answers_data = field != kDelete && dice.one_in(3);
  Octets back;
  if (answers_data) {
    PlannedDataSet attributes = unimportant_elements(dice);
    put(attributes, {0x0008'0005, "CS", std::string{"ISO_IR 192"}});
    back = planner.encoded(operation, attributes);
  }
  operation.responses.push_back(
      respond(operation, dice.one_in(3) ? dice.of(kNormalized) : 0, std::move(back), {}, dice));
}

PlannedDataSet some_attributes(Dice& dice) {
  PlannedDataSet data_set = unimportant_elements(dice);
  put(data_set, {0x0008'0005, "CS", std::string{"ISO_IR 100"}});
  return data_set;
}

// PS3.4 J: asked for by the opener, reported by the acceptor on the same association.
void plan_storage_commitment(OperationPlanner& planner, const WrittenContext& context) {
  constexpr std::string_view kWellKnown = "1.2.840.10008.1.20.1.1";
  Dice& dice = planner.dice();
  const Uid sop_class = context.abstract_syntax;
  if (dice.flip()) {
    PlannedOperation& action = planner.begin(context, kAction, sop_class);
    action.fact.action_type = 1;
    const PlannedDataSet wanted = plan_commitment(action, false, dice);
    return plan_normalized(planner, action, kWellKnown, wanted, us(0x1008, 1));
  }
  PlannedOperation& report = planner.begin(context, kEventReport, sop_class, Invoker::acceptor);
  const auto event_type = static_cast<std::uint16_t>(dice.between(1, 2));
  report.fact.event_type = event_type;
  const PlannedDataSet outcome = plan_commitment(report, true, dice);
  plan_normalized(planner, report, kWellKnown, outcome, us(0x1002, event_type));
}

void plan_step(OperationPlanner& planner, const WrittenContext& context) {
  Dice& dice = planner.dice();
  const bool begins = dice.flip();
  const std::uint16_t field = begins ? kCreate : kSet;
  PlannedOperation& step = planner.begin(context, field, context.abstract_syntax);
  const PlannedDataSet data_set = plan_performed_step(step, begins, dice);
  plan_normalized(planner, step, some_instance(dice), data_set, {});
}

/// Any N-service on what its instances are, the report by the acceptor.
void plan_any(OperationPlanner& planner, const WrittenContext& context, std::string_view sop_class) {
  constexpr auto kFields = std::to_array<std::uint16_t>({kEventReport, kNGet, kSet, kAction, kCreate, kDelete});
  Dice& dice = planner.dice();
  const std::uint16_t field = dice.of(kFields);
  const Invoker invoker = field == kEventReport ? Invoker::acceptor : Invoker::opener;
  PlannedOperation& operation = planner.begin(context, field, sop_class, invoker);
  const bool has_data = field == kSet || (field != kNGet && field != kDelete && dice.flip());
  const auto type = static_cast<std::uint16_t>(dice.between(1, 4));
  Octets more;
  if (field == kEventReport) {
    operation.fact.event_type = type;
    more = us(0x1002, type);
  } else if (field == kAction) {
    operation.fact.action_type = type;
    more = us(0x1008, type);
  } else if (field == kNGet) {
    operation.fact.requested_attributes = static_cast<std::uint16_t>(dice.below(4));
    more = le16(0) + le16(0x1005) + le32(4U * operation.fact.requested_attributes);
    for (int i = 0; i < operation.fact.requested_attributes; ++i) more = more + le16(0x2110) + le16(0x0010);
  }
  const std::string instance = field == kCreate && dice.flip() ? "" : some_instance(dice);
  plan_normalized(planner, operation, instance, has_data ? some_attributes(dice) : PlannedDataSet{}, more);
}

// PS3.4 H.3: a meta SOP class, whose members are named in its context.
void plan_print(OperationPlanner& planner, const WrittenContext& context) {
  constexpr auto kMembers = std::to_array<std::string_view>(
      {"1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2", "1.2.840.10008.5.1.1.4", "1.2.840.10008.5.1.1.16"});
  plan_any(planner, context, planner.dice().of(kMembers));
}

// PS3.4 CC.3.1: all of them name the push SOP class.
void plan_unified_step(OperationPlanner& planner, const WrittenContext& context) {
  plan_any(planner, context, "1.2.840.10008.5.1.4.34.6.1");
}

}  // namespace

const std::vector<PlannedService>& planned_services() {
  static const std::vector<PlannedService> kServices{
      {"1.2.840.10008.1.1", plan_echo},
      {"1.2.840.10008.5.1.4.1.1.2", plan_store},
      {"1.2.840.10008.5.1.4.1.1.4", plan_store},
      {"1.2.840.10008.5.1.4.1.1.7", plan_store},
      {"1.2.840.10008.5.1.4.1.1.104.1", plan_store},
      {"1.2.840.10008.5.1.4.1.2.1.1", plan_find},
      {"1.2.840.10008.5.1.4.1.2.2.1", plan_find},
      {"1.2.840.10008.5.1.4.31", plan_find},
      {"1.2.840.10008.5.1.4.1.2.2.2", plan_move},
      {"1.2.840.10008.5.1.4.1.2.2.3", plan_get},
      {"1.2.840.10008.1.20.1", plan_storage_commitment},
      {"1.2.840.10008.3.1.2.3.3", plan_step},
      {"1.2.840.10008.5.1.1.9", plan_print},
      {"1.2.840.10008.5.1.4.34.6.1", plan_unified_step},
      {"1.2.840.10008.5.1.4.34.6.3", plan_unified_step},
  };
  return kServices;
}

std::vector<PlannedOperation> plan_operations(const std::vector<WrittenContext>& contexts,
                                              const DicomNegotiation& negotiation, const DicomAssociation& of,
                                              bool reuses_message_ids, Dice& dice) {
  struct Usable {
    const WrittenContext* context;
    PlanService plan;
  };
  std::vector<Usable> usable;
  for (const WrittenContext& context : contexts) {
    const auto service =
        std::ranges::find(planned_services(), context.abstract_syntax.view(), &PlannedService::sop_class_uid);
    if (context.accepted() && service != planned_services().end()) usable.push_back({&context, service->plan});
  }
  OperationPlanner planner{contexts, negotiation, of, reuses_message_ids, dice};
  for (std::size_t count = usable.empty() ? 0 : dice.below(7); count > 0; --count) {
    const Usable& chosen = dice.of(usable);
    chosen.plan(planner, *chosen.context);
  }
  return std::move(planner).take();
}

}  // namespace dcmwatch::test
