"""What belongs together in captures of real peers: retrievals and what they caused, and the ways that studies went."""
import collections
import unittest

import dcmwatch as d

PACS, VNA, WS1, WS2, AI = "10.20.20.10", "10.20.20.20", "10.20.30.11", "10.20.30.12", "10.20.50.10"
CT1, MR1, US1 = "10.20.10.11", "10.20.10.21", "10.20.10.31"


def links(records, kind):
    return [r for r in d.of("link", records) if r["link"]["kind"] == kind]


def between(record):
    return record["source"]["ip"], record.get("destination", {}).get("ip")


class Retrievals(unittest.TestCase):
    def test_every_store_that_a_move_caused_is_tied_to_it_once_for_each_conversation(self):
        # Orthanc and dcmqrscp both say the originator.
        records = d.records(d.PCAPS / "query-retrieve.pcap")
        moved = links(records, "move_caused_store")
        seen = [link for link in moved if "effect" in link["link"]]
        self.assertEqual({link["link"]["certainty"] for link in seen}, {"originator"})
        pairs = [(link["link"]["cause"], link["link"]["effect"]) for link in seen]
        self.assertEqual(len(pairs), len(set(pairs)))
        stores = {r["conversation"]["id"] for r in d.of("dicom.operation", records)
                  if r["dicom"].get("command") == "C-STORE" and "originator_ae" in r["dicom"]}
        self.assertEqual({effect for _, effect in pairs}, stores)
        moves = {r["conversation"]["id"] for r in d.of("dicom.operation", records) if r["dicom"].get("command") == "C-MOVE"}
        self.assertLessEqual({cause for cause, _ in pairs}, moves)

    def test_what_a_get_caused_comes_on_its_own_association(self):
        for capture in ("workstation.pcapng", "query-retrieve.pcap"):
            records = d.records(d.PCAPS / capture)
            backward = {r["conversation"]["id"] for r in d.of("dicom.operation", records)
                        if r["dicom"].get("command") == "C-STORE" and r["dicom"]["invoker"] == "acceptor"}
            got = links(records, "get_caused_store")
            self.assertEqual({link["link"]["effect"] for link in got}, backward)
            for link in got:
                self.assertEqual(link["link"]["cause"], link["link"]["effect"])


class Studies(unittest.TestCase):
    def test_the_objects_of_studies_are_those_of_the_peers_logs(self):
        # An object stored again counts as repeated, so all successful C-STOREs are one or the other.
        for name in ("modality-day", "query-retrieve", "full-day-ipv6", "workstation"):
            capture = next(p for p in d.captures() if p.stem == name)
            stored = collections.Counter()
            for study in d.of("dicom.study", d.records(capture)):
                stored[between(study)] += study["study"]["stored"] + study["study"]["repeated"]
            logged = collections.Counter()
            for o in d.expectation(capture)["dicom"]["operations"]:
                if o["command"] == "C-STORE" and o["status"] in ("0000", "B000", "B006", "B007"):
                    ends = (o["source"], o["destination"])
                    logged[ends if o["invoker"] == "opener" else ends[::-1]] += o["count"]
            with self.subTest(capture=name):
                self.assertEqual(stored, logged)

    def test_a_study_that_the_archive_forwards_is_told_on_each_of_its_ways(self):
        records = d.records(d.PCAPS / "modality-day.pcap")
        ways = {between(r): r for r in d.of("dicom.study", records)}
        self.assertEqual(ways[CT1, PACS]["study"]["forwarded"], 9)
        for to in (VNA, AI):
            self.assertEqual(ways[PACS, to]["dicom"]["study"], ways[CT1, PACS]["dicom"]["study"])
            self.assertEqual(ways[PACS, to]["study"]["stored"], 9)


if __name__ == "__main__":
    unittest.main()
