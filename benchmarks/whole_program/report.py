"""What was measured, as tables: one row for each program on each capture, and the numbers asked for beside the measured ones."""
import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess

READ_LOOP, LIBPCAP_LOOP, DCMWATCH, TWO_SHARDS = "bare read() loop", "bare libpcap loop", "dcmwatch", "dcmwatch, two shards"
MIB = 1 << 20
MARKERS = ("<!-- bench: begin -->", "<!-- bench: end -->")


@dataclasses.dataclass
class Row:
    """One program on one capture."""
    tool: object
    capture: object
    is_cut: bool = False  # the capture is the beginning of the one named
    watched: object = None
    runs: list = dataclasses.field(default_factory=list)

    @property
    def seconds(self):
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self):
        return statistics.median(run.cpu_seconds for run in self.runs)

    def per_second(self, amount):
        return amount / self.seconds

    def ratios_to(self, other):
        """Throughput over the other's, turn by turn, since a machine's speed drifts."""
        return [(self.capture.bytes / mine.seconds) / (other.capture.bytes / theirs.seconds) for mine, theirs in zip(self.runs, other.runs)]

    def cpu_ratio_to(self, other):
        """Processor time for a byte over the other's."""
        return (self.cpu_seconds / self.capture.bytes) / (other.cpu_seconds / other.capture.bytes)

    def ratio_to(self, other):
        return statistics.median(self.ratios_to(other))


@dataclasses.dataclass
class Peak:
    name: str
    bytes: int
    watched: object


@dataclasses.dataclass(frozen=True)
class Goal:
    capture: str
    what: str
    least: float
    stretch: str
    measure: object         # of the results: a number
    show: str = "{:.2f}×"
    most: bool = False      # `least` is the most that is allowed


def _mebibytes(number):
    return f"{number / MIB:.1f} MiB" if number else ""  # over before it was asked


def _count(number):
    """Three digits that count; nothing for none."""
    for unit, name in ((1e6, " M"), (1e3, " k"), (1, "")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return ""


def _spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _happened(what):
    """What the makers did, in a second; of programs that find it out."""
    return lambda results, row: _count(row.per_second(getattr(row.capture.account, what))) if row.tool.answers else ""


COLUMNS = (
    ("capture", lambda results, row: row.capture.name + (" (beginning)" if row.is_cut else "")),
    ("program", lambda results, row: row.tool.name),
    ("seconds (least to most)", lambda results, row: _spread([run.seconds for run in row.runs], 3)),
    ("CPU seconds", lambda results, row: f"{row.cpu_seconds:.3f}"),
    ("CPU / libpcap loop's", lambda results, row: f"{row.cpu_ratio_to(results.row(row.capture.name, LIBPCAP_LOOP)):.2f}"),
    ("Gbit/s", lambda results, row: f"{row.per_second(row.capture.bytes) * 8e-9:.2f}"),
    ("packets/s", lambda results, row: _count(row.per_second(row.capture.packets))),
    ("associations/s", _happened("associations")),
    ("messages/s", _happened("messages")),
    ("RssAnon", lambda results, row: _mebibytes(row.watched.anonymous_bytes)),
    ("RSS", lambda results, row: _mebibytes(row.watched.resident_bytes)),
    ("/ libpcap loop (least to most)", lambda results, row: _spread(row.ratios_to(results.row(row.capture.name, LIBPCAP_LOOP)), 2)),
    ("/ read loop", lambda results, row: f"{row.ratio_to(results.row(row.capture.name, READ_LOOP)):.2f}"),
)


def _ratio(capture, to=LIBPCAP_LOOP, of=DCMWATCH):
    return lambda results: results.row(capture, of).ratio_to(results.row(capture, to))


def _mib(of):
    return lambda results: of(results).watched.anonymous_bytes / MIB


GOALS = (
    Goal("bulk", "throughput / libpcap loop", 2.5, "0.7 of the read loop", _ratio("bulk")),
    Goal("interleaved", "throughput / libpcap loop", 2.0, "3×", _ratio("interleaved")),
    Goal("short", "throughput / libpcap loop", 0.4, "0.7×", _ratio("short")),
    Goal("hl7", "throughput / libpcap loop", 0.2, "0.3×", _ratio("hl7")),
    Goal("mixed", "throughput / libpcap loop", 2.0, "3×", _ratio("mixed")),
    Goal("short", "two shards / one", 1.3, "", _ratio("short", to=DCMWATCH, of=TWO_SHARDS)),
    Goal("bulk", "peak RssAnon", 48, "", _mib(lambda results: results.row("bulk", DCMWATCH)), "{:.1f} MiB", most=True),
    Goal("repeated", "peak RssAnon", 48, "", _mib(lambda results: results.repeated), "{:.1f} MiB", most=True),
    Goal("idle", "memory of a connection", 300, "", lambda results: results.bytes_of_a_connection(), "{:.0f} bytes", most=True),
    Goal("segments in order", "allocations in assemble", 0, "", lambda results: results.allocations, "{:.0f}", most=True),
    Goal("observations", "judged by the model and every rule", 1, "", lambda results: results.judged_per_second / 1e6, "{:.1f} M/s"),
)


class Results:
    def __init__(self, chosen):
        self.chosen = chosen
        self.load = os.getloadavg()[0]  # of others, before it begins
        self.timed = {}       # capture: rows
        self.repeated = None  # a Peak
        self.idle = None      # Peaks of the empty capture and of the idle connections
        self.allocations = None
        self.judged_per_second = None

    def row(self, capture, tool):
        return next(row for row in self.timed[capture] if row.tool.name == tool)

    def bytes_of_a_connection(self):
        empty, idle = (peak.watched.anonymous_bytes for peak in self.idle)
        return (idle - empty) / self.chosen.sizes.idle_connections

    def measured(self, goal):
        present = {**self.timed, "repeated": self.repeated, "idle": self.idle, "segments in order": self.allocations,
                   "observations": self.judged_per_second}
        return goal.measure(self) if present.get(goal.capture) is not None else None

    def goals(self):
        """Those that this run can tell of: the goal, the number, whether it is met; no verdict on captures of other sizes."""
        for goal in GOALS:
            if (value := self.measured(goal)) is not None:
                met = (value <= goal.least if goal.most else value >= goal.least) if self.judged else None
                yield goal, value, met

    @property
    def judged(self):
        return not self.chosen.quick and not self.chosen.size

    def missed(self):
        return [goal for goal, _, met in self.goals() if met is False]

    def text(self, markdown):
        tables = [_table(*self.speeds(), markdown)] if self.timed else []
        if self.timed:
            tables.append(_table(*self.threads(), markdown))
        if self.idle or self.repeated:
            tables.append(_table(*self.peaks(), markdown))
        tables.append(_table(*self.verdicts(), markdown))
        if not self.judged:
            tables.append("The numbers asked for are asked of the default sizes: nothing is judged.")
        return "\n\n".join([self.circumstances(), *tables])

    def circumstances(self):
        def told_by(*command):
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

        file_system = told_by("stat", "-f", "-c", "%T", self.chosen.captures)
        program = self.chosen.binary or "commit " + told_by("git", "-C", pathlib.Path(__file__).parent, "describe", "--always", "--dirty")
        with open("/proc/cpuinfo", encoding="utf-8") as cpus:
            models = [line.split(":", 1)[1].strip() for line in cpus if line.startswith("model name")]
        machine = f"{models[0] if models else platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}"
        return f"{machine}, load {self.load:.1f} before it began; captures on {file_system}; {program}; medians of {self.chosen.runs}."

    def speeds(self):
        rows = [row for rows in self.timed.values() for row in rows]
        return [title for title, _ in COLUMNS], [[show(self, row) for _, show in COLUMNS] for row in rows]

    def threads(self):
        """Of one run of dcmwatch on each capture, watched and not timed."""
        watched = {name: self.row(name, DCMWATCH).watched.thread_seconds for name in self.timed}
        names = list(dict.fromkeys(name for seconds in watched.values() for name in seconds))
        lines = [[capture, *(f"{seconds.get(name, 0):.3f}" for name in names)] for capture, seconds in watched.items()]
        return ["CPU seconds of", *names], lines

    def peaks(self):
        peaks = ([self.repeated] if self.repeated else []) + (self.idle or [])
        lines = [[peak.name, f"{peak.bytes / 1e9:.2f} GB", *map(_mebibytes, (peak.watched.anonymous_bytes, peak.watched.resident_bytes))]
                 for peak in peaks]
        return ["capture", "size", "RssAnon", "RSS"], lines

    def verdicts(self):
        return ["capture", "what", "asked for", "stretch", "measured", ""], [
            [goal.capture, goal.what, ("≤ " if goal.most else "≥ ") + goal.show.format(goal.least), goal.stretch, goal.show.format(value),
             {True: "met", False: "NOT MET", None: "not judged"}[met]] for goal, value, met in self.goals()]

    def as_json(self):
        def rows(of):
            return [{"program": row.tool.name, "file": row.capture.path.name, "bytes": row.capture.bytes, "packets": row.capture.packets,
                     "account": dataclasses.asdict(row.capture.account), "watched": dataclasses.asdict(row.watched),
                     "runs": [dataclasses.asdict(run) for run in row.runs]} for row in of]

        return {"circumstances": self.circumstances(), "sizes": dataclasses.asdict(self.chosen.sizes),
                "timed": {name: rows(of) for name, of in self.timed.items()},
                "peaks": [dataclasses.asdict(peak) for peak in ([self.repeated] if self.repeated else []) + (self.idle or [])],
                "goals": [{"capture": goal.capture, "what": goal.what, "asked_for": goal.least, "measured": value, "met": met}
                          for goal, value, met in self.goals()]}

    def write_docs(self, page):
        begin, end = MARKERS
        before, _, rest = page.read_text(encoding="utf-8").partition(begin)
        _, _, after = rest.partition(end)
        page.write_text(f"{before}{begin}\n\n{self.text(markdown=True)}\n\n{end}{after}", encoding="utf-8")


def _table(head, lines, markdown):
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    if markdown:
        rows = [head, ["---"] * len(head), *lines]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *lines])
