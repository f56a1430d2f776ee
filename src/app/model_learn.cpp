// dcmwatch model learn: a model that captures satisfy, or what a given one lacks of it.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "app/commands.h"
#include "app/files.h"
#include "app/read_captures.h"
#include "model/document.h"
#include "model/learn_draft.h"
#include "model/learn_patch.h"

namespace dcmwatch {
namespace {

/// Hands every fact to the learner.
class Lessons final : public RecordSink {
 public:
  explicit Lessons(Learner& learner) : learner_(learner) {}

  void observe(const Observation& observation) override { learner_.observe(observation.event); }
  void observe(const Finding&) override {}

 private:
  Learner& learner_;
};

/// What a declaration can be missing for; the rest is for people to mend.
bool is_missing_declaration(DeviationKind kind) {
  switch (kind) {
    using enum DeviationKind;
    case source_device:
    case destination_device:
    case flow:
    case zone_crossing:
    case port:
    case direction:
    case calling_ae_title:
    case called_ae_title:
    case operation:
    case sop_class:
    case sender:
    case receiver:
    case message_type:
    case version:
    case processing_id:
    case ack_mode:
    case move_destination:
    case ae_title_case:
    case service:
    case transfer_syntax:
    case listener:
    case outside: return true;
    case order:
    case worklist_entry:
    case denied:
    case source_mac:
    case destination_mac:
    case vlan:
    case ae_title_two_places:
    case transport_security:
    case window:
    case expired:
    case rate:
    case slow_answer:
    case silent:
    case implementation:
    case implementation_changed: return false;
  }
  return false;
}

/// Hands on what a model lacks, and counts what is no lack of it.
class MissingLessons final : public RecordSink {
 public:
  explicit MissingLessons(Learner& learner) : learner_(learner) {}

  void observe(const Observation& observation) override {
    bool missing = false;
    for (const Deviation& deviation : observation.declared->deviations) {
      const bool lacks = is_missing_declaration(deviation.kind);
      missing |= lacks;
      if (!lacks && observation.event.phase == Phase::end) ++others_[deviation.kind];
    }
    if (missing) learner_.observe(observation.event);
  }
  void observe(const Finding&) override {}

  /// Records of deviations that no declaration is missing for.
  [[nodiscard]] const std::map<DeviationKind, std::uint64_t>& others() const { return others_; }

 private:
  Learner& learner_;
  std::map<DeviationKind, std::uint64_t> others_;
};

Remarks head_of(const Learner& learner, const std::vector<std::string>& captures) {
  Remarks head{
      "Drafted by dcmwatch model learn from " + std::to_string(captures.size()) +
          (captures.size() == 1 ? " capture" : " captures") + ": what was seen, not what is right.",
      "Everything in it was seen, so that the same captures deviate in nothing: read each entry, above all those",
      "marked 'review:', and take out what should not be. Names are free; `dcmwatch model check` checks it.",
      "The language is described in docs/model.md."};
  if (learner.all().first) {
    head.push_back("Seen from " + to_rfc3339(*learner.all().first) + " to " + to_rfc3339(*learner.all().last) + ".");
  }
  return head;
}

Remarks foot_of(const Learner& learner) {
  Remarks foot;
  if (learner.not_learnt() != 0) {
    foot.push_back("review: " + std::to_string(learner.not_learnt()) +
                   " observations were not learnt, of more addresses or ways between them than are kept in mind.");
  }
  if (learner.studies_not_learnt() != 0) {
    foot.push_back(
        "review: more studies were retrieved or queried in an hour than are kept in mind; of whose they are no rate is "
        "drafted.");
  }
  if (learner.undeclarable_destinations() != 0) {
    foot.push_back("review: C-MOVEs to what is no AE title, which no model can allow, so that they deviate: " +
                   std::to_string(learner.undeclarable_destinations()) + ".");
  }
  if (learner.without_port() != 0) {
    foot.push_back("review: records of several connections that nobody answered, on ports that are not told: " +
                   std::to_string(learner.without_port()) + ".");
  }
  return foot;
}

bool write(const std::string& output, const std::string& text) {
  if (output.empty() || output == "-") {
    const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!whole) fmt::print(stderr, "dcmwatch: standard output cannot be written\n");
    return whole;
  }
  std::ofstream file{output};
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "dcmwatch: {}: cannot be written\n", output);
  return static_cast<bool>(file);
}

int draft(const ModelLearnOptions& options) {
  Learner learner;
  Lessons lessons{learner};
  const Lookup nothing{std::make_shared<const Model>()};
  const bool whole = observe_captures(options.captures, nothing, lessons);
  if (learner.hosts().empty()) {
    if (whole) fmt::print(stderr, "dcmwatch: nothing to learn from: nobody was seen to talk to anybody\n");
    return kFailed;
  }
  const auto fingerprints = load_fingerprints({});
  Draft draft = draft_model(learner, fingerprints ? &*fingerprints : nullptr, nullptr);
  draft.model.name = "Learnt from captures";
  draft.remarks.head = head_of(learner, options.captures);
  draft.remarks.foot = foot_of(learner);
  const bool written = write(options.output, to_yaml(draft.model, draft.remarks));
  return whole && written ? kDone : kFailed;
}

std::string introduction(const Learner& learner, const MissingLessons& lessons, const Draft& draft) {
  std::string text;
  for (const auto& [kind, records] : lessons.others()) {
    text += "# not proposed, since it is no missing declaration: " + std::string{to_text(kind)} + " (" +
            std::to_string(records) + (records == 1 ? " record)\n" : " records)\n");
  }
  for (const Remarks& remarks : {draft.remarks.foot, foot_of(learner)}) {
    for (const std::string& line : remarks) text += "# " + line + '\n';
  }
  return text;
}

std::string text_of(const std::filesystem::path& file) {
  auto text = read_text(file);
  if (const auto* const unreadable = std::get_if<Unreadable>(&text))
    throw UsageError(file.string() + ": " + unreadable->what);
  return std::get<std::string>(std::move(text));
}

int propose(const ModelLearnOptions& options) {
  const Lookup known{load_model(options.from)};
  Learner learner;
  MissingLessons lessons{learner};
  const bool whole = observe_captures(options.captures, known, lessons);
  const Model& model = *known.model();
  const auto fingerprints = load_fingerprints({});
  const Draft draft = draft_model(learner, fingerprints ? &*fingerprints : nullptr, &model);
  const ModelPatch patch = patch_model(text_of(options.from), options.from, model, draft);
  const std::string about = introduction(learner, lessons, draft);
  if (patch.diff.empty()) {
    fmt::print(stderr, "{}dcmwatch: {}: nothing that was seen is missing\n", about, options.from);
    return whole ? kDone : kFailed;
  }
  // What it includes is read where it stands.
  if (model.files.size() == 1) parse_model(patch.patched, options.from + ", patched");
  return write(options.output, about + patch.diff) && whole ? kDone : kFailed;
}

}  // namespace

int learn_model(const ModelLearnOptions& options) { return options.from.empty() ? draft(options) : propose(options); }

}  // namespace dcmwatch
