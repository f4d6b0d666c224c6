"""The model of `scenarios/throughput.toml` under its policy `peer`, in SimPy.

A feature of an organization is a process that waits for its next arrival; an operation in flight is a process that
waits for its end; a top-up held back by its cooldown is a process that waits for it. Organizations never meet, so each
has an environment of its own: its event queue stays short, which is the faster way (all in one is an option).
"""

import math
import random
import sys
import time

import simpy

# Seconds.
MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Micro-credits.
CREDIT = 1_000_000
OPENING = 300 * CREDIT
THRESHOLD = 100 * CREDIT
PACKAGE = 350 * CREDIT
COOLDOWN = 12 * HOUR

# Operations per day, mean and coefficient of variation of the cost [credits], mean duration [min].
FEATURES = [(120, 1.0, 1.0, 10), (80, 4.0, 1.5, 30), (40, 2.5, 0.5, 5), (10, 10.0, 0.8, 120)]


class Feature:
    """What drives one kind of operation, as the samplers want it."""

    def __init__(self, per_day, mean, cv, minutes):
        variance = math.log1p(cv * cv)
        self.rate = per_day / DAY
        self.mu = math.log(mean * CREDIT) - variance / 2
        self.sigma = math.sqrt(variance)
        self.ending = 1 / (minutes * MINUTE)


class Totals:
    """Sums over all organizations."""

    def __init__(self):
        self.operations = 0
        self.demand = 0
        self.refused = 0
        self.served = 0
        self.charged = 0
        self.top_ups = 0
        self.in_flight = 0.0
        self.in_flight_max = 0
        self.balance_min = OPENING


class Organization:
    """One pool of credits and the features that use it."""

    def __init__(self, env, number, end, features, totals):
        self.env = env
        self.random = random.Random(number)
        self.end = end
        self.totals = totals
        self.balance = OPENING
        self.in_flight = 0
        self.paused_until = 0.0
        self.waking = False
        for feature in features:
            env.process(self.arrivals(feature))

    def arrivals(self, feature):
        env, draw, totals = self.env, self.random, self.totals
        while True:
            yield env.timeout(draw.expovariate(feature.rate))
            cost = int(draw.lognormvariate(feature.mu, feature.sigma) + 0.5)
            duration = draw.expovariate(feature.ending)
            totals.operations += 1
            totals.demand += cost
            if self.balance > 0:
                env.process(self.operation(cost, duration))
            else:
                totals.refused += 1

    def operation(self, cost, duration):
        env, totals = self.env, self.totals
        totals.in_flight += min(duration, self.end - env.now)
        self.in_flight += 1
        if self.in_flight > totals.in_flight_max:
            totals.in_flight_max = self.in_flight
        yield env.timeout(duration)
        self.in_flight -= 1
        self.balance -= cost
        totals.served += 1
        totals.charged += cost
        if self.balance < totals.balance_min:
            totals.balance_min = self.balance
        if self.balance < THRESHOLD:
            self.top_up()

    def top_up(self):
        while self.balance < THRESHOLD:
            if self.env.now < self.paused_until:
                if not self.waking:
                    self.waking = True
                    self.env.process(self.wake())
                return
            self.balance += PACKAGE
            self.totals.top_ups += 1
            self.paused_until = self.env.now + COOLDOWN

    def wake(self):
        yield self.env.timeout(self.paused_until - self.env.now)
        self.waking = False
        self.paused_until = self.env.now
        self.top_up()


def simulate(numbers, end, features, totals):
    """Runs the organizations `numbers` in one environment; nothing happens at the horizon's end."""
    env = simpy.Environment()
    for number in numbers:
        Organization(env, number, end, features, totals)
    env.run(until=end)


def main():
    try:
        organizations, days = int(sys.argv[1]), int(sys.argv[2])
        together = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    except (IndexError, ValueError):
        sys.exit("usage: peer.py ORGANIZATIONS DAYS [ORGANIZATIONS-PER-ENVIRONMENT]")
    features = [Feature(*numbers) for numbers in FEATURES]
    totals = Totals()
    end = days * DAY
    started = time.perf_counter()
    for first in range(0, organizations, together):
        simulate(range(first, min(first + together, organizations)), end, features, totals)
    seconds = time.perf_counter() - started
    report(totals, organizations, end, seconds)


def report(totals, organizations, end, seconds):
    """One `name value` a line, as every peer prints."""
    print(f"operations {totals.operations}")
    print(f"seconds {seconds:.6f}")
    print(f"operations_per_second {totals.operations / seconds:.0f}")
    print(f"demand_credits {totals.demand / CREDIT:.6f}")
    print(f"charged_credits {totals.charged / CREDIT:.6f}")
    print(f"served {totals.served}")
    print(f"refused {totals.refused}")
    print(f"top_ups {totals.top_ups}")
    print(f"in_flight_mean {totals.in_flight / (organizations * end):.6f}")
    print(f"in_flight_max {totals.in_flight_max}")
    print(f"balance_min {totals.balance_min / CREDIT:.6f}")


if __name__ == "__main__":
    main()
