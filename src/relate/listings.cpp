#include "relate/listings.h"

#include <utility>

#include "relate/prints.h"

namespace dcmwatch {
namespace {

void put_before(std::vector<InstancePrint>& all, const std::vector<InstancePrint>& first) {
  all.insert(all.begin(), first.begin(), first.end());
}

}  // namespace

void Listings::keep(const Event& event, const DicomOperation& operation) {
  const auto* step = operation.content.as<PerformedStep>();
  const auto* commitment = operation.content.as<StorageCommitment>();
  const std::vector<InstancePrint> none;
  const auto& instances = step ? step->instances : commitment ? commitment->instances : none;
  const auto& failed_instances = commitment ? commitment->failed_instances : none;
  const std::size_t count = instances.size() + failed_instances.size();
  if (count == 0) return;
  while (!open_.empty() && instances_ + count > limits_.listed_instances) forget_oldest();
  const std::uint64_t print = print_of_operation(event, operation);
  auto* known = open_.find(print);
  if (!known) {
    if (open_.full()) forget_oldest();
    known = &open_.open(print, event.last.time);
  }
  Listed& listed = known->value;
  listed.instances.insert(listed.instances.end(), instances.begin(), instances.end());
  listed.failed_instances.insert(listed.failed_instances.end(), failed_instances.begin(), failed_instances.end());
  instances_ += count;
}

void Listings::forget_oldest() {
  const Listed& oldest = open_.oldest().value;
  instances_ -= oldest.instances.size() + oldest.failed_instances.size();
  open_.close(open_.oldest());
  ++forgotten_;
}

const DicomOperation& Listings::whole(const Event& event, const DicomOperation& last) {
  auto* known = open_.empty() ? nullptr : open_.find(print_of_operation(event, last));
  if (!known) return last;
  const Listed listed = std::exchange(known->value, {});
  open_.close(*known);
  instances_ -= listed.instances.size() + listed.failed_instances.size();
  whole_ = last;
  if (const auto* step = last.content.as<PerformedStep>()) {
    PerformedStep all = *step;
    put_before(all.instances, listed.instances);
    whole_.content = last.content.with(std::move(all));
  } else if (const auto* commitment = last.content.as<StorageCommitment>()) {
    StorageCommitment all = *commitment;
    put_before(all.instances, listed.instances);
    put_before(all.failed_instances, listed.failed_instances);
    whole_.content = last.content.with(std::move(all));
  }
  return whole_;
}

}  // namespace dcmwatch
