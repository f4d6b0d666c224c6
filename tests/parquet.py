#!/usr/bin/env python3
"""Holds the Parquet files of a run to its CSV files, value by value, as DuckDB reads them.

`python3 tests/parquet.py CREDITSIM` with a program that was built with `--features parquet`; needs `pip install duckdb`.
"""

import csv
import datetime
import decimal
import pathlib
import subprocess
import sys
import tempfile

import duckdb

FILES = ["organizations", "summary", "cycles", "operations", "journal"]
# Of every type that there is, one column at least: what is not typed at all would compare equal as text.
TYPES = {
    ("operations", "cost"): "DECIMAL(38,6)",
    ("operations", "arrived"): "TIMESTAMP WITH TIME ZONE",
    ("operations", "attempt"): "BIGINT",
    ("operations", "feature"): "VARCHAR",
    ("journal", "money"): "DECIMAL(38,9)",
    ("journal", "settled_after"): "DECIMAL(38,6)",
    ("cycles", "from"): "TIMESTAMP WITH TIME ZONE",
    ("organizations", "refusal_rate"): "DOUBLE",
    ("summary", "mean"): "DOUBLE",
}


def run(program, output, form, threads):
    options = ["--organization", "small/3", "--rows", "cycles,operations,journal", "--rows-format", form, "--threads", str(threads), "--replications", "5"]
    command = [program, "run", "policy-shootout", "--quiet", "--output", str(output), *options]
    # Exit codes 3 and 4 speak of thresholds.
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    (folder,) = (output / "policy-shootout").iterdir()
    return folder


def unguarded(text):
    return text[1:] if text.startswith("'") else text


def micros(text):
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    if text == "never":
        return 2**63 - 1
    return (datetime.datetime.fromisoformat(text) - epoch) // datetime.timedelta(microseconds=1)


READ = {"VARCHAR": unguarded, "BIGINT": int, "DOUBLE": float, "TIMESTAMP WITH TIME ZONE": micros}


def compare(name, columns, rows):
    file = columns / f"{name}.parquet"
    database = duckdb.connect()
    types = {row[0]: row[1] for row in database.execute(f"describe from '{file}'").fetchall()}
    shown = [f'epoch_us("{c}")' if t.startswith("TIMESTAMP") else f'"{c}"' for c, t in types.items()]
    read = [READ.get(kind, decimal.Decimal) for kind in types.values()]
    found = database.execute(f"select {', '.join(shown)} from '{file}'")
    count = 0
    with open(rows / f"{name}.csv", newline="", encoding="utf-8") as text:
        lines = csv.reader(text)
        if next(lines) != list(types):
            sys.exit(f"{name}: other columns than the CSV's")
        for line in lines:
            wanted = tuple(None if cell == "" else form(cell) for form, cell in zip(read, line))
            if (row := found.fetchone()) != wanted:
                sys.exit(f"{name}, row {count}:\n  Parquet {row}\n  CSV     {wanted}")
            count += 1
    if found.fetchone() is not None:
        sys.exit(f"{name}: more rows than the CSV's {count}")
    if count == 0:
        sys.exit(f"{name}: nothing to compare")
    for (of, column), wanted in TYPES.items():
        if of == name and types[column] != wanted:
            sys.exit(f"{name}.{column} is {types[column]}, wanted {wanted}")
    sizes = [path.stat().st_size for path in (file, rows / f"{name}.csv")]
    print(f"{name}: {count} rows of {len(types)} columns are the same; {sizes[0]} bytes of {sizes[1]}")


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        rows = run(program, place / "csv", "csv", 2)
        one, two = (run(program, place / f"threads-{n}", "parquet", n) for n in (1, 2))
        for name in FILES:
            compare(name, two, rows)
            if (one / f"{name}.parquet").read_bytes() != (two / f"{name}.parquet").read_bytes():
                sys.exit(f"{name}: other bytes on one thread than on two")
        left = sorted(path.name for path in two.glob("*.csv") if path.stem in ("cycles", "operations", "journal"))
        if left:
            sys.exit(f"rows were written twice: {left}")
    print("the same bytes on one thread and on two")


main()
