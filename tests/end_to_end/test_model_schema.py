"""config/model.schema.json, by which editors help, and `dcmwatch model check` say the same of a model."""
import copy
import json
import pathlib
import re
import tempfile
import unittest

import jsonschema
import yaml

import dcmwatch as d

SCHEMA = json.loads((d.ROOT / "config" / "model.schema.json").read_text(encoding="utf-8"))
EVERYTHING = d.ROOT / "tests" / "model" / "everything.yaml"


class Yaml12(yaml.SafeLoader):
    """Values as editors read them (YAML 1.2, core schema): a day is text, and so is "yes"."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?[0-9]+\.[0-9]+", list("-+0123456789")),
]:
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)


def load(path):
    return yaml.load(path.read_text(encoding="utf-8"), Yaml12)


def models():
    """Every model of the project: the examples, the tests' own, those of the captures. A scenario's is what differs."""
    for path in sorted(d.ROOT.glob("*/**/*.yaml")):
        relative = path.relative_to(d.ROOT)
        if relative.parts[0] == "build" or relative.parts[:2] == ("tests", "scenarios"):
            continue
        document = load(path)
        if isinstance(document, dict) and "zones" in document:
            yield path


def maps(node, path=()):
    """The path to every map in a document."""
    if isinstance(node, dict):
        yield path
        for key, value in node.items():
            yield from maps(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from maps(value, (*path, index))


class ModelSchema(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        cls.validator = jsonschema.Draft202012Validator(SCHEMA)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def loads(self, document):
        path = pathlib.Path(self.folder.name) / "model.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return d.run("model", "check", path).returncode == 0

    def test_every_model_is_valid(self):
        found = list(models())
        self.assertIn(d.MODEL, found)
        self.assertIn(EVERYTHING, found)
        for path in found:
            with self.subTest(path.name):
                self.assertEqual([e.message for e in self.validator.iter_errors(load(path))], [])
                self.assertEqual(d.run("model", "check", path).returncode, 0)

    def test_a_setting_that_nobody_knows_is_refused_by_both(self):
        whole = load(EVERYTHING)
        self.assertTrue(self.loads(whole))
        for path in maps(whole):
            document = copy.deepcopy(whole)
            place = document
            for step in path:
                place = place[step]
            place["colour"] = "red"
            with self.subTest("/".join(map(str, path))):
                self.assertFalse(self.validator.is_valid(document))
                self.assertFalse(self.loads(document))

    def test_a_value_of_the_wrong_kind_is_refused_by_both(self):
        wrong = [
            (["zones", "modalities", "security_level"], 5),
            (["zones", "modalities", "one_segment"], "yes"),
            (["zones", "modalities", "vlans"], [4095]),
            (["zones", "modalities", "networks"], ["somewhere"]),
            (["services", "dicom", "tls"], "encrypted"),
            (["services", "dicom", "ports"], [0]),
            (["devices", "ct1", "macs"], ["00:1b"]),
            (["devices", "ct1", "role"], "scanner of ct"),
            (["devices", "ct1", "implementation"], [{}]),
            (["flows", "acquisition", "from"], "any"),
            (["flows", "acquisition", "operations"], ["C-STORE", "any"]),
            (["flows", "acquisition", "operations"], []),
            (["flows", "acquisition", "when"], ["Mo-Fr 07:00-19:00"]),
            (["flows", "acquisition", "quiet"], {"time_zone": "UTC"}),
            (["flows", "acquisition", "seen_every"], "hourly"),
            (["flows", "acquisition", "per_hour"], {"objects": "many"}),
            (["flows", "acquisition", "expires"], "31.12.2030"),
            (["flows", "orders", "message_types"], ["adt"]),
            (["flows", "orders", "accession_from"], ["OBR-81"]),
            (["conduits", "to-archive", "services"], []),
            (["denials", "nobody", "from"], ["any", "ct1"]),
            (["workflow", "images"], "soon"),
        ]
        for path, value in wrong:
            document = load(EVERYTHING)
            place = document
            for step in path[:-1]:
                place = place[step]
            self.assertIn(path[-1], place)
            place[path[-1]] = value
            with self.subTest("/".join(path)):
                self.assertFalse(self.validator.is_valid(document), "the schema")
                self.assertFalse(self.loads(document), "dcmwatch")


class ModelCheck(unittest.TestCase):
    def check(self, *arguments):
        return d.run("model", "check", *arguments)

    def test_tells_what_a_sound_model_declares_and_what_is_worth_a_look(self):
        done = self.check("--at", "2031-01-01", EVERYTHING)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(
            done.stdout,
            f"{EVERYTHING}: 3 zones, 3 devices, 1 group, 4 services, 2 flows, 2 conduits, 2 denials, 1 file; no fault found\n"
            "worth a look: 1 flow expired: acquisition\n"
            "worth a look: 1 flow without a justification, which others have: orders\n"
            "worth a look: 1 zone without a security level: archive\n",
        )
        self.assertNotIn("expired", self.check("--at", "2030-12-30", EVERYTHING).stdout)
        self.assertEqual(self.check("--at", "tomorrow", EVERYTHING).returncode, 2)

    def test_tells_programs_the_same(self):
        told = json.loads(self.check("--json", "--at", "2031-01-01", EVERYTHING).stdout)
        self.assertTrue(told["usable"])
        self.assertEqual(told["counts"]["flows"], 2)
        self.assertEqual(told["errors"], [])
        self.assertEqual([(w["kind"], w["names"]) for w in told["warnings"]][0], ("expired", ["acquisition"]))

    def test_tells_programs_every_mistake_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.yaml"
            path.write_text("include: [part.yaml]\nzones: {a: {networks: 10.0.0.0/8}}\n", encoding="utf-8")
            part = pathlib.Path(folder) / "part.yaml"
            part.write_text("devices:\n  d: {zone: b, addresses: 10.0.0.1}\n", encoding="utf-8")
            done = self.check("--json", path)
        self.assertEqual(done.returncode, 2)
        told = json.loads(done.stdout)
        self.assertFalse(told["usable"])
        self.assertEqual(
            told["errors"],
            [{"file": str(part), "line": 2, "column": 13, "message": "unknown zone 'b'", "fix": "did you mean 'a'?"}],
        )


if __name__ == "__main__":
    unittest.main()
