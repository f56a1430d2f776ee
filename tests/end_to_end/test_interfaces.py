"""HL7 interfaces: what is declared of their messages, and what the summary and the metrics tell of each."""
import collections
import pathlib
import tempfile
import unittest

import dcmwatch as d
import spoken

HL7 = d.PCAPS / "hl7.pcap"
HIS, ENGINE, RIS = (10, 20, 40, 30), (10, 20, 40, 20), (10, 20, 40, 10)


def capture(path, client, server, said):
    """One connection to port 2575; of each pair the client sends the message and the server the answer, if there is one, ten milliseconds later."""
    capture = spoken.Capture()
    connection = spoken.Connection(capture, client, server)
    for pair in said:
        for side, text in enumerate(pair):
            if text:
                capture.wait(0.009)
                connection.segment(side, spoken.ACK | spoken.PUSH, spoken.framed(text))
    connection.close()
    return capture.write(path)


def message(number, sender="HIS|HOSPITAL", receiver="ENGINE|HOSPITAL", kind="ADT^A08", processing_id="P", version="2.5.1", wanted="|"):
    return f"MSH|^~\\&|{sender}|{receiver}|20260302080000||{kind}|M{number}|{processing_id}|{version}|||{wanted}\rPID|1||P{number}\r"


def answer(number, code="AA"):
    return f"MSH|^~\\&|ENGINE|HOSPITAL|HIS|HOSPITAL|20260302080000||ACK|A{number}|P|2.5.1\rMSA|{code}|M{number}\r"


class Attempt(spoken.Connection):
    """A connection that never comes about."""

    def __init__(self, capture, client, server, client_port, refused):
        self.capture, self.sent = capture, [1000, 2000]
        self.ends = (bytes(client), client_port), (bytes(server), 2575)
        for _ in range(1 if refused else 2):
            self.sent[0] = 1000
            self.segment(0, spoken.SYN)
        if refused:
            self.segment(1, 0x04 | spoken.ACK)


def pseudonym(accession_number):
    return d.run("pseudonym", "accession_number", accession_number, "--pseudonym-key", d.KEY).stdout.split()[0]


class Interfaces(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_hybrid_lower_layer_protocol_is_named_and_not_decoded(self):
        capture = spoken.Capture()
        connection = spoken.Connection(capture, HIS, ENGINE)
        connection.segment(0, spoken.ACK | spoken.PUSH, b"\x0bD23\r" + message(1).encode() + b"00034000\x1c\r")
        connection.segment(1, spoken.ACK | spoken.PUSH, b"\x0bN23\rC00003000\x1c\r")
        connection.close()
        records = d.records(capture.write(self.folder / "hllp.pcap"))
        self.assertEqual([r["network"]["protocol"] for r in d.of("connection", records)], ["hllp"])
        self.assertEqual(d.of("hl7.message", records), [])

    def model(self, **settings):
        """The example department, its flow from the HIS to the engine with other settings."""
        text = d.MODEL.read_text(encoding="utf-8")
        begin = text.index("  patients-and-orders:\n")
        end = text.index("  orders-to-radiology:\n")
        kept = [line for line in text[begin:end].splitlines() if line.split(":")[0].strip() not in settings]
        changed = "\n".join(kept + [f"    {key}: {value}" for key, value in settings.items() if value]) + "\n"
        path = self.folder / "model.yaml"
        path.write_text(text[:begin] + changed + text[end:], encoding="utf-8")
        return path

    def told(self, said, model=d.MODEL, client=HIS, server=ENGINE):
        return d.records.__wrapped__(capture(self.folder / "said.pcap", client, server, said), "--model", model)

    def findings(self, said, **settings):
        model = self.model(**settings) if settings else d.MODEL
        return {(f["rule"]["name"], *f["flow"]["deviations"], *f["flow"]["observed"])
                for f in d.findings(self.told(said, model)) if "deviations" in f["flow"]}

    def test_a_message_as_declared_is_no_finding(self):
        records = self.told([(message(1), answer(1))])
        self.assertEqual(d.findings(records), [])
        told, = d.of("hl7.message", records)
        self.assertEqual(told["flow"], {"name": "patients-and-orders", "sender": "HIS", "receiver": "ENGINE"})

    def test_what_deviates_is_a_finding_each(self):
        for said, rule, kind, observed in (
                (message(1, sender="LAB|HOSPITAL"), "An HL7 message from a system that is not declared", "sender", "LAB|HOSPITAL"),
                (message(1, receiver="PACS|"), "An HL7 message for a system that is not declared", "receiver", "PACS"),
                (message(1, processing_id="T"), "A test message on a production interface", "processing_id", "T"),
                (message(1, processing_id="D^A"), "A test message on a production interface", "processing_id", "D"),
                (message(1, version="2.7"), "An HL7 message of a version that was not agreed", "version", "2.7")):
            with self.subTest(rule=rule):
                self.assertEqual(self.findings([(said, answer(1))]), {(rule, kind, observed)})

    def test_versions_that_were_not_agreed_are_found_in_the_capture_that_has_all(self):
        found = d.findings(d.records(d.PCAPS / "hl7-contents.pcap", "--model", d.MODEL))
        self.assertEqual({f["flow"]["observed"][0] for f in found if f["rule"]["name"] == "An HL7 message of a version that was not agreed"},
                         {"2.1", "2.2", "2.6", "2.7", "2.8"})

    def test_an_engine_s_connection_carries_the_messages_of_every_declared_system(self):
        said = [(message(n, sender=sender), answer(n)) for n, sender in enumerate(("HIS|HOSPITAL", "LAB|MAIN", "WARD^7.8^ISO|CLINIC"))]
        self.assertEqual(self.findings(said, senders="[HIS, 'LAB|MAIN', '*|CLINIC']"), set())
        self.assertEqual({observed for _, _, observed in self.findings(said, senders="['LAB|CLINIC', '*|CLINIC']")}, {"HIS|HOSPITAL", "LAB|MAIN"})

    def test_a_name_is_compared_by_its_first_component_unless_it_is_declared_whole(self):
        said = [(message(1, sender="WARD^7.8^ISO|CLINIC"), answer(1))]
        self.assertEqual(self.findings(said, senders="WARD"), set())
        self.assertEqual(self.findings(said, senders="'WARD^7.8^ISO'"), set())
        self.assertEqual({observed for _, _, observed in self.findings(said, senders="'WARD^7.9^ISO'")}, {"WARD^7.8^ISO|CLINIC"})

    def test_the_accession_number_is_sought_where_the_flow_says(self):
        order = message(1, kind="ORM^O01") + "ORC|NW|P1|IN-ORC-3\rOBR|1|P1|IN-OBR-3|CT" + "|" * 14 + "IN-OBR-18\r"
        for places, number in ((None, "IN-OBR-18"), ("[ORC-3, OBR-3]", "IN-ORC-3"), ("[IPC-1, OBR-3]", "IN-OBR-3"), ("IPC-1", None)):
            with self.subTest(places=places):
                model = self.model(accession_from=places) if places else d.MODEL
                told, = d.of("hl7.message", self.told([(order, answer(1))], model))
                self.assertEqual(told.get("order", {}).get("accession"), number and pseudonym(number))

    def test_acknowledgements_are_held_against_the_declared_mode(self):
        rule = "HL7 acknowledgements are not as agreed"
        original, enhanced = message(1), message(1, wanted="AL|NE")
        self.assertEqual(self.findings([(original, answer(1))], ack="original"), set())
        self.assertEqual(self.findings([(enhanced, answer(1, "CA"))], ack="original"), {(rule, "ack_mode", "enhanced")})
        self.assertEqual(self.findings([(original, answer(1))], ack="enhanced"), {(rule, "ack_mode", "original")})
        self.assertEqual(self.findings([(original, answer(1))], ack="none"), {(rule, "ack_mode", "an acknowledgement")})
        self.assertEqual(self.findings([(original, None)], ack="none"), set())
        self.assertEqual(d.findings(self.told([(original, None)], self.model(ack="none"))), [], "nor is it found to be unanswered")
        self.assertEqual({f["rule"]["name"] for f in d.findings(self.told([(original, None)]))},
                         {"A sender closed its connection over an unanswered HL7 message"})

    def test_the_summary_tells_each_interface(self):
        said = [(message(n), answer(n)) for n in range(3)]
        said += [(message(3, kind="ORM^O01"), answer(3, "AE")), (message(4), None)]
        done = d.replay("--model", self.model(ack=""), capture(self.folder / "said.pcap", HIS, ENGINE, said))
        section = done.stdout.split("\nHL7\n")[1].split("\n\n")[0].splitlines()
        self.assertEqual(section[0], "  his → engine (patients-and-orders)")
        self.assertIn("5 messages, answered within 10 ms (median) and 10 ms (99 %)", section[1])
        self.assertEqual(section[2], "    1 not answered in time")
        self.assertEqual(section[3], "    all from HIS")
        self.assertEqual([line.split() for line in section[-3:]], [
            ["messages", "AA", "AE", "unanswered", "type"], ["4", "3", "-", "1", "ADT^A08"], ["1", "-", "1", "-", "ORM^O01"]])

    def test_the_summary_tells_declared_senders_and_those_that_are_not(self):
        said = [(message(1), answer(1)), (message(2, sender="LAB|MAIN"), answer(2)), (message(3, sender="ROGUE|X"), answer(3))]
        done = d.replay("--model", self.model(senders="[HIS, 'LAB|MAIN']"), capture(self.folder / "said.pcap", HIS, ENGINE, said))
        section = done.stdout.split("\nHL7\n")[1].split("\n\n")[0]
        *_, first, second, third, names = section.splitlines()
        self.assertEqual([line.split("(99 %)  ")[1] for line in (first, second, third)], ["HIS", "LAB|MAIN", "undeclared"])
        self.assertEqual(names, "    undeclared: ROGUE|X")

    def test_a_declared_receiver_that_does_not_listen_is_found_and_told(self):
        refused, silent = spoken.Capture(), spoken.Capture()
        for number in range(3):
            for said in (refused, silent):
                Attempt(said, HIS, ENGINE, 40000 + number, said is refused)
                said.wait(5)
        for said, column in ((refused, 2), (silent, 3)):
            path = said.write(self.folder / "said.pcap")
            found = d.findings(d.records.__wrapped__(path, "--model", d.MODEL))[-1]
            self.assertEqual((found["rule"]["name"], found["flow"]["name"]), ("A declared receiver does not take connections", "patients-and-orders"))
            section = d.replay("--model", d.MODEL, path).stdout.split("nobody answered\n")[1].split("\n\n")[0]
            row = section.splitlines()[1].replace(" → ", "→").split()
            self.assertEqual((row[0], row[column - 1], row[-1]), ("his→engine:2575", "3", "patients-and-orders"))

    def test_an_interface_that_nobody_declared_is_named_by_its_messages(self):
        done = d.replay("--model", d.MODEL, capture(self.folder / "said.pcap", (10, 20, 99, 66), RIS, [(message(1, sender="X|Y"), answer(1))]))
        self.assertIn("  10.20.99.66 → ris (X → ENGINE)\n", done.stdout)

    def test_a_sender_is_a_label_only_where_it_is_declared(self):
        metrics = self.folder / "metrics.prom"
        said = [(message(1), answer(1)), (message(2, sender="EVIL|HOSPITAL"), None), (message(3, kind="ZZZ^Z01"), answer(3))]
        d.replay("--model", d.MODEL, "--metrics", metrics, capture(self.folder / "said.pcap", HIS, ENGINE, said))
        text = metrics.read_text(encoding="utf-8")
        counted = collections.Counter(line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.endswith(" 0"))
        self.assertIn('dcmwatch_hl7_messages_total{ack="none",flow="patients-and-orders",sender="undeclared"}', counted)
        self.assertIn('dcmwatch_hl7_messages_total{ack="AA",flow="patients-and-orders",sender="HIS"}', counted)
        self.assertIn('dcmwatch_hl7_message_types_total{ack="AA",flow="patients-and-orders",type="ADT^*"}', counted)
        self.assertIn('dcmwatch_hl7_message_types_total{ack="AA",flow="patients-and-orders",type="undeclared"}', counted)
        self.assertNotIn("EVIL", text)

    def test_the_median_is_the_same_for_any_number_of_shards(self):
        sections = {d.replay("--model", d.MODEL, "--shards", n, HL7).stdout.split("\nHL7\n")[1].split("\nWhat was")[0] for n in (1, 2, 5)}
        self.assertEqual(len(sections), 1)


if __name__ == "__main__":
    unittest.main()
