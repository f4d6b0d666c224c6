#!/usr/bin/env python3
"""A seat-based usage export as billing pages give it: `export.py ROWS > usage.csv`.

Forty companies of fifty seats in two cost centres ask over a quarter; a few people ask for most. The same bytes everywhere: a
generator of its own, no library."""

import sys

STATE = [20261001]


def draw():
    """A number in [0, 1): a congruential generator, good enough for a file."""
    STATE[0] = (STATE[0] * 6364136223846793005 + 1442695040888963407) % (1 << 64)
    return (STATE[0] >> 11) / (1 << 53)


def main(rows):
    print("timestamp,organization,username,cost_center_name,repository,model,credits")
    start, span = 1790812800, 91 * 86400
    write, step = sys.stdout.write, span / rows
    for row in range(rows):
        company = int(40 * draw() ** 1.3)
        seat = int(50 * draw() ** 2)
        model = "agent" if draw() < 0.15 else "chat"
        credits = round((25 if model == "agent" else 3) * (0.2 + 3 * draw() ** 3), 3)
        centre = "engineering" if seat % 5 < 3 else "marketing"
        write(f"{int(start + row * step)},company-{company},user-{seat},{centre},repo-{seat % 7},{model},{credits}\n")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
