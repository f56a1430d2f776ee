"""SIGHUP to the monitor: files are read anew while packets come."""
import json
import pathlib
import signal
import tempfile
import unittest

import dcmwatch as d
import network
import wire

METRICS = "http://127.0.0.1:9810/metrics"
WHY_NOT = network.available(("curl",))
DAY = d.PCAPS / "modality-day.pcap"

FINDS = """title: A query
id: finds
level: {level}
logsource: {{product: dcmwatch, service: dicom.operation}}
detection:
  selection: {{dicom.command: C-FIND}}
  condition: selection
"""
MANY_STORES = """title: Many stores
id: many-stores
level: high
correlation: {{type: event_count, rules: [stores], timespan: 1d, condition: {{gte: {count}}}}}
---
title: A store
name: stores
logsource: {{product: dcmwatch, service: dicom.operation}}
detection:
  selection: {{dicom.command: C-STORE}}
  condition: selection
"""


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Reload(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dcmwatch-reload-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # the worker is nobody
        self.wire = wire.Wire()
        self.addCleanup(self.wire.close)
        (self.folder / "rules").mkdir()
        self.model = d.MODEL.read_text(encoding="utf-8")
        self.write("model.yaml", self.model)
        self.write("rules/finds.yml", FINDS.format(level="low"))
        stores = len([r for r in d.of("dicom.operation", d.records(DAY)) if r["dicom"].get("command") == "C-STORE"])
        self.write("rules/many.yml", MANY_STORES.format(count=2 * stores))
        for bundled in ("config/sigma-fields.yml", "rules/fingerprints/dicom.yml"):
            self.write(pathlib.Path(bundled).name, (d.ROOT / bundled).read_text(encoding="utf-8"))

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / name).chmod(0o644)

    def watch(self):
        self.write("monitor.yaml", "model: model.yaml\nrules: rules\nsigma_fields: sigma-fields.yml\nfingerprints: dicom.yml\n"
                                   "listen: 127.0.0.1:9810\nevents: {file: events.ndjson}\ninterfaces: [{name: span0}]\n")
        log = (self.folder / "monitor.log").open("w+", encoding="utf-8")
        self.addCleanup(log.close)
        self.monitor = self.wire.start(d.PROGRAM, "monitor", "--config", self.folder / "monitor.yaml", stderr=log)
        network.wait_for("metrics", lambda: self.metric("dcmwatch_build_info") == 1)

    def metric(self, name):
        lines = (self.wire.fetch(METRICS) or "").splitlines()
        values = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name)]
        return sum(values) if values else None

    def said(self):
        return (self.folder / "monitor.log").read_text(encoding="utf-8")

    def reload(self, outcome):
        """What is said of it."""
        told, series = len(self.said()), f'dcmwatch_reloads_total{{outcome="{outcome}"}}'
        before = self.metric(series)
        self.monitor.send_signal(signal.SIGHUP)
        network.wait_for(f"reload {outcome}", lambda: self.metric(series) == before + 1)
        return self.said()[told:]

    def send_a_day(self):
        before = self.metric("dcmwatch_capture_packets_total") or 0
        frames = [(0, frame) for frame in wire.frames(DAY)]
        self.wire.send(frames)
        network.wait_for("the day's packets", lambda: (self.metric("dcmwatch_capture_packets_total") or 0) >= before + len(frames))

    def stop(self):
        self.monitor.send_signal(signal.SIGTERM)
        self.assertEqual(self.monitor.wait(timeout=20), 0, self.said())
        return [json.loads(line) for line in (self.folder / "events.ndjson").read_text(encoding="utf-8").splitlines()]

    def test_what_changed_holds_from_then_on_and_what_did_not_goes_on_counting(self):
        self.watch()
        self.assertNotIn("warning: " + str(self.folder), self.said())
        self.send_a_day()
        network.wait_for("a query", lambda: self.metric('dcmwatch_findings_total{level="low",rule="finds"'))
        self.assertEqual(self.metric('dcmwatch_findings_total{level="high",rule="many-stores"'), 0)

        self.write("rules/finds.yml", FINDS.format(level="medium"))
        self.write("rules/another.yml", FINDS.format(level="low").replace("id: finds", "id: another"))
        self.write("model.yaml", self.model.replace("ct1", "ct9"))
        self.assertIn("dcmwatch: reloaded: 1 rule changed, 1 new, model changed; 4 rules, ", self.reload("taken"))
        self.assertGreater(self.metric("dcmwatch_last_reload_success_timestamp_seconds"), 0)
        self.assertIsNone(self.metric('dcmwatch_findings_total{level="low",rule="finds"'), "it has another level")
        self.assertEqual(self.metric('dcmwatch_findings_total{level="medium",rule="finds"'), 0)
        self.assertEqual(self.metric('dcmwatch_flow_last_seen_timestamp_seconds{flow="ct9-store"}') or 0, 0)
        self.assertIsNone(self.metric('dcmwatch_associations_active{flow="ct1-store"}'))

        self.send_a_day()
        network.wait_for("the stores of both days", lambda: self.metric('dcmwatch_findings_total{level="high",rule="many-stores"'))
        network.wait_for("a query", lambda: self.metric('dcmwatch_findings_total{level="medium",rule="finds"'))
        records = self.stop()
        devices = [r["source"].get("device") for r in d.of("dicom.association", records)]
        self.assertIn("ct1", devices)
        self.assertIn("ct9", devices)
        self.assertLess(devices.index("ct1"), devices.index("ct9"))

    def test_a_faulty_file_changes_nothing_and_is_told_with_its_place(self):
        self.watch()
        self.write("model.yaml", self.model.replace("zones:", "zonnes:", 1))
        said = self.reload("refused")
        line = self.model.splitlines().index("zones:") + 1
        self.assertIn(f"{self.folder}/model.yaml:{line}:1: ", said)
        self.assertIn("did you mean 'zones'", said)
        self.assertIn("reload refused: what was read before stays in force", said)
        self.send_a_day()
        network.wait_for("a query", lambda: self.metric('dcmwatch_findings_total{level="low",rule="finds"'))

        self.write("model.yaml", "# mended\n" + self.model)
        self.assertIn("dcmwatch: reloaded: nothing changed; 3 rules, ", self.reload("taken"))
        self.write("rules/finds.yml", FINDS.format(level="dreadful"))
        self.assertIn("finds.yml:3:", self.reload("refused"))
        self.assertEqual(self.metric('dcmwatch_reloads_total{outcome="taken"}'), 1)
        self.assertIn("ct1", [r["source"].get("device") for r in d.of("dicom.association", self.stop())])

    def test_a_file_that_the_worker_may_not_read_is_warned_of_and_refuses_the_reload(self):
        (self.folder / "model.yaml").chmod(0o600)
        self.watch()
        network.wait_for("the warning", lambda: f"warning: {self.folder}/model.yaml cannot be read by the worker" in self.said())
        self.assertIn(f"{self.folder}/model.yaml", self.reload("refused"))
        self.stop()


    def test_an_include_that_the_worker_may_not_read_is_warned_of_and_told_alone(self):
        begin, end = self.model.index("\nzones:") + 1, self.model.index("\ndevices:") + 1
        self.write("model.yaml", "include: zones.yaml\n" + self.model[:begin] + self.model[end:])
        self.write("zones.yaml", self.model[begin:end])
        (self.folder / "zones.yaml").chmod(0o600)
        self.watch()
        network.wait_for("the warning", lambda: f"warning: {self.folder}/zones.yaml cannot be read by the worker" in self.said())
        said = self.reload("refused")
        self.assertIn(f"{self.folder}/model.yaml:1:10: 'zones.yaml': cannot be read", said)
        self.assertNotIn("unknown zone", said)
        self.assertEqual(self.metric("dcmwatch_reload_in_progress_seconds"), 0)
        self.stop()


if __name__ == "__main__":
    unittest.main()
