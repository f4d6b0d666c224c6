"""Runs the shards of one creditsim command as Ray tasks and puts them together.

    python3 shards.py --shards 64 --each 8 --output /shared/output -- creditsim run policy-shootout --quiet

Needs `pip install ray` and a folder that all nodes share. A task that is lost with its node is run again by Ray, and passes over the
shards that are there.
"""

import argparse
import subprocess
import sys

import ray


@ray.remote(num_cpus=1, max_retries=5, retry_exceptions=True)
def run(command: list[str], first: int, last: int, of: int) -> None:
    shard = ["--shard", f"{first}-{last}/{of}", "--threads", "1"]
    done = subprocess.run(command + shard, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"shards {first}-{last} ended with {done.returncode}: {done.stderr}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--each", type=int, default=1, help="shards of a task")
    parser.add_argument("--output", required=True, help="a folder that all nodes share")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    ray.init(log_to_driver=False)
    command = asked.command + ["--output", asked.output]
    firsts = range(1, asked.shards + 1, asked.each)
    tasks = [
        run.remote(command, first, min(first + asked.each - 1, asked.shards), asked.shards) for first in firsts
    ]
    ray.get(tasks)
    merge = [asked.command[0], "merge", asked.output, "--output", asked.output]
    return subprocess.run(merge).returncode


if __name__ == "__main__":
    sys.exit(main())
