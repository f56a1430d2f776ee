"""How far an order got, where its messages are not what they should be: who sent a report, whether anybody accepted it, and what the rules find."""
import unittest

import dcmwatch as d
from spoken import Connection, SpokenTest

HIS, ENGINE, RIS, STRANGER = (10, 20, 40, 30), (10, 20, 40, 20), (10, 20, 40, 10), (10, 20, 99, 66)
A_DAY = 86_400


def message(number, kind, accession, wanted="|", patient="P1"):
    return (f"MSH|^~\\&|RIS|HOSPITAL|ENGINE|HOSPITAL|20260302080000||{kind}|M{number}|P|2.5.1|||{wanted}\rPID|1||{patient}\r"
            f"ORC|{'NW' if kind == 'ORM^O01' else 'RE'}||{accession}\rOBR|1||{accession}|||||||||||||||||||||{'' if kind == 'ORM^O01' else '|F'}\r")


def answer(number, code="AA"):
    return f"MSH|^~\\&|ENGINE|HOSPITAL|RIS|HOSPITAL|20260302080000||ACK|A{number}|P|2.5.1\rMSA|{code}|M{number}\r"


class OrdersWays(SpokenTest):
    def setUp(self):
        super().setUp()
        self.numbers = 0

    def say(self, kind, accession, code="AA", client=RIS, **more):
        """On a connection of its own; `code` None: never answered."""
        self.numbers += 1
        connection = Connection(self.capture, client, ENGINE, 40000 + self.numbers)
        connection.say(0, message(self.numbers, kind, accession, **more))
        if code:
            connection.say(1, answer(self.numbers, code))
        connection.close()
        self.capture.wait(1)

    def written(self):
        """After a quiet day."""
        for _ in range(2):
            self.capture.wait(A_DAY)
            Connection(self.capture, HIS, ENGINE, 50000).close()
        return self.capture.write(self.folder / f"{len(list(self.folder.iterdir()))}.pcap")

    def told(self, *arguments):
        return d.records(self.written(), "--rules", d.RULES, *arguments)

    def way(self, told, accession):
        pseudonym = d.run("pseudonym", "accession_number", accession, "--pseudonym-key", d.KEY).stdout.split()[0]
        return [record for record in d.of("workflow", told) if record["order"]["accession"] == pseudonym][-1]

    def test_a_report_that_never_came_alerts(self):
        for accession in ("A1", "A2"):
            self.say("ORM^O01", accession)
        self.say("ORU^R01", "A1")
        told = self.told()
        self.assertEqual(self.way(told, "A2")["workflow"]["steps"]["missing"], ["report"])
        self.assertIn(("An order lacks a step", "medium", 1), {(f["rule"]["name"], f["rule"]["level"], f["finding"]["count"]) for f in d.findings(told)
                                                            if f["event"]["phase"] == "end"})

    def test_a_report_that_nobody_accepted_was_not_delivered_and_is_told_as_whose_it_was(self):
        for accession in ("A1", "A2"):
            self.say("ORM^O01", accession)
        self.say("ORU^R01", "A1")
        self.say("ORU^R01", "A2", code=None, client=STRANGER)
        told = self.told()
        way = self.way(told, "A2")["workflow"]
        self.assertEqual((way["steps"]["failed"], way["reported_by"]), (["report"], "10.20.99.66"))
        self.assertEqual(self.way(told, "A1")["workflow"]["reported_by"], "10.20.40.10")
        self.assertIn("An order lacks a step", {f["rule"]["name"] for f in d.findings(told)})

    def test_a_report_is_delivered_where_nobody_is_declared_to_acknowledge(self):
        text = d.MODEL.read_text(encoding="utf-8")
        flow = "  nobody-answers: {from: ris, to: engine, service: hl7, message_types: any, ack: none}\n"
        model = self.folder / "model.yaml"
        model.write_text(text.replace("\nflows:\n", "\nflows:\n" + flow), encoding="utf-8")
        self.say("ORM^O01", "A1", code=None)
        self.say("ORU^R01", "A1", code=None)
        self.assertEqual(self.way(self.told("--model", model), "A1")["workflow"]["steps"]["seen"], ["order", "report"])

    def test_an_order_that_nobody_accepted_changes_no_patient(self):
        self.say("ORM^O01", "A1", patient="P1")
        before = self.way(self.told(), "A1")
        self.setUp()
        self.say("ORM^O01", "A1", patient="P1")
        self.say("ORM^O01", "A1", patient="P2", code=None, client=STRANGER)
        self.assertEqual(self.way(self.told(), "A1")["patient"], before["patient"])

    def test_merges_are_told_once_and_followed_to_the_last(self):
        def merge(merged, into, code="AA"):
            self.numbers += 1
            text = (f"MSH|^~\\&|RIS|HOSPITAL|ENGINE|HOSPITAL|20260302080000||ADT^A40|M{self.numbers}|P|2.5.1\r"
                    f"PID|1||{into}\rMRG|{merged}\r")
            Connection(self.capture, RIS, ENGINE, 40000 + self.numbers).say(0, text).say(1, answer(self.numbers, code)).close()

        self.say("ORM^O01", "A1", patient="P1")
        merge("P1", "P2")
        merge("P2", "P3")
        merge("P1", "P2")
        merge("P3", "P4", code="AR")
        told = self.told()
        links = [link for link in d.of("link", told) if link["link"]["kind"] == "patient_merged"]
        self.assertEqual(len(links), 2)
        first, second = (link["hl7"]["merge"] for link in links)
        self.assertEqual(first["into"], second["from"])
        way = self.way(told, "A1")
        self.assertEqual([way["patient"]["pseudonym"]], second["into"])
        self.assertEqual([way["workflow"]["merged_patient"]], first["from"])

    def test_the_number_of_shards_changes_nothing(self):
        for number in range(20):
            self.say("ORM^O01", f"A{number}", code=("AA", "AR", None)[number % 3], client=(RIS, STRANGER)[number % 2])
            self.say("ORU^R01", f"A{number}", code=("AA", None, "AE")[number // 3 % 3], client=(RIS, STRANGER)[number // 2 % 2])
        path = self.written()
        self.assertEqual(d.records(path, "--rules", d.RULES, "--shards", "1"), d.records(path, "--rules", d.RULES, "--shards", "3"))


if __name__ == "__main__":
    unittest.main()
