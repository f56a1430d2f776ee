"""Which of the event kinds, items and codes that dcmwatch can tell do the captures show? pcaps/COVERAGE.md is the answer.

DCMWATCH_WRITE_DOCS=1 python3 -m unittest test_coverage writes the page anew. A member of a vocabulary is a row; one that no record shows
carries the reason, where it is known. A word that no closed vocabulary holds fails: it wants a row.
"""
import collections
import dataclasses
import os
import re
import typing
import unittest

import dcmwatch as d

PAGE = d.PCAPS / "COVERAGE.md"
# The captures show all of these, but for what says why none does; and that many transfer syntaxes.
SHOWN_WHOLE = ("PDUs", "Items of association PDUs", "DIMSE messages", "Rejections: result/source/reason", "Aborts", "Presentation context results")
TRANSFER_SYNTAXES = 25
NAMED_CAPTURES = 3  # of those that show a member; of the others, how many

COMMANDS = ("C-STORE", "C-GET", "C-FIND", "C-MOVE", "C-ECHO", "N-EVENT-REPORT", "N-GET", "N-SET", "N-ACTION", "N-CREATE", "N-DELETE")
REJECTIONS = [f"{result}/{source}/{reason}" for result in (1, 2) for source, reasons in ((1, (1, 2, 3, 7)), (2, (1, 2)), (3, (1, 2)))
              for reason in reasons]
PROVIDER_ABORTS = ("reason not specified", "unrecognized PDU", "unexpected PDU", "unrecognized PDU parameter", "unexpected PDU parameter",
                   "invalid PDU parameter value")
WORKFLOW_STEPS = ("order", "worklist", "performed_step", "images", "commitment", "report")
ROLES = ("scu", "scp", "both", "none")
ACKNOWLEDGED = "made in tests/end_to_end/test_acknowledgements.py"
NOT_FOR_STORAGE = "not for C-STORE"

# PS3.7 C, and what the services add (PS3.4).
STATUSES = {
    "0000": "success", "0001": "requested optional attributes are not supported", "0105": "no such attribute", "0106": "invalid attribute value",
    "0107": "attribute list error", "0110": "processing failure", "0111": "duplicate SOP instance", "0112": "no such SOP instance",
    "0113": "no such event type", "0114": "no such argument", "0115": "invalid argument value", "0116": "attribute value out of range",
    "0117": "invalid SOP instance", "0118": "no such SOP class", "0119": "class-instance conflict", "0120": "missing attribute",
    "0121": "missing attribute value", "0122": "SOP class not supported", "0123": "no such action type", "0124": "not authorized",
    "0210": "duplicate invocation", "0211": "unrecognized operation", "0212": "mistyped argument", "0213": "resource limitation",
    "A700": "out of resources", "A701": "out of resources: matches", "A702": "out of resources: sub-operations",
    "A801": "move destination unknown", "A900": "data set does not match the SOP class", "B000": "coercion, or sub-operations failed",
    "B006": "elements discarded", "B007": "data set does not match the SOP class (warning)", "C000": "cannot understand, unable to process",
    "FE00": "cancelled"}


def value(record, path):
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def values(path):
    """What a record says in a field, each word of a list apart."""
    def read(record):
        found = value(record, path)
        return [str(word) for word in found] if isinstance(found, list) else [] if found is None else [str(found)]
    return read


@dataclasses.dataclass
class Vocabulary:
    title: str
    clause: str
    members: dict  # what it is, and why no capture shows it where that is known; told only where none does
    read: typing.Callable  # the members that a record shows
    fields: tuple = ()  # where it is told: if no record has one of them, the member is not told yet
    closed: bool = True  # else there are more members than these
    by_field: bool = False  # each member has a field of its own


def words(title, clause, field, members, dataset=None, closed=True):
    """A vocabulary that is the words of one field."""
    read = values(field)
    return Vocabulary(title, clause, members if isinstance(members, dict) else dict.fromkeys(members, ""),
                      lambda record: read(record) if dataset in (None, record["event"]["dataset"]) else [], (field,), closed)


def presences(title, clause, field_of, reasons=None):
    """A vocabulary whose members are told by a field each: exercised where a record has it."""
    return Vocabulary(title, clause, {member: (reasons or {}).get(member, "") for member in field_of},
                      lambda record: [member for member, field in field_of.items() if value(record, field) is not None], by_field=True)


def requests(record):
    if record["event"]["dataset"] != "dicom.operation" or "command" not in record["dicom"]:
        return []
    told = record["dicom"]
    return ([f"{told['command']}-RQ"] if told["request_seen"] else []) + ([f"{told['command']}-RSP"] if "status" in told else []) + (
        ["C-CANCEL-RQ"] if told.get("cancelled") else [])


def pdus(record):
    dicom = record.get("dicom", {})
    return {
        "dicom.association": (["A-ASSOCIATE-RQ"] if "calling_ae" in dicom else []) + (["A-ASSOCIATE-AC"] if dicom.get("accepted") else [])
                             + (["A-ASSOCIATE-RJ"] if "rejection_code" in dicom else []) + (["A-ABORT"] if "abort" in dicom else [])
                             + (["A-RELEASE-RQ and -RP"] if dicom.get("end") == "released" else []),
        "dicom.operation": ["P-DATA-TF"],
        "violation": ["an unknown one"] if record.get("violation", {}).get("name") == "dicom.pdu_type" else [],
    }.get(record["event"]["dataset"], [])


def context_results(record):
    contexts = record.get("dicom", {}).get("contexts", {})
    return (["acceptance"] if contexts.get("accepted") else []) + contexts.get("refusals", [])


def statuses(record):
    dicom = record.get("dicom", {})
    if record["event"]["dataset"] != "dicom.operation":
        return []
    return ([dicom["status"]] if "status" in dicom else []) + (["FF00 or FF01"] if dicom.get("pending_responses") else [])


def status_classes(record):
    return values("dicom.status_class")(record) + (["pending"] if value(record, "dicom.pending_responses") else [])


def stored_syntaxes(record):
    dicom = record.get("dicom", {})
    return values("dicom.transfer_syntax_uid")(record) if dicom.get("command") == "C-STORE" else []


def transfer_syntaxes():
    """Those of PS3.6, and why one is not stored in any capture."""
    table = (d.ROOT / "src" / "event" / "dicom_uids.h").read_text(encoding="utf-8")
    reasons = {r"\.6\.|\.7\.": NOT_FOR_STORAGE, r"\.4\.(95|205)$": "DCMTK 3.6.7 refuses to send it, dcmjs-dimse cannot read it"}
    found = re.findall(r'\{"(1\.2\.840\.10008\.1\.2(?:\.[\d.]+)?)",\s*"([^"]*)"', table)
    return {uid: next((reason for pattern, reason in reasons.items() if re.search(pattern, uid)), "") for uid, _ in found}


OLD_SSL = "OpenSSL 3 no longer speaks it; tests/protocol/tls"


def violation_names():
    """Those of the program's own tables, and whether a unit test breaks the rule where no capture does."""
    names = re.findall(r"^\| `(dicom\.\w+)` \|", re.search(r"<!-- violations -->(.*?)<!-- end", (d.ROOT / "docs" / "dicom.md").read_text(), re.S)[1], re.M)
    names += re.findall(r'Break::\w+, "(hl7\.\w+)"', (d.ROOT / "src" / "event" / "hl7_violations.h").read_text())
    names += re.findall(r'Flaw::\w+, "(tls\.\w+)"', (d.ROOT / "src" / "event" / "tls_violations.h").read_text())
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (d.ROOT / "tests" / "protocol").rglob("*.cpp"))
    return {name: "unit tests break it" if re.search(rf"\b{re.escape(name)}\b|::{name.split('.')[1]}\b", tests) else "no test names it"
            for name in names}


def fields():
    """Those of docs/fields.md that are about DICOM."""
    reasons = {"dicom.object.pixel_digest": "told on request only",
               "dicom.object.clock_skew": "the objects are years old, which is no clock's fault; tests/protocol/dicom",
               "dicom.missing_bytes": "nothing is missing in a capture of a switch that drops nothing; tests/metamorphic takes frames out",
               "dicom.opener.product": "no implementation here is one of the fingerprinted products",
               "dicom.acceptor.product": "no implementation here is one of the fingerprinted products",
               "study.not_visible": "no capture lacks the answers to C-STOREs whose study is known; tests/relate",
               "dicom.query.names_no_study": "the peers' tools name what they retrieve; tests/scenarios/retrieval_names_no_study",
               "study.not_told_apart": "no capture has so many objects; tests/relate",
               "violation.tolerated": "no model is at hand here; tests/model"}
    paths = re.findall(r"^\| `((?:dicom|study|link|violation)\.[\w.]+)` \|", (d.ROOT / "docs" / "fields.md").read_text(), re.M)
    return {path: reasons.get(path, "") for path in paths}


def kinds(record):
    return [f"{record['event']['dataset']}, {record['event']['phase']}"]


def vocabularies():
    field_reasons = fields()
    return [
        Vocabulary("Event kinds", "", {
            **{f"{dataset}, {phase}": "" for dataset in ("connection", "dicom.association", "dicom.operation", "hl7.message", "tls") for phase in ("start", "end")},
            "connection, progress": "", "dicom.association, progress": "no association in a capture lasts a minute",
            "dicom.operation, progress": "no operation in a capture lasts a minute", "hl7.message, progress": "",
            "dicom.study, start": "", "dicom.study, progress": "", "dicom.study, end": "", "violation, end": "", "link, end": "", "workflow, end": "",
            "capture, end": ""}, kinds, closed=False),
        Vocabulary("PDUs", "PS3.8 9.3", dict.fromkeys(
            ("A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ and -RP", "A-ABORT", "an unknown one"), ""), pdus),
        presences("Items of association PDUs", "PS3.8 9.3.2, PS3.7 D.3.3", {
            "10 application context": "dicom.application_context",
            "20 and 30 presentation context, abstract syntax": "dicom.contexts.proposed",
            "21 and 40 its answer, transfer syntax": "dicom.contexts.transfer_syntaxes",
            "51 maximum length": "dicom.opener.maximum_length",
            "52 implementation class UID": "dicom.opener.implementation_class_uid",
            "53 asynchronous operations window, proposed": "dicom.window.proposed",
            "53 asynchronous operations window, answered": "dicom.window.accepted",
            "54 role selection": "dicom.roles.sop_classes",
            "55 implementation version name": "dicom.opener.implementation_version_name",
            "56 SOP class extended negotiation": "dicom.extended_negotiation",
            "57 SOP class common extended negotiation": "dicom.common_extended_negotiation",
            "58 user identity": "dicom.user_identity.type",
            "59 user identity, answered": "dicom.user_identity.answered",
            "an unknown one": "dicom.unknown_items"},
            {"10 application context": "told only by dicom.application_context_name, where it is another than DICOM's"}),
        words("Association ends", "PS3.8 9.2", "dicom.end", {
            "released": "", "aborted": "", "rejected": "", "reset": "", "closed": "", "timeout": "no association in a capture is silent for that long",
            "open": "no capture ends within an association"}),
        words("Rejections: result/source/reason", "PS3.8 9.3.4, table 9-21", "dicom.rejection_code", REJECTIONS, closed=False),
        words("Aborts", "PS3.8 9.3.8, table 9-26", "dicom.abort",
              ["by the service user"] + [f"by the service provider, {reason}" for reason in PROVIDER_ABORTS], closed=False),
        words("Who aborted", "PS3.8 9.3.8", "dicom.aborted_by", ("opener", "acceptor")),
        Vocabulary("Presentation context results", "PS3.8 9.3.3.2, table 9-18", dict.fromkeys(
            ("acceptance", "user rejection", "no reason (provider rejection)", "abstract syntax not supported", "transfer syntaxes not supported"), ""),
            context_results, closed=False),
        words("Roles proposed", "PS3.7 D.3.3.4", "dicom.roles.proposed", ROLES),
        words("Roles accepted", "PS3.7 D.3.3.4", "dicom.roles.accepted", (*ROLES, "unanswered")),
        words("User identities", "PS3.7 D.3.3.7", "dicom.user_identity.type",
              ("user name", "user name and passcode", "Kerberos service ticket", "SAML assertion", "JSON Web Token"), closed=False),
        Vocabulary("DIMSE messages", "PS3.7 E.1", {f"{command}-{way}": "" for command in COMMANDS for way in ("RQ", "RSP")} | {"C-CANCEL-RQ": ""}, requests),
        words("Invokers", "PS3.7 7", "dicom.invoker", ("opener", "acceptor")),
        words("Priorities", "PS3.7 9.1.1.1.5", "dicom.priority", ("medium", "high", "low")),
        words("Query levels", "PS3.4 C.3", "dicom.query_level", ("PATIENT", "STUDY", "SERIES", "IMAGE")),
        Vocabulary("Status classes", "PS3.7 C", dict.fromkeys(("success", "warning", "failure", "cancel", "pending"), ""), status_classes),
        Vocabulary("Statuses", "PS3.7 C, PS3.4", dict.fromkeys([*STATUSES, "FF00 or FF01"], ""), statuses, closed=False),
        words("What held an operation up", "", "dicom.slowest", ("sender", "receiver", "network")),
        Vocabulary("Transfer syntaxes of C-STOREs", "PS3.6 A", transfer_syntaxes(), stored_syntaxes, closed=False),
        presences("What data sets say", "PS3.3, PS3.4", {
            "a stored object": "dicom.object.modality", "a query": "dicom.query.matched", "a worklist's answer": "dicom.worklist.modalities",
            "storage commitment": "dicom.commitment.transaction", "a performed step": "dicom.step.status"}),
        words("Performed step statuses", "PS3.3 C.4.14", "dicom.step.status", ("IN PROGRESS", "COMPLETED", "DISCONTINUED")),
        words("Links", "", "link.kind", {
            "move_caused_store": "", "get_caused_store": "", "commitment_reported": "", "step_ended": "", "store_repeated": "", "store_resolved": "",
            "pixel_data_changed": "told on request only", "message_acknowledged": ACKNOWLEDGED, "message_resent": ACKNOWLEDGED,
            "message_conflicting": ACKNOWLEDGED, "burst_after_silence": "a silence takes ten minutes; tests/relate/bursts_test.cpp",
            "patient_merged": ""}),
        words("Steps of an order's way, seen", "IHE RAD TF-1 3", "workflow.steps.seen", WORKFLOW_STEPS),
        words("Steps of an order's way, missing", "IHE RAD TF-1 3", "workflow.steps.missing",
              {**dict.fromkeys(WORKFLOW_STEPS, ""), "order": "one that came before the capture is not known to be missing"}),
        words("How sure a link is", "", "link.certainty", ("originator", "association", "content", "identifier", "ambiguous", "none")),
        words("TLS versions", "RFC 8446 4.2.1", "tls.version", {
            "2.0": OLD_SSL, "3.0": OLD_SSL, "1.0": "", "1.1": "", "1.2": "", "1.3": "", "other": "nobody speaks one; tests/protocol/tls"}),
        words("TLS handshakes", "RFC 8446 2", "tls.handshake", {
            "completed": "", "refused": "", "abandoned": "no peer hangs up without an alert; tests/protocol/tls", "unknown": ""}),
        words("TLS resumption", "RFC 5246 7.3, RFC 5077, RFC 8446 2.2", "tls.resumption", ("session_id", "ticket", "psk")),
        words("Violations", "docs/dicom.md", "violation.name", violation_names()),
        words("Why something was not seen", "", "conversation.unseen", {
            "joined_midway": "", "one_direction": "", "truncated": "", "lost": "", "unfinished": "", "encrypted": "", "undecodable": ""}),
        Vocabulary("Fields about DICOM", "docs/fields.md", field_reasons,
                   lambda record: [path for path in field_reasons if value(record, path) is not None], by_field=True),
    ]


def explained(vocabulary, member):
    return {"FF00 or FF01": "pending", **STATUSES}.get(member, "") if vocabulary.title == "Statuses" else ""


class Coverage:
    """Which captures show each member of each vocabulary."""

    def __init__(self):
        self.vocabularies = vocabularies()
        self.shown = [collections.defaultdict(dict) for _ in self.vocabularies]  # dict: an ordered set of captures
        self.told = set()
        for capture in d.captures() + d.violations():
            name = str(capture.relative_to(d.PCAPS).with_suffix(""))
            for record in d.records(capture, "--all-phases"):
                for vocabulary, shown in zip(self.vocabularies, self.shown):
                    for member in vocabulary.read(record):
                        shown[member][name] = None
                    self.told.update(field for field in vocabulary.fields if value(record, field) is not None)

    def strangers(self):
        return {(vocabulary.title, member) for vocabulary, shown in zip(self.vocabularies, self.shown) if vocabulary.closed
                for member in shown.keys() - vocabulary.members.keys()}

    def not_told(self):
        """What no record has a field for, though nobody says why."""
        return {(vocabulary.title, member) for vocabulary, shown in zip(self.vocabularies, self.shown)
                for member in vocabulary.members.keys() - shown.keys()
                if not vocabulary.members[member] and (vocabulary.by_field or any(field not in self.told for field in vocabulary.fields))}

    def not_shown(self, title):
        [(vocabulary, shown)] = [(v, s) for v, s in zip(self.vocabularies, self.shown) if v.title == title]
        return {member for member in vocabulary.members.keys() - shown.keys() if not vocabulary.members[member]}

    def headline(self):
        known = sum(len(v.members) for v in self.vocabularies)
        exercised = sum(len(v.members.keys() & shown.keys()) for v, shown in zip(self.vocabularies, self.shown))
        return f"{exercised} of {known} event kinds, items and codes exercised"

    def page(self):
        lines = ["# What the captures show", "",
                 "Of each vocabulary of what dcmwatch tells: which members occur in its records of the captures here, and in which captures. Made by",
                 "`tests/end_to_end/test_coverage.py`, which says when the page is out of date, and how to make it anew.", "",
                 f"**{self.headline()}**", ""]
        for vocabulary, shown in zip(self.vocabularies, self.shown):
            lines += self.section(vocabulary, shown)
        return "\n".join(lines)

    def section(self, vocabulary, shown):
        clause = f" ({vocabulary.clause})" if vocabulary.clause else ""
        exercised = len(vocabulary.members.keys() & shown.keys())
        rows = []
        for member in [*vocabulary.members, *sorted(shown.keys() - vocabulary.members.keys())]:
            name = " ".join(filter(None, (member, explained(vocabulary, member))))
            rows.append(f"| {name} | {self.captures(shown[member]) if member in shown else self.absence(vocabulary, member)} |")
        others = len(shown.keys() - vocabulary.members.keys())
        beyond = f", and {others} beyond" if others else ""
        return [f"## {vocabulary.title}{clause}", "", f"{exercised} of {len(vocabulary.members)}{beyond}", "", "| what | captures |", "|---|---|", *rows, ""]

    @staticmethod
    def captures(names):
        named = ", ".join(f"`{name}`" for name in list(names)[:NAMED_CAPTURES])
        return named + (f" and {len(names) - NAMED_CAPTURES} more" if len(names) > NAMED_CAPTURES else "")

    def absence(self, vocabulary, member):
        if any(field not in self.told for field in vocabulary.fields):
            return f"*none: no record has `{vocabulary.fields[0]}`*"
        reason = vocabulary.members[member]
        return f"*none: {reason}*" if reason else "*none*"


class WhatTheCapturesShow(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.coverage = Coverage()

    def test_every_word_of_a_closed_vocabulary_is_known(self):
        self.assertEqual(self.coverage.strangers(), set())

    def test_each_field_is_told_of_something_or_it_is_said_why_not(self):
        self.assertEqual(self.coverage.not_told(), set())

    def test_what_is_to_be_shown_whole_is(self):
        self.assertEqual({title: self.coverage.not_shown(title) for title in SHOWN_WHOLE}, {title: set() for title in SHOWN_WHOLE})

    def test_as_many_transfer_syntaxes_are_stored_as_are_wanted(self):
        [stored] = [shown for v, shown in zip(self.coverage.vocabularies, self.coverage.shown) if v.title == "Transfer syntaxes of C-STOREs"]
        self.assertGreaterEqual(len(stored), TRANSFER_SYNTAXES)

    def test_the_page_says_what_is_shown(self):
        print(self.coverage.headline())
        page = self.coverage.page()
        if os.environ.get("DCMWATCH_WRITE_DOCS"):
            PAGE.write_text(page, encoding="utf-8")
        self.assertEqual(PAGE.read_text(encoding="utf-8").splitlines(), page.splitlines(),
                         "pcaps/COVERAGE.md is out of date; DCMWATCH_WRITE_DOCS=1 python3 -m unittest test_coverage writes it anew")


if __name__ == "__main__":
    unittest.main()
