#include "app/configuration.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/endpoint.h"
#include "model/map_reader.h"

namespace dcmwatch {
namespace {

class Loader {
 public:
  explicit Loader(const std::filesystem::path& file) : folder_(file.parent_path()), problems_(file.string()) {}

  MonitorConfiguration load(const std::filesystem::path& file) {
    if (const auto document = read_document(file, problems_)) read(*document);
    problems_.throw_if_any();
    return configuration_;
  }

 private:
  void read(const Node& document) {
    MapReader map{document, "the configuration", problems_};
    configuration_.observer = map.text("observer");
    if (const Node* node = map.required("model", "the declared data-flow model, 'model: model.yaml'"))
      configuration_.model = path(*node, "model");
    if (const Node* node = map.required("rules", "the folder of rules, 'rules: ../rules/detection'"))
      configuration_.rules = path(*node, "rules");
    if (const Node* node = map.optional("sigma_fields")) configuration_.sigma_fields = path(*node, "sigma_fields");
    if (const Node* node = map.optional("exceptions")) configuration_.exceptions = path(*node, "exceptions");
    if (const Node* node = map.optional("fingerprints")) configuration_.fingerprints = path(*node, "fingerprints");
    if (const Node* node = map.required("interfaces", "a list of interfaces to listen on, '- name: span0'"))
      read_interfaces(*node);
    if (const Node* node = map.optional("listen")) read_listen(*node);
    if (const Node* node = map.optional("events")) read_events(*node);
    if (const Node* node = map.optional("pseudonym_key")) configuration_.pseudonym_key = path(*node, "pseudonym_key");
    if (const std::string user = map.text("user"); !user.empty()) configuration_.user = user;
    if (const Node* node = map.optional("digest_pixel_data")) configuration_.digest_pixel_data = is_true(*node);
    if (const Node* node = map.optional("shards"))
      configuration_.shards = static_cast<unsigned>(number(*node, "shards", 1, kPartitions).value_or(1));
    map.done();
  }

  void read_interfaces(const Node& node) {
    if (node.kind != Node::Kind::list || node.children.empty()) {
      problems_.add(node.at, "'interfaces' must be a list", "write '- name: span0' on a line of its own");
      return;
    }
    for (const Node& child : node.children) read_interface(child);
    // Packets of several wait for one another, for as long as a ring may hold one back.
    if (configuration_.interfaces.size() > 1) {
      for (InterfaceSettings& interface : configuration_.interfaces)
        interface.block_timeout = std::chrono::milliseconds{10};
    }
  }

  void read_interface(const Node& node) {
    InterfaceSettings settings;
    MapReader map{node, "an interface", problems_};
    if (const Node* name = map.required("name", "the interface's name, as 'ip link' shows it"))
      settings.name = name->text;
    settings.filter = map.text("filter");
    if (const Node* snap = map.optional("snap_length")) {
      settings.snap_length = static_cast<int>(number(*snap, "snap_length", 96, 262144).value_or(settings.snap_length));
    }
    if (const Node* buffer = map.optional("buffer_mebibytes")) {
      settings.buffer_bytes = static_cast<int>(number(*buffer, "buffer_mebibytes", 1, 1024).value_or(64)) * (1 << 20);
    }
    const std::string direction = map.text("direction");
    if (!direction.empty() && direction != "in" && direction != "both") {
      problems_.add(map.optional("direction")->at, "'direction' is " + in_quotes(direction),
                    "write 'in' (what arrives: a mirror port) or 'both' (what this host sends, too)");
    }
    settings.inbound_only = direction != "both";
    settings.domain = domain(map.text("domain"));
    map.done();
    configuration_.interfaces.push_back(settings);
  }

  // Interfaces without one see the same network, as the two sides of a tap do.
  std::uint16_t domain(const std::string& name) {
    if (name.empty()) return 0;
    const auto known = std::find(domains_.begin(), domains_.end(), name);
    const auto number = static_cast<std::uint16_t>(known - domains_.begin() + 1);
    if (known == domains_.end()) domains_.push_back(name);
    return number;
  }

  void read_listen(const Node& node) {
    const std::string& text = node.text;
    const std::size_t colon = text.rfind(':');
    std::string address = text.substr(0, colon == std::string::npos ? 0 : colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    unsigned port = 0;
    const char* const end = text.data() + text.size();
    const bool is_port = colon != std::string::npos && std::from_chars(text.data() + colon + 1, end, port).ptr == end &&
                         port != 0 && port < 65536;
    if (!is_port || !IpAddress::parse(address)) {
      problems_.add(node.at, "'listen' must be an address and a port", "write '127.0.0.1:9810' or '[::1]:9810'");
      return;
    }
    configuration_.listen_address = address;
    configuration_.listen_port = static_cast<std::uint16_t>(port);
  }

  void read_events(const Node& node) {
    MapReader map{node, "'events'", problems_};
    if (const Node* file =
            map.required("file", "where the records go, 'file: /var/log/dcmwatch/events.ndjson' or '-'")) {
      configuration_.events = file->text == "-" ? "-" : path(*file, "file").string();
    }
    const std::string phases = map.text("phases");
    if (!phases.empty() && phases != "end" && phases != "all") {
      problems_.add(map.optional("phases")->at, "'phases' is " + in_quotes(phases),
                    "write 'end' (how things ended) or 'all' (starts and progress too)");
    }
    configuration_.every_phase = phases == "all";
    map.done();
  }

  std::filesystem::path path(const Node& node, std::string_view what) {
    const auto text = scalar(node, what, problems_);
    return text ? (folder_ / *text).lexically_normal() : std::filesystem::path{};
  }

  bool is_true(const Node& node) {
    if (node.text != "true" && node.text != "false") problems_.add(node.at, in_quotes(node.key) + " is true or false");
    return node.text == "true";
  }

  std::optional<long> number(const Node& node, std::string_view what, long least, long most) {
    long value = 0;
    const char* const end = node.text.data() + node.text.size();
    if (std::from_chars(node.text.data(), end, value).ptr == end && !node.text.empty() && value >= least &&
        value <= most)
      return value;
    problems_.add(node.at, in_quotes(what) + " must be a number",
                  "from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  std::filesystem::path folder_;
  Problems problems_;
  MonitorConfiguration configuration_;
  std::vector<std::string> domains_;
};

}  // namespace

MonitorConfiguration load_configuration(const std::filesystem::path& file) { return Loader{file}.load(file); }

}  // namespace dcmwatch
