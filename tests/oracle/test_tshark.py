"""tshark's count of what each capture holds, against ours. tshark_differences.tsv explains each difference, and a line that has become
untrue fails."""
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
import dcmwatch as d  # noqa: E402

PORTS = (104, 2762, 11112, 11113, 11190)  # where DICOM is carried in the captures: tshark has to be told
PDUS = {"01": "A-ASSOCIATE-RQ", "02": "A-ASSOCIATE-AC", "03": "A-ASSOCIATE-RJ", "05": "A-RELEASE-RQ", "07": "A-ABORT"}
COMMANDS = {0x0001: "C-STORE", 0x0010: "C-GET", 0x0020: "C-FIND", 0x0021: "C-MOVE", 0x0030: "C-ECHO", 0x0100: "N-EVENT-REPORT", 0x0110: "N-GET",
            0x0120: "N-SET", 0x0130: "N-ACTION", 0x0140: "N-CREATE", 0x0150: "N-DELETE", 0x0FFF: "C-CANCEL"}
RESPONSE = 0x8000
PENDING = ("FF00", "FF01")

# A PDU's type and a rejection's three codes; command field and status (tags in little endian, then the length, then the value).
FACT = re.compile(r'name="(?:dicom\.pdu\.type|dicom\.assoc\.reject\.(?:result|source|reason))"[^>]* value="(?P<code>..)"'
                  r'|value="0000(?P<tag>0001|0009)02000000(?P<low>..)(?P<high>..)"')


def theirs(capture):
    """By what: "C-STORE-RSP 0000", "A-ASSOCIATE-RJ 1/1/7"."""
    ports = [word for port in PORTS for word in ("-d", f"tcp.port=={port},dicom")]
    pdml = subprocess.run(["tshark", "-n", "-r", capture, "-Y", "dicom", *ports, "-T", "pdml", "-J", "dicom"], capture_output=True, text=True,
                          check=True).stdout
    counts, command, rejection = collections.Counter(), 0, []
    for fact in FACT.finditer(pdml):
        if fact["tag"] == "0001":
            command = int(fact["high"] + fact["low"], 16)
            if not command & RESPONSE or command == 0x0FFF:
                counts[COMMANDS.get(command, f"{command:04X}") + "-RQ"] += 1
        elif fact["tag"]:
            status = (fact["high"] + fact["low"]).upper()
            counts[COMMANDS.get(command & ~RESPONSE, f"{command:04X}") + "-RSP " + ("pending" if status in PENDING else status)] += 1
        elif "reject" in fact[0]:
            rejection.append(str(int(fact["code"], 16)))
            if len(rejection) == 3:
                counts["A-ASSOCIATE-RJ " + "/".join(rejection)] += 1
                rejection = []
        elif PDUS.get(fact["code"], "A-ASSOCIATE-RJ") != "A-ASSOCIATE-RJ":  # a rejection is counted by its codes
            counts[PDUS[fact["code"]]] += 1
    return counts


def ours(capture):
    counts = collections.Counter()
    records = d.records(capture)
    for association in (r["dicom"] for r in d.of("dicom.association", records)):
        counts["A-ASSOCIATE-RQ"] += "calling_ae" in association
        counts["A-ASSOCIATE-AC"] += association.get("accepted") is True
        counts["A-RELEASE-RQ"] += association["end"] == "released"
        counts["A-ABORT"] += "abort" in association
        if "rejection_code" in association:
            counts["A-ASSOCIATE-RJ " + association["rejection_code"]] += 1
    for operation in (r["dicom"] for r in d.of("dicom.operation", records)):
        command = operation.get("command", "?")
        counts[command + "-RQ"] += operation["request_seen"]
        counts["C-CANCEL-RQ"] += operation.get("cancelled", False)
        counts[command + "-RSP pending"] += operation.get("pending_responses", 0)
        if "status" in operation:
            counts[f"{command}-RSP {operation['status']}"] += 1
    return counts


def explained():
    """(capture, what, ours, tshark's) to the reason."""
    lines = (HERE / "tshark_differences.tsv").read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {tuple(line[:4]): line[4] for line in cells}


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed: scripts/install_packages test")
class Tshark(unittest.TestCase):
    maxDiff = None

    def test_counts_what_we_count_but_for_what_the_table_explains(self):
        differences, agreed = set(), 0
        for capture in d.captures():
            we, they = ours(capture), theirs(capture)
            for what in we.keys() | they.keys():
                if we[what] == they[what]:
                    agreed += we[what]
                else:
                    differences.add((capture.stem, what, str(we[what]), str(they[what])))
        print(f"{agreed} PDUs and commands counted alike, {len(differences)} counts differ")
        table = explained()
        self.assertEqual({"not in tshark_differences.tsv": sorted(map("\t".join, differences - table.keys())),
                          "no longer so, or otherwise": sorted(map("\t".join, table.keys() - differences))},
                         {"not in tshark_differences.tsv": [], "no longer so, or otherwise": []})
        self.assertTrue(all(table.values()), "a line without a reason")


if __name__ == "__main__":
    unittest.main()
