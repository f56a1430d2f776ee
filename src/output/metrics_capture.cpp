// dcmwatch_capture_*, dcmwatch_irregular_packets_total, dcmwatch_resets_refuted_total, dcmwatch_limit_reached_total
#include <array>
#include <string>
#include <unordered_map>

#include "output/metric_group.h"

namespace dcmwatch {
namespace {

class CaptureMetrics final : public MetricGroup {
 public:
  explicit CaptureMetrics(prometheus::Registry& registry)
      : registry_(registry),
        packets_(family("dcmwatch_capture_packets_total", "Packets captured.")),
        bytes_(family("dcmwatch_capture_bytes_total", "Bytes of captured packets, as long as they were on the wire.")),
        dropped_(family("dcmwatch_capture_dropped_packets_total",
                        "Packets that were on the wire but dropped before they could be read.")),
        irregular_(family("dcmwatch_irregular_packets_total",
                          "TCP packets that do not simply continue their connection, by what they are.")),
        unseen_(
            family("dcmwatch_capture_unseen_bytes_total",
                   "Payload bytes that were acknowledged but in no captured packet: lost before the capture or by it.")
                .Add({})),
        resets_refuted_(family("dcmwatch_resets_refuted_total",
                               "RSTs that their supposed sender went on after: forged, most likely.")
                            .Add({})),
        interrupted_(prometheus::BuildGauge()
                         .Name("dcmwatch_capture_interrupted")
                         .Help("1 while an interface is down or gone: what passes is not seen.")
                         .Register(registry)),
        notes_(family("dcmwatch_capture_notes_total", "What the capture could not show, by what it was.")) {}

  void observe(const Observation& observation) override {
    const auto* note = std::get_if<CaptureNote>(&observation.event.facts);
    if (!note) return;
    prometheus::Counter*& counter = by_note_[note->name];  // a fixed set of names, not text off the wire
    if (!counter) counter = &notes_.Add({{"note", std::string{note->name}}});
    counter->Increment(static_cast<double>(note->count));
  }

  void update(const Tallies& tallies) override {
    for (const Tallies::Source& source : tallies.sources) {
      raise_to(packets_.Add({{"source", source.name}}), source.packets);
      raise_to(bytes_.Add({{"source", source.name}}), source.bytes);
      raise_to(dropped_.Add({{"source", source.name}, {"by", "kernel"}}), source.dropped_by_kernel);
      raise_to(dropped_.Add({{"source", source.name}, {"by", "interface"}}), source.dropped_by_interface);
      interrupted_.Add({{"source", source.name}}).Set(source.interrupted ? 1 : 0);
    }
    for (const Tallies::Limit& kind : tallies.irregular_packets)
      raise_to(irregular_.Add({{"kind", std::string{kind.name}}}), kind.reached);
    raise_to(unseen_, tallies.unseen_bytes);
    raise_to(resets_refuted_, tallies.resets_refuted);
    for (const Tallies::Limit& limit : tallies.limits) raise_to(limit_reached(registry_, limit.name), limit.reached);
  }

 private:
  prometheus::Family<prometheus::Counter>& family(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  }

  prometheus::Registry& registry_;
  prometheus::Family<prometheus::Counter>& packets_;
  prometheus::Family<prometheus::Counter>& bytes_;
  prometheus::Family<prometheus::Counter>& dropped_;
  prometheus::Family<prometheus::Counter>& irregular_;
  prometheus::Counter& unseen_;
  prometheus::Counter& resets_refuted_;
  prometheus::Family<prometheus::Gauge>& interrupted_;
  prometheus::Family<prometheus::Counter>& notes_;
  std::unordered_map<std::string_view, prometheus::Counter*> by_note_;
};

}  // namespace

prometheus::Counter& limit_reached(prometheus::Registry& registry, std::string_view limit) {
  return prometheus::BuildCounter()
      .Name("dcmwatch_limit_reached_total")
      .Help("How often something was forgotten so as to stay within a limit, by which.")
      .Register(registry)
      .Add({{"limit", std::string{limit}}});
}

std::unique_ptr<MetricGroup> make_capture_metrics(prometheus::Registry& registry, const MetricNames&) {
  return std::make_unique<CaptureMetrics>(registry);
}

}  // namespace dcmwatch
