// dcmwatch model check: is the declared model usable, and what does it declare?
#include <fmt/format.h>

#include <memory>

#include "app/commands.h"
#include "model/model.h"

namespace dcmwatch {

int check_model(const std::string& file) {
  const std::shared_ptr<const Model> model = load_model(file);
  fmt::print("{}: {} zones, {} devices, {} services, {} flows; no fault found\n", file, model->zones.size(),
             model->devices.size(), model->services.size(), model->flows.size());
  return kDone;
}

}  // namespace dcmwatch
