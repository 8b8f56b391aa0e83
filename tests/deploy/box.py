"""A Debian machine to install on: a minimal system with systemd as its first process, in namespaces of its own.

Nothing of it reaches the machine it runs on: own mounts, processes, network (only its own loopback), control groups. It
is made once by mmdebstrap and kept as an archive; every test unpacks it afresh. Needs root, as an installation does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests import debian_mirror
from tests.conftest import require

SUITE: Final = "bookworm"
PACKAGES: Final = ("systemd", "systemd-sysv", "dbus", "python3", "adduser", "ca-certificates")
CONTROLLERS: Final = ("memory", "cpu", "pids", "devices")
GROUPS: Final = Path("/sys/fs/cgroup")

# In the new namespaces, before systemd: what a container manager does.
PREPARE: Final = """
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sysfs "$ROOT/sys"
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 cgroup2 "$ROOT/sys/fs/cgroup"
else
    mount -t tmpfs -o mode=755 tmpfs "$ROOT/sys/fs/cgroup"
    for group in systemd memory cpu pids devices; do
        mkdir "$ROOT/sys/fs/cgroup/$group"
        options=$group
        [ "$group" = systemd ] && options=none,name=systemd
        mount -t cgroup -o "$options" cgroup "$ROOT/sys/fs/cgroup/$group"
    done
fi
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$ROOT/$folder"; done
chmod 1777 "$ROOT/tmp"
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$ROOT/dev/pts"
for node in null zero full random urandom tty; do
    touch "$ROOT/dev/$node"
    mount --bind "/dev/$node" "$ROOT/dev/$node"
done
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
hostname box
exec env -i container=homehd PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$ROOT" /lib/systemd/systemd --log-level=warning
"""


def archive() -> Path:
    """The minimal system, made when it is not there; skips where it cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("a box to install on needs root: run as root")
    require(shutil.which("mmdebstrap"), "mmdebstrap", "apt-get install mmdebstrap")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homehd"
    kept = cache / f"box-{SUITE}-{'-'.join(PACKAGES)}.tar"
    if not kept.exists():
        mirror = debian_mirror.of_this_machine()
        require(mirror, "a Debian mirror that apt knows", "apt-get update")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / "box.tar"
            done = subprocess.run(
                ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
                 "--customize-hook=rm -rf $1/var/cache/apt/archives/*.deb $1/var/lib/apt/lists/*",
                 SUITE, str(made), mirror],
                capture_output=True, text=True, timeout=600, check=False,
            )  # fmt: skip
            require(done.returncode == 0, "a Debian mirror", f"mmdebstrap failed: {done.stderr[-300:]}")
            made.replace(kept)
    return kept


class Box:
    """One machine. `boot` it, `run` commands in it, `close` it."""

    def __init__(self) -> None:
        # Not below pytest's folder, which other users may not enter: services on the box are other users.
        self.folder = Path(tempfile.mkdtemp(prefix="homehd-box-"))
        self.root = self.folder / "root"
        self.root.mkdir(mode=0o755)
        self.folder.chmod(0o755)
        subprocess.run(["tar", "-xf", str(archive()), "-C", str(self.root)], check=True)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost box\n")
        self._outer: subprocess.Popen[bytes] | None = None
        self._groups: list[Path] = []
        self.pid = 0

    def boot(self) -> None:
        """Start systemd and wait until it says that it runs."""
        self._groups = [path / self.folder.name for path in _hierarchies()]
        for group in self._groups:
            group.mkdir(exist_ok=True)
        enter = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in self._groups)
        unshare = 'exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup bash -c "$PREPARE"'
        self._outer = subprocess.Popen(
            ["bash", "-c", f"{enter}; {unshare}"],
            env={**os.environ, "ROOT": str(self.root), "PREPARE": PREPARE},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.wait(lambda: self._find_init() and self.run("systemctl", "is-system-running").stdout.strip()
                  in ("running", "degraded"), "systemd to run", 30)  # fmt: skip
        subprocess.run(["nsenter", "-t", str(self.pid), "--net", "ip", "link", "set", "lo", "up"], check=True)

    def run(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """A command on the box, as root."""
        return subprocess.run(
            [*self.inside(), *words], capture_output=True, text=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def must(self, *words: str) -> str:
        """A command that has to succeed; its output."""
        done = self.run(*words)
        assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def inside(self) -> list[str]:
        """What to put before a command so that it runs on the box."""
        spaces = ["--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"]
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
        return ["nsenter", "-t", str(self.pid), *spaces, *clean]

    def network(self) -> list[str]:
        """What to put before one of our own commands so that it is a neighbour on the box's network."""
        return ["nsenter", "-t", str(self.pid), "--net"]

    def put(self, source: Path, target: str) -> None:
        """Copy a file onto the box."""
        path = self.root / target.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Properties of a unit."""
        said = self.must("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def journal(self, unit: str) -> str:
        """What a unit has logged, without the journal's own columns."""
        return self.run("journalctl", "--no-pager", "--output=cat", "-u", unit).stdout

    def wait(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        """Until `condition()`; fails saying what was waited for."""
        pause = threading.Event()
        for _ in range(round(seconds * 5)):
            if condition():
                return
            pause.wait(0.2)
        raise AssertionError(f"waited {seconds:.0f} s for {what}")

    def close(self) -> None:
        """Everything of it, gone."""
        if self._outer is not None:
            if self.pid:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, 9)  # the first process of its namespace: all the others go with it
            self._outer.kill()
            self._outer.wait()
        pause = threading.Event()
        for group in self._groups:
            for path in [*sorted((p for p in group.rglob("*") if p.is_dir()), reverse=True), group]:
                for _ in range(20):
                    try:
                        path.rmdir()
                        break
                    except OSError:
                        pause.wait(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _find_init(self) -> bool:
        assert self._outer is not None
        if self._outer.poll() is not None:
            raise AssertionError(f"the box did not start: {(self._outer.stderr and self._outer.stderr.read())!r}")
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
        for child in children:
            with suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    self.pid = int(child)
        return bool(self.pid)


def _hierarchies() -> list[Path]:
    if (GROUPS / "cgroup.controllers").exists():
        return [GROUPS]
    return [GROUPS / name for name in ("systemd", *CONTROLLERS) if (GROUPS / name).is_dir()]
