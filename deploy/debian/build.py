#!/usr/bin/env python3
"""Builds `homehd-edge_VERSION_ARCHITECTURE.deb`: the agent with everything it needs, to be installed without a network.

dpkg owns every file, so that an upgrade is whole or not at all, a removal leaves nothing, and `dpkg -V` tells whether a
card has rotted. No pip and no virtual environment on the box. What comes from the Python package index is pinned by
hash in requirements/edge.txt and fetched here. The same sources give the same bytes.

    ./run deb [--architecture amd64|arm64] [--output dist]
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
HERE: Final = Path(__file__).resolve().parent
UNITS: Final = ("homehd-edge.service", "homehd-edge.path")
# Debian 12 and 13. An extension module names its Python, so that both lie side by side.
PYTHONS: Final = ("3.11", "3.13")
# The newest glibc a wheel may ask for is Debian 12's, 2.36.
GLIBC: Final = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_31", "manylinux_2_34")
MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64", "armhf": "armv7l"}
# What a box needs of ours. The cloud's code stays away, and so do the simulators: invented readings have no business
# where a patient is.
OURS: Final = ("telemetry", "protocols", "edge_agent", "homehd")
# No commit time to be had: 2026-01-01.
EPOCH: Final = 1_767_225_600


class BuildError(Exception):
    """One line for the person who builds."""


def main(words: Sequence[str] | None = None) -> int:
    """Build one package; 1 with one line when that fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--architecture", choices=sorted(MACHINES), default=_here())
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="DIR")
    options = parser.parse_args(words)
    try:
        print(build(options.architecture, options.output))
    except BuildError as error:
        print(f"deb: {error}", file=sys.stderr)
        return 1
    return 0


def build(architecture: str, output: Path) -> Path:
    """The package's path."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="homehd-deb-") as folder:
        tree, wheels = Path(folder) / "tree", Path(folder) / "wheels"
        _own_wheel(wheels)
        for python in PYTHONS:
            _fetch(architecture, python, wheels)
        for wheel in sorted(wheels.glob("*.whl")):
            _unpack(wheel, tree / "usr/lib/homehd")
        _lay_out(tree)
        _control(tree, architecture)
        return _pack(tree, output)


def _own_wheel(wheels: Path) -> None:
    # Without hooks: they build the dashboard with Node, and no box shows it.
    environment = {**os.environ, "HATCH_BUILD_NO_HOOKS": "true"}
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)], environment)


def _fetch(architecture: str, python: str, wheels: Path) -> None:
    """Put the wheels for one Python into `wheels`: an earlier build's, if their sums are the pinned ones."""
    pinned = (ROOT / "requirements" / "edge.txt").read_text()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homehd" / "wheels"
    kept = cache / f"{hashlib.sha256(pinned.encode()).hexdigest()[:16]}-{architecture}-{python}"
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _download(architecture, python, Path(folder) / "new")
            with suppress(OSError):  # another build was faster
                (Path(folder) / "new").rename(kept)
    for wheel in kept.glob("*.whl"):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in pinned:
            raise BuildError(f"{wheel} is not what requirements/edge.txt pins: remove {kept}")
        shutil.copy(wheel, wheels)


def _download(architecture: str, python: str, into: Path) -> None:
    abi = f"cp{python.replace('.', '')}"
    platforms = [f"--platform={glibc}_{MACHINES[architecture]}" for glibc in GLIBC]
    _run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:",
         "-r", str(ROOT / "requirements" / "edge.txt"), "-d", str(into), "--implementation=cp",
         f"--python-version={python}", f"--abi={abi}", "--abi=abi3", "--abi=none", *platforms],
        dict(os.environ),
    )  # fmt: skip


def _unpack(wheel: Path, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            top = name.partition("/")[0]
            ours = wheel.name.startswith("homehd-")
            if (ours and top not in OURS and not top.endswith(".dist-info")) or name.endswith("/RECORD"):
                continue  # RECORD would list what is left out here; dpkg keeps the sums
            if not name.endswith("/"):
                archive.extract(name, into)


def _lay_out(tree: Path) -> None:
    _copy(HERE / "homehd", tree / "usr/bin/homehd", 0o755)
    for unit in UNITS:
        _copy(ROOT / "deploy/systemd" / unit, tree / "usr/lib/systemd/system" / unit)
    doc = tree / "usr/share/doc/homehd-edge"
    _copy(ROOT / "docs/operations/edge.md", doc / "README.md")
    _copy(ROOT / "edge_agent/sample.toml", doc / "edge.toml.example")
    _copy(ROOT / "LICENSE", doc / "copyright")
    (doc / "changelog.gz").write_bytes(gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0))
    for path in tree.rglob("*"):
        keep = path.stat().st_mode & 0o111 if path.parent.name == "bin" else 0
        path.chmod(0o755 if path.is_dir() or keep else 0o644)


def _control(tree: Path, architecture: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    values = {"version": project["version"], "architecture": architecture, "size": -(-size // 1024)}
    folder = tree / "DEBIAN"
    folder.mkdir(mode=0o755)
    (folder / "control").write_text(Template((HERE / "control").read_text()).substitute(values))
    sums = (f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files)
    (folder / "md5sums").write_text("".join(sums))
    for name in ("postinst", "prerm", "postrm"):
        _copy(HERE / name, folder / name, 0o755)


def _pack(tree: Path, output: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or _commit_time()}
    # dpkg-deb only lowers times to the epoch; a file that is older would keep its own.
    for path in tree.rglob("*"):
        os.utime(path, (int(environment["SOURCE_DATE_EPOCH"]),) * 2)
    said = _run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", str(tree), str(output)], environment)
    return output / Path(said.rpartition("in '")[2].rstrip("'.\n")).name


def _commit_time() -> str:
    asked = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return asked or str(EPOCH)


def _copy(source: Path, target: Path, mode: int = 0o644) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(stat.S_IMODE(mode))


def _here() -> str:
    return next((deb for deb, machine in MACHINES.items() if machine == os.uname().machine), "amd64")


def _run(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise BuildError(f"{' '.join(command[:4])} failed: {' '.join(last)}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
