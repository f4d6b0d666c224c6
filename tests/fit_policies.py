#!/usr/bin/env python3
"""Whether a comparison of policies on a fit comes out as on the history it was fitted to.

    BIN=target/release/creditsim python3 tests/fit_policies.py [HISTORY...]

Without arguments `../shared/traces/genai-images.csv`; histories that are not there are passed over. `made-up` stands for four that
are written here: steady customers of very unequal size, a few giants, customers of one call, and sizes of two kinds.

Four policies (block, overdraft, hold, top-up) at two allowances: the 70th percentile of demand, and the one beyond which 30 % of
demand lies. Wanted: refusal and loss rates within 10 % of the replay's, lost credits, overspend and top-ups within 30 %, policies in the
same order by loss and by overspend, the top tenth's share of spend within .05. What a fit says about itself is printed
beside: a fit may miss and say so; ends with 1 if one misses and says that it agrees.
"""
import collections, csv, glob, math, os, random, re, subprocess, sys, tempfile

BIN = os.environ.get("BIN", "target/release/creditsim")
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRACES = os.path.join(HERE, "..", "shared", "traces")
# Outcome, relative tolerance, smallest value that is judged.
WANTED = [("refusal_rate", 0.1, 0.002), ("loss_rate", 0.1, 0.002), ("lost_credits", 0.3, 0), ("overspend_credits", 0.3, 0), ("auto_top_ups", 0.3, 3)]
SHOWN = ["expired_credits", "utilisation"]

POLICIES = """
[policy]
admission = "positive"
short     = "reject"
allowance = {{ credits = {allowance}, every = "month" }}
[policies.block]
[policies.overdraft]
short     = "allow"
overdraft = {{ limit = {quarter} }}
[policies.hold]
admission = {{ hold = {{ estimate = "expected", buffer = 0.2, timeout = "1h" }} }}
[policies.top-up]
packages  = [{{ name = "extra", credits = {package}, price = "1 USD", expires_after = "12 months" }}]
top_up    = {{ threshold = {threshold}, cooldown = "1 min", cap = {{ count = 10, per = "month" }} }}
"""


def made_up(folder):
    """Histories whose makers are known, seeded."""
    start = 1735689600
    def write(name, rows):
        path = os.path.join(folder, name + ".csv")
        with open(path, "w") as file:
            file.write("timestamp,org,feature,units\n")
            for at, org, size in sorted(rows):
                file.write(f"{start + at:.3f},o{org},call,{size}\n")
        return path
    rng = random.Random(5)
    def poisson_times(rate_a_day, days):
        at = 0.0
        while True:
            at += rng.expovariate(rate_a_day / 86400)
            if at >= days * 86400:
                return
            yield at
    decay = [(at, c, rng.randint(1, 9)) for c in range(300) for at in poisson_times(20 * math.exp(-c / 60), 28)]
    giants = [(at, c, rng.choice([1, 2])) for c in range(40) for at in poisson_times([400, 250, 90][c] if c < 3 else 2, 21)]
    once = [(rng.uniform(0, 14 * 86400), c, rng.choice([1, 1, 1, 5])) for c in range(900)]
    two = [(at, c, 40 if c % 3 == 0 else 1) for c in range(120) for at in poisson_times(rng.lognormvariate(0.5, 1.2), 21)]
    return [write("made-decay", decay), write("made-giants", giants), write("made-once", once), write("made-two-sizes", two)]


def demand_of(scenario, folder):
    """Demand per organization of a scenario that replays a history, without any limit."""
    text = scenario + "\n[policies.open]\nadmission = \"none\"\n"
    path = os.path.join(folder, "open.toml")
    open(path, "w").write(text)
    out = run(path, folder, 1)
    rows = csv.DictReader(open(os.path.join(out, "organizations.csv")))
    return sorted(float(row["demand_credits"]) for row in rows)


def run(path, folder, replications, *more):
    out = tempfile.mkdtemp(dir=folder)
    done = subprocess.run([BIN, "run", path, "-q", "--replications", str(replications), "--output", out, *more],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{path}: {done.stderr}")
    return glob.glob(os.path.join(out, "*", "*"))[0]


def outcomes(path, folder, replications):
    found = {}
    for row in csv.DictReader(open(os.path.join(run(path, folder, replications), "summary.csv"))):
        if row["scope"] == "all" and row["mean"]:
            found[row["policy"], row["metric"]] = float(row["mean"])
    return found


def without_policies(text):
    """A scenario's demand alone."""
    text = re.split(r"^(?=\[polic)", text, maxsplit=1, flags=re.M)[0]
    return re.sub(r"^plan = .*\n", "", text, flags=re.M)


def quantile_allowances(demand):
    least = max(demand[int(0.7 * len(demand))], 1e-6)
    low, high = 0.0, demand[-1]
    for _ in range(60):
        middle = (low + high) / 2
        beyond = sum(max(0, d - middle) for d in demand)
        low, high = (middle, high) if beyond > 0.3 * sum(demand) else (low, middle)
    return [("70th percentile", least), ("30 % beyond", high)]


def top_tenth(demand):
    demand = sorted((d for d in demand if d > 0), reverse=True)
    return sum(demand[:-(-len(demand) // 10)]) / sum(demand)


def check(history, folder):
    name = os.path.basename(history)
    fitted, replayed = os.path.join(folder, "fit.toml"), os.path.join(folder, "new.toml")
    for file in (fitted, replayed):
        if os.path.exists(file):
            os.remove(file)
    fit = subprocess.run([BIN, "fit", history, "--output", fitted, "--scale", os.environ.get("SCALE", "1")], capture_output=True, text=True)
    new = subprocess.run([BIN, "new", "--from", history, "--credit-price", "1 USD", "--output", replayed], capture_output=True, text=True)
    if fit.returncode or new.returncode:
        sys.exit(fit.stderr + new.stderr)
    fit_text, new_text = (without_policies(open(file).read()) for file in (fitted, replayed))
    demand = demand_of(new_text, folder)
    fit_demand = demand_of(fit_text, folder)
    says_no = "the fit does not agree" in fit.stdout
    print(f"{name}: {len(demand)} organizations; top tenth's share of spend {top_tenth(demand):.3f}, fit {top_tenth(fit_demand):.3f}; "
          f"the report says {'NO' if says_no else 'it agrees' if 'the fit agrees' in fit.stdout else 'nothing'}")
    missed = [] if abs(top_tenth(demand) - top_tenth(fit_demand)) <= 0.05 else ["spend share"]
    for what, allowance in quantile_allowances(demand):
        terms = POLICIES.format(allowance=f"{allowance:.6f}", quarter=f"{allowance / 4:.6f}", threshold=f"{allowance / 20:.6f}",
                                package=f"{max(allowance / 2, 1e-6):.6f}")
        found = []
        for label, text in (("replay", new_text), ("fit", fit_text)):
            path = os.path.join(folder, f"{label}-run.toml")
            open(path, "w").write(text + terms)
            found.append(outcomes(path, folder, 1 if label == "replay" else int(os.environ.get("REPLICATIONS", "5"))))
        print(f"  {what}: allowance {allowance:.4g}")
        policies = ["block", "overdraft", "hold", "top-up"]
        for metric, tolerance, least in WANTED + [(metric, math.inf, 0) for metric in SHOWN]:
            cells = []
            for policy in policies:
                wanted, is_ = (of.get((policy, metric), 0) for of in found)
                if wanted == is_ == 0:
                    cells.append(f"{'-':>26}")
                    continue
                off = is_ / wanted - 1 if wanted else math.inf
                miss = abs(off) > tolerance and max(wanted, is_) > least
                if miss:
                    missed.append(f"{what}: {metric} of {policy}")
                cells.append(f"{wanted:>9.4g} {is_:>9.4g} {100 * off:+5.0f}%{'!' if miss else ' '}")
            print(f"    {metric:18}", *cells)
        for metric in ("loss_rate", "overspend_credits"):
            order = [sorted(policies, key=lambda policy: of.get((policy, metric), 0)) for of in found]
            if order[0] != order[1]:
                print(f"    order by {metric}: {' '.join(order[0])}, fit: {' '.join(order[1])}")
                values = [found[0].get((policy, metric), 0) for policy in policies]
                missed.append(f"{what}: order by {metric}")
    print(f"  {'within the limits' if not missed else 'MISSES: ' + '; '.join(missed)}")
    return bool(missed) and not says_no


def main():
    with tempfile.TemporaryDirectory() as folder:
        histories = []
        for name in sys.argv[1:] or [os.path.join(TRACES, "genai-images.csv")]:
            histories += made_up(folder) if name == "made-up" else [os.path.abspath(name)]
        false = [history for history in histories if os.path.exists(history) and check(history, folder)]
    sys.exit(1 if false else 0)


main()
