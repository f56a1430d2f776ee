"""Rules that count: a host that guesses AE titles at two archives, and the same in any number of shards."""
import struct
import unittest

import dcmwatch as d
from spoken import ACK, PUSH, Connection, SpokenTest

ROGUE = (10, 20, 99, 66)
ARCHIVES = (10, 20, 20, 10), (10, 20, 20, 20)
GUESSING = "Associations to many different AE titles were rejected"
FEW = """
title: Hardly an association
id: few
level: low
correlation: {type: event_count, rules: [association], group-by: [source.ip], timespan: 5m, condition: {lt: 4}}
---
title: An association
name: association
logsource: {product: dcmwatch, service: dicom.association}
detection: {selection: {dicom.called_ae: '*'}, condition: selection}
"""


def item(kind, value):
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def request(called):
    context = item(0x20, bytes([1, 0, 0, 0]) + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3"))
    return pdu(1, struct.pack(">HH", 1, 0) + called.encode().ljust(16) + b"WS1".ljust(16) + bytes(32)
               + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)


CALLED_NOT_RECOGNIZED = pdu(3, bytes([0, 1, 1, 7]))


class Correlations(SpokenTest):
    def ask(self, number, called, archive):
        connection = Connection(self.capture, ROGUE, archive, 40000 + number, 11112)
        for side, said in ((0, request(called)), (1, CALLED_NOT_RECOGNIZED)):
            connection.segment(side, ACK | PUSH, said)
            connection.segment(1 - side, ACK)
        connection.close()
        self.capture.wait(60)

    def findings(self, *arguments):
        path = self.capture.write(self.folder / f"{len(self.capture.packets)}.pcap")
        told = [d.findings(d.records(path, "--all-phases", "--shards", str(shards), *arguments)) for shards in (1, 4)]
        self.assertEqual(*told)
        return told[0]

    def test_many_titles_of_one_host_are_one_finding_of_what_they_have_in_common(self):
        for number in range(12):
            self.ask(number, f"PACS{number}", ARCHIVES[number % 2])
        began, _ = [finding for finding in self.findings("--rules", d.RULES) if finding["rule"]["name"] == GUESSING]
        counted = began["correlation"]
        self.assertEqual((counted["type"], counted["count"], counted["group_by"], counted["rules"]),
                         ("value_count", 8, ["source.ip: 10.20.99.66"], ["called_title_not_recognized"]))
        self.assertLess(counted["first"], counted["last"])
        self.assertEqual(began["source"]["ip"], "10.20.99.66")
        self.assertEqual(began["dicom"]["called_ae"], "PACS7", "what crossed")
        self.assertNotIn("destination", began, "they are two")
        self.assertNotIn("port", began["source"])
        self.assertNotIn("community_id", began["network"])
        summary = d.replay("--rules", d.RULES, self.capture.write(self.folder / "said.pcap")).stdout
        self.assertRegex(summary, rf"10\.20\.99\.66 \(undeclared\) → several\n.*\n +HIGH +1 .*{GUESSING}")

    def test_one_mistyped_title_is_none(self):
        for number in range(60):
            self.ask(number, "PASC", ARCHIVES[0])
        self.assertNotIn(GUESSING, {finding["rule"]["name"] for finding in self.findings("--rules", d.RULES)})

    def test_few_are_told_of_when_their_window_is_over_and_not_when_the_capture_ends_before(self):
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "few.yml").write_text(FEW, encoding="utf-8")
        for number in range(3):  # of three minutes, and two that pass
            self.ask(number, "PACS", ARCHIVES[0])
        self.assertEqual(self.findings("--rules", rules), [])
        self.capture.wait(200)
        for number in range(3, 6):
            self.ask(number, "PACS", ARCHIVES[0])
        began, ended = self.findings("--rules", rules)
        self.assertEqual((began["correlation"]["count"], ended["finding"]["count"]), (3, 1))
        self.assertEqual(began["destination"]["ip"], "10.20.20.10")
        self.assertNotIn("community_id", began["network"], "of several connections")


if __name__ == "__main__":
    unittest.main()
