"""Runs the shards of one creditsim command on a HyperQueue server and workers of this process.

    python3 shards.py --workers 2 --tasks 8 -- creditsim run SCENARIO --shard auto/64 --shards-per-task 8

Needs `pip install hyperqueue==0.27.0`. Tasks that fail are submitted again, a few times: each passes over what is there.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from hyperqueue import Client, Job
from hyperqueue.cluster import LocalCluster, WorkerConfig

ATTEMPTS = 3


def submit(client: Client, command: list[str], tasks: int, logs: Path) -> bool:
    """One task a number of HQ_TASK_ID; true if all ended well. The package numbers tasks from 0."""
    job = Job(Path.cwd(), max_fails=None)
    for task in range(tasks):
        told = str(logs / f"task-{task}.txt")
        job.program(command + ["--task-offset", "1"], stdout=told, stderr=told, crash_limit=10)
    return client.wait_for_jobs([client.submit(job)], raise_on_error=False)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        cluster = LocalCluster(str(Path(place) / "server"))
        for _ in range(asked.workers):
            cluster.start_worker(WorkerConfig(cores=1))
        try:
            for _ in range(ATTEMPTS):
                if submit(cluster.client(), asked.command, asked.tasks, Path(place)):
                    return 0
            for told in sorted(Path(place).glob("task-*.txt")):
                print(told.read_text(), file=sys.stderr, end="")
            return 1
        finally:
            cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
