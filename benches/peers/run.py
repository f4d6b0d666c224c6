#!/usr/bin/env python3
"""Runs `creditsim` and its peers on the model of `scenarios/throughput.toml` in turn, and prints ratios as Markdown.

Every program runs `--runs` times, one after the other in each round, pinned to a core; the table holds medians. SimPy
and NeXosim simulate fewer organizations, so that a run takes seconds: what counts is operations per second. At the end
the outcomes of all programs are compared, so that a fast program that simulates something else is found out.

Only the standard library is needed; SimPy is installed into a virtual environment beside its script.
"""

import argparse
import csv
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCENARIO = ROOT / "scenarios" / "throughput.toml"

# How many organizations each peer simulates, in full and in smoke size.
SIZES = {"hand-loop": (2000, 50), "nexosim": (400, 10), "simpy": (40, 2)}
# Frameworks run each organization in a simulation of its own, which is their fastest way because event queues stay
# short, and all organizations in one, which is how their documentation assembles a model.
TOGETHER = {"nexosim": 400, "simpy": 40}

# Outcomes that are compared; each program's sum is divided by its organizations.
COMPARED = ["operations", "demand_credits", "charged_credits", "served", "refused", "top_ups", "in_flight_mean"]
# A program whose outcome lies further from the loop's than this many standard errors simulates something else.
FARTHEST = 5.0


class Peer:
    """A program that prints `name value` lines."""

    def __init__(self, name, label, command, organizations, days, together=None):
        self.name, self.label, self.organizations = name, label, organizations
        self.command = [*command, str(organizations), str(days)]
        if together:
            self.command.append(str(together))
        self.policies = 1
        self.rates, self.last = [], {}

    def run(self, cores):
        self.last = printed(output_of(pinned(cores[:1], self.command)))
        self.rates.append(self.last["operations_per_second"])


class Creditsim:
    """`creditsim run`, which tells operations and time in its manifest."""

    def __init__(self, name, label, binary, policy, threads, smoke):
        self.name, self.label, self.threads = name, label, threads
        scenario = tomllib.loads(SCENARIO.read_text())
        self.policies = 1 if policy else len(scenario["policies"])
        organizations = sum(cohort["organizations"] for cohort in scenario["cohorts"])
        replications = scenario["replications"]
        self.command = [str(binary), "run", str(SCENARIO), "--threads", str(threads), "--quiet", "--format", "json"]
        if policy:
            self.command += ["--policy", policy]
        if smoke:
            organizations, replications = 20, 2
            cohort = scenario["cohorts"][0]["name"]
            self.command += ["--set", f"cohorts.{cohort}.organizations={organizations}"]
            self.command += ["--replications", str(replications)]
        self.organizations = organizations * replications
        self.rates, self.last = [], {}

    def run(self, cores):
        with tempfile.TemporaryDirectory() as folder:
            output_of(pinned(cores[: self.threads], [*self.command, "--output", folder]))
            manifest_path = next(Path(folder).rglob("manifest.json"))
            manifest = json.loads(manifest_path.read_text())
            self.last = {"operations": manifest["operations"], "seconds": manifest["wall_s"]}
            self.last |= summed(manifest_path.parent / "summary.csv", manifest["replications"])
        self.rates.append(manifest["operations"] * self.policies / manifest["wall_s"])


def summed(path, replications):
    """Outcomes of the policy `peer`, summed over replications under the names of the peers."""
    names = {
        "demand_credits": "demand_credits",
        "charged_credits": "charged_credits",
        "operations_served": "served",
        "operations_refused": "refused",
        "auto_top_ups": "top_ups",
    }
    means = {"in_flight_mean": "in_flight_mean", "in_flight_max": "in_flight_max"}
    found = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["policy"] != "peer" or row["scope"] != "all" or not row["mean"]:
                continue
            if row["metric"] in names:
                found[names[row["metric"]]] = float(row["mean"]) * replications
            if row["metric"] in means:
                found[means[row["metric"]]] = float(row["mean"])
    return found


def printed(text):
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def pinned(cores, command):
    return ["taskset", "-c", ",".join(str(core) for core in cores), *command]


def output_of(command):
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"error: `{' '.join(command)}` ended with exit code {done.returncode}")
    return done.stdout


def build(skipped):
    """Builds everything that is to run."""

    def cargo(*arguments):
        subprocess.run(["cargo", "build", "--release", "--quiet", *arguments], cwd=ROOT, check=True)

    if "creditsim" not in skipped:
        cargo()
    for name in ("hand-loop", "nexosim"):
        if name not in skipped:
            cargo("--locked", "--manifest-path", str(HERE / name / "Cargo.toml"))
    if "simpy" not in skipped:
        python = HERE / "simpy" / ".venv" / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        wanted = ["-m", "pip", "install", "--quiet", "-r", str(HERE / "simpy" / "requirements.txt")]
        subprocess.run([str(python), *wanted], check=True)


def programs(arguments, days, cores):
    """Everything that takes its turn, the slowest last."""
    size = lambda name: SIZES[name][1 if arguments.smoke else 0]
    commands = {
        "hand-loop": ("loop by hand", [str(HERE / "hand-loop/target/release/hand-loop")]),
        "nexosim": ("NeXosim", [str(HERE / "nexosim/target/release/nexosim-peer")]),
        "simpy": ("SimPy", [str(HERE / "simpy/.venv/bin/python"), str(HERE / "simpy/peer.py")]),
    }
    found = []
    if "creditsim" not in arguments.skip:
        binary, smoke = arguments.creditsim, arguments.smoke
        found.append(Creditsim("one", "creditsim, 1 policy, 1 thread", binary, "peer", 1, smoke))
        found.append(Creditsim("four", "creditsim, 4 policies, 1 thread", binary, None, 1, smoke))
        if len(cores) > 1:
            found.append(Creditsim("one-two", "creditsim, 1 policy, 2 threads", binary, "peer", 2, smoke))
            found.append(Creditsim("four-two", "creditsim, 4 policies, 2 threads", binary, None, 2, smoke))
    for name, (label, command) in commands.items():
        if name not in arguments.skip:
            found.append(Peer(name, label, command, size(name), days))
            if name in TOGETHER:
                label += ", all in one simulation"
                found.append(Peer(f"{name}-together", label, command, size(name), days, TOGETHER[name]))
    return found


def machine():
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        model += f", {os.cpu_count()} cores, {memory:.0f} GiB"
    except (OSError, StopIteration, ValueError):
        model += f", {os.cpu_count()} cores"
    rustc = subprocess.run(["rustc", "--version"], text=True, stdout=subprocess.PIPE).stdout.split()
    versions = [f"{platform.system()} {platform.release().split('-')[0]}"]
    versions += [f"rustc {rustc[1]}"] if len(rustc) > 1 else []
    return "; ".join([model, *versions, f"Python {platform.python_version()}"])


def table(found):
    """Rates of every program; operations times policies per second."""
    lines = ["| program | operations a run | policy-operations/s, median | lowest – highest |", "|---|--:|--:|--:|"]
    for program in found:
        rates = program.rates
        median, low, high = rate(statistics.median(rates)), rate(min(rates)), rate(max(rates))
        lines.append(f"| {program.label} | {program.last['operations']:,.0f} | {median} | {low} – {high} |")
    return "\n".join(lines)


def rate(value):
    if value >= 1e6:
        return f"{value / 1e6:.2f} M"
    return f"{value / 1e3:.0f} k"


def targets(found):
    """Ratios of medians beside what is wanted of them."""
    medians = {program.name: statistics.median(program.rates) for program in found}
    wanted = [
        ("1 policy, 1 thread / loop by hand", "one", "hand-loop", 0.6),
        ("1 policy, 1 thread / NeXosim", "one", "nexosim", 12),
        ("1 policy, 1 thread / SimPy", "one", "simpy", 60),
        ("1 policy, 1 thread / NeXosim, all in one", "one", "nexosim-together", 12),
        ("1 policy, 1 thread / SimPy, all in one", "one", "simpy-together", 60),
        ("4 policies, 1 thread, policy-operations / NeXosim", "four", "nexosim", 30),
        ("4 policies, 1 thread, policy-operations / SimPy", "four", "simpy", 150),
        ("4 policies, 1 thread, policy-operations / NeXosim, all in one", "four", "nexosim-together", 30),
        ("4 policies, 1 thread, policy-operations / SimPy, all in one", "four", "simpy-together", 150),
        ("1 policy, 2 threads / 1 thread", "one-two", "one", 1.8),
        ("4 policies, 2 threads / 1 thread", "four-two", "four", 1.8),
    ]
    lines = ["| what | measured | target |", "|---|--:|--:|"]
    for label, above, below, target in wanted:
        if above in medians and below in medians:
            lines.append(f"| {label} | {medians[above] / medians[below]:.2f} × | ≥ {target} × |")
    if "four-two" in medians:
        lines.append(f"| policy-operations/s, 4 policies, 2 threads | {rate(medians['four-two'])} | ≥ 17 M |")
    return "\n".join(lines)


def plausible(found, days, cores, smoke):
    """Compares outcomes per organization with the loop's, in standard errors of its own spread over samples."""
    samples, size = (25, 10) if smoke else (50, 40)
    loop = [str(HERE / "hand-loop/target/release/hand-loop")]
    runs = []
    for sample in range(samples):
        first = 1_000_000 + sample * size
        runs.append(printed(output_of(pinned(cores[:1], [*loop, str(size), str(days), str(first)]))))
    lines = ["| per organization | loop by hand | " + " | ".join(p.label for p in found) + " |"]
    lines.append("|---|--:|" + "--:|" * len(found))
    far = []
    for name in COMPARED:
        values = [per_organization(run, name, size) for run in runs]
        mean, sd = statistics.mean(values), statistics.stdev(values)
        cells = []
        for program in found:
            if name not in program.last:
                cells.append("n/a")
                continue
            value = per_organization(program.last, name, program.organizations)
            error = sd * math.sqrt(size / program.organizations + 1 / samples)
            away = (value - mean) / error
            cells.append(f"{value:.4g} ({away:+.1f} se)")
            if abs(away) > FARTHEST:
                far.append(f"{program.label}: `{name}` is {value:.6g}, the loop's {mean:.6g} ± {error:.2g}")
        lines.append(f"| {name} | {mean:.4g} | " + " | ".join(cells) + " |")
    return "\n".join(lines), far


def per_organization(outcomes, name, organizations):
    return outcomes[name] if name == "in_flight_mean" else outcomes[name] / organizations


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each program (default 5)")
    parser.add_argument("--smoke", action="store_true", help="one run of few organizations, to see that all works")
    parser.add_argument("--cores", default=None, help="cores to pin to, such as 2,3 (default: the first two allowed)")
    parser.add_argument("--skip", action="append", default=[], metavar="NAME",
                        choices=["creditsim", "nexosim", "simpy"], help="leave a program out")
    parser.add_argument("--no-build", action="store_true", help="everything is built already")
    parser.add_argument("--creditsim", type=Path, default=ROOT / "target/release/creditsim", help="the binary")
    parsed = parser.parse_args()
    if parsed.smoke:
        parsed.runs = 1
    return parsed


def main():
    asked = arguments()
    allowed = sorted(os.sched_getaffinity(0))
    cores = [int(core) for core in asked.cores.split(",")] if asked.cores else allowed[:2]
    days = int(tomllib.loads(SCENARIO.read_text())["horizon"].split()[0])
    if not asked.no_build:
        build(asked.skip)
    found = programs(asked, days, cores)
    for number in range(asked.runs):
        for program in found:
            program.run(cores)
            print(f"run {number + 1}: {program.label}: {rate(program.rates[-1])}/s", file=sys.stderr)
    compared = [program for program in found if program.name in ("one", *SIZES)]
    outcomes, far = plausible(compared, days, cores, asked.smoke)
    runs = "run" if asked.runs == 1 else "runs"
    print(f"{machine()}; medians of {asked.runs} alternating {runs}, pinned.\n")
    ratios = [targets(found)] if "creditsim" not in asked.skip else []
    print(table(found), *ratios, outcomes, sep="\n\n")
    for line in far:
        print(f"error: outcomes differ beyond chance: {line}", file=sys.stderr)
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
