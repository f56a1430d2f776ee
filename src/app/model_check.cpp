// dcmwatch model check: is the declared model usable, and what does it declare?
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "app/commands.h"
#include "model/model.h"

namespace dcmwatch {

Command add_model_check(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("FILE", *file, "the declared data-flow model")->required();
  return [file] {
    const std::shared_ptr<const Model> model = load_model(*file);
    fmt::print("{}: {} zones, {} devices, {} services, {} flows; no fault found\n", *file, model->zones.size(), model->devices.size(),
               model->services.size(), model->flows.size());
    return static_cast<int>(kDone);
  };
}

}  // namespace dcmwatch
