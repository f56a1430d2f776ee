"""The monitor on a mirror port, asked through a real Prometheus while a rogue retrieval is still running."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import dcmwatch as d
import network

IMAGES = 12
WHY_NOT = network.available()

DUMP = """(0008,0016) UI =CTImageStorage
(0008,0018) UI [2.25.27182818.{number}]
(0008,0060) CS [CT]
(0010,0010) PN [LIVETEST^PATIENT]
(0010,0020) LO [LIVEPID]
(0020,000d) UI [2.25.27182818]
(0020,000e) UI [2.25.27182818.0]
(0020,0010) SH [1]
(0020,0013) IS [{number}]
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 2
(0028,0011) US 2
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7fe0,0010) OB 01\\02\\03\\04
"""

ARCHIVE = """NetworkTCPPort = 104
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
oldws = (OLDWS, 10.20.99.66, 11112)
all = oldws
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
VNA {folder} RW (500, 1024mb) ANY
AETable END
"""

CONFIGURATION = """observer: live-test
model: {model}
rules: {rules}
interfaces:
  - name: span0
  - name: span1
listen: 127.0.0.1:9810
events: {{file: {folder}/events.ndjson, phases: all}}
pseudonym_key: {folder}/key
"""

PROMETHEUS = """global: {scrape_interval: 500ms, scrape_timeout: 400ms}
scrape_configs:
  - job_name: dcmwatch
    static_configs: [{targets: ['127.0.0.1:9810']}]
"""


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Live(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dcmwatch-live-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.department = network.Department({"ct1": "10.20.10.11", "vna": "10.20.20.20", "ws1": "10.20.30.11", "rogue": "10.20.99.66"})
        self.addCleanup(self.department.close)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def start_archive(self):
        store = self.folder / "archive"
        store.mkdir()
        self.department.start("vna", "dcmqrscp", "-c", self.write("archive.cfg", ARCHIVE.format(folder=store)), cwd=store)
        network.wait_for("archive", lambda: self.department.listens("vna", 104))
        images = self.folder / "images"
        images.mkdir()
        for number in range(1, IMAGES + 1):
            dump = self.write("image.dump", DUMP.format(number=number))
            subprocess.run(["dump2dcm", dump, images / f"{number}.dcm"], check=True, capture_output=True)
        return images

    def start_monitor(self):
        configuration = self.write("monitor.yaml", CONFIGURATION.format(model=d.MODEL, rules=d.RULES, folder=self.folder))
        self.monitor_log = (self.folder / "monitor.log").open("w+", encoding="utf-8")
        self.addCleanup(self.monitor_log.close)
        monitor = self.department.start("monitor", d.PROGRAM, "monitor", "--config", configuration, stderr=self.monitor_log)
        network.wait_for("metrics", lambda: self.department.fetch("monitor", "http://127.0.0.1:9810/metrics"))
        return monitor

    def start_prometheus(self):
        configuration = self.write("prometheus.yml", PROMETHEUS)
        self.department.start("monitor", "prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={self.folder}/tsdb",
                              "--web.listen-address=127.0.0.1:9090", "--log.level=error")
        network.wait_for("scrape", lambda: self.department.ask_prometheus("up == 1"), 30)

    def sent_by_mirror_port(self):
        return int(self.department.run("monitor", "cat", "/sys/class/net/span0/statistics/tx_packets").stdout)

    def worker_of(self, broker):
        children = pathlib.Path(f"/proc/{broker}/task/{broker}/children").read_text(encoding="ascii").split()
        self.assertEqual(len(children), 1)
        return children[0]

    def test_an_undeclared_flow_is_known_to_prometheus_while_it_runs(self):
        images = self.start_archive()
        monitor = self.start_monitor()
        self.start_prometheus()
        self.assertEqual(self.department.ask_prometheus("sum(dcmwatch_findings_total) > 0"), [])
        sources = {series["metric"]["source"] for series in self.department.ask_prometheus("dcmwatch_capture_packets_total")}
        self.assertEqual(sources, {"span0", "span1"})

        # ip netns exec becomes the program, so the process started is the broker. Its worker has no privileges.
        status = pathlib.Path(f"/proc/{self.worker_of(monitor.pid)}/status").read_text(encoding="ascii")
        self.assertNotIn("Uid:\t0", status)
        self.assertIn("CapEff:\t0000000000000000", status)
        self.assertIn("NoNewPrivs:\t1", status)

        # What is declared first: ws1 may query and retrieve; filling the archive goes past the mirror on the archive's loopback.
        filled = self.department.run("vna", "storescu", "-aec", "VNA", "127.0.0.1", 104, *images.iterdir())
        self.assertEqual(filled.returncode, 0, filled.stderr)
        self.assertEqual(self.department.run("ws1", "echoscu", "-aet", "WS1", "-aec", "VNA", "10.20.20.20", 104).returncode, 0)
        network.wait_for("declared association", lambda: self.department.ask_prometheus('sum(dcmwatch_associations_total{flow!="undeclared"}) > 0'))
        self.assertEqual(self.department.ask_prometheus("sum(dcmwatch_findings_total) > 0"), [])

        # The rogue takes a second over each object, so the retrieval lasts.
        self.department.start("rogue", "storescp", "--ignore", "--sleep-after", 1, "-aet", "OLDWS", 11112)
        network.wait_for("rogue's storescp", lambda: self.department.listens("rogue", 11112))
        pull = self.department.start("rogue", "movescu", "-S", "-aet", "WS1", "-aec", "VNA", "-aem", "OLDWS", "-k", "QueryRetrieveLevel=STUDY",
                                     "-k", "StudyInstanceUID=2.25.27182818", "10.20.20.20", 104)
        findings = network.wait_for("finding", lambda: self.department.ask_prometheus('dcmwatch_findings_total{level="high"} > 0'))
        flows = network.wait_for("undeclared operation", lambda: self.department.ask_prometheus(
            'sum by (source_zone, destination_zone) (dcmwatch_deviations_total{source_zone="office",destination_zone="archive"}) > 0'))
        self.assertIsNone(pull.poll(), "the retrieval was over before Prometheus was asked: this test shows nothing")
        self.assertTrue(findings and flows)

        pull.kill()
        monitor.send_signal(signal.SIGTERM)
        self.assertEqual(monitor.wait(timeout=20), 0)
        self.assertEqual(self.sent_by_mirror_port(), 0, "a packet was transmitted on the mirror port")
        self.assert_log_is_whole()

    def assert_log_is_whole(self):
        records = [json.loads(line) for line in (self.folder / "events.ndjson").read_text(encoding="utf-8").splitlines()]
        text = json.dumps(records)
        self.assertNotIn("LIVETEST", text)
        self.assertNotIn("LIVEPID", text)
        self.assertNotIn("27182818", text)
        ended = [r for r in d.findings(records) if r["event"]["phase"] == "end"]
        self.assertTrue(any(r["source"]["ip"] == "10.20.99.66" for r in ended))
        moves = [r for r in d.of("dicom.operation", records) if r["dicom"].get("command") == "C-MOVE" and r["event"]["phase"] == "end"]
        self.assertEqual([m["dicom"]["move_destination"] for m in moves], ["OLDWS"])
        self.assertTrue(d.of("link", records), "the C-STOREs are tied to the C-MOVE")
        self.assertEqual({r["observer"]["name"] for r in records}, {"live-test"})
        self.assertEqual(os.stat(self.folder / "events.ndjson").st_mode & 0o007, 0)


if __name__ == "__main__":
    unittest.main()
