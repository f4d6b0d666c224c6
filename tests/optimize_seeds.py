#!/usr/bin/env python3
"""How often `creditsim optimize` ends falsely on three problems whose answers are known.

    BIN=target/release/creditsim python3 tests/optimize_seeds.py [SEEDS]

A false end: "no setting is left" although one keeps the condition; a chosen setting that is said to keep it and does not;
one that is said to be the best although a cheaper one keeps it. Undecided ends are counted apart. Ends with 1 if more than
5 % of the seeds of a problem end falsely.
"""
import json, math, os, random, subprocess, sys, tempfile, time

BIN = os.environ.get("BIN", "target/release/creditsim")
SEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 100

WORLD = """
start = 2025-01-01T00:00:00Z
horizon = "30 days"
[[cohorts]]
name = "one"
organizations = {organizations}
[features.call]
arrivals = {{ poisson = "{rate}/30 days" }}
cost = {cost}
[policies.p]
admission = "positive"
allowance = {{ credits = 1, every = "1 year" }}
"""


def poisson(mean, count):
    """P(N = n), n < count."""
    return [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count)]


def unit_loss(rate, quota):
    """E[(N - Q)+ / N], calls of one credit; replications without a call have no rate."""
    p = poisson(rate, 4 * rate + 60)
    return sum(p[n] * max(n - quota, 0) / n for n in range(1, len(p))) / (1 - p[0])


def unit_lost(rate, quota):
    """E(N - Q)+."""
    p = poisson(rate, 4 * rate + 60)
    return sum(p[n] * max(n - quota, 0) for n in range(len(p)))


def heavy_losses(rate, mean, cv, quotas, tries=200_000):
    """E[lost / N] where costs are lognormal and a call is lost once the quota is used, by simulation."""
    draws, sums = random.Random(7), [0.0] * len(quotas)
    variance = math.log(1 + cv * cv)
    mu, sigma, asked = math.log(mean) - variance / 2, math.sqrt(variance), 0
    for _ in range(tries):
        number, product, limit = 0, draws.random(), math.exp(-rate)
        while product > limit:
            number, product = number + 1, product * draws.random()
        if number == 0:
            continue
        asked, spent, used = asked + 1, [], 0.0
        for _ in range(number):
            spent.append(used)
            used += draws.lognormvariate(mu, sigma)
        for place, quota in enumerate(quotas):
            sums[place] += sum(1 for before in spent if before >= quota) / number
    return [total / asked for total in sums]


def problems():
    quotas = list(range(85, 136, 5))
    yield ("calls of one credit, loss_rate < 1 %", WORLD.format(organizations=1, rate=100, cost=1),
           "loss_rate < 1%", quotas, [unit_loss(100, quota) < 0.01 for quota in quotas])
    quotas = list(range(40, 91, 5))
    yield ("ten organizations, operations_lost < 6", WORLD.format(organizations=10, rate=60, cost=1),
           "operations_lost < 6", quotas, [10 * unit_lost(60, quota) < 6 for quota in quotas])
    quotas = list(range(300, 621, 20))
    losses = heavy_losses(30, 10, 2, quotas)
    cost = "{ lognormal = { mean = 10, cv = 2 } }"
    yield ("costs with a heavy tail, loss_rate < 3 %", WORLD.format(organizations=1, rate=30, cost=cost),
           "loss_rate < 3%", quotas, [loss < 0.03 for loss in losses])


def ends(folder, text, condition, quotas, seed):
    path = os.path.join(folder, "problem.toml")
    with open(path, "w") as file:
        file.write(text)
    step = quotas[1] - quotas[0]
    over = f"policies.p.allowance.credits={quotas[0]}..{quotas[-1]}:{step}"
    command = [BIN, "optimize", path, "--minimize", "issued_credits", "--subject-to", condition, "--over", over,
               "--seed", str(seed), "--quiet", "--format", "json", "--output", os.path.join(folder, "output")]
    begun = time.time()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"{command}: {done.returncode}\n{done.stderr}")
    return done.returncode, json.loads(done.stdout), time.time() - begun


def main():
    worst = 0
    for name, text, condition, quotas, keeps in problems():
        best = next(quota for quota, kept in zip(quotas, keeps) if kept)
        false, undecided, found, longest, spent = [], 0, 0, 0.0, 0
        for seed in range(SEEDS):
            with tempfile.TemporaryDirectory() as folder:
                code, answer, seconds = ends(folder, text, condition, quotas, seed)
            longest, spent = max(longest, seconds), spent + answer["spent"]
            said = " ".join(answer["statement"])
            chosen = next((row for row in answer["settings"]["rows"] if row["standing"] == "chosen"), None)
            quota = chosen and int(float(chosen["policies.p.allowance.credits"]))
            if code == 3:
                false.append((seed, "no setting is left"))
            elif code == 4:
                undecided += 1
            elif not keeps[quotas.index(quota)]:
                false.append((seed, f"{quota} breaks the condition"))
            elif quota != best and "it is the best of" in said:
                false.append((seed, f"{quota} is not the best"))
            else:
                found += quota == best
        worst = max(worst, len(false) / SEEDS)
        print(f"{name}: best {best}; of {SEEDS} seeds {len(false)} end falsely, {undecided} undecided, {found} find the best; "
              f"{spent / SEEDS:.0f} replications on average, at most {longest:.1f} s {false[:5]}", flush=True)
    sys.exit(worst > 0.05)


main()
