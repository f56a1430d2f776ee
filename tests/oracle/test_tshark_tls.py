"""Each TLS handshake of our captures and of the public ones as tshark dissects it, and each certificate as OpenSSL's own tool reads it,
against what we tell."""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
import dcmwatch as d  # noqa: E402

CORPUS = d.ROOT.parent / "shared" / "corpus"
FIELDS = ("ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tls.handshake.type", "tls.handshake.version",
          "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite", "tls.handshake.extensions_server_name",
          "tls.handshake.extensions_alpn_str", "tls.handshake.random", "tls.handshake.certificate", "tls.alert_message.level", "tls.alert_message.desc")
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
VERSIONS = {0x0300: "3.0", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
NAMES = {"3.0": "SSLv3", **{f"1.{minor}": f"TLSv1.{minor}" for minor in range(4)}}
PORTS = (2575, 2762)                           # where tshark would look for HL7 and DICOM in clear
SIGNALS = {0x00FF, 0x5600}                     # no suites (RFC 5746, RFC 7507)
HOST = re.compile(r"[A-Za-z0-9._*:-]{1,100}")  # what is told of a name


def captures():
    """Ours, and the public ones in which tshark found TLS."""
    public = []
    for told in sorted((CORPUS / "expected").glob("*.json")):
        text = told.read_text(encoding="utf-8")
        if '"tls' in text or ":tls" in text:
            public.append(CORPUS / json.loads(text)["file"])
    return [*d.captures(), *public]


def is_grease(number):
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def numbers(text, base=0):
    return [int(word, base) for word in text.split(";") if word]


def certificate(der):
    """What we would tell of it, as openssl x509 prints it; its common name only where it looks like a host's."""
    told = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-enddate", "-nameopt", "multiline,utf8"],
                          input=bytes.fromhex(der.replace(":", "")), capture_output=True, check=False).stdout.decode(errors="replace")
    names = re.findall(r"^ +commonName += (.*)$", told, re.M)
    end = re.search(r"^notAfter=(.*)$", told, re.M)
    if not end:
        return None
    year = re.search(r"(\d{4}) GMT", end[1])[1]
    return {"subject": names[-1] if names and HOST.fullmatch(names[-1]) else None, "until": year}


def theirs(capture):
    """By the connection's ends: who sent the client's hello first."""
    fields = [word for field in FIELDS for word in ("-e", field)]
    ports = [word for port in PORTS for word in ("-d", f"tcp.port=={port},tls")]
    text = subprocess.run(["tshark", "-n", "-r", capture, *ports, "-Y", "tcp && (tls.handshake.type || tls.alert_message.level)", "-T", "fields", "-E",
                           "separator=/t", "-E", "aggregator=;", *fields], capture_output=True, text=True, check=False).stdout
    connections = {}
    for line in text.splitlines():
        frame = dict(zip(FIELDS, line.split("\t")))
        source = frame["ip.src"].split(";")[-1] or frame["ipv6.src"], frame["tcp.srcport"]
        destination = frame["ip.dst"].split(";")[-1] or frame["ipv6.dst"], frame["tcp.dstport"]
        told = connections.setdefault(frozenset((source, destination)), {})
        types = numbers(frame["tls.handshake.type"])
        offered = numbers(frame["tls.handshake.extensions.supported_version"])
        legacy = numbers(frame["tls.handshake.version"])
        suites = [suite for suite in numbers(frame["tls.handshake.ciphersuite"]) if not is_grease(suite) and suite not in SIGNALS]
        if 1 in types and "cipher" not in told:
            told["client"] = source
            told["offered"] = sorted(NAMES[VERSIONS[version]] for version in set(offered or legacy[:1]) if version in VERSIONS)
            told["suites"] = len(suites)
            told["server_name"] = frame["tls.handshake.extensions_server_name"].split(";")[0] or None
        elif 2 in types and not frame["tls.handshake.random"].startswith(RETRY) and "cipher" not in told:
            told["version"] = VERSIONS.get((offered or legacy)[0], "other")
            told["cipher"] = suites[0]
            told["next_protocol"] = frame["tls.handshake.extensions_alpn_str"] or None
        if 11 in types and frame["tls.handshake.certificate"]:
            side = "client" if told.get("client") == source else "server"
            told.setdefault("certificate of the " + side, certificate(frame["tls.handshake.certificate"].split(";")[0]))
        if frame["tls.alert_message.level"] == "2":
            told.setdefault("alert", int(frame["tls.alert_message.desc"]))
    return {ends: told for ends, told in connections.items() if told.keys() - {"alert"}}


def ours(capture, suite_numbers, alert_numbers):
    connections = {}
    for record in d.of("tls", d.records(capture)):
        ends = frozenset((record[side]["ip"], str(record[side]["port"])) for side in ("source", "destination"))
        tls = record["tls"]
        told = connections.setdefault(ends, {})
        if told or not tls.keys() & {"ciphers_offered", "version"}:
            continue
        client, server = tls.get("client", {}), tls.get("server", {})
        if "ciphers_offered" in tls:
            told |= {"client": (record["source"]["ip"], str(record["source"]["port"])), "offered": sorted(tls.get("versions_offered", ())),
                     "suites": tls["ciphers_offered"], "server_name": client.get("server_name")}
        if "version" in tls:
            told |= {"version": tls["version"], "cipher": suite_numbers[tls["cipher"]], "next_protocol": tls.get("next_protocol")}
        for side, certified in (("client", client), ("server", server)):
            if "not_after" in certified:
                told["certificate of the " + side] = {"subject": certified.get("subject"), "until": certified["not_after"][:4]}
        alert = tls.get("alert", {})
        if alert.get("level") == "fatal":
            told["alert"] = alert_numbers[alert["description"]]
    return {ends: told for ends, told in connections.items() if told}


def registered(field):
    """Names to numbers, as tshark has them."""
    values = subprocess.run(["tshark", "-G", "values"], capture_output=True, text=True, check=True).stdout
    return {row[3]: int(row[2]) for row in (line.split("\t") for line in values.splitlines()) if row[:2] == ["V", field]}


@unittest.skipUnless(shutil.which("tshark"), "tshark is not installed: scripts/install_packages test")
class Tshark(unittest.TestCase):
    maxDiff = None

    def test_tells_of_each_handshake_what_we_tell(self):
        suites = registered("tls.handshake.ciphersuite")
        alerts = {name.lower().replace(" ", "_"): number for name, number in registered("tls.alert_message.desc").items()}
        agreed, handshakes = collections.Counter(), 0
        for capture in captures():
            with self.subTest(capture=capture.name):
                told = ours(capture, suites, alerts)
                self.assertEqual(told, theirs(capture))
                handshakes += len(told)
                agreed.update(what for connection in told.values() for what in connection)
        print(f"{handshakes} handshakes; told and alike: {dict(agreed)}")
        self.assertGreater(handshakes, 25)


if __name__ == "__main__":
    unittest.main()
