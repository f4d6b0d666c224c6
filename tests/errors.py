#!/usr/bin/env python3
"""Which check notices which error: makes every error of src/deliberate.rs, one at a time, and writes the table of docs/trust.md.

    python3 tests/errors.py [--jobs 2] [--quick | --runs] [--dry] [NAME ...]

Builds the program and its tests once with the feature `deliberate-errors`, over the dependencies of other builds, and then, for
each error (those named, or all), runs: the scenarios of tests/it/errors with `--audit`, and the one that notices it plainly; the comparison with the judge
(`judge::` of `cargo test`, the first 300 random scenarios); all other tests, as far as the first that fails, for no more than
five minutes a group; and, for errors of statistics, `creditsim verify --analytic`. Of each the first complaint is enough. Ends with
1 if an error is noticed by fewer than two of them, or passes `--audit`. `--quick` makes five errors and leaves the tests out; `--runs`
leaves them out too, and what the table says of them as it is;
`--dry` writes no table. Named errors replace their lines of the table and leave the others alone. The table is written anew after
each error, so that a run that is stopped has not been for nothing.
"""
import argparse, concurrent.futures, os, pathlib, re, subprocess, sys, tempfile, threading, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The quickest first.
FIRST_SCENARIOS = ["plain", "plans", "credits"]
SCENARIOS = sorted((ROOT / "tests/it/errors").glob("*.toml"),
                   key=lambda path: ([*FIRST_SCENARIOS, path.stem].index(path.stem), path.stem))
PAGE = ROOT / "docs/trust.md"
BEGIN, END = "<!-- errors: made by tests/errors.py -->", "<!-- errors: end -->"
QUICK = ["burn-order-reversed", "admission-skipped", "bulk-interval-charges-more", "merged-debt-forgotten", "spread-over-n"]
# What a user's program does, which has no debug assertions; the dependencies are those of every other build.
BUILD = ["--locked", "--features", "deliberate-errors", "--config", "profile.dev.debug-assertions=false",
         "--config", 'profile.dev.package."*".debug-assertions=true']

# Seconds after which a group of tests is left.
PATIENCE = 300

# Of a check that is not there yet.
NOT_RUN = "not run"

# Columns of the table.
NETS = ("audit", "plain", "judge", "tests", "verify")

# A line of the table.
ROW = re.compile(r"^\|.*\(`([a-z0-9-]+)`\) \|.*$", re.M)

# Tests in the order in which they run; whatever is not named comes last. Each is a list of arguments of a test program.
FIRST = ["account::", "ledger_cases::", "platforms::", "closed_forms::", "shortcuts::"]


def listed():
    """Every error: name, file, class, what is wrong."""
    text = (ROOT / "src/deliberate.rs").read_text()
    row = re.compile(r'^    /// (.+)\n    \w+ = "([a-z0-9-]+)" in "([^"]+)": (\w+);', re.M)
    return [(name, file, kind, what) for what, name, file, kind in row.findall(text)]


def build(tests):
    """Builds once; returns the program, and the test programs by their source."""
    command = ["cargo", "test", "--no-run", "--lib", "--test", "it"] if tests else ["cargo", "build", "--bin", "creditsim"]
    done = subprocess.run([*command, *BUILD], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    found = dict(re.findall(r"Executable (?:unittests )?(\S+) \((\S+)\)", done.stderr))
    programs = {"lib": found.get("src/lib.rs"), "it": found.get("tests/it/main.rs")}
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    return target / "debug/creditsim", programs if tests else None


def environment(error):
    """The environment in which an error is made, or none."""
    own = {key: value for key, value in os.environ.items() if key != "CREDITSIM_ERROR"}
    own.setdefault("CREDITSIM_JUDGE_CASES", "300")
    return own if error is None else {**own, "CREDITSIM_ERROR": error}


def simulate(program, scenario, error, *options):
    """Runs a scenario; returns the exit code and the first line of what it complains about."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "run", scenario, "--quiet", "--format", "json", "--output", folder, *options]
        try:
            done = subprocess.run(command, env=environment(error), capture_output=True, text=True, timeout=1800)
        except subprocess.TimeoutExpired:
            return 1, "no end within 1800 s"
    complaint = [line for line in done.stderr.splitlines() if line.startswith("error")]
    # Thresholds and precision are none of these scenarios', so every other code is a complaint.
    return done.returncode, (complaint or [""])[0]


def reason(complaint):
    """What a complaint is about, in a word or two."""
    for pattern, word in [(r"(law \d+)", None), ("merged wrongly", "recount"), ("computed again", "recomputation"),
                          ("rules of docs/semantics", "judge"), ("no end", "no end"), ("fits 64 bits|overflow|sum of", "overflow")]:
        found = re.search(pattern, complaint)
        if found:
            return word or found.group(1)
    return "error" if complaint else ""


def runs(program, error, kind, audit, scenarios=SCENARIOS):
    """The first complaint of the scenarios, or none. What accounts do shows in one replication, statistics take them all."""
    options = ["--audit"] * audit + ["--replications", "1"] * (kind == "Account")
    for scenario in scenarios:
        code, complaint = simulate(program, scenario, error, *options)
        if code:
            return f"{reason(complaint) or 'code ' + str(code)} ({scenario.stem})"
    return ""


def scenario_of(told):
    """The scenario in which `--audit` has noticed an error; all of them if it has not."""
    return [path for path in SCENARIOS if told.endswith(f"({path.stem})")] or SCENARIOS


def first_failure(test_program, error, arguments):
    """The first test that fails, or none; whatever is still running then is stopped."""
    command = [test_program, "--test-threads", "2", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, env=environment(error), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    impatience = threading.Timer(PATIENCE, running.kill)
    impatience.start()
    try:
        for line in running.stdout:
            found = re.match(r"test (\S+)( - should panic)? \.\.\. FAILED", line)
            if found:
                return found.group(1)
    finally:
        impatience.cancel()
        running.kill()
        running.wait()
    return "" if running.returncode in (0, -9) else f"code {running.returncode}"


def tests(programs, error, kind):
    """The first test besides those of the judge that fails, or none."""
    skip = ["--skip", "judge::", "--skip", "errors::"]
    if kind == "Statistics":
        failed = first_failure(programs["lib"], error, ["outcome::", "experiment::", *skip])
        if failed:
            return failed
    for group in FIRST:
        failed = first_failure(programs["it"], error, [group, *skip])
        if failed:
            return failed
    failed = first_failure(programs["lib"], error, skip)
    rest = [word for group in FIRST for word in ("--skip", group)]
    return failed or first_failure(programs["it"], error, [*skip, *rest])


def judge(programs, error):
    """The first test of the judge that fails, or none."""
    listed_tests = subprocess.run([programs["it"], "--list", "judge::"], capture_output=True, text=True).stdout
    if ": test" not in listed_tests:
        return NOT_RUN
    return first_failure(programs["it"], error, ["judge::"]) or first_failure(programs["lib"], error, ["judge::"])


def verify(program, error):
    """Whether closed forms are contradicted."""
    done = subprocess.run([program, "verify", "--analytic"], env=environment(error), capture_output=True)
    return "contradicted" if done.returncode else ""


def notice(program, programs, error, kind):
    """What each net says of an error; nothing where it is silent."""
    nets = {"audit": runs(program, error, kind, True)}
    nets["plain"] = runs(program, error, kind, False, scenario_of(nets["audit"]))
    if not programs:
        return nets
    nets["judge"] = judge(programs, error)
    nets["tests"] = tests(programs, error, kind)
    if kind == "Statistics":
        nets["verify"] = verify(program, error)
    return nets


def known():
    """What the page says of nets now, by error."""
    rows = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    cells = {row.group(1): [cell.strip(" `|") for cell in row.group(0).split(" | ")] for row in ROW.finditer(rows)}
    return {name: dict(zip(("judge", "tests", "verify"), row[3:])) for name, row in cells.items()}


def line(what, name, nets):
    cells = [nets.get(net, NOT_RUN) or "–" for net in NETS]
    told = [f"`{cell}`" if "::" in cell else cell for cell in cells]
    return f"| {what.rstrip('.')} (`{name}`) | " + " | ".join(told) + " |"


def write(rows, whole):
    """Replaces the lines of the page between its markers."""
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    kept = {} if whole else {row.group(1): row.group(0) for row in ROW.finditer(old)}
    kept.update({name: text for name, text in rows})
    order = [name for name, *_ in listed() if name in kept]
    head = ["| error | `--audit` | plain run | judge's test | first other test | `verify` |", "|---|---|---|---|---|---|"]
    page = before + BEGIN + "\n" + "\n".join(head + [kept[name] for name in order]) + "\n" + END + after
    PAGE.write_text(page)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", metavar="NAME")
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--runs", action="store_true")
    arguments.add_argument("--dry", action="store_true")
    asked = arguments.parse_args()
    names = asked.names or (QUICK if asked.quick else [name for name, *_ in listed()])
    unknown = set(names) - {name for name, *_ in listed()}
    if unknown:
        sys.exit(f"no such error: {', '.join(sorted(unknown))}")
    program, programs = build(not (asked.quick or asked.runs))
    said = known() if asked.runs else {}
    chosen = [error for error in listed() if error[0] in names]
    kind = max(kind for _, _, kind, _ in chosen)
    silent = {"audit": runs(program, None, kind, True), "plain": runs(program, None, kind, False)}
    if any(silent.values()):
        sys.exit(f"without an error there are complaints: {silent}")
    rows, wrong, began = [], [], time.time()
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        measured = pool.map(lambda error: notice(program, programs, error[0], error[2]), chosen)
        for (name, _, kind, what), nets in zip(chosen, measured):
            nets = {**said.get(name, {}), **nets}
            noticed = [net for net in nets if nets[net] not in ("", "–", NOT_RUN)]
            text = line(what, name, nets)
            rows.append((name, text))
            enough = 1 if asked.quick else 2
            if len(noticed) < enough or "audit" not in noticed:
                wrong.append(name)
            print(f"{time.time() - began:6.0f} s  {text}", flush=True)
            if not (asked.quick or asked.dry):
                write(rows, whole=False)
    if not (asked.quick or asked.dry):
        write(rows, whole=not asked.names)
    if wrong:
        print(f"noticed too little: {', '.join(wrong)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
