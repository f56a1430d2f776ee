"""Captures of real peers: what dcmwatch tells must be what the peers' own logs told (pcaps/expected)."""
import collections
import pathlib
import re
import subprocess
import tempfile
import unittest

import dcmwatch as d

# What these captures show is less than what happened: each is held against its logs in a test of its own.
PARTIAL = {"midway", "one-direction", "headers-only"}


def associations(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["destination"]["port"], r["dicom"].get("calling_ae"),
         r["dicom"].get("called_ae"), r["dicom"]["end"])
        for r in d.of("dicom.association", records))


def expected_associations(expected):
    counter = collections.Counter()
    for a in expected["dicom"]["associations"]:
        counter[(a["source"], a["destination"], a["port"], a["calling_ae"], a["called_ae"], a["end"])] += a["count"]
    return counter


def operations(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["dicom"].get("command"), r["dicom"]["invoker"],
         r["dicom"].get("sop_class_uid"), r["dicom"].get("status"))
        for r in d.of("dicom.operation", records))


def expected_operations(expected):
    counter = collections.Counter()
    for o in expected["dicom"]["operations"]:
        counter[(o["source"], o["destination"], o["command"], o["invoker"], o["sop_class_uid"], o["status"])] += o["count"]
    return counter


def rejections(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["dicom"]["rejection_code"])
        for r in d.of("dicom.association", records) if "rejection_code" in r["dicom"])


def expected_rejections(expected):
    counter = collections.Counter()
    for r in expected["dicom"]["rejections"]:
        code = f"{r['result']}/{r['source_code']}/{r['reason']}"
        counter[(r["source"], r["destination"], code)] += r["count"]
    return counter


def messages(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["hl7"].get("message_type"), r["hl7"].get("ack_code"),
         r["hl7"].get("accept_code"))
        for r in d.of("hl7.message", records) if r["hl7"]["message_seen"])


def expected_messages(expected):
    counter = collections.Counter()
    for m in expected["hl7"]["messages"]:
        counter[(m["source"], m["destination"], m["message_type"], m["ack_code"], m.get("accept_code"))] += m["count"]
    return counter


# What the peers agreed on, where their logs were kept with it: values of a record, and the same ones of the expectation.
def accepted_contexts(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], *context) for r in d.of("dicom.association", records)
        for context in zip(r["dicom"].get("contexts", {}).get("accepted", []), r["dicom"].get("contexts", {}).get("transfer_syntaxes", [])))


def stored(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["dicom"]["sop_class_uid"], r["dicom"].get("transfer_syntax_uid"), r["dicom"].get("status"))
        for r in d.of("dicom.operation", records) if r["dicom"].get("command") == "C-STORE")


def sub_operations(records):
    return collections.Counter(
        (r["source"]["ip"], r["destination"]["ip"], r["dicom"]["command"], r["dicom"].get("status"),
         *(r["dicom"].get("sub_operations", {}).get(kind) for kind in ("completed", "failed", "warning")))
        for r in d.of("dicom.operation", records) if r["dicom"].get("command") in ("C-GET", "C-MOVE"))


def expected_details(expected, key, *names):
    counter = collections.Counter()
    for entry in expected["dicom"].get(key, []):
        if entry.get("result", 0) == 0:
            counter[(entry["source"], entry["destination"], *(entry[name] for name in names))] += entry["count"]
    return counter


class PeersLogs(unittest.TestCase):
    maxDiff = None

    def test_every_capture_is_told_as_its_peers_logged_it(self):
        for capture in d.captures():
            if capture.stem in PARTIAL:
                continue
            expected = d.expectation(capture)
            records = d.records(capture)
            for what, seen, logged in (
                    ("associations", associations(records), expected_associations(expected)),
                    ("rejections", rejections(records), expected_rejections(expected)),
                    ("operations", operations(records), expected_operations(expected)),
                    ("messages", messages(records), expected_messages(expected))):
                with self.subTest(capture=capture.name, what=what):
                    self.assertEqual({"not logged": seen - logged, "not told": logged - seen},
                                     {"not logged": {}, "not told": {}})

    def test_what_the_peers_agreed_on_is_told(self):
        # Not every peer logs as much: what is logged must be told, as often at least.
        for capture in d.captures():
            expected = d.expectation(capture)
            if capture.stem in PARTIAL or "contexts" not in expected["dicom"]:
                continue
            records = d.records(capture)
            for what, seen, logged in (
                    ("contexts", accepted_contexts(records),
                     expected_details(expected, "contexts", "abstract_syntax_uid", "transfer_syntax_uid")),
                    ("stored", stored(records),
                     expected_details(expected, "stored", "sop_class_uid", "transfer_syntax_uid", "status")),
                    ("sub_operations", sub_operations(records),
                     expected_details(expected, "sub_operations", "command", "status", "completed", "failed", "warning"))):
                with self.subTest(capture=capture.name, what=what):
                    self.assertEqual(logged - seen, {})

    def test_each_side_s_toolkit_is_guessed(self):
        toolkits = {side.get("toolkit")
                    for record in d.records(d.PCAPS / "negotiation.pcap") if "dicom" in record
                    for side in (record["dicom"].get("opener", {}), record["dicom"].get("acceptor", {}))}
        self.assertEqual(toolkits - {None}, {"DCMTK", "dcmjs-dimse"})

    def test_objects_were_stored_in_more_than_fifty_transfer_syntaxes(self):
        used = {key[3] for key in stored(d.records(d.PCAPS / "transfer-syntaxes.pcap"))}
        self.assertGreater(len(used), 50)

    def test_answers_given_twice_are_told_as_a_break_of_the_rules(self):
        records = d.records(d.PCAPS / "hl7-repeated-answers.pcap")
        self.assertTrue(all(r["hl7"]["message_seen"] for r in d.of("hl7.message", records)))
        # Nor does that server end the last segment of an acknowledgement.
        self.assertEqual([r["violation"]["name"] for r in d.of("violation", records)],
                         ["hl7.segment_terminator", "hl7.repeated_acknowledgement"])

    def test_a_headers_only_capture_still_tells_associations_and_outcomes(self):
        capture = d.PCAPS / "headers-only.pcap"
        records = d.records(capture)
        self.assertEqual(associations(records), expected_associations(d.expectation(capture)))
        self.assertTrue(all("truncated" in r["conversation"]["unseen"] for r in d.of("connection", records)
                            if r["source"]["bytes"] > 400))


    def test_of_a_link_joined_midway_everything_after_the_start_is_told(self):
        capture = d.PCAPS / "midway.pcap"
        expected = d.expectation(capture)
        for part, kind in (("dicom", "associations"), ("dicom", "operations"), ("hl7", "messages")):
            expected[part][kind] = [entry for entry in expected[part][kind] if not entry.get("before_capture")]
        records = d.records(capture)
        whole = [r for r in records if r.get("dicom", {}).get("request_seen", True)]
        self.assertEqual(operations(whole), expected_operations(expected))
        self.assertEqual(messages(records), expected_messages(expected))
        self.assertEqual(expected_associations(expected) - associations(records), {})

    def test_a_mirror_of_one_direction_tells_every_request_and_no_answer(self):
        capture = d.PCAPS / "one-direction.pcap"
        expected = d.expectation(capture)
        for operation in expected["dicom"]["operations"]:
            operation["status"] = None
        for message in expected["hl7"]["messages"]:
            message["ack_code"] = None
        records = d.records(capture)
        self.assertEqual(associations(records), expected_associations(expected))
        self.assertEqual(operations(records), expected_operations(expected))
        self.assertEqual(messages(records), expected_messages(expected))

    def test_a_headers_only_capture_tells_no_operation_that_was_not(self):
        capture = d.PCAPS / "headers-only.pcap"
        told = operations(d.records(capture))
        for (source, destination, command, invoker, sop_class, _), count in told.items():
            logged = sum(o["count"] for o in d.expectation(capture)["dicom"]["operations"]
                         if (o["source"], o["destination"], o["command"], o["invoker"]) == (source, destination, command, invoker)
                         and sop_class in (None, o["sop_class_uid"]))
            self.assertLessEqual(count, logged)


class SameResult(unittest.TestCase):
    def test_the_number_of_shards_never_changes_a_byte(self):
        for capture in d.captures():
            with self.subTest(capture=capture.name):
                told = [d.replay("--model", d.MODEL, "--events", "-", "--all-phases", "--shards", n, capture).stdout
                        for n in (1, 2, 5)]
                self.assertTrue(told[0])
                self.assertEqual(told[0], told[1])
                self.assertEqual(told[0], told[2])

    def test_all_captures_together_are_the_same_for_any_number_of_shards(self):
        told = [d.replay("--model", d.MODEL, "--events", "-", "--shards", n, d.PCAPS).stdout for n in (1, 2)]
        self.assertEqual(told[0], told[1])

    def test_standard_input_is_read_like_a_file(self):
        capture = d.PCAPS / "incident.pcap"
        with capture.open("rb") as file:
            piped = d.replay("--events", "-", "-", stdin=file).stdout
        self.assertEqual(piped, d.replay("--events", "-", capture).stdout)

    def test_a_filter_leaves_the_rest_out(self):
        records = d.records(d.PCAPS / "incident.pcap", "--filter", "host 10.20.99.66")
        self.assertTrue(records)
        self.assertTrue(all("10.20.99.66" in (r["source"]["ip"], r["destination"]["ip"]) for r in records))


class PseudonymCommand(unittest.TestCase):
    """An administrator looks an object up whose identifier he knows."""

    def test_it_is_the_one_that_the_records_tell(self):
        told = {r["dicom"]["study"] for r in d.records(d.PCAPS / "modality-day.pcap") if r["event"]["dataset"] == "dicom.study"}
        uids = self.study_uids(d.PCAPS / "modality-day.pcap")
        key = ("--pseudonym-key", d.KEY)
        named = d.run("pseudonym", "study_uid", *uids, *key)
        self.assertEqual(named.returncode, 0, named.stderr)
        self.assertTrue(told)
        self.assertLessEqual(told, set(named.stdout.split()))
        piped = d.run("pseudonym", "study_uid", *key, input="".join(f" {uid} \n" for uid in uids))
        self.assertEqual(piped.stdout, named.stdout, "padding is no part of an identifier")

    def test_it_makes_no_key_and_knows_its_kinds(self):
        with tempfile.TemporaryDirectory() as folder:
            absent = pathlib.Path(folder) / "key"
            self.assertEqual(d.run("pseudonym", "study_uid", "1.2", "--pseudonym-key", absent).returncode, 2)
            self.assertFalse(absent.exists())
        self.assertEqual(d.run("pseudonym", "shoe-size", "44").returncode, 2)

    @staticmethod
    def study_uids(capture):
        """By tshark's account."""
        listed = subprocess.run(["tshark", "-r", capture, "-Y", "dicom", "-V"], capture_output=True, text=True, check=True).stdout
        return sorted(set(re.findall(r"\(0020,000d\).*\[UI\] ([0-9.]+)", listed)))


class Judgement(unittest.TestCase):
    def test_the_incident_names_the_rogue_what_it_asked_for_and_what_it_got(self):
        done = d.replay("--model", d.MODEL, "--fail-on", "high", d.PCAPS / "incident.pcap")
        self.assertEqual(done.returncode, 3, done.stderr)
        for words in ("10.20.99.66", "C-FIND", "C-GET", "C-MOVE", "C-STORE", "ROGUE", "OLDWS", "pacs", "vna"):
            self.assertIn(words, done.stdout)

    def test_normal_days_give_no_finding(self):
        for name in ("query-retrieve.pcap", "hl7-repeated-answers.pcap",
                     "full-day-ipv6.pcap", "cooked.pcap", "workstation.pcapng", "peer-crash.pcap", "headers-only.pcap"):
            with self.subTest(capture=name):
                done = d.replay("--model", d.MODEL, "--fail-on", "informational", d.PCAPS / name)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_day_on_which_messages_are_refused_and_control_ids_used_twice_gives_these_findings(self):
        found = {f["rule"]["name"] for f in d.findings(d.records(d.PCAPS / "hl7.pcap", "--model", d.MODEL))}
        self.assertEqual(found, {"A sender closed its connection over an unanswered HL7 message", "An HL7 message was rejected",
                                 "An HL7 message was answered with an error", "Two different HL7 messages have one control id"})

    def test_a_day_on_which_one_object_was_not_committed_gives_that_finding(self):
        found = {f["rule"]["name"] for f in d.findings(d.records(d.PCAPS / "modality-day.pcap", "--model", d.MODEL))}
        self.assertEqual(found, {"A storage commitment failed"})

    def test_rules_that_need_no_model_judge_without_one(self):
        done = d.replay("--fail-on", "MEDIUM", d.PCAPS / "modality-day.pcap")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("A storage commitment failed", done.stdout)
        self.assertIn("no flow was judged", done.stdout)

    def test_every_planted_deviation_is_found(self):
        kinds = {kind for name in ("deviations.pcap", "incident.pcap", "rejections.pcap")
                 for r in d.findings(d.records(d.PCAPS / name, "--model", d.MODEL)) for kind in r["flow"].get("deviations", ())}
        self.assertEqual(kinds, {
            "source.device", "destination.device", "flow", "zone_crossing", "port", "direction", "calling_ae", "called_ae", "operation",
            "sop_class", "message_type", "move_destination", "order", "listener", "ae_title_two_places"})

    def test_images_without_an_order_are_told_where_the_flow_requires_one(self):
        def unordered(records):
            return [(r["source"]["ip"], r["destination"]["ip"], r["rule"]["level"]) for r in d.findings(records)
                    if r["rule"]["name"] == "Images without an order" and r["event"]["phase"] == "end"]

        with tempfile.TemporaryDirectory() as folder:
            lenient = pathlib.Path(folder) / "model.yaml"
            lenient.write_text(d.MODEL.read_text(encoding="utf-8").replace("    requires: [order]\n", ""), encoding="utf-8")
            without = d.records(d.PCAPS / "incident.pcap", "--model", lenient)
        records = d.records(d.PCAPS / "incident.pcap", "--model", d.MODEL)
        self.assertEqual(unordered(records), [("10.20.10.11", "10.20.20.10", "low")])
        self.assertEqual(unordered(without), [])
        self.assertIn(False, [r["study"].get("ordered") for r in d.of("dicom.study", without)], "the record tells it all the same")
        for record in without:
            self.assertNotIn("order", record.get("flow", {}).get("unknown", ()))

    def test_who_has_orders_from_where_nobody_looks_is_unknown_and_no_finding(self):
        stored = [r for r in d.of("dicom.study", d.records(d.PCAPS / "modality-day.pcap", "--model", d.MODEL))
                  if r["flow"]["name"] == "acquisition"]
        told = {(r["source"]["device"], r["study"].get("ordered"), *r["flow"].get("unknown", ())) for r in stored}
        self.assertEqual(told, {("ct1", True), ("mr1", True), ("us1", True), ("dx1", None, "order")})
        self.assertEqual([r for r in stored if "deviations" in r["flow"]], [])

    def test_a_link_up_before_the_capture_began_is_unknown_and_no_finding(self):
        records = d.records(d.PCAPS / "midway.pcap", "--model", d.MODEL)
        self.assertEqual(d.findings(records), [])
        midway = [r for r in records if "joined_midway" in r.get("conversation", {}).get("unseen", [])]
        self.assertTrue(d.of("dicom.operation", midway), "operations are told all the same")
        self.assertTrue(d.of("hl7.message", midway), "messages are told all the same")
        for association in d.of("dicom.association", midway):
            self.assertNotIn("calling_ae", association["dicom"])
            self.assertIn("calling_ae", association["flow"]["unknown"])

    def test_a_mirror_of_one_direction_is_unknown_and_no_finding(self):
        records = d.records(d.PCAPS / "one-direction.pcap", "--model", d.MODEL)
        self.assertEqual(d.findings(records), [])
        one_sided = [r for r in records if "one_direction" in r.get("conversation", {}).get("unseen", [])]
        self.assertTrue(d.of("dicom.association", one_sided) or d.of("dicom.operation", one_sided))
        for operation in d.of("dicom.operation", one_sided):
            self.assertNotIn("status", operation["dicom"])

    def test_a_finding_is_made_once_and_counted(self):
        ended = [r for r in d.findings(d.records(d.PCAPS / "incident.pcap", "--model", d.MODEL)) if r["event"]["phase"] == "end"]
        keys = [(r["rule"]["id"], r["source"]["ip"], r["destination"]["ip"], str(r["flow"].get("observed"))) for r in ended]
        self.assertEqual(len(keys), len(set(keys)))

    def test_metrics_pass_promtool(self):
        with tempfile.TemporaryDirectory() as folder:
            metrics = pathlib.Path(folder) / "metrics.prom"
            d.replay("--model", d.MODEL, "--metrics", metrics, d.PCAPS / "incident.pcap")
            text = metrics.read_text(encoding="utf-8")
        import subprocess
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertNotIn("10.20.99.66", text)
        self.assertNotIn("ROGUE", text)
        self.assertIn("dcmwatch_findings_total", text)


if __name__ == "__main__":
    unittest.main()
