"""TLS: what is told of each handshake must be what OpenSSL's and DCMTK's clients logged of it (pcaps/expected/tls.json)."""
import collections
import unittest

import dcmwatch as d

CAPTURE = d.PCAPS / "tls.pcap"
VERSIONS = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}
ALERTS = {40: "handshake_failure", 70: "protocol_version", 116: "certificate_required"}


def logged(handshake, told):
    """As the client logged it; where its log does not say, as we tell it."""
    tls = told["tls"]
    tls13 = tls.get("version") == "1.3"
    return {"version": handshake["version"] or VERSIONS.get(tls.get("version")),
            "cipher": handshake["cipher"] or tls.get("cipher"),
            "resumed": tls.get("resumed") if handshake["resumed"] is None or not handshake["established"] else handshake["resumed"],
            "established": handshake["established"],
            # In TLS 1.3 these are protected.
            "alert": "protected" if handshake["alert"] and tls13 else ALERTS.get(handshake["alert"], tls.get("alert", {}).get("description")),
            "subject": None if tls13 else handshake["subject"],
            "issuer": None if tls13 else handshake["issuer"],
            "key_bits": tls.get("server", {}).get("key_bits") if tls13 or not handshake["key_bits"] else handshake["key_bits"],
            "next_protocol": handshake["next_protocol"]}


def told(record):
    tls = record["tls"]
    server = tls.get("server", {})
    return {"version": VERSIONS.get(tls.get("version")), "cipher": tls.get("cipher"), "resumed": tls.get("resumed"),
            "established": tls.get("established"), "alert": tls.get("alert", {}).get("description"), "subject": server.get("subject"),
            "issuer": server.get("issuer"), "key_bits": server.get("key_bits"), "next_protocol": tls.get("next_protocol")}


def place(record):
    return record["source"]["ip"], record["destination"]["ip"], record["destination"]["port"]


def order(handshake):
    return tuple(str(handshake[key]) for key in ("established", "version", "cipher", "resumed", "next_protocol", "alert"))


class Tls(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.records = d.records(CAPTURE)
        cls.handshakes = d.of("tls", cls.records)

    def test_each_handshake_is_told_as_its_client_logged_it(self):
        expected, seen = collections.defaultdict(list), collections.defaultdict(list)
        for entry in d.expectation(CAPTURE)["tls"]["handshakes"]:
            expected[entry["source"], entry["destination"], entry["port"]] += [entry] * entry["count"]
        for record in self.handshakes:
            seen[place(record)].append(record)
        self.assertEqual(seen.keys(), expected.keys())
        for where, entries in expected.items():
            with self.subTest(where=where):
                self.assertEqual(len(seen[where]), len(entries))
                records = list(seen[where])
                for entry in sorted(entries, key=lambda entry: entry["version"] is None):  # those that say most, first
                    fitting = [record for record in records if told(record) == logged(entry, record)]
                    self.assertTrue(fitting, entry)
                    records.remove(fitting[0])

    def test_a_person_s_certificate_says_not_whose_it_is(self):
        withheld = [record["tls"]["client"] for record in self.handshakes if record["tls"].get("client", {}).get("names_withheld")]
        self.assertEqual(len(withheld), 1)
        self.assertNotIn("subject", withheld[0])
        self.assertEqual(withheld[0]["issuer"], "Hospital Device CA")

    def test_an_expired_certificate_is_said_to_be(self):
        expired = [record["tls"]["server"]["subject"] for record in self.handshakes if record["tls"].get("server", {}).get("expired")]
        self.assertEqual(expired, ["old.hospital.example"])

    def test_what_is_too_weak_is_named_and_nothing_else(self):
        names = collections.Counter(record["violation"]["name"] for record in d.of("violation", self.records))
        self.assertEqual(names.keys(), {"tls.obsolete_version", "tls.weak_cipher", "tls.fatal_alert"})
        self.assertEqual(names["tls.obsolete_version"], 3)
        self.assertEqual(names["tls.weak_cipher"], 2)

    def test_the_summary_says_who_speaks_an_old_version_and_whose_certificate_expires(self):
        page = d.replay(CAPTURE).stdout
        self.assertIn("a version before TLS 1.2", page)
        self.assertRegex(page, r"old\.hospital\.example .* expired")
        self.assertRegex(page, r"vna\.hospital\.example .* expires in ")


if __name__ == "__main__":
    unittest.main()
