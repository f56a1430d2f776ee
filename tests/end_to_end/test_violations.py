"""Captures of broken rules (pcaps/violations): what is told is what the peers did, connection by connection, as their script says."""
import collections
import json
import re
import unittest

import dcmwatch as d

RULES = d.ROOT / "src" / "event" / "dicom_violations.h"


def by_connection(records):
    connections = collections.defaultdict(list)
    for record in records:
        connections[record.get("source", {}).get("port")].append(record)
    return connections


def told(records):
    return {
        "violations": sorted([r["violation"]["name"], r["violation"]["by"]] for r in d.of("violation", records)),
        "operations": sorted([str(r["dicom"].get("command")), str(r["dicom"].get("status"))] for r in d.of("dicom.operation", records)),
        "end": [r["dicom"]["end"] for r in d.of("dicom.association", records)]}


def done(connection):
    return {"violations": sorted(connection["violations"]),
            "operations": sorted([str(command), str(status)] for command, status in connection["operations"]),
            "end": [connection["end"]]}


class BrokenRules(unittest.TestCase):
    maxDiff = None

    def test_each_is_told_of_who_broke_it_and_no_other(self):
        for capture in d.violations():
            expected = json.loads(capture.with_suffix(".json").read_text(encoding="utf-8"))
            connections = by_connection(d.records(capture))
            self.assertEqual(len(expected["connections"]), sum(port is not None for port in connections))
            for connection in expected["connections"]:
                with self.subTest(capture=capture.name, port=connection["source_port"], breaks=connection["violations"]):
                    self.assertEqual(told(connections[connection["source_port"]]), done(connection))

    def test_each_rule_is_broken(self):
        rules = set(re.findall(r'"(dicom\.\w+)", "PS3', RULES.read_text(encoding="utf-8")))
        broken = {name for capture in d.violations() for connection in json.loads(capture.with_suffix(".json").read_text())["connections"]
                  for name, _ in connection["violations"]}
        self.assertEqual(rules, broken)


if __name__ == "__main__":
    unittest.main()
