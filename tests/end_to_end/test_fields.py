"""Each field that docs/fields.md lists is told by some capture of real peers, or it says here why not."""
import re
import unittest

import dcmwatch as d

CLEAN = "the switch of the captures neither loses, repeats nor reorders; tests/assemble and tests/metamorphic do"
LOSS = "no capture loses bytes within a message whose command is seen; tests/metamorphic/loss_test.cpp does"
SOFTWARE = "no peer in a capture is a product in rules/fingerprints/dicom.yml; tests/model/fingerprints_test.cpp"

# Why no capture tells it, and what does.
NEVER = {
    "finding.others": "no capture is a flood; test_flood.py",
    "finding.exception.until": "nothing is excepted; test_exceptions.py",
    "finding.exception.owner": "likewise",
    "finding.exception.reason": "likewise",
    "capture.detail": "no capture breaks off; test_captures.py cuts one",
    "connection.attempts": "somebody answers every SYN; test_flood.py sends others",
    "connection.source_network": "likewise",
    "connection.destinations": "likewise",
    "connection.destination_ports": "likewise",
    "connection.destinations_left_out": "likewise",
    "connection.destination_ports_left_out": "likewise",
    "connection.undeclared_destinations": "likewise",
    "connection.undeclared_destination_ports": "likewise",
    **dict.fromkeys((f"flow.{name}" for name in ("state", "device", "not_visible", "first_seen", "last_seen", "count", "silence", "rate_of", "rate")),
                    "no capture lasts for hours, nor does config/model.yaml expect so much in minutes; tests/model/flow_watch_test.cpp"),
    "flow.declares_rate": "of the flows of config/model.yaml the vendors' alone declares one, and no capture shows it; tests/scenarios/breadth_exceeded",
    "observer.name": "a monitor's alone; test_live.py",
    "network.vlan.id": "the switch has no VLANs; test_live_capture.py tags frames",
    "network.inner.vlan.id": "likewise",
    "dicom.object.clock_skew": "the objects sent are years old, which is no clock's fault; tests/protocol/dicom/content_test.cpp",
    "dicom.query.names_no_study": "the peers' tools name what they retrieve; tests/scenarios/retrieval_names_no_study",
    "dicom.error_id": "none of the peers sends one; tests/protocol/dicom/exchange_test.cpp",
    "dicom.opener.product": SOFTWARE,
    "dicom.acceptor.product": SOFTWARE,
    "workflow.steps.late": "no capture lasts for hours; tests/relate/workflows_test.cpp",
    "hl7.occurred": "none of the peers sends EVN-6; tests/protocol/hl7/round_trip_test.cpp",
    "order.not_told": "none of the peers sends more than 32 orders in a message; tests/protocol/hl7/round_trip_test.cpp",
    "study.not_told_apart": "a capture of 65,536 objects would be large; tests/relate/studies_test.cpp",
    "study.not_visible": "where answers are not seen, no transfer syntax is, so that studies are not known; tests/relate/studies_test.cpp",
    "hl7.patient.ids_not_told": "none of the peers sends more than 16 ids of a patient; tests/protocol/hl7/facts_test.cpp",
    **dict.fromkeys(("tls.client.names_not_told", "tls.server.names_not_told"), "no certificate has more than 16 names; tests/protocol/tls/certificate_test.cpp"),
    "tls.not_followed": "no handshake has more than 64 protected records; tests/protocol/tls/conversation_test.cpp",
    "tls.client.names": "the clients' certificates have none; tests/protocol/tls/certificate_test.cpp",
    "tls.server.names_withheld": "the servers' certificates name hosts; tests/protocol/tls/certificate_test.cpp",
    "violation.ae_title": "the department's titles are harmless; tests/protocol/dicom/violations_test.cpp",
    "violation.tolerated": "config/model.yaml declares no quirks; tests/model/lookup_test.cpp",
    **dict.fromkeys((f"correlation.{name}" for name in ("type", "count", "group_by", "first", "last", "rules")),
                    "no capture holds a scan or a flood; test_correlations.py"),
    **dict.fromkeys((f"hl7.{name}" for name in ("accept_wanted", "ack_wanted", "accept_code", "accept_time", "error_code", "error_severity",
                                                "error_location", "errors", "unanswered", "closed_by", "late", "unacknowledged", "unacknowledged_age")),
                    "the peers of the captures answer at once, and well; test_acknowledgements.py"),
    **dict.fromkeys((f"{side}.in_unit" for side in ("source", "destination")),
                    "nobody in a capture begins a request and does not end it; tests/scenarios/held_associations, tests/protocol/stream_test.cpp"),
    **dict.fromkeys(("dicom.missing_bytes", "hl7.missing_bytes"), LOSS),
    **dict.fromkeys((f"{side}.{what}" for side in ("source", "destination") for what in
                     ("conflicting_packets", "duplicate_packets", "out_of_order_packets", "gaps", "unseen_bytes", "zero_window_time")), CLEAN),
}


def paths(record, prefix=""):
    for name, value in record.items():
        yield from paths(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]


class Fields(unittest.TestCase):
    maxDiff = None

    def test_each_is_told_by_some_capture_or_it_is_known_why_not(self):
        listed = set(re.findall(r"^\| `([a-z0-9_.@]+)` \|", (d.ROOT / "docs" / "fields.md").read_text(encoding="utf-8"), re.M))
        told = set()
        for capture in d.captures():
            for record in d.records(capture, "--all-phases", "--digest", "--model", d.MODEL, "--rules", d.RULES):
                told.update(paths(record))
        self.assertEqual(told - listed, set(), "not documented")
        self.assertEqual(sorted(listed - told - NEVER.keys()), [], "neither told nor explained")


if __name__ == "__main__":
    unittest.main()
