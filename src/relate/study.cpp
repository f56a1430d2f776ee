#include "relate/study.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "relate/prints.h"
#include "relate/study_instances.h"

namespace dcmwatch {
namespace {

template <typename Fits>
Ways ways_where(const Study& study, Fits fits) {
  Ways ways = 0;
  for (std::size_t i = 0; i < study.ways.size(); ++i) ways |= (fits(study.ways[i]) ? 1U : 0U) << i;
  return ways;
}

}  // namespace

Ways Study::ways_from(const IpAddress& sender) const {
  return ways_where(*this, [&](const StudyWay& way) { return way.where.parties.source.address == sender; });
}

Ways Study::ways_to_the_same(const StudyWay& way) const {
  return ways_where(*this, [&](const StudyWay& other) {
    const auto& [title, other_title] = std::tie(way.figures.receiver_ae, other.figures.receiver_ae);
    return other.where.parties.source.address == way.where.parties.source.address &&
           other.where.parties.destination.address == way.where.parties.destination.address && other.port == way.port &&
           (!title || !other_title || title == other_title);
  });
}

Ways Study::ways_of_report(const Event& event, const DicomOperation& report, bool asked) const {
  Ways to_reporter = ways_where(
      *this, [&](const StudyWay& way) { return way.where.parties.destination.address == sender_of(event, report); });
  const Ways to_title = to_reporter & ways_where(*this, [&](const StudyWay& way) {
                          return way.figures.receiver_ae == sender_title(report);
                        });
  const Ways from_requester = ways_from(receiver_of(event, report));
  if (to_title != 0) to_reporter = to_title;
  const Ways both = to_reporter & from_requester;
  if (both != 0) return both;
  return to_reporter != 0 || !asked ? to_reporter : from_requester;
}

bool Study::may_have_gone_further(const IpAddress& sender) const {
  return std::ranges::find(further_senders, print_of(sender)) != further_senders.end();
}

StudyTally tally(const Study& study, StudyInstances& instances) {
  StudyTally tally;
  if (study.unassigned) return tally;
  std::array<Announcers, Limits::study_ways> announcers{};  ///< a way's sender
  std::array<Ways, Limits::study_ways> to_the_same{};
  for (std::size_t a = 0; a < study.announcers.size(); ++a) {
    const IpAddress& sender = study.announcers[a].where.parties.source.address;
    const Ways its = study.ways_from(sender);
    bool is_told_apart = !study.announcers[a].not_told_apart && !study.may_have_gone_further(sender);
    for (std::size_t i = 0; i < study.ways.size(); ++i)
      is_told_apart &= (its >> i & 1U) == 0 || study.ways[i].figures.not_told_apart == 0;
    for (std::size_t i = 0; i < study.ways.size(); ++i) {
      if ((its >> i & 1U) == 0) continue;
      announcers[i] = static_cast<Announcers>(1U << a);
      to_the_same[i] = study.ways_to_the_same(study.ways[i]);
      tally.ways[i].announced = study.announcers[a].announced;
      if (is_told_apart) tally.ways[i].missing = tally.ways[i].unsent = 0;
    }
  }
  for (const InstancePrint print : study.instances) {
    const StudyInstance& instance = *instances.find(study.print, print);
    const Ways seen = instance.stored | instance.failed | instance.unseen;
    const bool unsent = seen == 0 && !instance.went_further;
    for (std::size_t i = 0; i < study.ways.size(); ++i) {
      const auto on_way = [i](Ways ways) { return std::uint64_t{ways} >> i & 1; };
      DicomStudy& way = tally.ways[i];
      way.stored += on_way(instance.stored);
      way.failed += on_way(instance.failed);
      way.not_visible += on_way(instance.unseen);
      way.forwarded += on_way(instance.forwarded);
      way.committed += on_way(instance.committed);
      way.commitment_failed += on_way(instance.not_committed);
      const bool announced = (instance.announced & announcers[i]) != 0;
      if (!way.missing || !announced || (seen & to_the_same[i]) != 0) continue;
      ++*way.missing;
      *way.unsent += unsent ? 1 : 0;
    }
    for (std::size_t a = 0; unsent && a < study.announcers.size(); ++a) tally.unsent[a] += instance.announced >> a & 1U;
  }
  return tally;
}

bool sends_on(const StudyWay& from, const StudyWay& to) {
  const IpAddress& host = from.where.parties.destination.address;
  if (host != to.where.parties.source.address) return false;
  const bool within_one_host =
      from.where.parties.source.address == host || to.where.parties.destination.address == host;
  return !within_one_host || from.figures.receiver_ae == to.figures.sender_ae;
}

std::uint64_t refused_storage_classes(const PresentationContexts& contexts) {
  constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";
  const auto count = [&](std::size_t end, const auto& fits) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < end; ++i) found += fits(contexts[i]) ? 1U : 0U;
    return found;
  };
  std::uint64_t refused = 0;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const PresentationContext context = contexts[i];
    if (!context.result || context.accepted() || !context.abstract_syntax.starts_with(kStorage)) continue;
    const auto of_it = [&](const PresentationContext& other) {
      return other.abstract_syntax == context.abstract_syntax;
    };
    const auto taken = [&](const PresentationContext& other) { return of_it(other) && other.accepted(); };
    const bool counted_before = count(i, of_it) != 0;
    refused += counted_before || count(contexts.size(), taken) != 0 ? 0 : 1;
  }
  return refused;
}

}  // namespace dcmwatch
