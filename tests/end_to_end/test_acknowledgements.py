"""Who answered an HL7 message, when, on which connection, and why nobody did: the records, and what the rules find in them."""
import unittest

import dcmwatch as d
from spoken import ACK, PUSH, RST, Capture, Connection, SpokenTest, framed

RIS, PACS = (10, 20, 40, 10), (10, 20, 20, 10)


def message(number, wanted="|", text=""):
    return f"MSH|^~\\&|RIS|HOSPITAL|PACS|HOSPITAL|20260302080000||ORM^O01|M{number}|P|2.5.1|||{wanted}\rPID|1||P{number}\r{text}"


def answer(number, code="AA", more=""):
    return f"MSH|^~\\&|PACS|HOSPITAL|RIS|HOSPITAL|20260302080000||ORR^O02|A{number}|P|2.5.1\rMSA|{code}|M{number}\r{more}"


class Acknowledgements(SpokenTest):
    def told(self, *arguments):
        path = self.folder / f"{len(list(self.folder.iterdir()))}.pcap"
        return d.records(self.capture.write(path), "--rules", d.RULES, *arguments)

    def summed_up(self, *arguments):
        """What the summary says of HL7, and the metrics that are not zero."""
        path, metrics = self.folder / "said.pcap", self.folder / "said.prom"
        done = d.replay("--metrics", metrics, *arguments, self.capture.write(path))
        counted = dict(line.rsplit(" ", 1) for line in metrics.read_text(encoding="utf-8").splitlines() if line.startswith("dcmwatch_hl7") and not line.endswith(" 0"))
        return done.stdout.split("\nHL7\n")[1].split("\nWhat was")[0], counted

    def messages(self, told):
        return [record["hl7"] for record in d.of("hl7.message", told)]

    def found(self, told):
        return {finding["rule"]["name"] for finding in d.findings(told)}

    def test_a_message_that_is_not_answered_is_told_in_time_and_its_late_answer_as_one(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1))
        self.capture.wait(45)
        connection.say(1, answer(1)).close()
        told = self.told("--all-phases")
        progress, = [record for record in d.of("hl7.message", told) if record["event"]["phase"] == "progress"]
        self.assertEqual(progress["hl7"]["unanswered"], "timeout")
        end = self.messages(told)[-1]
        self.assertEqual((end["ack_code"], end["late"], end["ack_type"]), ("AA", True, "ORR^O02"))
        self.assertNotIn("unanswered", end)
        self.assertEqual(self.found(told), {"An HL7 message was not answered in time", "An HL7 message was answered late"})

    def test_an_answer_that_was_captured_nowhere_is_lost_and_not_missing(self):
        for still_said in (True, False):
            self.capture = Capture()
            connection = Connection(self.capture, RIS, PACS)
            connection.say(0, message(1)).say(1, answer(1), seen=False)
            self.capture.wait(45)
            if still_said:
                connection.say(0, message(2)).say(1, answer(2))
            Connection(self.capture, RIS, PACS, 40001).close()  # packet time goes on
            told = self.told("--all-phases")
            self.assertEqual([record for record in self.messages(told) if "unanswered" in record], [])
            self.assertEqual(self.found(told), set())

    def test_a_connection_that_is_closed_before_the_answer(self):
        Connection(self.capture, RIS, PACS).say(0, message(1)).close()
        told = self.told()
        self.assertEqual(self.messages(told)[0]["unanswered"], "closed")
        self.assertEqual(self.found(told), {"A sender closed its connection over an unanswered HL7 message"})

    def test_a_connection_that_the_receiver_closes_before_the_answer(self):
        Connection(self.capture, RIS, PACS).say(0, message(1)).reset(1)
        told = self.told()
        self.assertEqual(self.messages(told)[0]["unanswered"], "closed")
        self.assertEqual(self.found(told), {"An HL7 message was not answered in time"})

    def test_a_message_that_never_reached_its_receiver_is_not_delivered(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1)).say(1, answer(1))
        for pause in (1, 2, 4):
            connection.segment(0, ACK | PUSH, framed(message(2)))
            connection.sent[0] -= len(framed(message(2)))
            self.capture.wait(pause)
        connection.sent[0] += len(framed(message(2)))
        connection.segment(0, RST | ACK)
        Connection(self.capture, RIS, PACS, 40001).say(0, message(3)).reset(1)
        told = self.messages(self.told())
        self.assertEqual([(record.get("unanswered"), record.get("closed_by")) for record in told],
                         [(None, None), ("undelivered", "opener"), ("closed", "acceptor")])

    def test_both_acknowledgements_of_the_enhanced_mode_the_second_on_a_returning_connection(self):
        forward = Connection(self.capture, RIS, PACS)
        forward.say(0, message(1, "AL|AL")).say(1, answer(1, "CA"))
        self.capture.wait(20)
        returning = Connection(self.capture, PACS, RIS, 41000, 2576)
        returning.say(0, answer(1)).close()
        forward.say(0, message(2, "AL|AL")).say(1, answer(2, "CA"))
        self.capture.wait(700)
        forward.close()
        told = self.told()
        sent = [record for record in self.messages(told) if record["message_seen"]]
        self.assertEqual([record["accept_code"] for record in sent], ["CA", "CA"])
        self.assertTrue(all("ack_code" not in record and "unanswered" not in record for record in sent))
        answered, silent = [record["link"] for record in d.of("link", told)]
        self.assertEqual((answered["kind"], answered["certainty"]), ("message_acknowledged", "identifier"))
        self.assertGreater(answered["delay"], 20e9)
        self.assertEqual((silent["certainty"], "effect" in silent), ("none", False))
        self.assertEqual(self.found(told), {"An application did not answer an HL7 message"})

    def test_an_answer_on_a_returning_connection_counts_as_the_message_s_own(self):
        forward = Connection(self.capture, RIS, PACS)
        forward.say(0, message(1, "AL|AL")).say(1, answer(1, "CA"))
        forward.say(0, message(2, "AL|AL"))  # never committed, and yet applied
        forward.say(0, message(3, "AL|AL")).say(1, answer(3, "CA"))
        self.capture.wait(20)
        Connection(self.capture, PACS, RIS, 41000, 2576).say(0, answer(1)).say(0, answer(2)).say(0, answer(3, "AE")).close()
        self.capture.wait(700)
        forward.close()
        summary, metrics = self.summed_up()
        self.assertIn("    3 messages, answered within 20 s (median) and 20 s (99 %)\n    3 answered by the application on another connection, 0 never\n", summary)
        self.assertIn("    messages  AA  AE  unanswered  type\n           3   2   1           -  ORM^O01\n", summary)
        self.assertNotIn("messages not seen", summary)
        of = 'flow="undeclared",sender="undeclared"'
        self.assertEqual({key: value for key, value in metrics.items() if "messages_total" in key},
                         {f'dcmwatch_hl7_messages_total{{ack="AA",{of}}}': "2", f'dcmwatch_hl7_messages_total{{ack="AE",{of}}}': "1"})
        self.assertNotIn('dcmwatch_hl7_unmatched_acknowledgements_total{flow="undeclared"}', metrics)

    def test_a_late_answer_counts_the_same_whenever_it_comes(self):
        connection = Connection(self.capture, RIS, PACS)
        for number, wait in ((1, 45), (2, 900)):
            connection.say(0, message(number))
            self.capture.wait(wait)
            connection.say(1, answer(number))
        connection.say(0, message(3)).say(1, answer(3)).close()
        summary, metrics = self.summed_up()
        self.assertIn("    2 not answered in time; of these 2 later (2 AA)\n", summary)
        self.assertIn("    messages  AA  late  unanswered  type\n           3   1     2           -  ORM^O01\n", summary)
        self.assertEqual(metrics['dcmwatch_hl7_messages_total{ack="none",flow="undeclared",sender="undeclared"}'], "2")
        self.assertEqual(metrics['dcmwatch_hl7_late_answers_total{flow="undeclared"}'], "2")
        self.assertNotIn('dcmwatch_hl7_unmatched_acknowledgements_total{flow="undeclared"}', metrics)

    def test_a_message_sent_again_is_no_failure_of_its_first_copy(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1))
        self.capture.wait(20)
        connection.say(0, message(1)).say(1, answer(1)).close()
        summary, metrics = self.summed_up()
        self.assertIn("    2 messages, 1 of them sent again, answered within", summary)
        self.assertIn("    messages  AA  unanswered  sent again  type\n           2   1           -           1  ORM^O01\n", summary)
        self.assertNotIn("Not answered or refused", summary)
        self.assertEqual(metrics['dcmwatch_hl7_messages_total{ack="superseded",flow="undeclared",sender="undeclared"}'], "1")

    def test_nor_is_it_where_each_copy_has_a_connection_of_its_own(self):
        for port in (40000, 40001, 40002):
            connection = Connection(self.capture, RIS, PACS, port)
            connection.say(0, message(1))
            if port == 40002:
                connection.say(1, answer(1))
            connection.close()
            self.capture.wait(60)
        summary, _ = self.summed_up()
        self.assertIn("    3 messages, 2 of them sent again, answered within", summary)
        self.assertIn("    2 not answered in time; of these 2 when sent again\n", summary)
        self.assertIn("    messages  AA  unanswered  sent again  type\n           3   1           -           2  ORM^O01\n", summary)
        self.assertNotIn("Not answered or refused", summary)

    def test_what_waits_when_the_capture_ends(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1))
        self.capture.wait(40)
        connection.say(0, message(2))
        summary, metrics = self.summed_up()
        self.assertIn("    1 not answered in time\n    2 waiting for an answer at the end, the oldest for 40 s\n", summary)
        self.assertIn("    messages  AA  unanswered  waiting  type\n           2   -           1        1  ORM^O01\n", summary)
        self.assertRegex(summary, r"08:00:00, frame 4  10\.20\.40\.10 → 10\.20\.20\.10  [0-9a-f]{8}    ORM\^O01  not answered in time")
        self.assertEqual(metrics['dcmwatch_hl7_waiting_messages{flow="undeclared"}'], "2")
    def test_a_message_that_wants_the_application_s_answer_alone_and_gets_none(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1, "NE|AL")).say(0, message(2, "NE|AL"))
        Connection(self.capture, PACS, RIS, 41000).say(0, answer(2)).close()
        for _ in range(2):
            self.capture.wait(700)
            Connection(self.capture, RIS, PACS, 40001).close()
        told = self.told()
        links = {link["link"].get("effect", 0) != 0: link for link in d.of("link", told)}
        self.assertEqual(links[False]["hl7"], {"unanswered": "timeout"})
        self.assertNotIn("hl7", links[True])
        self.assertEqual({(f["rule"]["name"], f["rule"]["level"]) for f in d.findings(told)},
                         {("An HL7 message was answered on no connection", "medium")})

    def test_what_an_error_says_leaves_by_its_codes_alone(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1)).say(1, answer(1, "AE", "ERR||PID^1^3|101^JANE DOE^HL70357|E|||JANE DOE\r"))
        connection.say(0, message(2)).say(1, answer(2, "AR")).close()
        told = self.told()
        first = self.messages(told)[0]
        self.assertEqual((first["error_code"], first["error_severity"], first["error_location"], first["errors"]), ("101", "E", "PID^1^3", 1))
        self.assertNotIn("JANE", str(told))
        self.assertEqual(self.found(told), {"An HL7 message was answered with an error", "An HL7 message was rejected"})

    def test_a_message_sent_again_and_another_in_its_place(self):
        first = Connection(self.capture, RIS, PACS)
        first.say(0, message(1)).say(1, answer(1)).close()
        self.capture.wait(60)
        second = Connection(self.capture, RIS, PACS, 40001)
        second.say(0, message(1).replace("20260302080000", "20260302080100")).say(1, answer(1))
        second.say(0, message(1, text="PV1|1|I\r")).say(1, answer(1)).close()
        told = self.told()
        self.assertEqual([record["link"]["kind"] for record in d.of("link", told)], ["message_resent", "message_conflicting"])
        self.assertEqual(self.found(told), {"Two different HL7 messages have one control id"})

    def test_an_answer_to_nothing(self):
        connection = Connection(self.capture, RIS, PACS)
        connection.say(0, message(1)).say(1, answer(1)).say(1, answer(77)).close()
        self.assertEqual(self.found(self.told()), {"An HL7 acknowledgement of no message"})

    def test_a_queue_that_builds_up(self):
        connection = Connection(self.capture, RIS, PACS)
        for number in range(12):
            connection.say(0, message(number))
            self.capture.wait(4)
        for number in range(12):
            connection.say(1, answer(number))
        connection.close()
        told = self.told("--all-phases")
        self.assertEqual(max(record.get("unacknowledged", 0) for record in self.messages(told)), 12)
        self.assertIn("HL7 messages queue up", self.found(told))

    def test_the_number_of_shards_changes_nothing(self):
        connections = [Connection(self.capture, RIS, (10, 20, 20, 10 + i), 40000 + i) for i in range(20)]
        for number in range(40):
            for i, connection in enumerate(connections):
                connection.say(0, message(number, "AL|AL" if i % 3 else "|"))
                if (number + i) % 5:
                    connection.say(1, answer(number, "CA" if i % 3 else "AA"))
            self.capture.wait(3)
        told = [self.told("--all-phases", "--shards", shards) for shards in ("1", "3", "8")]
        self.assertTrue(any(record.get("unanswered") for record in self.messages(told[0])))
        self.assertEqual(told[1:], [told[0], told[0]])
        summed_up = [self.summed_up("--shards", shards) for shards in ("1", "3", "8")]
        self.assertIn("Not answered or refused", summed_up[0][0])
        self.assertEqual(summed_up[1:], [summed_up[0], summed_up[0]])


if __name__ == "__main__":
    unittest.main()
