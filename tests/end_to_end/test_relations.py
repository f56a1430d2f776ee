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


    def test_a_move_that_caused_nothing_in_sight_is_told_without_effect(self):
        # The destination is not known there (A801), or did not take the association.
        unseen = [link for name in ("incident", "services") for link in
                  links(d.records(d.PCAPS / f"{name}.pcap"), "move_caused_store") if "effect" not in link["link"]]
        self.assertEqual({(link["link"]["certainty"], link["event"]["outcome"]) for link in unseen}, {("none", "failure")})

    def test_a_link_names_the_packets_and_the_study_it_is_about(self):
        records = d.records(d.PCAPS / "query-retrieve.pcap")
        begun = {(r["conversation"]["id"], r["packet"]["first"]): r["dicom"].get("command") for r in d.of("dicom.operation", records)}
        for link in links(records, "move_caused_store"):
            self.assertEqual(begun[link["link"]["cause"], link["link"]["cause_packet"]], "C-MOVE")
            if "effect" in link["link"]:
                self.assertEqual(begun[link["link"]["effect"], link["link"]["effect_packet"]], "C-STORE")


class RetrievalsThatTheirStoresDoNotName(unittest.TestCase):
    """contents.pcap: an archive of dcmjs-dimse; its C-STOREs have no move originator."""

    def setUp(self):
        self.records = d.records(d.PCAPS / "contents.pcap")
        operations = d.of("dicom.operation", self.records)
        self.moves = sorted((r for r in operations if r["dicom"]["command"] == "C-MOVE"), key=lambda r: r["event"]["start"])
        self.stores = [r for r in operations if r["dicom"]["command"] == "C-STORE" and r["dicom"]["calling_ae"] == "US1"]
        self.linked = {link["link"]["effect"]: link["link"] for link in links(self.records, "move_caused_store")}

    def test_destination_and_study_say_it_where_one_asked(self):
        first = [store for store in self.stores if store["event"]["end"] < self.moves[0]["event"]["end"]]
        self.assertEqual(len(first), 2)
        (conversation,) = {store["conversation"]["id"] for store in first}
        self.assertEqual(self.linked[conversation]["certainty"], "content")
        self.assertEqual(self.linked[conversation]["cause"], self.moves[0]["conversation"]["id"])

    def test_where_two_asked_for_the_same_it_is_ambiguous(self):
        asked = {move["conversation"]["id"] for move in self.moves[1:]}
        self.assertEqual(len(asked), 2)
        (second,) = [store for store in self.stores if store["event"]["end"] > self.moves[0]["event"]["end"]]
        link = self.linked[second["conversation"]["id"]]
        self.assertEqual(link["certainty"], "ambiguous")
        self.assertIn(link["cause"], asked)
        self.assertEqual(len(self.linked), 2, "nor was the other one's not seen")


class PixelData(unittest.TestCase):
    """contents.pcap: ct1 stores one instance as it is, with another header, as JPEG, and with a bit of its pixels changed; the VNA sends that on."""
    CAPTURE = d.PCAPS / "contents.pcap"

    def test_that_it_was_changed_is_told_of_the_association_that_did(self):
        records = d.records(self.CAPTURE, "--digest")
        stores = sorted((r for r in d.of("dicom.operation", records) if r["dicom"]["command"] == "C-STORE"), key=lambda r: r["event"]["start"])
        first = stores[0]["dicom"]["instance"]
        as_it_is, coerced, jpeg, changed, passed_on = (r for r in stores if r["dicom"]["instance"] == first)
        digests = [r["dicom"]["object"]["pixel_digest"] for r in (as_it_is, coerced, jpeg, changed, passed_on)]
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(digests[3], digests[4])
        self.assertEqual(len(set(digests)), 3)
        (link,) = links(records, "pixel_data_changed")
        self.assertEqual((link["link"]["cause"], link["link"]["effect"]), (coerced["conversation"]["id"], changed["conversation"]["id"]))
        self.assertEqual(between(link), (CT1, VNA))

    def test_that_is_a_finding(self):
        found = d.findings(d.records(self.CAPTURE, "--digest", "--model", d.MODEL, "--rules", d.RULES))
        (finding,) = [r for r in found if r["rule"]["name"] == "The pixels of an image were changed" and r["event"]["phase"] == "end"]
        self.assertEqual(finding["rule"]["level"], "high")

    def test_it_is_not_looked_at_unless_asked_for(self):
        self.assertEqual(links(d.records(self.CAPTURE), "pixel_data_changed"), [])


class Commitments(unittest.TestCase):
    def test_a_request_is_tied_to_its_report_on_another_association(self):
        # Orthanc reports on an association of its own, and one of MR1's objects as missing.
        records = d.records(d.PCAPS / "modality-day.pcap")
        reported = {between(link): link for link in links(records, "commitment_reported")}
        self.assertEqual({ends: link["event"]["outcome"] for ends, link in reported.items()},
                         {(PACS, CT1): "success", (PACS, MR1): "failure"})
        for link in reported.values():
            self.assertNotEqual(link["link"]["cause"], link["link"]["effect"])
            self.assertEqual(link["link"]["certainty"], "identifier")
        ways = {between(r): r["study"] for r in d.of("dicom.study", records)}
        self.assertEqual((ways[CT1, PACS]["committed"], ways[CT1, PACS]["commitment_failed"]), (6, 0))
        self.assertEqual((ways[MR1, PACS]["committed"], ways[MR1, PACS]["commitment_failed"]), (2, 1))

    def test_a_report_may_come_on_the_association_that_asked(self):
        for name in ("full-day-ipv6.pcap", "services.pcap"):
            for link in links(d.records(d.PCAPS / name), "commitment_reported"):
                self.assertEqual(link["link"]["cause"], link["link"]["effect"])

    def test_the_outcomes_are_those_of_the_peers_logs(self):
        outcomes = collections.Counter(link["event"]["outcome"] for link in
                                       links(d.records(d.PCAPS / "services.pcap"), "commitment_reported"))
        logged = collections.Counter()
        for commitment in d.expectation(d.PCAPS / "services.pcap")["dicom"]["commitments"]:
            logged["success" if commitment["event_type"] == 1 else "failure"] += commitment["count"]
        self.assertEqual(outcomes, logged)


class Steps(unittest.TestCase):
    def test_each_step_that_was_ended_is_tied_to_its_beginning(self):
        ris = "10.20.40.10"  # the other who is asked refuses the step
        ended = collections.Counter((between(link), link["event"]["outcome"]) for link in
                                    links(d.records(d.PCAPS / "services.pcap"), "step_ended"))
        logged = collections.Counter()
        for step in d.expectation(d.PCAPS / "services.pcap")["dicom"]["steps"]:
            if step["destination"] == ris:
                outcome = "success" if step["status"] == "COMPLETED" else "failure"
                logged[(step["source"], ris), outcome] += step["count"]
        self.assertEqual(ended, logged)


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

    def test_what_failed_and_what_was_not_sent_of_a_study_is_told(self):
        # CT1 lists six objects, of which US1 takes one: the first C-STORE of it, and two more with warnings; six of it fail.
        ways = {between(r): r for r in d.of("dicom.study", d.records(d.PCAPS / "services.pcap"))}
        study = ways[CT1, US1]["study"]
        self.assertEqual((study["announced"], study["stored"], study["missing"], study["failed"]), (6, 1, 5, 0))
        self.assertEqual((study["repeated"], study["failed_repetitions"]), (2, 6))
        self.assertEqual(study["failure_reasons"], ["0111", "0117", "0124", "A701", "A900", "C123"])
        self.assertEqual(study["failure_counts"], ["1"] * 6)
        self.assertEqual(ways[CT1, US1]["event"]["outcome"], "unknown")
        self.assertTrue(study["preliminary"])

    def test_objects_whose_study_was_not_visible_are_counted(self):
        records = d.of("dicom.study", d.records(d.PCAPS / "midway.pcap"))
        unassigned = [r for r in records if "unassigned" in r["study"]]
        self.assertEqual([r["study"]["unassigned"] for r in unassigned], [1], "the one whose head came before the capture")
        for r in unassigned:
            self.assertIn("joined_midway", r["conversation"]["unseen"])
            self.assertNotIn("study", r["dicom"] if "dicom" in r else {})

    def test_studies_are_known_where_data_sets_show_how_they_are_written_though_it_was_not_seen_to_be_agreed(self):
        planted = [word for word in (d.PCAPS / "planted.txt").read_text(encoding="utf-8").split() if word.startswith("2.25.")]
        for name, objects in (("one-direction", 3), ("midway", 3)):
            with self.subTest(capture=name):
                studies = [r for r in d.of("dicom.study", d.records(d.PCAPS / f"{name}.pcap")) if "unassigned" not in r["study"]]
                self.assertEqual(sum(r["study"]["stored"] + r["study"].get("not_visible", 0) for r in studies), objects)
                known = d.run("pseudonym", "study_uid", *planted, "--pseudonym-key", d.KEY).stdout.split()
                self.assertLessEqual({r["dicom"]["study"] for r in studies}, set(known))

    def test_its_titles_follow_its_objects(self):
        ways = {between(r): (r["study"]["sender_ae"], r["study"]["receiver_ae"])
                for r in d.of("dicom.study", d.records(d.PCAPS / "services.pcap"))}
        self.assertEqual(ways[VNA, WS2], ("VNA", "WS2"), "by C-GET the one who was called sends")
        self.assertEqual(ways[VNA, WS1], ("VNA", "WS1"))


class OrdersWays(unittest.TestCase):
    """order-way.pcap: nine orders by their accession numbers, and what the script that made it left out of each."""
    STEPS = ("order", "worklist", "performed_step", "images", "commitment", "report")
    LACKS = {1: None, 2: "report", 3: "commitment", 4: "images", 5: "performed_step", 6: "worklist", 7: None, 8: None, 9: None}

    @classmethod
    def setUpClass(cls):
        cls.records = d.records(d.PCAPS / "order-way.pcap")
        names = d.run("pseudonym", "accession_number", *(f"PLTWAY{n:04}" for n in cls.LACKS), "--pseudonym-key", d.KEY).stdout.split()
        numbers = dict(zip(names, cls.LACKS))
        cls.ways = {numbers[r["order"]["accession"]]: r for r in d.of("workflow", cls.records)}

    def steps(self, number, state):
        return self.ways[number]["workflow"]["steps"].get(state, [])

    def test_each_is_told_once(self):
        self.assertEqual(self.ways.keys(), self.LACKS.keys())
        self.assertEqual(len(d.of("workflow", self.records)), len(self.LACKS))

    def test_each_lacks_the_step_that_was_left_out(self):
        for number, left_out in self.LACKS.items():
            with self.subTest(way=number):
                self.assertEqual(self.steps(number, "missing"), [left_out] if left_out else [])

    def test_a_whole_way_has_all_steps_in_order(self):
        self.assertEqual(self.steps(1, "seen"), list(self.STEPS))
        way = self.ways[1]["workflow"]
        times = [way[time] for time in ("ordered", "scheduled", "performed", "stored", "committed", "reported")]
        self.assertEqual(times, sorted(times))
        self.assertEqual((way["told"], way["images"], way["studies"]), ("complete", 1, 1))
        self.assertEqual(self.ways[1]["event"]["outcome"], "success")
        self.assertEqual(between(self.ways[1]), (CT1, PACS))

    def test_its_images_report_and_study_bear_the_same_pseudonyms(self):
        way = self.ways[1]
        (study,) = [r for r in d.of("dicom.study", self.records) if r["order"]["accession"] == way["order"]["accession"]]
        self.assertEqual(study["dicom"]["study"], way["dicom"]["study"])
        types = {r["hl7"]["message_type"] for r in d.of("hl7.message", self.records)
                 if r.get("order", {}).get("accession") == way["order"]["accession"]}
        self.assertEqual(types, {"ORM^O01", "ORU^R01"})

    def test_of_what_was_cancelled_or_discontinued_nothing_is_missing(self):
        self.assertTrue(self.ways[7]["workflow"]["cancelled"])
        self.assertEqual(self.steps(7, "seen"), ["order"])
        self.assertEqual(self.steps(8, "failed"), ["performed_step"])
        self.assertEqual(self.ways[8]["event"]["outcome"], "failure")

    def test_an_order_that_may_have_come_before_the_capture_is_unknown(self):
        self.assertEqual(self.steps(9, "unknown"), ["order"])

    def test_the_summary_says_which_step_is_missing(self):
        text = d.replay(d.PCAPS / "order-way.pcap").stdout
        self.assertIn("9 orders: 2 complete, 5 not complete when the capture ended, 2 cancelled", text)
        for left_out in filter(None, self.LACKS.values()):
            self.assertIn("no sign yet of: " + left_out.replace("_", " "), text)

    def test_where_one_protocol_alone_is_seen_the_steps_of_the_other_are_unknown(self):
        for expression, unknown in (("port 2575", {"worklist", "performed_step", "images", "commitment"}),
                                    ("not port 2575", {"order", "report"})):
            for way in d.of("workflow", d.records(d.PCAPS / "order-way.pcap", "--filter", expression)):
                self.assertLessEqual(unknown, set(way["workflow"]["steps"]["unknown"]))


if __name__ == "__main__":
    unittest.main()
