"""Every rule both ways: each scenario's findings are those that it expects, and the table of what that comes to.

    python3 run.py [NAME…]      runs these scenarios, or all of them, and prints their table
    python3 -m unittest run     the test; DCMWATCH_WRITE_DOCS=1 writes docs/catalogue.md anew

DCMWATCH in the environment names the program under test. README.md tells how a scenario is written.
"""
import collections
import concurrent.futures
import copy
import dataclasses
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

import compose
import pieces

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RULES, MODEL, PAGE = ROOT / "rules" / "detection", ROOT / "config" / "model.yaml", ROOT / "docs" / "catalogue.md"
FINGERPRINTS = ROOT / "rules" / "fingerprints" / "dicom.yml"
PROGRAM = os.environ.get("DCMWATCH", str(ROOT / "build" / "dev" / "src" / "app" / "dcmwatch"))
LEVELS = ("informational", "low", "medium", "high", "critical")
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
SCENARIO_KEYS = {"what", "story", "begins", "days", "steps", "mirror", "cut_short", "capture", "live", "digest", "expected", "besides"}


class _PlainDumper(yaml.emitter.Emitter, yaml.serializer.Serializer, yaml.representer.SafeRepresenter, yaml.resolver.BaseResolver):
    """Writes texts as they were read: 11112 without quotes."""

    def __init__(self, stream, **options):
        yaml.emitter.Emitter.__init__(self, stream, width=options.get("width"))
        yaml.serializer.Serializer.__init__(self)
        yaml.representer.SafeRepresenter.__init__(self, sort_keys=False)
        yaml.resolver.BaseResolver.__init__(self)


def merged(base, patch):
    """Maps are merged, all else is replaced; `null` takes a key away."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(base)
    for key, value in patch.items():
        if value == "null":
            result.pop(key, None)
        else:
            result[key] = merged(base.get(key), value)
    return result


# Rules

@dataclasses.dataclass(frozen=True)
class Rule:
    stem: str
    titles: tuple
    level: str
    ids: frozenset


def load_rules():
    """By file stem. A file is one row of the table, by all of its documents that find; those without a level are only counted."""
    rules = {}
    for path in sorted(RULES.rglob("*.yml")):
        documents = [d for d in yaml.load_all(path.read_text(encoding="utf-8"), yaml.BaseLoader) if d]
        told = [d for d in documents if "level" in d]
        level = max((d["level"] for d in told), key=LEVELS.index)
        rules[path.stem] = Rule(path.stem, tuple(d["title"] for d in told), level, frozenset(d["id"] for d in told))
    return rules


# Findings

@dataclasses.dataclass(frozen=True)
class Found:
    rule: str
    source: str
    destination: str
    level: str
    count: int
    first: datetime.datetime  # told

    def __str__(self):
        return f"{self.level} {self.rule}: {self.source} → {self.destination}, {self.count} times, from {self.first:%a %H:%M:%S}"


def findings(lines, stems):
    """The last record of each finding; several of one rule between the same two are one, their counts added."""
    last, told = {}, {}
    for line in lines:
        if '"dataset":"finding"' not in line:
            continue
        record = json.loads(line)
        last[record["finding"]["number"]] = record
        told.setdefault(record["finding"]["number"], datetime.datetime.fromisoformat(record["@timestamp"]))
    firsts = {}
    counts = collections.Counter()
    for record in last.values():
        ends = tuple(record.get(end, {}).get("device") or record.get(end, {}).get("ip", "several") for end in ("source", "destination"))
        key = (stems[record["rule"]["id"]], *ends, record["rule"]["level"])
        counts[key] += record["finding"]["count"]
        firsts[key] = min(told[record["finding"]["number"]], firsts.get(key, told[record["finding"]["number"]]))
    return [Found(*key, count, firsts[key]) for key, count in sorted(counts.items())]


def fits(wanted, found):
    """`from`, `to`, `count` and `by` are compared where they are named."""
    return (wanted["rule"] == found.rule and wanted.get("from", found.source) == found.source
            and wanted.get("to", found.destination) == found.destination and int(wanted.get("count", found.count)) == found.count
            and ("by" not in wanted or found.first.timestamp() <= compose.midnight(compose.FIRST_DAY) + compose.moment(wanted["by"])))


@dataclasses.dataclass
class Outcome:
    name: str
    expected: list
    found: list
    besides: list
    failures: list = dataclasses.field(default_factory=list)

    @property
    def missed(self):
        return [wanted for wanted in self.expected if not any(fits(wanted, found) for found in self.found)]

    @property
    def unexpected(self):
        return [found for found in self.found if not any(fits(wanted, found) for wanted in self.expected + self.besides)]

    def complaints(self):
        told = self.failures + [f"not found: {json.dumps(wanted)}" for wanted in self.missed]
        told += [f"found, but not expected: {found}" for found in self.unexpected if LEVELS.index(found.level) >= LEVELS.index("medium")]
        if told:
            told += ["all that was found:", *(f"  {found}" for found in self.found)]
        return told


# Scenarios

def scenario_names():
    return sorted(path.parent.name for path in HERE.glob("*/scenario.yaml"))


def replayed_names():
    return [name for name in scenario_names() if "live" not in load(name)]


def load(name):
    scenario = pieces.load_yaml(HERE / name / "scenario.yaml")
    if unknown := scenario.keys() - SCENARIO_KEYS:
        raise compose.RecipeError(f"{name}: no scenario has {', '.join(sorted(unknown))}")
    scenario["name"] = name
    return scenario


def run(name, keep=None):
    """Composes the capture, replays it against the model with every rule, and compares. `keep`: a folder in which all of it stays."""
    scenario = load(name)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(keep or temporary)
        model = pieces.load_yaml(MODEL)
        patch = HERE / name / "model.yaml"
        if patch.exists():
            model = merged(model, pieces.load_yaml(patch))
        (folder / "model.yaml").write_text(yaml.dump(model, Dumper=_PlainDumper, allow_unicode=True, width=1000), encoding="utf-8")
        capture = ROOT / "pcaps" / scenario["capture"] if "capture" in scenario else folder / "capture.pcap"
        if "capture" not in scenario:
            compose.compose(scenario, model, capture)
            if "cut_short" in scenario:
                os.truncate(capture, capture.stat().st_size - 1)
        done = subprocess.run([PROGRAM, "replay", "--quiet", "--model", folder / "model.yaml", "--rules", RULES, "--fingerprints", FINGERPRINTS,
                               "--pseudonym-key", folder / "key", "--events", folder / "events.json", *(["--digest"] if "digest" in scenario else []), capture],
                              capture_output=True, text=True, timeout=300, check=False)
        failures = [] if done.returncode == ("cut_short" in scenario) else [f"exit status {done.returncode}: {done.stderr.strip()}"]
        found = []
        if not failures:
            stems = {identity: rule.stem for rule in load_rules().values() for identity in rule.ids}
            with (folder / "events.json").open(encoding="utf-8") as lines:
                found = findings(lines, stems)
        return Outcome(name, scenario.get("expected", []), found, scenario.get("besides", []), failures)


def run_all(names):
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        # The longest first.
        first = sorted(names, key=lambda name: "story" not in load(name))
        return sorted(pool.map(run, first), key=lambda outcome: outcome.name)


# The table

def share(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "–"


def table(outcomes):
    """Of each rule: in how many scenarios it has to fire, in how many of them it does, and in how many others it does, too."""
    live = {name: load(name)["live"] for name in scenario_names() if "live" in load(name)}
    rows = ["| rule | level | has to fire in | did | fired elsewhere | precision | recall | what it means |", "|---|---|---|---|---|---|---|---|"]
    sums = [0, 0, 0]
    for rule in load_rules().values():
        if rule.stem in live:
            rows.append(f"| [{rule.stem}]({link(rule)}) | {rule.level} | [live](../{live[rule.stem]}) | – | – | – | – | {'; '.join(rule.titles)}{runbook(rule)} |")
            continue
        wanted = [o for o in outcomes if any(e["rule"] == rule.stem for e in o.expected)]
        did = [o for o in wanted if not any(m["rule"] == rule.stem for m in o.missed)]
        elsewhere = [o for o in outcomes if any(f.rule == rule.stem for f in o.unexpected)]
        sums = [a + b for a, b in zip(sums, (len(wanted), len(did), len(elsewhere)))]
        rows.append(f"| [{rule.stem}]({link(rule)}) | {rule.level} | {len(wanted)} | {len(did)} | {', '.join(o.name for o in elsewhere) or '–'} | "
                    f"{share(len(did), len(did) + len(elsewhere))} | {share(len(did), len(wanted))} | {'; '.join(rule.titles)}{runbook(rule)} |")
    wanted, did, elsewhere = sums
    rows.append(f"| **all** | | {wanted} | {did} | {elsewhere} | {share(did, did + elsewhere)} | {share(did, wanted)} | {len(outcomes)} scenarios |")
    return "\n".join(rows)


def link(rule):
    path, = RULES.rglob(f"{rule.stem}.yml")
    return f"../{path.relative_to(ROOT)}"


def runbook(rule):
    return f" ([runbook](runbooks/{rule.stem}.md))" if (ROOT / "docs" / "runbooks" / f"{rule.stem}.md").exists() else ""


def page_with(text, current):
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{PAGE} has no place for the table")
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{current}\n{END}", text, flags=re.DOTALL)


class Scenarios(unittest.TestCase):
    maxDiff = None

    def test_every_rule_has_a_scenario_and_every_scenario_a_rule_or_a_story(self):
        rules, names = load_rules(), set(scenario_names())
        self.assertEqual(rules.keys() - names, set(), "rules that no scenario fires: tests/scenarios/README.md says how to write one")
        for name in sorted(names):
            with self.subTest(name):
                scenario = load(name)
                self.assertNotEqual(name in rules, "story" in scenario, "a scenario is named for a rule, or tells a `story`")
                if "live" in scenario:
                    self.assertIn(f'"{rules[name].titles[0]}"', (ROOT / scenario["live"]).read_text(encoding="utf-8"))
                elif name in rules:
                    self.assertIn(name, [wanted["rule"] for wanted in scenario["expected"]])
                self.assertEqual({w["rule"] for w in scenario.get("expected", []) + scenario.get("besides", [])} - rules.keys(), set(), "no such rules")

    def test_what_is_found_is_what_is_expected(self):
        outcomes = run_all(replayed_names())
        for outcome in outcomes:
            with self.subTest(outcome.name):
                self.assertEqual(outcome.complaints(), [])
        current = table(outcomes)
        print(current)
        if os.environ.get("DCMWATCH_WRITE_DOCS"):
            PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), current), encoding="utf-8")
        self.assertTrue(page_with(PAGE.read_text(encoding="utf-8"), current) == PAGE.read_text(encoding="utf-8"),
                        "docs/catalogue.md is out of date; DCMWATCH_WRITE_DOCS=1 python3 -m unittest run writes it anew")


def main(arguments):
    names = arguments or replayed_names()
    if unknown := set(names) - set(replayed_names()):
        sys.exit(f"no scenario that is replayed is called {', '.join(sorted(unknown))}")
    if len(names) == 1:
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{names[0]}-"))
        outcomes = [run(names[0], folder)]
        print(f"{folder} has the capture, the model and the records.")
        print("\n".join(map(str, outcomes[0].found)) or "nothing was found")
    else:
        outcomes = run_all(names)
        print(table(outcomes))
    complaints = [f"{outcome.name}: {line}" for outcome in outcomes for line in outcome.complaints()]
    print("\n".join(complaints))
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
