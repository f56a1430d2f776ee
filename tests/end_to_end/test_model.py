"""dcmwatch model: two models compared, a model drawn, and what captures show of it."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import dcmwatch as d

HOSTILE = 'x"]; evil [shape=star]; <b>&amp; #quot; `y` \\" %% end'
# The lines that a drawing of ours may have: https://mermaid.js.org/syntax/flowchart.html
MERMAID = [r'---', r'title: "(?:[^"\\]|\\.)*"', r'flowchart LR', r'  end', r'  subgraph zone_\d+\["[^"`]*"\]',
           r' +(?:card|empty)_\d+(?:\[|\[\(|\(\[|\{\{|\[\[|\[/)"[^"`]*"(?:\]|\)\]|\]\)|\}\}|\]\]|\\\])(?::::undeclared)?',
           r'  (?:card|zone)_\d+ (?:-->|-\.->|==>|-\.-)\|"[^"`]*"\| (?:card|zone)_\d+',
           r'  classDef undeclared [\w#:,\- ]+', r'  linkStyle \d+ stroke:#[0-9A-F]{6}']


def model(*arguments, **options):
    return d.run("model", *arguments, **options)


def svg_of(dot):
    return subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True, check=True, timeout=60)


class Drawing(unittest.TestCase):
    def assert_mermaid(self, text):
        for line in text.splitlines():
            self.assertTrue(any(re.fullmatch(form, line) for form in MERMAID), line)

    def assert_drawn(self, *arguments):
        dot = model("draw", *arguments, "--format", "dot")
        self.assertEqual(dot.returncode, 0, dot.stderr)
        drawn = svg_of(dot.stdout)
        self.assertEqual(drawn.stderr, "")
        ElementTree.fromstring(drawn.stdout)
        mermaid = model("draw", *arguments, "--format", "mermaid")
        self.assertEqual(mermaid.returncode, 0, mermaid.stderr)
        self.assert_mermaid(mermaid.stdout)
        return dot.stdout

    def test_the_example_department_is_drawn_in_every_format_and_folding(self):
        for group in ("alike", "devices", "zones"):
            with self.subTest(group):
                self.assert_drawn(d.MODEL, "--group", group)

    def test_what_every_capture_shows_is_laid_over_it(self):
        for capture in d.captures():
            with self.subTest(capture.name):
                self.assert_drawn(d.MODEL, capture)

    def test_an_incident_shows_what_was_seen_what_was_silent_and_who_was_undeclared(self):
        dot = self.assert_drawn(d.MODEL, d.PCAPS / "incident.pcap")
        for shown in ("10.20.99.66", ">undeclared<", ">dicom 11112<", "×5", "×11", ">in clear<", "style=dashed"):
            self.assertIn(shown, dot)
        # As the coverage of it has both: HL7, of which nothing could be seen, is not drawn as silent.
        self.assertRegex(dot, r"style=dotted, arrowhead=empty, .*patients-and-orders")
        self.assertRegex(dot, r"style=dashed, .*commitment-reports")

    def test_svg_is_written_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "flows.svg"
            done = model("draw", d.MODEL, "--output", file)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(ElementTree.parse(file).getroot().tag.endswith("svg"))

    def test_the_format_is_what_the_name_ends_in_and_no_unknown_ending_is_written(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, begins in (("a.DOT", "// "), ("a.gv", "// "), ("a.mermaid", "---"), ("a.MMD", "---"), ("a.SVG", "<?xml"), ("a", "<?xml")):
                with self.subTest(name):
                    done = model("draw", d.MODEL, "--output", pathlib.Path(folder) / name)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual((pathlib.Path(folder) / name).read_text(encoding="utf-8")[:len(begins)], begins)
            for name in ("b.foo", "b.png", "b.svgz"):
                with self.subTest(name):
                    file = pathlib.Path(folder) / name
                    done = model("draw", d.MODEL, "--output", file)
                    self.assertEqual(done.returncode, 2)
                    self.assertIn(f"no format is known by '{file.suffix}'; end the name in .svg, .dot, ", done.stderr)
                    self.assertFalse(file.exists())
                    self.assertEqual(model("draw", d.MODEL, "--format", "dot", "--output", file).returncode, 0)

    def test_texts_of_a_model_stay_texts(self):
        text = json.dumps(HOSTILE)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "model.yaml"
            file.write_text(f"""
name: {text}
zones: {{a: {{networks: [10.0.0.0/24], description: {text}}}, b: {{networks: [10.0.1.0/24]}}}}
services: {{s: {{protocol: other, ports: [1], description: {text}}}}}
devices:
  x: {{zone: a, addresses: [10.0.0.1], description: {text}, ae_titles: ['"];<b>&`']}}
  y: {{zone: b, addresses: [10.0.1.1]}}
flows: {{f: {{from: x, to: y, service: s, description: {text}}}}}
""", encoding="utf-8")
            dot = self.assert_drawn(file)
        svg = ElementTree.fromstring(svg_of(dot).stdout)
        words = "".join(svg.itertext())
        self.assertIn("evil [shape=star]; <b>&amp; #quot;", re.sub(r"\s+", " ", words.replace("\xa0", " ")))
        nodes = [e for e in svg.iter() if e.get("class") == "node"]
        self.assertEqual(len(nodes), 4, "two devices, and what is told of two zones")

    def test_without_graphviz_it_says_what_to_install(self):
        with tempfile.TemporaryDirectory() as folder:
            done = model("draw", d.MODEL, "--format", "svg", env={**os.environ, "PATH": folder})
            self.assertEqual(done.returncode, 1)
            self.assertIn("install the package graphviz", done.stderr)
            self.assertEqual(model("draw", d.MODEL, "--format", "mermaid", env={**os.environ, "PATH": folder}).returncode, 0)


class Coverage(unittest.TestCase):
    def test_every_flow_of_every_capture_is_accounted_for(self):
        for capture in d.captures():
            with self.subTest(capture.name):
                done = model("coverage", "--model", d.MODEL, "--json", capture)
                self.assertIn(done.returncode, (0, 3), done.stderr)
                flows = json.loads(done.stdout)["flows"]
                self.assertEqual(done.returncode == 0, all(f["coverage"] == "seen" for f in flows))
                counted = {f["flow"]: f["count"] for f in flows}
                operations = [r for r in d.records(capture, "--model", d.MODEL)
                              if r["event"]["dataset"] in ("dicom.operation", "hl7.message") and "name" in r.get("flow", {})]
                for flow in {r["flow"]["name"] for r in operations}:
                    self.assertEqual(counted[flow], sum(r["flow"]["name"] == flow for r in operations), flow)

    def test_what_was_not_seen_is_told_from_what_could_not_be(self):
        done = model("coverage", "--model", d.MODEL, d.PCAPS / "incident.pcap")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, r"^5 of 19 declared flows seen")
        self.assertRegex(done.stdout, r"(?s)Never seen\n.*performed-steps.*Could not be seen.*printing.*Seen\n.*worklist")

    def test_a_capture_that_breaks_off_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            cut = pathlib.Path(folder) / "cut.pcap"
            cut.write_bytes((d.PCAPS / "incident.pcap").read_bytes()[:-7])
            self.assertEqual(model("coverage", "--model", d.MODEL, cut).returncode, 1)


class Comparing(unittest.TestCase):
    def compare(self, replace, by):
        text = d.MODEL.read_text(encoding="utf-8")
        self.assertIn(replace, text)
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "model.yaml"
            changed.write_text(text.replace(replace, by, 1), encoding="utf-8")
            plain, machine = model("diff", d.MODEL, changed), model("diff", "--json", d.MODEL, changed)
            plain.stdout = plain.stdout.replace(f"{folder}/", "")
            machine.stdout = machine.stdout.replace(f"{folder}/", "")
        self.assertEqual(plain.returncode, machine.returncode)
        return plain, json.loads(machine.stdout)

    def test_a_model_allows_what_it_allows(self):
        done = model("diff", d.MODEL, d.MODEL)
        self.assertEqual((done.returncode, done.stdout), (0, "Both allow the same.\n"))

    def test_what_opens_up_is_said_first(self):
        plain, machine = self.compare("operations: [C-ECHO, C-FIND]\n", "operations: [C-FIND, C-GET]\n")
        self.assertEqual(plain.returncode, 3)
        at = f"model.yaml:{d.MODEL.read_text(encoding='utf-8').splitlines().index('  worklist:') + 1}"
        self.assertEqual(plain.stdout, f"Opens up: review these first\n  flow 'worklist': C-GET is allowed ({at})\n"
                                       f"\nCloses\n  flow 'worklist': C-ECHO is allowed no more ({at})\n")
        self.assertFalse(machine["allow_the_same"])
        self.assertEqual(machine["differences"][0],
                         {"effect": "opens", "part": "flow", "names": ["worklist"], "setting": "operations",
                          "only_before": [], "only_after": ["C-GET"], "at": [at], "sentence": "flow 'worklist': C-GET is allowed"})

    def test_words_alone_allow_nothing(self):
        plain, machine = self.compare("Reading rooms", "Rooms for reading")
        self.assertEqual(plain.returncode, 0)
        self.assertTrue(machine["allow_the_same"])
        self.assertIn("Without effect on what is allowed", plain.stdout)


class Help(unittest.TestCase):
    def test_every_subcommand_has_an_example(self):
        for command in ("check", "diff", "coverage", "draw"):
            with self.subTest(command):
                done = model(command, "--help")
                self.assertEqual(done.returncode, 0)
                self.assertIn(f"Example:\n  dcmwatch model {command} ", done.stdout)


if __name__ == "__main__":
    unittest.main()
