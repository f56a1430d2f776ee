"""The catalogue is whole: each rule says what its reader needs, has a page that tells what to do, and nothing that the model can state
goes unjudged. DCMWATCH_WRITE_DOCS=1 python3 -m unittest test_catalogue writes the table in docs/runbooks/README.md anew."""
import functools
import os
import pathlib
import re
import unittest
import uuid

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "rules" / "detection"
RUNBOOKS = ROOT / "docs" / "runbooks"
INDEX = RUNBOOKS / "README.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.S)

TEXTS = ("title", "id", "status", "description", "level", "runbook")
LISTS = ("falsepositives", "impact", "responsible", "standards")
IMPACTS = ("patient_safety", "availability", "integrity", "confidentiality")
RESPONSIBLE = ("healthcare_provider", "manufacturer", "supplier")
LEVELS = ("critical", "high", "medium", "low", "informational")
SECTIONS = ("What it means", "Check first", "Confirm in a capture", "Whom to call", "Stop it without stopping care", "When it is nothing")


@functools.cache
def documents():
    """Every document of every rule file, with its file."""
    return [(file, rule) for file in sorted(RULES.rglob("*.yml")) for rule in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def reporting():
    """Those that make findings: a document with a name and without a level is only counted by a correlation."""
    return [(file, rule) for file, rule in documents() if "level" in rule or "name" not in rule]


@functools.cache
def runbooks():
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(RUNBOOKS.glob("*.md")) if file != INDEX}


def matched_values(node, path):
    """Every value that a detection asks of a field."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.split("|")[0] == path:
                yield from value if isinstance(value, list) else [value]
            else:
                yield from matched_values(value, path)
    elif isinstance(node, list):
        for item in node:
            yield from matched_values(item, path)


def table():
    rows = ["| level | rule | suffers | acts first |", "|---|---|---|---|"]
    for file, rule in sorted(reporting(), key=lambda one: (LEVELS.index(one[1]["level"]), one[1]["title"])):
        words = [", ".join(rule[key]).replace("_", " ") for key in ("impact", "responsible")]
        rows.append(f"| {rule['level']} | [{rule['title']}]({file.stem}.md) | {words[0]} | {words[1]} |")
    return "\n".join(rows) + "\n"


class Rules(unittest.TestCase):
    maxDiff = None

    def test_each_rule_says_what_its_reader_needs(self):
        for file, rule in reporting():
            with self.subTest(rule=file.name, title=rule.get("title")):
                for key in TEXTS:
                    self.assertIsInstance(rule.get(key), str, key)
                    self.assertTrue(rule[key].strip(), key)
                for key in LISTS:
                    self.assertTrue(rule.get(key), key)
                    for item in rule[key]:
                        self.assertIsInstance(item, str, key)
                self.assertLessEqual(set(rule["impact"]), set(IMPACTS))
                self.assertLessEqual(set(rule["responsible"]), set(RESPONSIBLE))
                self.assertIn(rule["level"], LEVELS)
                uuid.UUID(rule["id"])

    def test_ids_and_titles_are_one_rules_own(self):
        for key in ("id", "title"):
            values = [rule[key] for _, rule in reporting()]
            self.assertEqual(sorted(values), sorted(set(values)))

    def test_tags_are_written_as_sigma_writes_them(self):
        for file, rule in documents():
            for tag in rule.get("tags", ()):
                self.assertRegex(tag, r"^attack\.([a-z-]+|t\d{4}(\.\d{3})?)$", file.name)

    def test_every_deviation_is_asked_for(self):
        source = (ROOT / "src" / "event" / "record.cpp").read_text(encoding="utf-8")
        kinds = set(re.findall(r'case DeviationKind::\w+: return "([^"]+)"', source))
        self.assertTrue(kinds)
        asked = {value for _, rule in documents() for value in matched_values(rule.get("detection", {}), "flow.deviations")}
        self.assertEqual(kinds - asked, set())


class Runbooks(unittest.TestCase):
    maxDiff = None

    def test_each_rule_has_its_runbook_and_each_runbook_its_rule(self):
        for file, rule in reporting():
            self.assertEqual(rule["runbook"], f"docs/runbooks/{file.stem}.md", file.name)
        self.assertEqual(set(runbooks()), {file.stem for file, _ in reporting()})

    def test_a_runbook_names_its_rule(self):
        pages = runbooks()
        for file, rule in reporting():
            self.assertIn(rule["title"], " ".join(pages[file.stem].split()), file.name)
            self.assertIn(pages[file.stem].splitlines()[0], {f"# {other['title']}" for same, other in reporting() if same == file})

    def test_runbooks_have_one_form(self):
        for stem, page in runbooks().items():
            self.assertEqual(tuple(re.findall(r"^## (.*)$", page, re.M)), SECTIONS, stem)

    def test_a_runbook_speaks_of_rules_that_there_are(self):
        titles = {rule["title"] for _, rule in reporting()}
        for stem, page in runbooks().items():
            for named in re.findall(r'rule\.name=="([^"]+)"', page) + re.findall(r"^- rule: (.*)$", page, re.M):
                self.assertIn(named.strip('"'), titles, stem)

    def test_exceptions_are_written_as_they_are_read(self):
        for stem, page in runbooks().items():
            for written in re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S):
                for exception in yaml.safe_load(written):
                    self.assertEqual(set(exception), {"rule", "match", "reason", "owner", "until"}, stem)

    def test_the_table_is_up_to_date(self):
        page = INDEX.read_text(encoding="utf-8")
        if os.environ.get("DCMWATCH_WRITE_DOCS"):
            page = TABLE.sub(lambda _: table(), page)
            INDEX.write_text(page, encoding="utf-8")
        self.assertEqual(TABLE.search(page)[0], table(),
                         "docs/runbooks/README.md is out of date; DCMWATCH_WRITE_DOCS=1 python3 -m unittest test_catalogue writes it anew")


if __name__ == "__main__":
    unittest.main()
