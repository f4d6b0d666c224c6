"""Runs the files for Slurm and Kubernetes as their schedulers would, one task after the other, and compares with a plain run.

    python3 check.py CREDITSIM

Needs `pip install pyyaml kubernetes-validate`. What is not tried here is the schedulers themselves.
"""

import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).parent
# Small enough for a thousand shards in seconds.
STUDY = ["million-organizations", "--set", "cohorts.workspaces.organizations=2000"]


def run(words: list[str], home: Path, **variables: str) -> str:
    done = subprocess.run(words, cwd=home, env=os.environ | variables, capture_output=True, text=True)
    if done.returncode not in (0, 3, 4):
        raise SystemExit(f"{words}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def files(home: Path) -> dict[Path, Path]:
    [folder] = [path.parent for path in home.glob("*/*/manifest.json")]
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}


def same(home: Path) -> int:
    plain, merged = files(home / "plain"), files(home / "merged")
    names = [name for name in plain if name.name != "manifest.json"]
    if plain.keys() != merged.keys() or not all(filecmp.cmp(plain[n], merged[n], shallow=False) for n in names):
        raise SystemExit("other files than a plain run's")
    return len(names)


def slurm(creditsim: str, home: Path) -> str:
    """Two arrays, because one is capped."""
    script = str(HERE / "slurm/shards.sbatch")
    for task in range(1, 9):
        offset = "0" if task <= 6 else "6"
        number = str(task - int(offset))
        variables = {"SLURM_ARRAY_TASK_ID": number, "SLURM_CPUS_PER_TASK": "1", "OFFSET": offset}
        run(["bash", script, "64", "8", *STUDY], home, CREDITSIM=creditsim, **variables)
    run([creditsim, "run", *STUDY, "--quiet", "--output", "plain"], home)
    return "64 shards in 8 tasks of two arrays"


def kubernetes(creditsim: str, home: Path) -> str:
    subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", str(HERE / "kubernetes/shards.yaml")],
        check=True,
    )
    documents = list(yaml.safe_load_all((HERE / "kubernetes/shards.yaml").read_text()))
    [job] = [document["spec"] for document in documents if document["kind"] == "Job"]
    [container] = job["template"]["spec"]["containers"]
    args = container["args"]
    each = int(args[args.index("--shards-per-task") + 1])
    of = int(args[args.index("--shard") + 1].partition("/")[2])
    if job["completionMode"] != "Indexed" or not of <= job["completions"] * each < of + each:
        raise SystemExit(f"{job['completions']} tasks of {each} shards are not {of}")
    claims = {document["metadata"]["name"] for document in documents if document["kind"] == "PersistentVolumeClaim"}
    wanted = {volume["persistentVolumeClaim"]["claimName"] for volume in job["template"]["spec"]["volumes"]}
    if wanted != claims:
        raise SystemExit(f"volumes {wanted}, claims {claims}")
    args[args.index("policy-shootout")] = STUDY[0]
    for task in range(job["completions"]):
        run([creditsim, *args, *STUDY[1:]], home, JOB_COMPLETION_INDEX=str(task))
    run([creditsim, "run", *STUDY, "--quiet", "--output", "plain"], home)
    return f"{of} shards in {job['completions']} tasks"


def main() -> None:
    creditsim = str(Path(sys.argv[1]).resolve())
    for engine in (slurm, kubernetes):
        with tempfile.TemporaryDirectory() as place:
            home = Path(place)
            told = engine(creditsim, home)
            run([creditsim, "merge", "output", "--output", "merged", "--quiet"], home)
            print(f"{engine.__name__}: {told}; {same(home)} files are those of the plain run", flush=True)


main()
