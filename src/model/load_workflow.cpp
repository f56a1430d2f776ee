// workflow: {images: 30m, commitment: none, report: 2d}
#include <chrono>

#include "model/loading.h"

namespace dcmwatch {
namespace {

constexpr Duration kLongest = std::chrono::hours{24 * 7};  // an order's way is not kept in mind for longer

}  // namespace

void load_workflow(const Node& node, Loading& loading) {
  MapReader map{node, "the workflow", loading.problems};
  const auto read = [&](std::string_view step, std::optional<Duration>& time) {
    if (const Node* const entry = map.optional(step)) read_time_or_none(*entry, kLongest, time, loading.problems);
  };
  read("images", loading.model.workflow.images);
  read("commitment", loading.model.workflow.commitment);
  read("report", loading.model.workflow.report);
  map.done();
}

}  // namespace dcmwatch
