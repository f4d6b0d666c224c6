"""A task is killed in the middle of a sharded run on HyperQueue, then the server with its workers; the run comes back with fewer.

    python3 lose.py CREDITSIM

Compares every file of the merged results with those of a plain run, but for the manifest, whose times differ. Needs
`pip install hyperqueue==0.27.0`.
"""

import filecmp
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARDS = Path(__file__).with_name("shards.py")
TASKS, EACH = 8, 8
OF = TASKS * EACH
# Small enough for a minute altogether; the history is `usage-history`, which comes along.
STUDIES = [
    ["policy-shootout", "--replications", "4", "--set", "horizon=1 month"],
    ["throughput", "--replications", "2", "--set", "cohorts.teams.organizations=70", "--set", "horizon=1 day"],
    ["usage-history"],
]
LONGEST = 400


def tasks_of(process: int) -> list[int]:
    """Processes of tasks below a process."""
    children = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for found in children for child in found.read_text().split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def start(command: list[str], workers: int, home: Path) -> subprocess.Popen:
    words = [sys.executable, str(SHARDS), "--workers", str(workers), "--tasks", str(TASKS), "--", *command]
    return subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def parts(home: Path) -> int:
    return len(list(home.glob("output/*/*-shards/shard-*.part")))


def lose(command: list[str], home: Path) -> str:
    """Runs until all shards are there, losing a task and then server and workers on the way."""
    cluster, killed, since = start(command, 2, home), 0, time.monotonic()
    while parts(home) < OF // 2:
        if time.monotonic() - since > LONGEST or cluster.poll() is not None:
            break
        running = tasks_of(cluster.pid)
        if not killed and parts(home) > OF // 8 and running:
            os.kill(running[0], signal.SIGKILL)
            killed = running[0]
        time.sleep(0.005)
    there, orphans = parts(home), tasks_of(cluster.pid)
    if cluster.poll() is None:
        cluster.kill()
    cluster.wait()
    since = time.monotonic()
    while any(alive(orphan) for orphan in orphans) and time.monotonic() - since < LONGEST:
        # A task that outlives its worker does no harm: it ends with its shards.
        time.sleep(0.05)
    if not killed or there >= OF:
        raise SystemExit(f"nothing was lost in the middle: {there} of {OF} shards, task killed: {bool(killed)}")
    ended = start(command, 1, home).wait(LONGEST)
    if ended != 0:
        raise SystemExit(f"the second server ended with {ended}")
    return f"a task killed, server and workers killed at {there} of {OF} shards"


def files(home: Path) -> dict[Path, Path]:
    [folder] = [path.parent for path in home.glob("*/*/manifest.json")]
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}


def compare(plain: dict[Path, Path], merged: dict[Path, Path]) -> int:
    if plain.keys() != merged.keys():
        raise SystemExit(f"other files: {sorted(map(str, plain.keys() ^ merged.keys()))}")
    different = [
        str(name)
        for name in plain
        if name.name != "manifest.json" and not filecmp.cmp(plain[name], merged[name], shallow=False)
    ]
    if different:
        raise SystemExit(f"other bytes than a plain run's: {different}")
    return len(plain) - 1


def main() -> None:
    creditsim = str(Path(sys.argv[1]).resolve())
    for study in STUDIES:
        with tempfile.TemporaryDirectory() as place:
            home = Path(place)

            def run(*words: str) -> str:
                done = subprocess.run([creditsim, *words], cwd=home, capture_output=True, text=True)
                if done.returncode not in (0, 3, 4):
                    raise SystemExit(f"{words}: exit code {done.returncode}\n{done.stderr}")
                return done.stdout

            asked = ["run", *study, "--quiet"]
            printed = run(*asked, "--output", "plain")
            shards = ["--shard", f"auto/{OF}", "--shards-per-task", str(EACH), "--threads", "1"]
            what = lose([creditsim, *asked, *shards], home)
            if run("merge", "output", "--output", "merged", "--quiet") != printed:
                raise SystemExit("merge prints something else than the plain run")
            same = compare(files(home / "plain"), files(home / "merged"))
            print(f"{study[0]}: {what}; {same} files are those of the plain run", flush=True)


main()
