"""Names dependencies that want a newer Rust than `rust-version` in Cargo.toml says; those that do not say are counted."""

import json
import subprocess


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


command = ["cargo", "metadata", "--locked", "--format-version", "1"]
packages = json.loads(subprocess.check_output(command))["packages"]
[own] = [package["rust_version"] for package in packages if package["name"] == "creditsim"]
said = [package for package in packages if package["rust_version"]]
newer = [p for p in said if number(p["rust_version"]) > number(own)]
for package in newer:
    print(f"{package['name']} {package['version']} wants Rust {package['rust_version']}, not {own}")
print(f"{len(said)} of {len(packages)} packages say which Rust they want; {len(newer)} want more than {own}")
raise SystemExit(bool(newer))
