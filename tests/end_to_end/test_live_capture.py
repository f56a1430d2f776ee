"""What a mirror port delivers: tags, a tap's two sides, interfaces that go and come, cut frames, drops."""
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import dcmwatch as d
import network
import wire

METRICS = "http://127.0.0.1:9810/metrics"
WHY_NOT = network.available()
DAY = d.PCAPS / "modality-day.pcap"


def told(records):
    """What was done, without when and between whom."""
    ends = [r for r in records if r["event"]["phase"] == "end"]
    associations = ((r["dicom"].get("calling_ae"), r["dicom"].get("called_ae"), r["event"]["outcome"]) for r in d.of("dicom.association", ends))
    operations = ((r["dicom"].get("command"), r["dicom"].get("status")) for r in d.of("dicom.operation", ends))
    messages = ((r["hl7"].get("message_type"), r["hl7"].get("ack_code")) for r in d.of("hl7.message", ends))
    return {kind: collections.Counter(facts) for kind, facts in
            {"associations": associations, "operations": operations, "messages": messages}.items()}


@unittest.skipIf(WHY_NOT, WHY_NOT)
class LiveCapture(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dcmwatch-live-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.wire = wire.Wire()
        self.addCleanup(self.wire.close)

    def watch(self, *interfaces, settings=""):
        """Starts the monitor on interfaces, each written as YAML, with other settings."""
        configuration = self.folder / "monitor.yaml"
        configuration.write_text(f"model: {d.MODEL}\nrules: {d.RULES}\nlisten: 127.0.0.1:9810\nevents: {{file: {self.folder}/events.ndjson}}\n"
                                 f"{settings}\ninterfaces:\n" + "".join(f"  - {interface}\n" for interface in interfaces), encoding="utf-8")
        log = (self.folder / "monitor.log").open("w+", encoding="utf-8")
        self.addCleanup(log.close)
        self.monitor = self.wire.start(d.PROGRAM, "monitor", "--config", configuration, stderr=log)
        network.wait_for("metrics", lambda: self.wire.fetch(METRICS))

    def metric(self, pattern):
        """The sum of the series whose line begins with the pattern."""
        lines = (self.wire.fetch(METRICS) or "").splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(pattern, line))

    def captured(self, packets, pattern="dcmwatch_capture_packets_total"):
        try:
            network.wait_for(f"{packets} packets", lambda: self.metric(pattern) >= packets)
        except AssertionError:
            self.fail(f"{self.metric(pattern)} packets of {packets}: {self.said()}")

    def stop(self):
        self.monitor.send_signal(signal.SIGTERM)
        self.assertEqual(self.monitor.wait(timeout=20), 0, self.said())
        return [json.loads(line) for line in (self.folder / "events.ndjson").read_text(encoding="utf-8").splitlines()]

    def said(self):
        return (self.folder / "monitor.log").read_text(encoding="utf-8")

    def send(self, sided_frames):
        sided_frames = list(sided_frames)
        self.wire.send(sided_frames)
        return len(sided_frames)

    def test_pixel_data_is_digested_where_the_configuration_asks_for_it(self):
        def digests(records):
            objects = (r["dicom"].get("object", {}) for r in d.of("dicom.operation", records))
            return collections.Counter(o["pixel_digest"] for o in objects if "pixel_digest" in o)
        expected = digests(d.records(DAY, "--digest"))
        self.watch("{name: span0}", settings=f"digest_pixel_data: true\npseudonym_key: {d.KEY}")
        self.captured(self.send((0, frame) for frame in wire.frames(DAY)))
        seen = digests(self.stop())
        self.assertEqual(seen, expected)
        self.assertNotEqual(seen, {})

    def test_a_filter_selects_tagged_and_untagged_frames_alike_and_the_tag_is_told(self):
        self.watch("{name: span0, filter: 'ip and tcp'}")
        frames = list(wire.frames(DAY))
        self.send((0, wire.tagged(frame, 100)) for frame in frames)
        self.captured(sum(frame[12:14] == b"\x08\x00" and frame[23] == 6 for frame in frames))
        records = self.stop()
        self.assertEqual(told(records), told(d.records(DAY)))
        self.assertEqual({r["network"]["vlan"]["id"] for r in d.of("dicom.association", records)}, {100})

    def test_the_two_sides_of_a_tap_are_one_story(self):
        self.watch("{name: span0}", "{name: span1}")
        sent = self.send(wire.by_sender(DAY))
        self.captured(sent)
        self.assertGreater(self.metric('dcmwatch_capture_packets_total{source="span0"}'), sent * 0.1)
        self.assertGreater(self.metric('dcmwatch_capture_packets_total{source="span1"}'), sent * 0.1)
        records = self.stop()
        self.assertEqual(told(records), told(d.records(DAY)))
        self.assertEqual([r for r in records if r.get("unknown")], [])

    def test_an_interface_that_went_down_or_was_made_anew_is_watched_again(self):
        self.watch("{name: span0}")
        echoes = list(wire.frames(d.PCAPS / "peer-crash.pcap"))
        sent = self.send((0, frame) for frame in echoes)
        self.captured(sent)

        self.wire.ip("link", "set", "span0", "down")
        network.wait_for("word of it", lambda: self.metric('dcmwatch_capture_interrupted{source="span0"}') == 1)
        self.wire.ip("link", "set", "span0", "up")
        network.wait_for("its return", lambda: self.metric('dcmwatch_capture_interrupted{source="span0"}') == 0)
        sent += self.send((0, frame) for frame in wire.frames(DAY))
        self.captured(sent)

        self.wire.unplug("span0")
        network.wait_for("word of it", lambda: self.metric('dcmwatch_capture_interrupted{source="span0"}') == 1)
        self.wire.plug("span0")
        network.wait_for("its return", lambda: self.metric('dcmwatch_capture_interrupted{source="span0"}') == 0)
        sent += self.send((0, frame) for frame in wire.frames(d.PCAPS / "hl7.pcap"))
        self.captured(sent)

        records = self.stop()
        notes = [r["capture"]["note"] for r in d.of("capture", records)]
        # The kernel may take an interface that has just come up for down once more.
        self.assertIn(notes.count("capture.interrupted"), (2, 3, 4))
        self.assertEqual(notes.count("capture.resumed"), notes.count("capture.interrupted"))
        # What no replay can fire: tests/scenarios/capture_blind
        blind = {r["finding"]["number"]: r["finding"]["count"] for r in d.of("finding", records) if r["rule"]["name"] == "dcmwatch is blind"}
        self.assertEqual(sum(blind.values()), notes.count("capture.interrupted"))
        expected = collections.Counter()
        for capture in (DAY, d.PCAPS / "hl7.pcap"):
            expected += told(d.records(capture))["messages"]
        self.assertEqual(told(records)["messages"], expected)

    def test_headers_alone_tell_titles_outcomes_and_commands(self):
        self.watch("{name: span0, snap_length: 256}")
        sent = self.send((0, frame) for frame in wire.frames(DAY))
        self.captured(sent)
        records = self.stop()
        whole = told(d.records(DAY))
        cut = told(records)
        self.assertEqual({titles for titles in cut["associations"]}, {titles for titles in whole["associations"]})
        self.assertEqual(sum(cut["associations"].values()), sum(whole["associations"].values()))
        self.assertGreater(sum(cut["operations"].values()), 0)
        self.assertLessEqual(set(cut["operations"]), set(whole["operations"]))

    def test_what_the_kernel_dropped_is_exported(self):
        self.watch("{name: span0, buffer_mebibytes: 1}")
        broker = self.monitor.pid
        worker = int(pathlib.Path(f"/proc/{broker}/task/{broker}/children").read_text(encoding="ascii").split()[0])
        os.kill(worker, signal.SIGSTOP)
        for _ in range(4):
            self.send((0, frame) for frame in wire.frames(DAY))
        os.kill(worker, signal.SIGCONT)
        dropped = 'dcmwatch_capture_dropped_packets_total{by="kernel",source="span0"}'
        network.wait_for("drops", lambda: self.metric(dropped) > 0)
        self.stop()

    def test_an_interface_that_would_speak_or_merges_packets_is_warned_of(self):
        self.wire.ip("addr", "add", "10.99.0.1/24", "dev", "span1")
        for port, offload in (("span0", "off"), ("span1", "on")):
            subprocess.run(["ip", "netns", "exec", wire.MONITOR, "ethtool", "-K", port, "gro", offload], check=True)
        self.watch("{name: span0}", "{name: span1}")
        self.assertIn("span1 has the address 10.99.0.1", self.said())
        self.assertIn("span1 merges packets before they are seen", self.said())
        self.assertNotIn("warning: span0", self.said())
        self.stop()

    def test_what_the_monitors_host_sends_is_left_out_unless_it_is_asked_for(self):
        self.watch("{name: span0}", "{name: span1, direction: both}")
        frames = list(wire.frames(d.PCAPS / "hl7-repeated-answers.pcap"))
        self.wire.send_from_the_monitors_host((side, frame) for side in (0, 1) for frame in frames)
        self.captured(len(frames), 'dcmwatch_capture_packets_total{source="span1"}')
        self.assertEqual(self.metric('dcmwatch_capture_packets_total{source="span0"}'), 0)
        self.stop()


if __name__ == "__main__":
    unittest.main()
