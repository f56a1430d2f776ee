"""The command line of scripts/bench: what is measured, in which order."""
import argparse
import dataclasses
import json
import pathlib
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import report  # noqa: E402
from captures import QUICK, Sizes, Workshop  # noqa: E402
from measure import CUT_BYTES, ROOT, Program, Runner, Tool, others, warm  # noqa: E402
from wire import Failure, why_not  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TIMED = ("bulk", "interleaved", "short", "hl7", "mixed")
MEASURED = (*TIMED, "repeated", "idle")
FAILED, UNUSABLE, NOT_MET = 1, 2, 3

# What is compiled of sticks/, with the libraries that it needs
STICKS = {"read_loop": [], "libpcap_loop": ["-lpcap"], "make_captures": [],
          "short_associations": ["-ldcmnet", "-ldcmdata", "-loflog", "-lofstd", "-lpthread"]}


def arguments():
    sizes = [field.name for field in dataclasses.fields(Sizes)]
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures dcmwatch against a bare read() loop, a bare libpcap loop, nDPI and tshark, all in one run on the same\n"
                    "captures. docs/performance.md says what the table means.",
        epilog=f"sizes: {', '.join(sizes)}\n"
               "The captures are made once, with DCMTK's tools over a veth pair, which needs root; all together hold 7.7 GB.\n"
               "Exit status: 0 done, 1 failed or the answers were wrong, 2 unusable arguments, 3 a number asked for was not reached.")
    parser.add_argument("--quick", action="store_true", help="tiny captures and one run each: shows that it works, and judges no number")
    parser.add_argument("--captures", type=pathlib.Path, metavar="DIR", help="where captures are kept (default: build/bench)")
    parser.add_argument("--size", action="append", default=[], metavar="NAME=NUMBER", help="another size than the default one; may be repeated")
    parser.add_argument("--only", metavar="CAPTURE,...", help=f"some of {', '.join(MEASURED)}")
    parser.add_argument("--runs", type=int, metavar="N", help="of each program on each capture, in turn (default: 5)")
    parser.add_argument("--binary", type=pathlib.Path, metavar="FILE", help="measure this dcmwatch instead of building a release")
    parser.add_argument("--no-others", action="store_true", help="leave nDPI and tshark out")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every number to FILE too")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--verbose", action="store_true", help="print every command")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",") if chosen.only else list(MEASURED)
    if unknown := set(chosen.only) - set(MEASURED):
        parser.error(f"--only: no such capture: {', '.join(sorted(unknown))}")
    chosen.runs = chosen.runs or (1 if chosen.quick else 5)
    chosen.captures = chosen.captures or ROOT / "build" / "bench"
    chosen.sizes = QUICK if chosen.quick else Sizes()
    for size in chosen.size:
        name, _, number = size.partition("=")
        if name not in sizes or not number.isdigit():
            parser.error(f"--size {size}: NAME=NUMBER, where NAME is one of {', '.join(sizes)}")
        chosen.sizes = dataclasses.replace(chosen.sizes, **{name: int(number)})
    return chosen


def build(tell):
    """The release: dcmwatch, and its hot functions one by one."""
    tell("building the release")
    for command in ([ROOT / "scripts" / "install_packages", "build", "bench"], ["cmake", "--preset", "release", "-DDCMWATCH_BENCHMARKS=ON"],
                    ["cmake", "--build", "--preset", "release", "--target", "dcmwatch", "bench_hot_functions"]):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise Failure(f"{command[0]} failed:\n{done.stdout}")
    return ROOT / "build" / "release" / "src" / "app" / "dcmwatch", ROOT / "build" / "release" / "benchmarks" / "bench_hot_functions"


def hot(function, counter, hot_functions):
    """What one hot function counts."""
    done = subprocess.run([hot_functions, f"--benchmark_filter=^{function}$", "--benchmark_format=json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["benchmarks"][0][counter]


def build_sticks(folder, tell):
    """What captures are made with and measured against, compiled where it is older than its source."""
    folder.mkdir(parents=True, exist_ok=True)
    compiling = []
    for name, libraries in STICKS.items():
        source, stick = HERE / "sticks" / f"{name}.cpp", folder / name
        if not stick.exists() or stick.stat().st_mtime < source.stat().st_mtime:
            compiling.append(subprocess.Popen(["c++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-o", stick, source, *libraries]))
            tell(f"compiling {source.name}")
    if any([process.wait() for process in compiling]):
        raise Failure("the measuring sticks do not compile")
    return {name: folder / name for name in STICKS}


class Bench:
    def __init__(self, chosen, program, sticks, tell):
        self.chosen, self.program, self.tell = chosen, program, tell
        self.sticks = sticks
        self.runner = Runner(tell if chosen.verbose else lambda text: None)
        self.workshop = Workshop(chosen.captures, chosen.sizes, sticks, tell)
        self.others = [] if chosen.no_others else others()

    def measure(self):
        results = report.Results(self.chosen)
        for name in self.chosen.only:
            if name in TIMED:
                results.timed[name] = self.time(name)
            elif name == "repeated":
                results.repeated = self.repeated()
            else:
                results.idle = self.idle()
        return results

    def tools(self, name):
        tools = [Tool(report.READ_LOOP, [self.sticks["read_loop"]]), Tool(report.LIBPCAP_LOOP, [self.sticks["libpcap_loop"]]),
                 Tool(report.DCMWATCH, self.program.command(), answers=self.program)]
        if name == "short":
            tools.append(Tool(report.TWO_SHARDS, self.program.command(shards=2), answers=self.program))
        return tools + self.others

    def time(self, name):
        capture = self.workshop.capture(name)
        self.tell(f"measuring {capture.path.name}")
        beginning = self.workshop.cut(capture, CUT_BYTES) if any(tool.slow for tool in self.tools(name)) else capture
        rows = [report.Row(tool, beginning if tool.slow else capture, is_cut=tool.slow and beginning != capture) for tool in self.tools(name)]
        for row in rows:
            warm(row.capture.path)
            row.watched = self.runner.watched([*row.tool.command, row.capture.path])
            self.check(row)
        for turn in range(self.chosen.runs):
            for row in rows:
                if row.tool.slow and turn > 0:
                    continue
                warm(row.capture.path)
                row.runs.append(self.runner.timed([*row.tool.command, row.capture.path]))
                self.check(row)
        return rows

    @staticmethod
    def check(row):
        if row.tool.answers:
            row.tool.answers.check(row.capture.name, row.capture.account)

    def repeated(self):
        """Bulk on end, each time from other addresses, through a pipe: twenty gigabytes without a file of that size."""
        bulk, times = self.workshop.capture("bulk"), self.chosen.sizes.bulk_repeats
        self.tell(f"measuring {bulk.path.name} {times} times on end")
        warm(bulk.path)
        watched = self.runner.watched([*self.program.command(), "-"], feeder=[self.sticks["make_captures"], "repeat", times, bulk.path])
        account = dataclasses.replace(bulk.account, **{field: value * times for field, value in dataclasses.asdict(bulk.account).items()})
        self.program.check("repeated", account)
        return report.Peak(f"bulk, {times} times", bulk.bytes * times, watched)

    def idle(self):
        peaks = []
        for name in ("empty", "idle"):
            capture = self.workshop.capture(name)
            self.tell(f"measuring {capture.path.name}")
            warm(capture.path)
            watched = self.runner.watched([*self.program.command(), capture.path])
            self.program.check(name, capture.account)
            peaks.append(report.Peak(name, capture.bytes, watched))
        return peaks


def main():
    chosen = arguments()
    tell = lambda text: print(f"bench: {text}", file=sys.stderr, flush=True)  # noqa: E731
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(FAILED))  # what is under way is cleaned up
    if reason := why_not():
        tell(reason)
        return UNUSABLE
    try:
        binary, hot_functions = (chosen.binary.resolve(), None) if chosen.binary else build(tell)
        sticks = build_sticks(chosen.captures / "sticks", tell)
        program = Program(binary, chosen.captures)
        try:
            results = Bench(chosen, program, sticks, tell).measure()
            if hot_functions:
                results.allocations = hot("assemble_in_order", "allocations", hot_functions)
                results.judged_per_second = hot("judge", "items_per_second", hot_functions)
        finally:
            program.close()
    except (Failure, subprocess.CalledProcessError) as error:
        tell(error)
        return FAILED
    except KeyboardInterrupt:
        tell("interrupted")
        return FAILED
    print(results.text(markdown=chosen.markdown))
    if chosen.json:
        chosen.json.write_text(json.dumps(results.as_json(), indent=2) + "\n", encoding="utf-8")
    if chosen.write_docs:
        results.write_docs(ROOT / "docs" / "performance.md")
    return NOT_MET if results.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
